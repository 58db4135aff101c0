from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.nodes.pictures.size import image_scale
from paintgraph.tests.nodes.bench import Bench
from paintgraph.tests.strategies import images, sizes

METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos", "auto")


def ramp(height: int, width: int) -> Image:
    """Red grows from left to right, green from top to bottom."""
    image = np.zeros((1, height, width, 3), np.float32)
    image[..., 0] = (np.arange(width) + 0.5) / width
    image[..., 1] = ((np.arange(height) + 0.5) / height)[:, np.newaxis]
    return image


@given(images(), st.sampled_from(METHODS), st.sampled_from(["disabled", "center"]))
def test_a_picture_keeps_its_size_and_bits_unless_told(
    image: Image, method: str, crop: str
) -> None:
    height, width = image.shape[1:3]
    unchanged = image_scale(image, method, 0, 0, crop)  # type: ignore[arg-type]
    same = image_scale(image, method, width, height, crop)  # type: ignore[arg-type]

    assert np.array_equal(image, unchanged)
    assert np.array_equal(image, same)


@given(
    images(),
    st.sampled_from(METHODS),
    sizes(30),
    st.sampled_from(["disabled", "center"]),
    st.sampled_from([True, False]),
)
def test_both_sides_are_what_was_asked_for(
    image: Image, method: Any, size: tuple[int, int], crop: Any, antialias: Any
) -> None:
    height, width = size
    scaled = image_scale(image, method, width, height, crop, antialias)

    assert scaled.shape == (image.shape[0], height, width, image.shape[3])
    assert scaled.min() >= 0
    assert scaled.max() <= 1


def test_one_side_keeps_the_proportions() -> None:
    assert image_scale(ramp(30, 60), width=20, height=0).shape == (1, 10, 20, 3)
    assert image_scale(ramp(30, 60), width=0, height=20).shape == (1, 20, 40, 3)
    assert image_scale(ramp(700, 1), width=0, height=10).shape == (1, 10, 1, 3)


@pytest.mark.parametrize("crop", ["disabled", "center"])
@pytest.mark.parametrize(("height", "width"), [(5, 7), (427, 641), (1, 700)])
def test_one_side_shows_the_whole_picture(height: int, width: int, crop: str) -> None:
    scaled = image_scale(ramp(height, width), "area", 3, 0, crop, antialias=True)  # type: ignore[arg-type]

    assert scaled[0, 0, :, 0] == pytest.approx([1 / 6, 1 / 2, 5 / 6], abs=0.1)


def test_stretching_shows_all_and_cropping_the_middle() -> None:
    stretched = image_scale(ramp(20, 40), "area", 10, 10)
    cropped = image_scale(ramp(20, 40), "area", 10, 10, "center")

    assert stretched[0, 0, [0, -1], 0] == pytest.approx([0.05, 0.95])
    assert cropped[0, 0, [0, -1], 0] == pytest.approx([0.275, 0.725])
    assert cropped[0, [0, -1], 0, 1] == pytest.approx([0.05, 0.95])


def test_nearest_pixels_are_copied() -> None:
    image = ramp(2, 2)

    assert np.array_equal(
        np.repeat(np.repeat(image, 3, 1), 3, 2), image_scale(image, "nearest-exact", 6, 6)
    )


@pytest.mark.parametrize(
    ("sides", "size"),
    [
        ({"width": 16384, "height": 16384}, "16384x16384"),
        ({"width": 16384, "height": 0}, "8192000x16384"),
    ],
)
def test_too_large_a_size_is_refused_before_it_is_made(
    bench: Bench, sides: dict[str, object], size: str
) -> None:
    tall = np.zeros((1, 500, 1, 3), np.float32)
    ran = bench.node("ImageScale", image=tall, **sides)

    assert ran.fault == (
        "too_many_pixels",
        (
            f"node 'it' (ImageScale): the result would be {size} (height x width); allowed are "
            "100 million px in all. Ask for less."
        ),
    )


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_what_shrinks_is_averaged_only_if_told(method: str) -> None:
    lines = np.zeros((1, 12, 120, 3), np.float32)
    lines[:, :, ::10] = 1

    averaged = image_scale(lines, method, 12, 12, antialias=True)  # type: ignore[arg-type]
    looked_up = image_scale(lines, method, 12, 12)  # type: ignore[arg-type]

    assert looked_up.max() < 0.05
    assert averaged.mean() == pytest.approx(0.1, abs=0.01)


def test_deep_samples_stay_deep_only_with_antialias() -> None:
    faint = np.full((1, 4, 4, 3), 0.5, np.float32)

    assert image_scale(faint, "lanczos", 2, 2, antialias=True) == pytest.approx(0.5)
    assert image_scale(faint, "lanczos", 2, 2) == pytest.approx(127 / 255)
