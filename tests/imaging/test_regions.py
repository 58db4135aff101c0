import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import (
    Box,
    crop,
    grow_box,
    paste,
    selected_box,
    split_regions,
)
from paintgraph.tests.strategies import images, masks


@st.composite
def images_with_boxes(draw: st.DrawFn) -> tuple[Image, Box]:
    image = draw(images())
    height, width = image.shape[1:3]
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return image, Box(left, top, right, bottom)


@given(images_with_boxes())
def test_paste_undoes_crop(pair: tuple[Image, Box]) -> None:
    image, box = pair

    part = crop(image, box)

    assert part.shape[1:3] == (box.height, box.width)
    assert np.array_equal(image, paste(image, part, box))


@given(images_with_boxes())
def test_paste_changes_the_box_only(pair: tuple[Image, Box]) -> None:
    image, box = pair
    changed = paste(image, 1 - crop(image, box), box)

    outside = np.ones(image.shape[1:3], np.bool_)
    outside[box.top : box.bottom, box.left : box.right] = False
    assert np.array_equal(image[:, outside], changed[:, outside])


@given(masks())
def test_selected_box_holds_all_that_is_selected_and_no_empty_border(mask: Mask) -> None:
    box = selected_box(mask)
    if box is None:
        assert not mask.any()
        return
    inside = crop(mask, box)

    assert (inside > 0).sum() == (mask > 0).sum()
    for edge in (inside[:, 0], inside[:, -1], inside[:, :, 0], inside[:, :, -1]):
        assert edge.any()


def test_grow_box_stays_in_the_picture() -> None:
    assert Box(0, 2, 8, 10) == grow_box(Box(1, 5, 5, 8), 3, 20, 10)


@given(masks(), st.integers(0, 6))
def test_split_regions_cover_the_selection_and_lie_apart(mask: Mask, distance: int) -> None:
    boxes = split_regions(mask, distance)
    covered = np.zeros(mask.shape[1:], np.int64)
    for box in boxes:
        covered[box.top : box.bottom, box.left : box.right] += 1

    assert covered.max() <= 1
    assert (covered[(mask > 0).any(axis=0)] == 1).all()
    for box in boxes:
        part = crop(mask, box)
        own = selected_box(part)
        assert own == Box(0, 0, box.width, box.height)
        for other in boxes:
            assert other is box or _gap(box, other) > distance


def _gap(first: Box, second: Box) -> int:
    across = max(first.left, second.left) - min(first.right, second.right)
    down = max(first.top, second.top) - min(first.bottom, second.bottom)
    return max(across, down)


def test_split_regions_merges_what_lies_near() -> None:
    mask = np.zeros((1, 5, 12), np.float32)
    mask[:, 1, 1] = mask[:, 1, 4] = mask[:, 4, 10] = 1

    near = [Box(1, 1, 5, 2), Box(10, 4, 11, 5)]
    apart = [Box(1, 1, 2, 2), Box(4, 1, 5, 2), Box(10, 4, 11, 5)]
    assert apart == split_regions(mask, 1)
    assert near == split_regions(mask, 2)
    assert [Box(1, 1, 11, 5)] == split_regions(mask, 5)


def test_an_area_within_the_box_of_another_shares_it() -> None:
    mask = np.zeros((1, 9, 9), np.float32)
    mask[:, :, 0] = mask[:, 8] = mask[:, 2, 6] = 1

    assert split_regions(mask) == [Box(0, 0, 9, 9)]


def test_an_empty_mask_has_no_regions() -> None:
    assert split_regions(np.zeros((2, 3, 3), np.float32), 4) == []


@pytest.mark.parametrize("box", [Box(0, 0, 4, 1), Box(-1, 0, 1, 1), Box(1, 1, 1, 2)])
def test_a_box_outside_the_picture_is_refused(box: Box) -> None:
    with pytest.raises(ContractError, match="does not lie inside a picture of 2x3 px") as caught:
        crop(np.zeros((1, 2, 3), np.float32), box)

    assert caught.value.code == "bad_box"


def test_a_part_of_another_size_is_refused() -> None:
    image = np.zeros((1, 2, 3, 3), np.float32)

    with pytest.raises(ContractError, match="the part is 2x3 but its box is 2x2"):
        paste(image, image, Box(0, 0, 2, 2))
