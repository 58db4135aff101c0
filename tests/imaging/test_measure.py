import numpy as np
import pytest
from hypothesis import given

from imaging.arrays import Image, Mask
from imaging.measure import max_abs_diff_outside, seam_ratio
from tests.strategies import images_with_masks


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

    assert seam_ratio(noise, half_selected()) == pytest.approx(1, abs=0.2)


def test_a_step_at_the_border_is_a_seam() -> None:
    picture = np.random.default_rng(1).uniform(0, 0.1, (1, 40, 40, 4)).astype(np.float32)
    picture[:, :, 20:] += 0.5

    assert seam_ratio(picture, half_selected()) > 8


def test_borders_run_both_ways() -> None:
    picture = np.zeros((1, 40, 40, 3), np.float32)
    picture[:, 10:30] = 1
    mask = np.zeros((1, 40, 40), np.float32)
    mask[:, 10:30] = 1

    turned = seam_ratio(np.swapaxes(picture, 1, 2).copy(), np.swapaxes(mask, 1, 2).copy())
    assert seam_ratio(picture, mask) == pytest.approx(turned)
    assert turned > 100


@pytest.mark.parametrize("value", [0, 1])
def test_without_a_border_there_is_no_seam(value: float) -> None:
    picture = np.zeros((2, 8, 8, 3), np.float32)

    assert seam_ratio(picture, np.full((1, 8, 8), value, np.float32)) == 1


def test_a_flat_picture_has_no_seam() -> None:
    assert seam_ratio(np.full((1, 40, 40, 3), 0.5, np.float32), half_selected()) == 1
