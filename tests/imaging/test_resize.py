from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.resize import Interpolation, resize, scale_to_fit
from paintgraph.tests.strategies import images, sizes

INTERPOLATIONS = get_args(Interpolation)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@given(image=images(batch=2), size=sizes())
def test_the_result_has_the_size_and_stays_in_range(
    interpolation: Interpolation, image: Image, size: tuple[int, int]
) -> None:
    resized = resize(image, size[1], size[0], interpolation)

    assert resized.shape == (2, *size, image.shape[3])
    assert resized.dtype == np.float32
    assert 0 <= resized.min() <= resized.max() <= 1
    alone = [resize(image[item : item + 1], size[1], size[0], interpolation) for item in (0, 1)]
    assert np.array_equal(np.concatenate(alone), resized)


@given(images(channels=4))
def test_an_unchanged_size_keeps_every_bit(image: Image) -> None:
    assert np.array_equal(image, resize(image, image.shape[2], image.shape[1]))


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("new", [5, 27, 90, 91])
def test_the_picture_does_not_shift(interpolation: Interpolation, new: int) -> None:
    mask = np.zeros((1, 45, 45), np.float32)
    mask[:, 9:18, 27:36] = 1

    resized = resize(mask, new, new, interpolation)

    turned = resize(np.ascontiguousarray(mask[:, ::-1, ::-1]), new, new, interpolation)
    assert turned[:, ::-1, ::-1] == pytest.approx(resized, abs=1e-6)
    places = (np.arange(new) + 0.5) * 45 / new
    total = resized.sum()
    assert (resized[0].sum(axis=1) @ places) / total == pytest.approx(13.5, abs=0.3)
    assert (resized[0].sum(axis=0) @ places) / total == pytest.approx(31.5, abs=0.3)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "area", "auto"])
@pytest.mark.parametrize("new", [9, 15, 45])
def test_a_ramp_keeps_its_values_at_the_new_centres(interpolation: Interpolation, new: int) -> None:
    ramp = np.linspace(0.5 / 45, 44.5 / 45, 45, dtype=np.float32)[np.newaxis, np.newaxis]

    resized = resize(ramp, new, 1, interpolation)[0, 0]

    expected = (np.arange(new) + 0.5) / new
    assert expected[3:-3] == pytest.approx(resized[3:-3], abs=1e-5)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("size", [(7, 5), (64, 48)])
def test_colours_of_transparent_pixels_never_bleed(
    interpolation: Interpolation, size: tuple[int, int]
) -> None:
    image = np.zeros((1, 16, 16, 4), np.float32)
    image[..., 1] = 1  # green, hidden
    image[:, 4:12, 4:12] = (1, 0, 0, 1)

    resized = resize(image, *size, interpolation)

    seen = resized[resized[..., 3] > 0.01]
    assert seen[:, 1].max() < 0.01
    assert seen[:, 0].min() > 0.99


def test_hidden_colours_are_kept_where_all_is_transparent() -> None:
    image = np.full((1, 8, 8, 4), 0.25, np.float32)
    image[..., 3] = 0

    resized = resize(image, 4, 4)

    assert np.full((1, 4, 4, 3), 0.25) == pytest.approx(resized[..., :3])


def test_area_averages_and_nearest_picks() -> None:
    mask = np.array([[[0, 1, 1, 1]]], np.float32)

    assert resize(mask, 2, 1, "area").ravel().tolist() == [0.5, 1]
    assert resize(mask, 8, 1, "nearest").ravel().tolist() == [0, 0, 1, 1, 1, 1, 1, 1]


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 2000), st.booleans())
def test_a_fitted_size_fits_and_is_never_empty(
    width: int,
    height: int,
    side: int,
    enlarge: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    fitted = scale_to_fit(width, height, side, side, enlarge=enlarge)

    assert 1 <= min(fitted) <= max(fitted) <= max(side, 1)
    if enlarge or max(width, height) > side:
        assert max(fitted) == side
    else:
        assert fitted == (width, height)


def test_scale_to_fit_keeps_the_proportion() -> None:
    assert scale_to_fit(4000, 3000, 1024, 1024) == (1024, 768)
    assert scale_to_fit(1, 7000, 1024, 1024) == (1, 1024)


def test_a_size_of_nothing_is_refused() -> None:
    with pytest.raises(ContractError, match="the new size is 4x0") as caught:
        resize(np.zeros((1, 2, 2), np.float32), 0, 4)

    assert caught.value.code == "bad_size"


def test_an_unknown_interpolation_is_refused() -> None:
    with pytest.raises(
        ContractError, match="interpolation is 'best'; allowed are nearest, bilinear"
    ):
        resize(np.zeros((1, 2, 2), np.float32), 1, 1, "best")  # type: ignore[arg-type]
