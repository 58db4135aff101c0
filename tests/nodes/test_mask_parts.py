from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.nodes.masks.parts import (
    crop_mask,
    feather_mask,
    mask_bounds,
    mask_composite,
    scale_mask,
    solid_mask,
)
from paintgraph.nodes.masks.shape import fill_mask_holes, grow_mask, remove_mask_islands
from paintgraph.nodes.painting.outpaint import image_pad_for_outpaint
from paintgraph.tests.strategies import images, masks

amounts = st.integers(0, 12)


def grid(text: str) -> Mask:
    """A mask from rows of digits: 0 is 0, 9 is 1, 5 is a half."""
    values = {"0": 0.0, "5": 0.5, "9": 1.0}
    return np.array([[[values[digit] for digit in row] for row in text.split()]], np.float32)


def test_solid_mask_has_one_value() -> None:
    assert np.array_equal(grid("555 555"), solid_mask(0.5, 3, 2))
    assert solid_mask().shape == (1, 512, 512)


def test_crop_mask_cuts_what_there_is() -> None:
    mask = grid("059 950 095")

    assert np.array_equal(grid("59 50"), crop_mask(mask, 1, 0, 5, 2))
    assert np.array_equal(grid("5"), crop_mask(mask, 9, 9, 1, 1))


@given(masks())
def test_mask_bounds_hold_all_that_is_selected(mask: Mask) -> None:
    left, top, right, bottom, width, height, is_empty = mask_bounds(mask)

    assert is_empty == (not mask.any())
    assert (width, height) == (right - left, bottom - top)
    part = mask[:, top:bottom, left:right]
    assert np.count_nonzero(part) == np.count_nonzero(mask)
    if not is_empty:
        assert part[:, [0, -1]].any(axis=(0, 2)).all()
        assert part[:, :, [0, -1]].any(axis=(0, 1)).all()


def test_mask_bounds_of_a_batch_are_those_of_all() -> None:
    mask = np.concatenate([grid("000 090 000"), grid("000 000 005")])

    assert mask_bounds(mask) == (1, 1, 3, 3, 2, 2, False)
    assert mask_bounds(mask * 0) == (0, 0, 0, 0, 0, 0, True)


@pytest.mark.parametrize("method", ["bilinear", "nearest", "area"])
def test_a_scaled_mask_has_the_size_of_its_picture_and_selects_the_same_part(
    method: Literal["bilinear", "nearest", "area"],
) -> None:
    mask = np.zeros((2, 4, 6), np.float32)
    mask[:, :, 3:] = 1

    scaled = scale_mask(mask, 9, 9, np.zeros((1, 8, 12, 3), np.float32), method)

    assert scaled.shape == (2, 8, 12)
    assert not scaled[:, :, :5].any()
    assert (scaled[:, :, 7:] == 1).all()
    assert scaled.min() >= 0
    if method != "bilinear":
        assert set(np.unique(scaled)) == {0, 1}


def test_a_scaled_mask_keeps_its_proportions_or_its_size() -> None:
    mask = np.ones((1, 4, 6), np.float32)

    assert scale_mask(mask, width=3).shape == (1, 2, 3)
    assert scale_mask(mask, height=8).shape == (1, 8, 12)
    assert np.array_equal(scale_mask(mask), mask)


def test_mask_composite_combines_a_part() -> None:
    below, above = grid("999 999"), grid("0 5")

    assert np.array_equal(grid("909 959"), mask_composite(below, above, 1, 0))
    assert np.array_equal(grid("999 959"), mask_composite(below, above, 1, 0, "subtract"))


def test_feather_fades_towards_the_sides() -> None:
    faded = feather_mask(grid("9999 9999"), left=2, bottom=2)

    assert faded.tolist() == [[[0.5, 1, 1, 1], [0.25, 0.5, 0.5, 0.5]]]


@given(masks(), amounts, st.booleans())
def test_growing_and_shrinking_mirror_each_other(mask: Mask, amount: int, tapered: bool) -> None:  # noqa: FBT001
    grown, shrunk = grow_mask(mask, amount, tapered), grow_mask(mask, -amount, tapered)

    assert (shrunk <= mask).all()
    assert (grown >= mask).all()
    hard = np.rint(mask)
    assert np.array_equal(
        1 - grow_mask(1 - hard, amount, tapered), grow_mask(hard, -amount, tapered)
    )


@given(masks(), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_growing_in_steps_is_growing_at_once(
    mask: Mask,
    first: int,
    second: int,
    tapered: bool,  # noqa: FBT001
) -> None:
    steps = grow_mask(grow_mask(mask, first, tapered), second, tapered)

    assert np.array_equal(grow_mask(mask, first + second, tapered), steps)


def test_tapered_corners_are_cut() -> None:
    dot = grid("00000 00000 00900 00000 00000")

    assert np.array_equal(grid("00900 09990 99999 09990 00900"), grow_mask(dot, 2))
    assert np.array_equal(grid("99999 99999 99999 99999 99999"), grow_mask(dot, 2, False))  # noqa: FBT003


def test_holes_and_islands_go_by_their_area() -> None:
    mask = grid("99990 90990 99990 00000 90000")

    filled = grid("99990 99990 99990 00000 90000")
    assert np.array_equal(filled, fill_mask_holes(mask))
    assert np.array_equal(filled, fill_mask_holes(mask, 1))
    assert np.array_equal(mask, fill_mask_holes(mask, 0))
    assert np.array_equal(mask, remove_mask_islands(mask, 1))
    assert not remove_mask_islands(mask, 0.2)[:, 4].any()


@given(images(), st.tuples(*[amounts] * 4), amounts)
def test_padding_keeps_the_picture_and_selects_the_rest(
    image: Image, padding: tuple[int, int, int, int], feathering: int
) -> None:
    left, top, right, bottom = padding
    height, width = image.shape[1:3]
    padded = image_pad_for_outpaint(image, *padding, feathering)
    old = np.s_[:, top : top + height, left : left + width]
    is_new = np.ones(padded.mask.shape, np.bool_)
    is_new[old] = False

    assert padded.image.shape[:3] == padded.mask.shape
    assert padded.mask.shape[1:] == (height + top + bottom, width + left + right)
    assert np.array_equal(image, padded.image[old])
    assert (padded.image[is_new] == 0.5).all()
    assert (padded.mask[is_new] == 1).all()
    if not any(padding) or 2 * feathering >= min(height, width):
        assert not padded.mask[old].any()
