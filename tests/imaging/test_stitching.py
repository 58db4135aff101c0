from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import Match, Stitch, fit, soft_ramp
from paintgraph.imaging.measure import measure_seam
from paintgraph.tests.imaging.pictures import clouds
from paintgraph.tests.strategies import images_with_masks


def hole_in(image: Image) -> Mask:
    mask = np.zeros(image.shape[:3], np.float32)
    mask[:, 30:70, 40:100] = 1
    return mask


def put_in(image: Image, mask: Mask, painted: Image) -> Image:
    result: Image = np.where(mask[..., np.newaxis] > 0, painted, image)
    return result


def test_the_ramp_is_that_of_fooocus() -> None:
    mask = np.zeros((1, 80, 80), np.float32)
    mask[:, :, :40] = 1

    codes = np.rint(soft_ramp(mask) * 255).astype(int)[0, 10]

    assert codes[:40].tolist() == [255] * 40
    assert codes[40:].tolist() == [*range(248, 0, -8), 0, 0, 0, 0, 0, 0, 0, 0, 0]


@given(images_with_masks(kind="soft", max_side=48))
def test_the_ramp_is_what_its_dilations_give(pair: tuple[Image, Mask]) -> None:
    mask = pair[1][:1]
    codes = np.where(np.rint(mask[0] * 255) > 127, 256, 0).astype(np.int16)
    for _ in range(32):
        grown = cv2.dilate(codes, np.ones((3, 3), np.uint8), borderValue=0)
        codes = np.maximum(codes, grown - 8)

    quantised = np.rint(mask * 255).astype(np.float32) / np.float32(255)
    assert np.array_equal(np.clip(codes, 0, 255), np.rint(soft_ramp(quantised)[0] * 255))


def test_half_selected_is_not_selected() -> None:
    mask = np.full((1, 1, 100), 0, np.float32)
    mask[0, 0, 0], mask[0, 0, 99] = 127 / 255, 128 / 255

    ramp = soft_ramp(mask)[0, 0]

    assert ramp[0] == 0
    assert ramp[99] == 1
    assert np.flatnonzero(ramp).min() == 99 - 31


@given(images_with_masks(kind="soft"))
def test_strict_takes_the_mask_as_it_is(pair: tuple[Image, Mask]) -> None:
    assert Stitch().weights(pair[1]) is pair[1]


FAULTS: dict[str, Callable[[Image], Image]] = {
    "gain": lambda image: image * np.float32(1.03),
    "offset": lambda image: image + np.float32(4 / 255),
    "darker": lambda image: image * np.float32(0.95) - np.float32(3 / 255),
}


@pytest.mark.parametrize("match", ["colour", "poisson"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_shift_of_colours_is_undone(fault: str, match: Match) -> None:
    image = clouds()
    mask = hole_in(image)
    painted = np.clip(FAULTS[fault](image), 0, 1)

    fitted = fit(image, mask, painted, match, ring_is_painted=True).painted
    left = fit(image, mask, painted, "none", ring_is_painted=True).painted

    assert np.abs(put_in(image, mask, fitted) - image).max() < 1.5 / 255
    assert np.abs(put_in(image, mask, left) - image).max() > 3 / 255
    assert measure_seam(put_in(image, mask, left), mask).delta_e > 0.8
    assert measure_seam(put_in(image, mask, fitted), mask).delta_e < 0.4


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("px", [-1, 0, 1])
def test_a_shift_by_one_px_is_told(axis: int, px: int) -> None:
    image = clouds()
    painted = np.roll(image * np.float32(1.03), px, axis=axis)

    shift = fit(image, hole_in(image), painted, "colour", ring_is_painted=True).shift

    assert shift == pytest.approx(abs(px), abs=0.15)


def test_an_engine_that_copies_tells_no_shift_and_keeps_its_colours() -> None:
    image = clouds()
    painted = np.roll(image, 5, axis=1)

    fitted = fit(image, hole_in(image), painted, "colour", ring_is_painted=False)

    assert fitted.shift is None
    assert fitted.painted is painted


def test_a_ring_that_the_engine_did_not_give_back_changes_nothing() -> None:
    image = clouds()
    painted = np.ones_like(image)

    assert np.array_equal(
        painted, fit(image, hole_in(image), painted, "colour", ring_is_painted=True).painted
    )


def test_a_hole_without_known_surroundings_stays_as_painted() -> None:
    image = clouds(20, 20)
    painted = np.clip(image + np.float32(0.1), 0, 1)
    whole = np.ones((1, 20, 20), np.float32)
    for match in ("colour", "poisson", "none"):
        fitted = fit(image, whole, painted, match, ring_is_painted=True)

        assert np.array_equal(painted, fitted.painted)
        assert fitted.shift == 0


def test_transparent_pixels_tell_nothing_of_colours() -> None:
    image = clouds()
    clear = np.concatenate([image, np.ones((*image.shape[:3], 1), np.float32)], axis=3)
    clear[:, :, :40] = [1, 0, 1, 0]
    painted = np.clip(image * np.float32(1.03), 0, 1)

    fitted = fit(clear, hole_in(image), painted, "colour", ring_is_painted=True).painted

    assert np.abs(fitted - image)[hole_in(image) > 0].max() < 1.5 / 255


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (40, 3)])
@pytest.mark.parametrize("match", ["colour", "poisson", "none"])
@given(st.data())
def test_any_part_and_hole_can_be_fitted(
    size: tuple[int, int], match: Match, data: st.DataObject
) -> None:
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    image, painted = generator.uniform(0, 1, (2, 1, *size, 3)).astype(np.float32)
    hole = (generator.uniform(0, 1, (1, *size)) > 0.5).astype(np.float32)

    fitted = fit(image, hole, painted, match, ring_is_painted=data.draw(st.booleans()))

    assert fitted.painted.shape == image.shape
    assert fitted.painted.min() >= 0
    assert fitted.painted.max() <= 1
