import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Mask
from paintgraph.nodes.masks.shape import clean_mask, erode_dilate_mask, soften_mask, threshold_mask
from paintgraph.tests.strategies import masks

FOOTPRINTS = ("square", "disk")
footprints = st.sampled_from(FOOTPRINTS)


def grid(text: str) -> Mask:
    """A mask from rows of digits: 0 is 0, 9 is 1, 5 is a half."""
    values = {"0": 0.0, "5": 0.5, "9": 1.0}
    rows = [[values[digit] for digit in row] for row in text.split()]
    mask = np.array([rows], np.float32)
    mask.flags.writeable = False
    return mask


DOT = grid("00000 00000 00900 00000 00000")


@given(masks(), st.integers(0, 20), footprints)
def test_growing_selects_no_less_and_shrinking_no_more(
    mask: Mask, amount: int, footprint: str
) -> None:
    grown = erode_dilate_mask(mask, amount, footprint)  # type: ignore[arg-type] # one of them
    shrunk = erode_dilate_mask(mask, -amount, footprint)  # type: ignore[arg-type]

    assert (grown >= mask).all()
    assert (shrunk <= mask).all()


@given(masks(), st.integers(1, 20), footprints)
def test_shrinking_is_growing_what_is_not_selected(mask: Mask, amount: int, footprint: str) -> None:
    shrunk = erode_dilate_mask(mask, -amount, footprint)  # type: ignore[arg-type]
    other = 1 - erode_dilate_mask(1 - mask, amount, footprint)  # type: ignore[arg-type]

    assert other == pytest.approx(shrunk, abs=1e-6)


@given(masks())
def test_an_amount_of_0_changes_nothing(mask: Mask) -> None:
    assert np.array_equal(mask, erode_dilate_mask(mask))


def test_a_dot_grows_into_a_square_or_a_disk() -> None:
    square = grid("00000 09990 09990 09990 00000")
    disk = grid("00000 00900 09990 00900 00000")

    assert np.array_equal(square, erode_dilate_mask(DOT, 1))
    assert np.array_equal(disk, erode_dilate_mask(DOT, 1, "disk"))
    assert np.array_equal(DOT, erode_dilate_mask(square, -1))
    assert np.array_equal(DOT, erode_dilate_mask(disk, -1, "disk"))


@pytest.mark.parametrize("footprint", FOOTPRINTS)
def test_the_edge_of_the_picture_does_not_eat_the_selection(footprint: str) -> None:
    whole = np.ones((1, 5, 5), np.float32)

    assert (erode_dilate_mask(whole, -1024, footprint) == 1).all()  # type: ignore[arg-type]


@given(masks(), st.integers(0, 20))
def test_softening_inward_selects_no_more_and_outward_no_less(mask: Mask, radius: int) -> None:
    inward = soften_mask(mask, radius)
    outward = soften_mask(mask, radius, "outward")

    assert (inward <= mask).all()
    assert np.array_equal(mask > 0, inward > 0)
    assert (outward >= mask).all()


@given(masks(), st.sampled_from(["inward", "outward", "both"]))
def test_a_radius_of_0_softens_nothing(mask: Mask, direction: str) -> None:
    assert np.array_equal(mask, soften_mask(mask, 0, direction))  # type: ignore[arg-type]


def test_an_edge_softens_over_its_radius() -> None:
    half = grid("00099 00099 00099")
    inward = soften_mask(grid("00999 00999 00999"), 1)
    outward = soften_mask(half, 2, "outward")

    assert inward[0, 1].tolist() == [0, 0, 0.5, 1, 1]
    assert outward[0, 1] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1])


@given(masks(), st.floats(0, 1, width=32))
def test_a_threshold_makes_a_mask_hard_once_and_for_all(mask: Mask, value: float) -> None:
    hard = threshold_mask(mask, value)

    assert np.array_equal(mask > value, hard == 1)
    assert np.array_equal(mask <= value, hard == 0)
    if value < 1:
        assert np.array_equal(hard, threshold_mask(hard, value))


def test_what_equals_the_threshold_is_not_selected() -> None:
    assert np.array_equal(grid("009"), threshold_mask(grid("059")))


HOLE_AND_ISLAND = grid("9990000 9090000 9990000 0000000 0000099")


def test_cleaning_does_nothing_that_was_not_asked_for() -> None:
    assert np.array_equal(HOLE_AND_ISLAND, clean_mask(HOLE_AND_ISLAND))


def test_holes_are_filled_up_to_their_area() -> None:
    ring = grid("0000000 0999990 0900090 0999990 0000000")
    full = grid("0000000 0999990 0999990 0999990 0000000")

    assert np.array_equal(ring, clean_mask(ring, fill_holes=2))
    assert np.array_equal(full, clean_mask(ring, fill_holes=3))
    assert np.array_equal(full, clean_mask(ring, fill_holes=-1))


def test_islands_below_an_area_go() -> None:
    without = grid("9990000 9090000 9990000 0000000 0000000")

    assert np.array_equal(without, clean_mask(HOLE_AND_ISLAND, remove_islands=3))
    assert np.array_equal(HOLE_AND_ISLAND, clean_mask(HOLE_AND_ISLAND, remove_islands=2))
    assert np.array_equal(without, clean_mask(HOLE_AND_ISLAND, keep_largest=True))


def test_all_three_work_together() -> None:
    square = grid("9990000 9990000 9990000 0000000 0000000")
    cleaned = clean_mask(HOLE_AND_ISLAND, fill_holes=-1, remove_islands=3, keep_largest=True)

    assert np.array_equal(square, cleaned)


@given(masks(), st.integers(-1, 9), st.integers(0, 9), st.booleans())
def test_cleaning_twice_changes_no_more(
    mask: Mask,
    holes: int,
    islands: int,
    largest: bool,  # noqa: FBT001 - drawn
) -> None:
    hard = threshold_mask(mask)
    once = clean_mask(hard, holes, islands, largest)

    assert np.array_equal(once, clean_mask(once, holes, islands, largest))
