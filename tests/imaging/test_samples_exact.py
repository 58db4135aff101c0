"""Float noise never shows: what is a whole number of codes stays one through arithmetic."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.blend.composite import blend_into
from paintgraph.imaging.blend.effects import blur
from paintgraph.imaging.blend.stitching import blend_gradients, fit
from paintgraph.imaging.fill.guess import fill
from paintgraph.imaging.geometry.resize import Interpolation, resize
from paintgraph.imaging.masks.algebra import from_image, soften
from paintgraph.imaging.samples import quantise, to_image
from paintgraph.tests.strategies import images

METHODS: tuple[Interpolation, ...] = ("nearest", "bilinear", "bicubic", "lanczos", "area", "auto")
SIZE = (23, 37)
HOLE = np.zeros((1, *SIZE), np.float32)
HOLE[:, 6:17, 8:30] = 1
SOFT = np.linspace(0, 1, SIZE[0] * SIZE[1], dtype=np.float32).reshape(1, *SIZE)


def blended(image: Image) -> Image:
    result: Image = image[0].copy()
    blend_into(result, image[0], SOFT[0])
    return result


FLAT: dict[str, Callable[[Image], NDArray[np.float32]]] = {
    "blur": lambda image: blur(image, 16),
    "wide blur": lambda image: blur(image, 1024),
    "blur around": lambda image: blur(image, 9, HOLE),
    "soften": lambda image: soften(image[..., 0], 9, "both"),
    "soften inward": lambda image: soften(image[..., 0], 9, "inward"),
    "luminance": from_image,
    "fill blur": lambda image: fill(image, HOLE, "blur"),
    "fill telea": lambda image: fill(image, HOLE, "telea"),
    "gradients": lambda image: blend_gradients(
        image[0], image[0], HOLE[0] > 0, ring_is_painted=False
    ),
    "fit": lambda image: fit(image, HOLE, image, "poisson", ring_is_painted=True).painted,
    "blend": blended,
    **{
        f"{method} to {width}x{height}": partial(
            resize, width=width, height=height, interpolation=method
        )
        for method in METHODS
        for width, height in ((26, 16), (1, 1), (63, 40), (5, 50))
    },
}


def flat(code: int, depth: int, size: tuple[int, int] = SIZE) -> Image:
    kind = np.uint8 if depth == 8 else np.uint16
    return to_image(np.full((*size, 3), code, kind))


@st.composite
def codes(draw: st.DrawFn) -> tuple[int, int]:
    """A code, and the depth that it is of."""
    depth = draw(st.sampled_from([8, 16]))
    return draw(st.integers(0, (1 << depth) - 1)), depth


@pytest.mark.parametrize("name", FLAT)
@given(given_code=codes())
@settings(max_examples=25, deadline=None)
def test_what_is_flat_stays_flat(name: str, given_code: tuple[int, int]) -> None:
    code, depth = given_code

    changed = quantise(FLAT[name](flat(code, depth)), depth)

    assert np.all(changed == code)


@pytest.mark.parametrize("code", [1, 77, 200, 254])
def test_an_average_of_very_many_px_is_exact(code: int) -> None:
    large = to_image(np.full((1500, 1200), code, np.uint8))

    assert np.all(quantise(resize(large, 3, 2, "area")) == code)
    assert np.all(quantise(resize(large, 3, 2, "area"), 16) == code * 257)


@pytest.mark.parametrize("depth", [8, 16])
@given(data=st.data())
def test_inverting_gives_whole_codes_and_twice_is_the_identity(
    depth: int, data: st.DataObject
) -> None:
    image = data.draw(images(depth=depth))
    highest = np.iinfo(quantise(image, depth).dtype).max

    once = 1 - image
    twice = 1 - to_image_of(quantise(once, depth))

    assert np.array_equal(quantise(once, depth), highest - quantise(image, depth))
    assert np.array_equal(quantise(twice, depth), quantise(image, depth))
    assert np.array_equal(quantise(1 - once, depth), quantise(image, depth))


def to_image_of(samples: NDArray[Any]) -> Image:
    values: Image = np.divide(samples, np.iinfo(samples.dtype).max, dtype=np.float32)
    return values


@pytest.mark.parametrize("depth", [8, 16])
def test_every_code_bears_noise_and_every_inverse_is_exact(depth: int) -> None:
    codes = np.arange(1 << depth)
    values = codes.astype(np.float32) / np.float32(codes[-1])

    for noise in (-9e-4, 9e-4):
        beside = np.clip(values + np.float32(noise / codes[-1]), 0, 1)
        assert np.array_equal(quantise(beside, depth), codes)
    assert np.array_equal(quantise(1 - values, depth), codes[::-1])


def test_a_softened_selection_is_whole_where_the_blur_changes_less_than_half_a_step() -> None:
    mask = np.zeros((1, 60, 200), np.float32)
    mask[:, :, 100:] = 1

    softened = soften(mask, 16, "both")[0, 30]

    # A Gaussian of sigma 8 px reaches half a step of 8 bits 23 px from the edge.
    assert np.all(softened[124:] == 1)
    assert np.all(softened[:76] == 0)
    assert np.all((softened[78:122] > 0) & (softened[78:122] < 1))
