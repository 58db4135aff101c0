"""The shadow of a subject on an even ground."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.masks.shadow import shadow_of
from paintgraph.tests.strategies import images_with_masks

SIDE = 64
DOWN, ACROSS = np.mgrid[:SIDE, :SIDE].astype(np.float32)
GROUND = np.float32(0.85) - np.float32(0.002) * ACROSS - np.float32(0.001) * DOWN
SUBJECT = (np.hypot(DOWN - 30, ACROSS - 30) < 8).astype(np.float32)[np.newaxis]
SHADOW = np.float32(0.4) * np.clip((14 - np.hypot(DOWN - 38, ACROSS - 38)) / 8, 0, 1)


def photo(dark: Mask, grain: float = 0.0) -> Image:
    noise = np.random.default_rng(0).normal(0, grain, (SIDE, SIDE))
    light = (GROUND * (1 - dark) + noise)[np.newaxis, ..., np.newaxis].repeat(3, axis=3)
    light[SUBJECT > 0] = (0.1, 0.3, 0.6)
    image: Image = np.clip(light, 0, 1).astype(np.float32)
    return image


@pytest.mark.parametrize("grain", [0.0, 0.01])
def test_the_shadow_is_found_as_dark_as_it_is(grain: float) -> None:
    found = shadow_of(photo(SHADOW, grain), SUBJECT, least=0.02)[0]

    seen = SUBJECT[0] == 0
    assert np.abs(found - SHADOW)[seen].mean() < 0.01
    assert np.abs(found - SHADOW)[seen & (SHADOW > 0.2)].max() < 0.08
    assert found[:16].max() == 0


def test_a_ground_without_a_shadow_has_none() -> None:
    assert not shadow_of(photo(np.zeros_like(SHADOW), 0.005), SUBJECT).any()


def test_what_does_not_touch_the_subject_is_no_shadow_of_it() -> None:
    far = np.zeros_like(SHADOW)
    far[2:10, 50:60] = 0.4

    assert not shadow_of(photo(far), SUBJECT).any()


@given(images_with_masks(), st.floats(0, 1), st.integers(0, 8))
def test_a_shadow_is_a_mask_that_selects_nothing_of_the_subject_itself(
    both: tuple[Image, Mask],
    least: float,
    smooth: int,
) -> None:
    image, subject = both

    found = shadow_of(image, subject, least, smooth)

    assert found.shape == subject.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    assert not found[subject == 1].any()
