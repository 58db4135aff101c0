import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks.selection import (
    parse_colour,
    select_colour,
    select_transparent,
    split_colour,
)
from paintgraph.tests.strategies import images

colours = st.tuples(*[st.integers(0, 255)] * 3)


@given(colours)
def test_a_colour_survives_both_spellings(colour: tuple[int, int, int]) -> None:
    red, green, blue = colour

    assert parse_colour(f"#{red:02x}{green:02X}{blue:02x}") == colour
    assert split_colour(red << 16 | green << 8 | blue) == colour


@pytest.mark.parametrize("text", ["red", "#fff", "#12345g", "", "#1234567"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    message = (
        f"colour is {text!r}; allowed is #rrggbb, two hexadecimal digits each for red, green "
        "and blue. Write e.g. #ff8000."
    )
    with pytest.raises(ContractError, match=f"^{re.escape(message)}$"):
        parse_colour(text)


@given(images(batch=1, depth=8) | images(batch=1, depth=16), st.integers(0, 255), st.data())
def test_select_colour_selects_what_is_near(
    image: Image, tolerance: int, data: st.DataObject
) -> None:
    row, column = (data.draw(st.integers(0, side - 1)) for side in image.shape[1:3])
    red, green, blue = (round(float(code) * 255) for code in image[0, row, column, :3])
    steps = np.abs(image[..., :3].astype(np.float64) * 255 - (red, green, blue)).max(axis=3)
    clear = np.abs(steps - tolerance) > 0.01

    selected = select_colour(image, (red, green, blue), tolerance)

    is_seen = np.ones(image.shape[:3], np.bool_) if image.shape[3] == 3 else image[..., 3] > 0
    assert np.array_equal((is_seen & (steps <= tolerance))[clear], selected[clear] == 1)
    assert tolerance == 0 or selected[0, row, column] == is_seen[0, row, column]


@given(images(channels=4))
def test_select_transparent_is_what_alpha_lacks(image: Image) -> None:
    assert np.array_equal(1 - image[..., 3], select_transparent(image))
    assert not select_transparent(image[..., :3]).any()
