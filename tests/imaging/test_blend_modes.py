"""Blend modes by the formulas of W3C's Compositing and Blending, colour by colour."""

import math
from collections.abc import Callable, Mapping
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.blend.composite import lay_over
from paintgraph.imaging.blend.modes import Mode, blend
from paintgraph.imaging.errors import ContractError
from paintgraph.tests.strategies import images

modes = pytest.mark.parametrize("mode", get_args(Mode))


def _soft_light(below: float, above: float) -> float:
    if above <= 0.5:
        return below - (1 - 2 * above) * below * (1 - below)
    curve = ((16 * below - 12) * below + 4) * below if below <= 0.25 else math.sqrt(below)
    return below + (2 * above - 1) * (curve - below)


FORMULAS: Mapping[str, Callable[[float, float], float]] = {
    "normal": lambda _, above: above,
    "multiply": lambda below, above: below * above,
    "screen": lambda below, above: below + above - below * above,
    "overlay": lambda below, above: (
        2 * below * above if below <= 0.5 else 1 - 2 * (1 - below) * (1 - above)
    ),
    "soft_light": _soft_light,
    "difference": lambda below, above: below - above,
}


@modes
@pytest.mark.parametrize("share", [0.3, 0.5, 1])
def test_a_colour_becomes_what_the_formula_says(mode: Mode, share: float) -> None:
    levels = np.linspace(0, 1, 21, dtype=np.float32)
    below = np.repeat(np.tile(levels[:, None], (1, 21))[None, ..., None], 3, axis=3)
    above = np.repeat(np.tile(levels, (21, 1))[None, ..., None], 3, axis=3)

    blended = blend(below, above, share, mode)

    for row, column in np.ndindex(21, 21):
        one, other = float(levels[row]), float(levels[column])
        mixed = one * (1 - share) + FORMULAS[mode](one, other) * share
        assert blended[0, row, column] == pytest.approx([min(max(mixed, 0), 1)] * 3, abs=1e-5)


@modes
@given(image=images(size=(3, 4), batch=2), other=images(size=(3, 4), batch=1))
def test_a_share_of_nothing_changes_nothing(mode: Mode, image: Image, other: Image) -> None:
    assert np.array_equal(image, blend(image, other, 0, mode))


@modes
@given(
    below=images(size=(3, 4), batch=2),
    above=images(size=(3, 4), batch=1),
    share=st.floats(0, 1, width=32),
)
def test_the_result_is_a_picture_of_the_same_channels(
    mode: Mode, below: Image, above: Image, share: float
) -> None:
    blended = blend(below, above, share, mode)

    assert blended.shape == below.shape
    assert 0 <= blended.min() <= blended.max() <= 1


@given(
    below=images(size=(3, 4), batch=1),
    above=images(size=(3, 4), batch=1),
    share=st.floats(0, 1, width=32),
)
def test_the_normal_mode_is_laying_over(below: Image, above: Image, share: float) -> None:
    expected = lay_over(below, above, 0, 0, np.full((1, 3, 4), share, np.float32))

    assert np.allclose(expected, blend(below, above, share, "normal"), atol=1e-6)


@modes
@given(below=images(size=(3, 4), batch=1, channels=4), above=images(size=(3, 4), channels=4))
def test_where_one_picture_is_clear_the_other_is_seen_as_it_is(
    mode: Mode, below: Image, above: Image
) -> None:
    blended = blend(below, above, 1, mode)

    nothing_above = np.broadcast_to(above[..., 3] == 0, blended.shape[:3])
    nothing_below = np.broadcast_to(below[..., 3] == 0, blended.shape[:3]) & ~nothing_above
    below, above = np.broadcast_arrays(below, above)
    assert np.array_equal(below[nothing_above], blended[nothing_above])
    assert np.allclose(above[nothing_below], blended[nothing_below], atol=1e-6)


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(ContractError, match="image1 is 3x4 but image2 is 3x5"):
        blend(np.zeros((1, 3, 4, 3), np.float32), np.zeros((1, 3, 5, 3), np.float32), 1, "normal")
