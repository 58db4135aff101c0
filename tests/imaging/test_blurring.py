"""Pictures out of focus, and masks laid over pictures."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.blend.effects import blur, blur_window, overlay
from paintgraph.tests.strategies import images

SIDE = 40


def scene() -> np.ndarray:
    """A white square on black."""
    image = np.zeros((1, SIDE, SIDE, 3), np.float32)
    image[:, 15:25, 15:25] = 1
    return image


def square() -> np.ndarray:
    return scene()[..., 0]


def test_no_radius_changes_nothing() -> None:
    assert np.array_equal(scene(), blur(scene(), 0))


@given(st.integers(1, 60), st.floats(0, 1, width=32))
def test_an_even_picture_stays(radius: int, value: float) -> None:
    image = np.full((1, 9, 7, 4), value, np.float32)

    assert np.allclose(image, blur(image, radius), atol=1e-5)
    assert np.allclose(image, blur(image, radius, np.zeros((1, 9, 7), np.float32)), atol=1e-5)


def test_more_radius_spreads_further() -> None:
    spread = [int((blur(scene(), radius) > 0.02).sum()) for radius in (2, 6, 12)]

    assert spread == sorted(set(spread))


def test_the_subject_to_avoid_leaves_no_halo() -> None:
    with_halo, without = blur(scene(), 8), blur(scene(), 8, square())

    outside = square() == 0
    assert with_halo[outside].max() > 0.3
    assert without[outside].max() < 1e-5


def test_avoiding_everything_still_gives_a_picture() -> None:
    result = blur(scene(), 8, np.ones((1, SIDE, SIDE), np.float32))

    assert np.isfinite(result).all()
    assert np.allclose(result, blur(scene(), 8))


def test_an_overlay_colours_what_is_selected_alone() -> None:
    shown = overlay(scene(), square() * np.float32(0.5), (1, 0, 0), 0.5)

    assert np.allclose(shown[square() == 1], [1, 0.75, 0.75])
    assert np.array_equal(shown[square() == 0], scene()[square() == 0])


def test_an_overlay_is_seen_on_clear_pixels_too() -> None:
    clear = np.concatenate([scene(), np.zeros((1, SIDE, SIDE, 1), np.float32)], axis=3)

    assert np.allclose(overlay(clear, square(), (1, 0, 0), 0.5)[square() == 1][:, 3], 0.5)


def by_hand(row: np.ndarray, radius: int, sigma: float) -> np.ndarray:
    """A row under the Gaussian of a window, mirrored beyond its ends without their px again."""
    offsets = np.linspace(-1, 1, 2 * radius + 1)
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    padded = np.pad(row, radius, mode="reflect")
    return np.convolve(padded, weights / weights.sum(), mode="valid")


@given(st.integers(1, 31), st.floats(0.1, 10))
def test_a_window_mixes_by_its_weights(radius: int, sigma: float) -> None:
    row = np.random.default_rng(2).random(40)
    image = np.tile(row.astype(np.float32)[:, np.newaxis], (1, 9, 1, 3))

    for turned in (image, image.transpose(0, 2, 1, 3).copy()):
        blurred = blur_window(turned, radius, sigma)
        back = blurred if turned is image else blurred.transpose(0, 2, 1, 3)
        assert np.allclose(back[0, 4, :, 0], by_hand(row, radius, sigma), atol=1e-5)


@given(images(), st.integers(1, 31), st.floats(0.1, 10))
def test_a_window_gives_pictures_of_any_size(image: Image, radius: int, sigma: float) -> None:
    blurred = blur_window(image, radius, sigma)

    assert blurred.shape == image.shape
    assert 0 <= blurred.min() <= blurred.max() <= 1
