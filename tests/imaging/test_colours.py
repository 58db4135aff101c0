import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.colour_names import parse_colour, split_colour
from paintgraph.imaging.colours import colour_difference, differences_from, to_lab
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks import selection
from paintgraph.imaging.masks.selection import (
    Measure,
    connected_to,
    select_at,
    select_colour,
    select_transparent,
)
from paintgraph.tests.strategies import images, masks

colours = st.tuples(*[st.integers(0, 255)] * 3)


@given(colours)
def test_a_colour_survives_both_spellings(colour: tuple[int, int, int]) -> None:
    red, green, blue = colour

    assert parse_colour(f"#{red:02x}{green:02X}{blue:02x}") == colour
    assert split_colour(red << 16 | green << 8 | blue) == colour


@given(st.tuples(*[st.sampled_from("0123456789abcdefABCDEF")] * 3))
def test_a_short_colour_has_each_digit_twice(digits: tuple[str, str, str]) -> None:
    doubled = "".join(digit * 2 for digit in digits)

    assert parse_colour(f"#{''.join(digits)}") == parse_colour(f"#{doubled}")


@pytest.mark.parametrize(
    ("name", "colour"),
    [("red", (255, 0, 0)), (" Green ", (0, 128, 0)), ("light steel blue", (176, 196, 222))],
)
def test_names_are_those_of_css(name: str, colour: tuple[int, int, int]) -> None:
    assert parse_colour(name) == colour


def test_a_name_that_pil_has_read_before_is_a_name_still() -> None:
    assert parse_colour("teal") == ImageColor.getrgb("teal") == parse_colour("teal")


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("#12345g", "Write e.g. #ff8000."),
        ("", "Write e.g. #ff8000."),
        ("#1234567", "Write e.g. #ff8000."),
        ("ornge", "Did you mean 'orange'?"),
    ],
)
def test_what_is_no_colour_is_refused(text: str, cure: str) -> None:
    message = (
        f"colour is {text!r}; allowed are #rrggbb and #rgb in hexadecimal digits, and names of "
        f"CSS such as orange. {cure}"
    )
    with pytest.raises(ContractError, match=f"^{re.escape(message)}$"):
        parse_colour(text)


PAIRS = [  # of the data that Sharma, Wu and Dalal 2005 publish for tests
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "difference"), PAIRS)
def test_differences_are_the_published_ones(
    first: tuple[float, ...], second: tuple[float, ...], difference: float
) -> None:
    labs = np.array([first, second], np.float32)

    assert colour_difference(labs, labs[::-1]) == pytest.approx(difference, abs=2e-4)


def test_colours_become_lab_as_published() -> None:
    samples = np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.2], [32.3, 79.19, -107.86]]

    assert to_lab(samples) == pytest.approx(np.array(expected), abs=0.03)


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


MEASURES: tuple[Measure, ...] = ("rgb", "perceived")
some = st.sampled_from(MEASURES)


@given(images(), colours, st.floats(0, 100), st.floats(0, 50), some)
def test_a_soft_selection_lies_around_the_hard_one(
    image: Image, colour: tuple[int, int, int], tolerance: float, softness: float, measure: Measure
) -> None:
    hard = select_colour(image, colour, tolerance, 0, measure)
    soft = select_colour(image, colour, tolerance, softness, measure)

    assert soft.dtype == np.float32
    assert soft.min() >= 0
    assert soft.max() <= 1
    assert (soft >= hard).all()
    assert not hard[(image[..., 3:] == 0).any(axis=3)].any()


@given(images(), some, st.data())
def test_a_point_selects_as_its_colour_does_where_all_around_it_is_alike(
    image: Image, measure: Measure, data: st.DataObject
) -> None:
    y, x = (data.draw(st.integers(0, side - 1)) for side in image.shape[1:3])
    flat = image.copy()
    flat[:, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = (0.2, 0.4, 0.6, 1)[: image.shape[3]]

    selected = select_at(flat, [(x, y)], 5, 0, measure)

    assert np.array_equal(selected, select_colour(flat, (51, 102, 153), 5, 0, measure))
    assert selected[:, y, x].all()


def test_many_points_of_one_colour_cost_no_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[object] = []

    def noted(image: Image, colour: Image) -> Mask:
        compared.append(colour)
        return differences_from(image, colour)

    monkeypatch.setattr(selection, "differences_from", noted)
    image = np.full((1, 4, 40, 3), 0.5, np.float32)

    assert select_at(image, [(x, 2) for x in range(40)], 5).all()
    assert len(compared) == 1


@given(masks(), st.data())
def test_what_hangs_together_with_a_point_is_a_part_of_the_mask(
    mask: Mask, data: st.DataObject
) -> None:
    y, x = (data.draw(st.integers(0, side - 1)) for side in mask.shape[1:3])

    kept = connected_to(mask, [(x, y)])

    assert np.array_equal(kept, np.where(kept > 0, mask, 0))
    assert np.array_equal(kept[:, y, x], mask[:, y, x])
    assert np.array_equal(connected_to(kept, [(x, y)]), kept)
    for layer, left in zip(mask, kept, strict=True):  # nothing that is left out touches it
        grown = np.pad(left > 0, 1)
        near = np.any([np.roll(grown, (v, h), (0, 1)) for v in (-1, 0, 1) for h in (-1, 0, 1)], 0)
        assert not (near[1:-1, 1:-1] & (layer > 0) & (left == 0)).any()
