from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.masks.highest import highest_in_disk, highest_in_square
from paintgraph.imaging.masks.morphology import Footprint, dilate, erode
from paintgraph.tests.strategies import masks

IS_NEAR: dict[Footprint, Callable[[int, int, int], bool]] = {
    "square": lambda rows, columns, radius: max(abs(rows), abs(columns)) <= radius,
    "diamond": lambda rows, columns, radius: abs(rows) + abs(columns) <= radius,
    "disk": lambda rows, columns, radius: rows**2 + columns**2 <= radius**2,
}
footprints = st.sampled_from(tuple(IS_NEAR))
radii = st.integers(0, 16)


def any_values() -> st.SearchStrategy[Mask]:
    """Masks of values that 8 bits cannot hold."""
    floats = st.floats(0, 1, width=32)
    return npst.arrays(np.float32, npst.array_shapes(min_dims=3, max_dims=3), elements=floats)


def by_definition(mask: Mask, radius: int, footprint: Footprint) -> Mask:
    """The highest value of all px that are near, px by px."""
    _, height, width = mask.shape
    highest = mask.copy()
    for row, column in np.ndindex(height, width):
        for other_row, other_column in np.ndindex(height, width):
            if IS_NEAR[footprint](other_row - row, other_column - column, radius):
                near = mask[:, other_row, other_column]
                highest[:, row, column] = np.maximum(highest[:, row, column], near)
    return highest


@given(masks(max_side=8) | any_values(), radii, footprints)
def test_dilate_is_the_highest_value_nearby(mask: Mask, radius: int, footprint: Footprint) -> None:
    assert np.array_equal(by_definition(mask, radius, footprint), dilate(mask, radius, footprint))


@given(masks(max_side=8) | any_values(), radii, footprints)
def test_erode_is_the_lowest_value_nearby(mask: Mask, radius: int, footprint: Footprint) -> None:
    expected = -by_definition(-mask, radius, footprint)

    assert np.array_equal(expected, erode(mask, radius, footprint))


@given(masks() | any_values(), radii, footprints)
def test_erode_leaves_no_negative_zero(mask: Mask, radius: int, footprint: Footprint) -> None:
    assert not np.signbit(erode(mask, radius, footprint)).any()


@pytest.mark.parametrize("radius", [3, 40, 200])
def test_a_disk_goes_over_the_borders_between_strips(radius: int) -> None:
    generator = np.random.default_rng(radius)
    soft = np.zeros((300, 50), np.float32)
    soft[generator.integers(0, 300, 40), generator.integers(0, 50, 40)] = generator.random(40)
    levels = np.divide(np.rint(soft * 255), 255, dtype=np.float32)

    for layer in (soft, levels):
        expected = np.max(
            [
                np.where(highest_in_disk((layer >= level) * 1.0, radius) > 0, level, 0)
                for level in np.unique(layer)
            ],
            axis=0,
        )
        assert np.array_equal(expected, highest_in_disk(layer, radius))


def test_a_disk_is_exact_in_a_wide_picture() -> None:
    layer = np.zeros((40, 20_000), np.float32)
    points = [(0, 3), (39, 9_000), (20, 19_990)]
    for row, column in points:
        layer[row, column] = 1
    rows, columns = np.ogrid[:40, :20_000]
    near = [(rows - row) ** 2 + (columns - column) ** 2 <= 1000**2 for row, column in points]

    assert np.array_equal(np.any(near, axis=0), highest_in_disk(layer, 1000) > 0)


@pytest.mark.parametrize("footprint", IS_NEAR)
@pytest.mark.parametrize("shape", [(1, 1, 9), (1, 9, 1), (2, 1, 1)])
def test_one_line_of_pixels_is_enough(shape: tuple[int, ...], footprint: Footprint) -> None:
    mask = np.zeros(shape, np.float32)
    mask[:, 0, 0] = 0.5

    assert (dilate(mask, 20, footprint) == 0.5).all()


@pytest.mark.parametrize("radius", [64, 65, 66, 128, 400])
def test_a_large_square_is_small_ones_one_after_the_other(radius: int) -> None:
    mask = np.random.default_rng(radius).uniform(-1, 1, (2, 150, 210)).astype(np.float32)
    expected = mask
    for step in (radius // 8,) * 8 + (radius % 8,):
        expected = highest_in_square(expected, step)

    assert np.array_equal(expected, highest_in_square(mask, radius))
