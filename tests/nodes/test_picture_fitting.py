"""Sizes that follow from a picture's own proportions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.nodes.pictures import fitting
from paintgraph.tests.nodes.bench import Bench
from paintgraph.tests.nodes.test_picture_size import ramp

sides = st.integers(1, 60)


def empty(height: int, width: int) -> Image:
    return np.zeros((1, height, width, 3), np.float32)


@given(sides, sides, st.floats(0.01, 0.05))
def test_a_picture_has_as_many_pixels_as_asked_for(
    height: int, width: int, megapixels: float
) -> None:
    scaled = fitting.image_scale_to_total_pixels(
        empty(height, width), "nearest-exact", megapixels, 1
    )

    factor = math.sqrt(megapixels * 1024 * 1024 / (width * height))
    assert scaled.shape[1:3] == (max(1, round(height * factor)), max(1, round(width * factor)))


@given(sides, sides, st.integers(1, 256))
def test_both_sides_are_multiples_of_the_steps(height: int, width: int, steps: int) -> None:
    scaled = fitting.image_scale_to_total_pixels(empty(height, width), resolution_steps=steps)

    factor = math.sqrt(1024 * 1024 / (width * height))
    for new, old in zip(scaled.shape[1:3], (height, width), strict=True):
        assert new % steps == 0
        assert abs(new - old * factor) <= steps / 2 or new == steps


@given(sides, sides, st.integers(1, 90))
def test_the_longer_side_has_the_length_asked_for(height: int, width: int, longest: int) -> None:
    scaled = fitting.image_scale_to_max_dimension(empty(height, width), "area", longest)

    new_height, new_width = scaled.shape[1:3]
    assert max(new_height, new_width) == longest
    longer = max(height, width)
    assert new_height == max(1, round(height / longer * longest))
    assert new_width == max(1, round(width / longer * longest))


def test_a_longest_side_of_nothing_keeps_the_size() -> None:
    image = ramp(7, 13)

    assert np.array_equal(image, fitting.image_scale_to_max_dimension(image, "lanczos", 0))


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (10, 10, (1024, 1024)),
        (20, 30, (832, 1248)),
        (1, 60, (672, 1568)),
        (90, 2, (1568, 672)),
        (108, 192, (752, 1392)),
    ],
)
def test_for_kontext_the_size_of_the_nearest_proportions_is_taken(
    height: int, width: int, size: tuple[int, int]
) -> None:
    assert fitting.flux_kontext_image_scale(empty(height, width)).shape[1:3] == size


SIDES = [672, 688, 720, 752, 800, 832, 880, 944, 1024]
SIDES += [1104, 1184, 1248, 1328, 1392, 1456, 1504, 1568]
"""All that ComfyUI's documentation lists; the widest is the least high, and so on."""


@pytest.mark.parametrize(("width", "height"), list(zip(SIDES, reversed(SIDES), strict=True)))
def test_for_kontext_a_picture_of_its_sizes_keeps_its_size(width: int, height: int) -> None:
    assert fitting.flux_kontext_image_scale(empty(height, width)).shape[1:3] == (height, width)


def test_for_kontext_a_picture_is_cut_on_both_sides_alike() -> None:
    scaled = fitting.flux_kontext_image_scale(ramp(50, 200))

    shown = 50 * 1568 / 672 / 200
    assert scaled[0, 0, [0, -1], 0] == pytest.approx([0.5 - shown / 2, 0.5 + shown / 2], abs=0.02)
    assert scaled[0, [0, -1], 0, 1] == pytest.approx([0, 1], abs=0.02)


def test_too_many_pixels_are_refused_before_they_are_made(bench: Bench) -> None:
    ran = bench.node(
        "ImageScaleToMaxDimension", image=empty(2, 2), upscale_method="area", largest_size=16384
    )

    assert ran.fault[0] == "too_many_pixels"
