from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.measure import max_abs_diff_outside, measure_seam
from paintgraph.tests.imaging.pictures import clouds
from paintgraph.tests.strategies import images_with_masks


@given(images_with_masks())
def test_changes_inside_do_not_count(pair: tuple[Image, Mask]) -> None:
    image, mask = pair
    after = image.copy()
    after[mask > 0] = 0.5

    assert max_abs_diff_outside(image, after, mask) == 0


def test_the_largest_change_outside_counts_in_alpha_too() -> None:
    before = np.zeros((1, 2, 2, 3), np.float32)
    after = np.zeros((1, 2, 2, 4), np.float32)
    after[..., 3] = 1
    after[0, 0, 0, 1] = 0.25
    after[0, 1, 1, 3] = 0.5
    mask = np.zeros((1, 2, 2), np.float32)

    assert max_abs_diff_outside(before, after, mask) == 0.5
    mask[0, 1, 1] = 0.01
    assert max_abs_diff_outside(before, after, mask) == 0.25


def half_selected() -> Mask:
    mask = np.zeros((1, 40, 40), np.float32)
    mask[:, :, 20:] = 1
    return mask


def test_texture_that_goes_on_has_no_seam() -> None:
    noise = np.random.default_rng(1).uniform(0, 1, (1, 40, 40, 3)).astype(np.float32)

    assert measure_seam(noise, half_selected()).ratio == pytest.approx(1, abs=0.2)


def test_a_step_at_the_border_is_a_seam() -> None:
    picture = np.random.default_rng(1).uniform(0, 0.1, (1, 40, 40, 4)).astype(np.float32)
    picture[:, :, 20:] += 0.5
    picture[..., 3] = 1

    assert measure_seam(picture, half_selected()).ratio > 8


def test_borders_run_both_ways() -> None:
    picture = np.zeros((1, 40, 40, 3), np.float32)
    picture[:, 10:30] = 1
    mask = np.zeros((1, 40, 40), np.float32)
    mask[:, 10:30] = 1

    turned = measure_seam(np.swapaxes(picture, 1, 2).copy(), np.swapaxes(mask, 1, 2).copy()).ratio
    assert measure_seam(picture, mask).ratio == pytest.approx(turned)
    assert turned > 100


@pytest.mark.parametrize("value", [0, 1])
def test_without_a_border_there_is_no_seam(value: float) -> None:
    picture = np.zeros((2, 8, 8, 3), np.float32)

    assert measure_seam(picture, np.full((1, 8, 8), value, np.float32)).ratio == 1


def test_a_flat_picture_has_no_seam() -> None:
    assert measure_seam(np.full((1, 40, 40, 3), 0.5, np.float32), half_selected()).ratio == 1


def middle(image: Image) -> Mask:
    mask = np.zeros(image.shape[:3], np.float32)
    mask[:, 20:70, 30:90] = 1
    return mask


@pytest.mark.parametrize(
    ("fault", "least"),
    [
        (lambda image: image * np.float32(1.03), 0.5),
        (lambda image: image + np.float32(4 / 255), 1.0),
        (lambda image: image - np.float32(4 / 255), 1.0),
    ],
    ids=["gain", "brighter", "darker"],
)
def test_a_shift_of_all_colours_inside_is_seen(
    fault: Callable[[Image], Image], least: float
) -> None:
    image = clouds()
    mask = middle(image)
    faulty = np.where(mask[..., np.newaxis] > 0, fault(image), image)

    assert measure_seam(image, mask).delta_e < least / 2
    assert measure_seam(faulty, mask).delta_e > least
    assert max_abs_diff_outside(image, faulty, mask) == 0


def test_a_shift_or_a_blur_of_the_outside_is_seen() -> None:
    image = clouds()
    mask = middle(image)
    moved = np.roll(image, 1, axis=2)
    blurred = cv2.GaussianBlur(image[0], (0, 0), 1)[np.newaxis]

    assert max_abs_diff_outside(image, moved, mask) > 0.01
    assert max_abs_diff_outside(image, blurred, mask) > 0.01


def test_an_even_slope_is_no_shift_of_colours() -> None:
    ramp = np.linspace(0.2, 0.8, 60, dtype=np.float32)
    image = np.broadcast_to(ramp[np.newaxis, np.newaxis, :, np.newaxis], (1, 40, 60, 3))
    mask = np.zeros((1, 40, 60), np.float32)
    mask[:, :, 30:] = 1

    assert measure_seam(image, mask).ratio == pytest.approx(1, abs=0.05)
    assert measure_seam(image, mask).delta_e == pytest.approx(0, abs=0.05)


def test_what_is_transparent_has_no_colour() -> None:
    image = np.full((1, 40, 40, 4), 0.5, np.float32)
    image[:, :, :20] = [1, 0, 1, 0]

    assert measure_seam(image, half_selected()) == (1, 0)


def test_a_mask_of_single_pixels_is_measured_by_its_steps_alone() -> None:
    image = clouds()
    mask = np.zeros(image.shape[:3], np.float32)
    mask[:, 5::11, 5::11] = 1
    image[mask == 1] = 1

    seam = measure_seam(image, mask)

    assert seam.ratio > 5
    assert seam.delta_e == 0


def test_a_long_border_is_measured_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    image = clouds()
    mask = (np.indices(image.shape[1:3]).sum(axis=0) % 20 < 10).astype(np.float32)[np.newaxis]
    whole = measure_seam(image, mask)

    monkeypatch.setattr("paintgraph.imaging.measure._AT_ONCE", 300)

    assert measure_seam(image, mask) == pytest.approx(whole, rel=1e-4)
