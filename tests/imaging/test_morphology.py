import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.masks.morphology import (
    Footprint,
    dilate,
    erode,
    erode_dilate,
    fill_holes,
    keep_largest,
    remove_islands,
)
from paintgraph.tests.strategies import masks

FOOTPRINTS: tuple[Footprint, ...] = ("square", "disk")
radii = st.integers(0, 15)
footprints = st.sampled_from(FOOTPRINTS)


def drawn(*rows: str) -> Mask:
    values = {".": 0.0, "#": 1.0, "-": 0.25, "+": 0.75}
    return np.array([[[values[sign] for sign in line] for line in rows]], np.float32)


def disk(radius: int) -> NDArray[np.uint8]:
    row, column = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    inside: NDArray[np.uint8] = (row**2 + column**2 <= radius**2).astype(np.uint8)
    return inside


@given(masks(), radii, footprints)
def test_erode_is_below_and_dilate_above(mask: Mask, radius: int, footprint: Footprint) -> None:
    assert (erode(mask, radius, footprint) <= mask).all()
    assert (dilate(mask, radius, footprint) >= mask).all()


@given(masks(), radii, footprints)
def test_erode_is_the_complement_of_dilating_the_complement(
    mask: Mask, radius: int, footprint: Footprint
) -> None:
    complement = 1 - dilate(1 - mask, radius, footprint)

    assert complement == pytest.approx(erode(mask, radius, footprint), abs=1e-6)


@given(masks(), st.integers(1, 4), footprints)
def test_closing_and_opening_are_idempotent(mask: Mask, radius: int, footprint: Footprint) -> None:
    opened = dilate(erode(mask, radius, footprint), radius, footprint)
    closed = erode(dilate(mask, radius, footprint), radius, footprint)

    assert np.array_equal(opened, dilate(erode(opened, radius, footprint), radius, footprint))
    assert np.array_equal(closed, erode(dilate(closed, radius, footprint), radius, footprint))


@given(masks(batch=1), st.integers(0, 5))
def test_a_square_is_passes_of_three_by_three(mask: Mask, radius: int) -> None:
    expected = cv2.dilate(mask[0], np.ones((3, 3), np.uint8), iterations=radius)

    assert np.array_equal(expected, dilate(mask, radius)[0])


@given(masks(batch=1), st.integers(1, 14))
def test_a_disk_holds_what_is_at_most_the_radius_away(mask: Mask, radius: int) -> None:
    expected = cv2.dilate(mask[0], disk(radius), borderType=cv2.BORDER_CONSTANT, borderValue=0)

    assert np.array_equal(expected, dilate(mask, radius, "disk")[0])


@given(masks(batch=2), radii, footprints)
def test_each_mask_of_a_batch_is_treated_alone(
    mask: Mask, radius: int, footprint: Footprint
) -> None:
    alone = [dilate(mask[item : item + 1], radius, footprint) for item in range(2)]

    assert np.array_equal(np.concatenate(alone), dilate(mask, radius, footprint))


def test_dilate_grows_a_point() -> None:
    point = drawn(".....", ".....", "..#..", ".....", ".....")

    square = drawn(".....", ".###.", ".###.", ".###.", ".....")
    plus = drawn(".....", "..#..", ".###.", "..#..", ".....")
    assert np.array_equal(square, dilate(point, 1))
    assert np.array_equal(plus, dilate(point, 1, "disk"))


@pytest.mark.parametrize("footprint", FOOTPRINTS)
def test_the_edge_of_the_picture_does_not_eat_the_selection(footprint: Footprint) -> None:
    mask = drawn("###..", "###..", "###..")

    expected = drawn("##...", "##...", "##...")
    assert np.array_equal(expected, erode(mask, 1, footprint))


def test_erode_dilate_goes_by_the_sign() -> None:
    mask = drawn(".....", ".+++.", ".+++.", ".+++.", ".....")

    assert np.array_equal(dilate(mask, 1), erode_dilate(mask, 1))
    assert np.array_equal(erode(mask, 1), erode_dilate(mask, -1))
    assert np.array_equal(mask, erode_dilate(mask, 0))


def test_fill_holes_fills_what_is_enclosed() -> None:
    mask = drawn("####.", "#.##.", "####.", "#....", "#.###")

    expected = drawn("####.", "####.", "####.", "#....", "#.###")
    assert np.array_equal(expected, fill_holes(mask))


def test_fill_holes_takes_small_ones_only_if_asked() -> None:
    mask = drawn("########", "#.##..##", "########")

    expected = drawn("########", "####..##", "########")
    assert np.array_equal(expected, fill_holes(mask, max_area=1))
    assert fill_holes(mask, max_area=2).all()


def test_a_filled_hole_takes_its_soft_rim_along_and_other_soft_values_stay() -> None:
    mask = drawn("#######", "#+.+###", "#####+#", "#######")

    expected = drawn("#######", "#######", "#####+#", "#######")
    assert np.array_equal(expected, fill_holes(mask))


def test_remove_islands_keeps_large_areas_and_their_rims() -> None:
    mask = drawn("-##..-+-", "-##.....", "......##")

    expected = drawn("-##.....", "-##.....", "......##")
    assert np.array_equal(expected, remove_islands(mask, 2))


def test_islands_that_touch_at_a_corner_are_one() -> None:
    mask = drawn("#..", ".#.", "..#")

    assert np.array_equal(mask, remove_islands(mask, 3))


def test_keep_largest_drops_all_others() -> None:
    mask = drawn("##..#", "##...", "....#")

    expected = drawn("##...", "##...", ".....")
    assert np.array_equal(expected, keep_largest(mask))


@given(masks())
def test_tidying_only_grows_or_only_shrinks(mask: Mask) -> None:
    assert (fill_holes(mask) >= mask).all()
    assert (remove_islands(mask, 5) <= mask).all()
    assert (keep_largest(mask) <= mask).all()
    assert (mask.max() > 0.5) == (keep_largest(mask).max() > 0.5)
