import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.geometry.canvas import Padding, fade_sides, outpaint_mask, pad_mask
from paintgraph.tests.strategies import masks, sizes

fades = st.builds(Padding, *[st.integers(0, 20)] * 4)


def test_fade_sides_rises_from_each_side() -> None:
    faded = fade_sides(np.ones((1, 1, 6), np.float32), Padding(left=4, right=2))

    assert faded[0, 0].tolist() == [0.25, 0.5, 0.75, 1, 1, 0.5]


@given(masks(), fades)
def test_fade_sides_selects_no_more_and_drops_nothing(mask: Mask, fade: Padding) -> None:
    faded = fade_sides(mask, fade)

    assert (faded <= mask).all()
    assert np.array_equal(mask > 0, faded > 0)


@given(masks(), fades)
def test_fade_sides_is_the_same_from_the_other_side(mask: Mask, fade: Padding) -> None:
    turned = fade_sides(mask[:, ::-1, ::-1], Padding(fade.right, fade.bottom, fade.left, fade.top))

    assert turned[:, ::-1, ::-1] == pytest.approx(fade_sides(mask, fade), abs=1e-6)


@given(sizes(), fades)
def test_without_feathering_only_the_new_is_selected(
    size: tuple[int, int], padding: Padding
) -> None:
    height, width = size
    expected = pad_mask(np.zeros((1, height, width), np.float32), padding)

    assert np.array_equal(expected, outpaint_mask(width, height, padding, 0))


def test_feathering_falls_with_the_square_of_the_distance() -> None:
    mask = outpaint_mask(10, 10, Padding(left=2, right=1), 4)

    row = [1, 1, 1, 9 / 16, 4 / 16, 1 / 16, 0, 0, 0, 1 / 16, 4 / 16, 9 / 16, 1]
    assert mask.shape == (1, 10, 13)
    assert mask[0].tolist() == [row] * 10


def test_feathering_of_half_a_side_is_left_out() -> None:
    padding = Padding(top=3)

    assert outpaint_mask(20, 8, padding, 4)[:, 3:].max() == 0
    assert outpaint_mask(20, 9, padding, 4)[:, 3:].max() == 1
