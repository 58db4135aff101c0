from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Mask
from paintgraph.nodes.masks.shape import (
    clean_mask,
    erode_dilate_mask,
    fill_mask_holes,
    remove_mask_islands,
    soften_mask,
    threshold_mask,
)
from paintgraph.tests.nodes.bench import Bench
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


FRAME = grid("99999 90009 90009 99999")
SPOT = grid("00000 09000 00000 00000")
FAINT = (SPOT * np.float32(0.4)).copy()
HALF = grid("99900 99900 99900 99900")


@given(masks())
def test_by_default_no_hole_that_is_filled_and_no_part_that_goes_leaves_all_or_nothing(
    mask: Mask,
) -> None:
    for layer in mask:
        filled = fill_mask_holes(layer[np.newaxis])
        kept = remove_mask_islands(layer[np.newaxis])

        assert (filled > 0.5).all() == (layer > 0.5).all()
        assert (kept > 0.5).any() == (layer > 0.5).any()


def test_an_area_below_1_is_a_part_of_what_is_selected() -> None:
    ring = grid("000000 099900 090900 099900 000000")

    assert np.array_equal(ring, fill_mask_holes(ring))
    assert np.array_equal(ring, fill_mask_holes(ring, 0.12))
    assert fill_mask_holes(ring, 0.13)[0, 2, 2] == 1
    assert fill_mask_holes(ring, 1)[0, 2, 2] == 1
    assert np.array_equal(FRAME, fill_mask_holes(FRAME, 0.9))
    parts = grid("999900 999900 000000 900090")
    assert np.array_equal(parts, remove_mask_islands(parts, 0.125))
    assert remove_mask_islands(parts, 0.13).sum() == 8


TOO_MUCH: list[tuple[str, Mask, dict[str, Any], dict[str, Any]]] = [
    ("ErodeDilateMask", SPOT, {"amount": 9}, {"amount": 1}),
    ("ErodeDilateMask", SPOT, {"amount": -1}, {"amount": 0}),
    ("GrowMask", SPOT, {"expand": 9}, {"expand": 1}),
    ("GrowMask", HALF, {"expand": -9}, {"expand": -1}),
    ("SoftenMask", HALF, {"radius": 9, "direction": "outward"}, {"radius": 1}),
    ("SoftenMask", HALF, {"radius": 9, "direction": "outward"}, {"radius": 9}),
    ("ThresholdMask", FAINT, {"value": 0.5}, {"value": 0.2}),
    ("FillMaskHoles", FRAME, {"max_area": -1}, {"max_area": 5}),
    ("FillMaskHoles", FRAME, {"max_area": 6}, {}),
    ("RemoveMaskIslands", SPOT, {"min_area": 2}, {"min_area": 1}),
    ("RemoveMaskIslands", SPOT, {"min_area": 64}, {}),
    ("CleanMask", FRAME, {"fill_holes": -1}, {"fill_holes": 0.1}),
    ("CleanMask", SPOT, {"remove_islands": 9}, {"remove_islands": 0.1}),
]
"""A node, a mask, what makes it select all or nothing, and what its warning proposes."""


@pytest.mark.parametrize(("kind", "mask", "much", "less"), TOO_MUCH)
def test_a_mask_that_comes_to_select_all_or_nothing_is_told_with_a_cure(
    bench: Bench, kind: str, mask: Mask, much: dict[str, Any], less: dict[str, Any]
) -> None:
    told, cured = bench.node(kind, mask=mask, **much), bench.node(kind, mask=mask, **less)

    what = "nothing" if not told.array().any() else "the whole picture"
    assert told.array().all() or not told.array().any()
    (warning,) = told.warnings
    assert warning.startswith(f"The mask selects {what} after this, and did not before. ")
    assert warning.endswith(".")
    assert cured.array().any()
    assert not cured.array().all()
    assert cured.warnings == []


def test_the_threshold_that_the_warning_names_works(bench: Bench) -> None:
    (warning,) = bench.node("ThresholdMask", mask=FAINT).warnings
    value = float(warning.removesuffix(".").rpartition(" ")[2])

    assert np.array_equal(SPOT, bench.node("ThresholdMask", mask=FAINT, value=value).array())


def test_of_a_batch_the_masks_are_named(bench: Bench) -> None:
    ran = bench.node("ErodeDilateMask", mask=np.concatenate([HALF, SPOT, SPOT]), amount=-1)

    assert ran.warnings == [
        "The mask of picture 1, 2 selects nothing after this, and did not before. Shrink it less."
    ]


@pytest.mark.parametrize("whole", [np.ones((1, 4, 5), np.float32), np.zeros((1, 4, 5), np.float32)])
def test_a_mask_that_selected_all_or_nothing_before_is_not_told(bench: Bench, whole: Mask) -> None:
    for amount in (-2, 2):
        assert bench.node("ErodeDilateMask", mask=whole, amount=amount).warnings == []
