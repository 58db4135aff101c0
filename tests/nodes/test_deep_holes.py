"""A hole of a 16-bit picture is filled with 16-bit values, from file to file."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_by
from hypothesis import strategies as st

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.imaging.fill.guess import FillMethod
from paintgraph.tests.nodes.bench import Bench, Samples, noise, png, samples_of, use

ENGINES = ("patchmatch", "telea")
FILLS = tuple(method for method in get_args(FillMethod) if method not in {"keep", "colour"})
STEP = 257  # of 8 bits, at 16


def repainted(bench: Bench, photo: Samples, hole: Samples, painter: str, **inputs: Any) -> Samples:
    """The picture that is saved after a hole in a file was painted."""
    kind = "InpaintSampler" if painter in ENGINES else "FillMasked"
    chosen = {"engine" if painter in ENGINES else "fill": painter}
    nodes = {
        "photo": Node("LoadImage", {"image": bench.put("photo.png", png(photo))}),
        "mask": Node(
            "LoadImageMask", {"image": bench.put("mask.png", png(hole)), "channel": "luminance"}
        ),
        "it": use(kind, image=Link("photo", 0), mask=Link("mask", 0), **chosen, **inputs),
        "end": Node("SaveImage", {"images": Link("it", 0)}),
    }
    ran = bench.run(nodes, ["end"])
    assert (ran.outcome.failures, ran.warnings) == ((), [])
    (data,) = ran.files
    return samples_of(data)


def slope(width: int = 160, height: int = 120, *, low: int = 10000, high: int = 12000) -> Samples:
    line = np.rint(np.linspace(low, high, width)).astype(np.uint16)
    return np.repeat(np.tile(line, (height, 1))[..., np.newaxis], 3, axis=2)


def middle(width: int = 160, height: int = 120) -> Samples:
    mask = np.zeros((height, width), np.uint8)
    mask[height // 3 : -height // 3, width * 3 // 8 : width * 5 // 8] = 255
    return mask


def share_of_bytes(samples: Samples) -> float:
    """How many values 8 bits could have held."""
    return float(np.mean(samples % STEP == 0))


@pytest.mark.parametrize("painter", [*ENGINES, *FILLS])
def test_a_hole_has_values_that_8_bits_cannot_hold(bench: Bench, painter: str) -> None:
    hole = middle()

    result = repainted(bench, slope(), hole, painter)

    assert result.dtype == np.uint16
    assert np.array_equal(result[hole == 0], slope()[hole == 0])
    assert share_of_bytes(result[hole > 0]) < 0.05


@pytest.mark.parametrize("match", ["colour", "poisson", "none"])
def test_patchmatch_goes_on_with_a_slope_without_a_band(bench: Bench, match: str) -> None:
    hole = middle()

    result = repainted(bench, slope(), hole, "patchmatch", match=match).astype(int)

    # Poisson lets no step be at the border, so the slope has a first one too few.
    assert np.abs(result - slope()).max() <= (20 if match == "poisson" else 8)
    assert np.abs(np.diff(result, axis=1)).max() <= 20


def test_a_steep_and_a_soft_edge_stay_as_patchmatch_painted_them(bench: Bench) -> None:
    stripes = np.where(np.arange(160) % 16 < 8, 9000, 50000)[np.newaxis, :, np.newaxis]
    photo = (stripes + noise(120, 160, 3, depth=16) // 64).astype(np.uint16)
    hole = middle()

    deep = repainted(bench, photo, hole, "patchmatch").astype(int)
    shallow = repainted(bench, np.rint(photo / STEP).astype(np.uint8), hole, "patchmatch")

    assert share_of_bytes(deep[hole > 0]) < 0.05
    assert np.abs(deep - shallow.astype(int) * STEP).max() < 8 * STEP
    assert np.abs(deep - shallow.astype(int) * STEP)[hole > 0].mean() < 2 * STEP


def test_a_large_hole_that_is_painted_small_is_deep_too(bench: Bench) -> None:
    photo, hole = slope(3000, 40, low=5000, high=30000), middle(3000, 40)

    result = repainted(bench, photo, hole, "patchmatch")

    assert share_of_bytes(result[hole > 0]) < 0.05
    assert np.abs(np.diff(result.astype(int), axis=1)).max() < STEP


@pytest.mark.parametrize("painter", ["patchmatch", "telea", "edge", "mirror", "blur"])
@given_by(code=st.integers(0, 65535), depth=st.sampled_from([8, 16]))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_hole_in_what_is_flat_is_flat(bench: Bench, painter: str, code: int, depth: int) -> None:
    kind = np.uint16 if depth == 16 else np.uint8
    photo = np.full((40, 56, 3), code >> (16 - depth), kind)

    assert np.array_equal(repainted(bench, photo, middle(56, 40), painter), photo)


def test_16_bits_that_hold_an_8_bit_picture_are_painted_as_it_is(bench: Bench) -> None:
    photo, hole = noise(60, 80, 3), middle(80, 60)

    deep = repainted(bench, photo.astype(np.uint16) * np.uint16(STEP), hole, "patchmatch")

    assert np.array_equal(deep, repainted(bench, photo, hole, "patchmatch") * np.uint16(STEP))
