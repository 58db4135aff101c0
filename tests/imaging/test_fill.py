from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError, MaskError
from paintgraph.imaging.fill.guess import FillMethod, fill
from paintgraph.imaging.samples import quantise, to_image
from paintgraph.tests.strategies import images_with_masks

METHODS = get_args(FillMethod)
FROM_KNOWN: tuple[FillMethod, ...] = ("edge", "mirror", "blur", "telea")


@pytest.mark.parametrize("method", METHODS)
@given(pair=images_with_masks(max_side=10))
def test_known_pixels_and_alpha_keep_every_bit(
    method: FillMethod, pair: tuple[Image, Mask]
) -> None:
    image, mask = pair
    assume(not (mask > 0).all(axis=(1, 2)).any())

    filled = fill(image, mask, method)

    assert np.array_equal(image[mask == 0], filled[mask == 0])
    assert np.array_equal(image[..., 3:], filled[..., 3:])
    assert filled.dtype == np.float32
    assert 0 <= filled.min() <= filled.max() <= 1


@pytest.mark.parametrize("method", FROM_KNOWN)
@given(pair=images_with_masks(max_side=10))
def test_one_known_colour_fills_all(method: FillMethod, pair: tuple[Image, Mask]) -> None:
    image, mask = pair
    assume(not (mask > 0).all(axis=(1, 2)).any())
    colour = np.array([0.2, 0.4, 0.6], np.float32)
    image = image.copy()
    image[..., :3][mask == 0] = colour
    image[..., 3:][mask == 0] = 1

    filled = fill(image, mask, method)

    expected = np.broadcast_to(colour, (*mask.shape, 3))
    assert expected == pytest.approx(filled[..., :3], abs=1e-5)


@pytest.mark.parametrize("depth", [8, 16])
def test_telea_keeps_a_flat_colour_whatever_else_is_near(depth: int) -> None:
    code = 100 * (257 if depth == 16 else 1)
    samples = np.full((60, 60, 3), code, np.uint16 if depth == 16 else np.uint8)
    samples[:3] = 0
    mask = np.zeros((1, 60, 60), np.float32)
    mask[:, 10:50, 10:50] = 1

    filled = fill(to_image(samples), mask, "telea")

    assert np.all(quantise(filled, depth)[mask > 0] == code)


def test_edge_takes_the_nearest_known_pixel_and_mirror_the_one_behind() -> None:
    grey = np.array([0, 0.25, 0.5, 0.75, 1, 1, 1, 1], np.float32)
    image = np.repeat(grey[np.newaxis, np.newaxis, :, np.newaxis], 3, axis=3)
    mask = np.array([[[0, 0, 0, 0, 1, 1, 1, 1]]], np.float32)

    edge = fill(image, mask, "edge")[0, 0, :, 0]
    mirror = fill(image, mask, "mirror")[0, 0, :, 0]

    assert edge.tolist() == [0, 0.25, 0.5, 0.75, 0.75, 0.75, 0.75, 0.75]
    assert mirror.tolist() == [0, 0.25, 0.5, 0.75, 0.5, 0.25, 0, 0]


def test_blur_runs_smoothly_between_two_colours() -> None:
    image = np.zeros((1, 32, 64, 3), np.float32)
    image[:, :, 32:] = 1
    mask = np.zeros((1, 32, 64), np.float32)
    mask[:, :, 8:56] = 1

    line = fill(image, mask, "blur")[0, 16, :, 0]

    assert np.abs(np.diff(line)).max() < 0.15
    assert line[31] + line[32] == pytest.approx(1, abs=0.2)


def test_noise_follows_the_seed_and_differs_in_a_batch() -> None:
    image = np.zeros((2, 4, 4, 3), np.float32)
    mask = np.ones((1, 4, 4), np.float32)

    noise = fill(image, mask, "noise", seed=7)

    assert np.array_equal(noise, fill(image, mask, "noise", seed=7))
    assert not np.array_equal(noise, fill(image, mask, "noise", seed=8))
    assert not np.array_equal(noise[0], noise[1])


def test_colour_is_the_one_asked_for() -> None:
    image = np.zeros((1, 1, 2, 4), np.float32)

    filled = fill(image, np.array([[[0, 0.5]]], np.float32), "colour", colour=(1, 0.5, 0.25))

    assert filled[0, 0].tolist() == [[0, 0, 0, 0], [1, 0.5, 0.25, 0]]


@pytest.mark.parametrize("method", FROM_KNOWN)
def test_nothing_known_is_an_error(method: FillMethod) -> None:
    image = np.zeros((1, 3, 3, 3), np.float32)

    with pytest.raises(MaskError, match="the mask selects the whole picture") as caught:
        fill(image, np.ones((1, 3, 3), np.float32), method)

    assert caught.value.code == "full_mask"


def test_an_unknown_method_is_refused() -> None:
    image, mask = np.zeros((1, 1, 2, 3), np.float32), np.array([[[0, 1]]], np.float32)

    with pytest.raises(ContractError, match="fill method is 'magic'; allowed are keep"):
        fill(image, mask, "magic")  # type: ignore[arg-type]
