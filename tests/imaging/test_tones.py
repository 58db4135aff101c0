"""Levels, curves and saturation."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.tones import curve, levels, saturate
from paintgraph.imaging.errors import ContractError
from paintgraph.tests.strategies import images, masks

tones = st.floats(0, 1, width=32)


@given(images() | masks(), tones, tones, st.floats(0.1, 10), tones, tones)
def test_levels_stay_within_what_they_are_spread_over_and_keep_the_order(  # noqa: PLR0913
    array: Image, one: float, other: float, gamma: float, darkest: float, lightest: float
) -> None:
    black, white = sorted((one, other))
    if white - black < 0.01:
        black, white = 0.0, 1.0

    spread = levels(array, black, white, gamma, darkest, lightest)

    before, after = (each[..., :3] if each.ndim == 4 else each for each in (array, spread))
    low, high = sorted((darkest, lightest))
    assert after.min() >= low - 1e-6
    assert after.max() <= high + 1e-6
    assert (after[before <= black] == pytest.approx(darkest, abs=1e-6)) or not (
        before <= black
    ).any()
    assert (after[before >= white] == pytest.approx(lightest, abs=1e-6)) or not (
        before >= white
    ).any()
    rises = after.ravel()[np.argsort(before.ravel(), kind="stable")]
    assert (np.diff(rises) * (1 if lightest >= darkest else -1) >= -1e-6).all()
    if array.ndim == 4:
        assert np.array_equal(array[..., 3:], spread[..., 3:])


@given(images() | masks())
def test_levels_curve_and_saturation_change_nothing_by_default(array: Image) -> None:
    assert np.array_equal(levels(array), array)
    assert curve(array, [(0, 0), (1, 1)]) == pytest.approx(array, abs=1e-6)
    if array.ndim == 4:
        assert np.array_equal(saturate(array, 1), array)


@given(masks(), st.lists(tones, min_size=3, max_size=6, unique=True), st.data())
def test_a_curve_runs_through_its_points_and_never_beyond_their_neighbours(
    mask: Mask, before: list[float], data: st.DataObject
) -> None:
    after = [data.draw(tones) for _ in before]
    points = sorted(zip(before, after, strict=True))

    at_points = curve(np.array([[before]], np.float32), points)
    everywhere = curve(mask, points)

    assert at_points[0, 0] == pytest.approx(after, abs=1e-4)
    for (x0, y0), (x1, y1) in pairwise(points):
        between = everywhere[(mask >= x0) & (mask <= x1)]
        assert (between >= min(y0, y1) - 1e-4).all()
        assert (between <= max(y0, y1) + 1e-4).all()


@given(images(), st.floats(0, 4))
def test_greys_stay_greys_and_without_saturation_all_are(image: Image, factor: float) -> None:
    grey = image.copy()
    grey[..., 1:3] = grey[..., :1]

    assert saturate(grey, factor) == pytest.approx(grey, abs=1e-5)
    none = saturate(image, 0)
    assert none[..., 1] == pytest.approx(none[..., 0], abs=1e-6)
    assert np.array_equal(none[..., 3:], image[..., 3:])


def test_a_curve_needs_little_more_than_the_picture_and_the_result() -> None:
    image = np.zeros((1, 2000, 1000, 3), np.float32)

    tracemalloc.start()
    curve(image, [(0, 0), (0.5, 0.6), (1, 1)])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 6 * image.nbytes


def test_what_gives_no_levels_and_no_curve_is_told() -> None:
    with pytest.raises(ContractError, match=r"black is 0.6 but white is 0.6; .* Swap them"):
        levels(np.zeros((1, 1, 1), np.float32), 0.6, 0.6)
    for points in ([], [(0.5, 0.1)], [(0.5, 0.1), (0.5, 0.2)]):
        with pytest.raises(ContractError, match="needed are two or more"):
            curve(np.zeros((1, 1, 1), np.float32), points)
