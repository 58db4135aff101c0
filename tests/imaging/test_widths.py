import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from paintgraph.imaging.masks.widths import thin_islands

Flags = NDArray[np.bool_]


def drawn(*lines: tuple[tuple[int, int], tuple[int, int], int]) -> Flags:
    """Lines; OpenCV draws one of an odd thickness 2 px wider."""
    sheet = np.zeros((120, 160), np.uint8)
    for begin, end, thick in lines:
        cv2.line(sheet, begin, end, 1, thick)
    return sheet > 0


@pytest.mark.parametrize("thick", [1, 5, 9])
def test_lines_are_thin_and_so_are_their_crossings(thick: int) -> None:
    cross = drawn(((10, 60), (150, 60), thick), ((80, 5), (80, 115), thick))

    assert np.array_equal(thin_islands(cross), cross)


@pytest.mark.parametrize("thick", [15, 30])
def test_bars_and_discs_are_not_thin(thick: int) -> None:
    assert not thin_islands(drawn(((40, 60), (120, 60), thick))).any()
    assert not thin_islands(drawn(((80, 60), (80, 60), thick))).any()


def test_each_island_is_judged_alone() -> None:
    line, disc = drawn(((5, 10), (150, 14), 4)), drawn(((80, 80), (80, 80), 40))

    assert np.array_equal(thin_islands(line | disc), line)


def test_a_scratch_that_ends_in_a_hole_is_not_thin() -> None:
    both = drawn(((5, 60), (100, 60), 4), ((120, 60), (120, 60), 40))

    assert not thin_islands(both).any()


def test_a_strip_at_the_edge_of_the_picture_is_as_wide_as_it_is() -> None:
    edge = np.zeros((120, 160), np.bool_)
    edge[:20] = True

    assert not thin_islands(edge).any()


def test_nothing_and_everything_are_fine() -> None:
    nothing = np.zeros((4, 5), np.bool_)

    assert not thin_islands(nothing).any()
    assert not thin_islands(np.ones((100, 100), np.bool_)).any()
