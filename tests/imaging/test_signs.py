"""No mask operation gives a negative zero: equal selections have equal bytes, and so equal keys."""

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.blend import batches, composite
from paintgraph.imaging.geometry import canvas, regions, resize
from paintgraph.imaging.masks import algebra, highest, morphology
from paintgraph.tests.strategies import masks

FEW = st.integers(0, 5)
FOOTPRINT = st.sampled_from(["square", "disk", "diamond"])


def _drawn(*others: st.SearchStrategy[Any]) -> Callable[[Any], list[Any]]:
    return lambda data: [data.draw(other) for other in others]


OPERATIONS: Mapping[str, tuple[Callable[..., Any], Callable[[Any], list[Any]]]] = {
    "threshold": (algebra.threshold, _drawn(st.floats(0, 1))),
    "invert": (algebra.invert, _drawn()),
    "soften": (algebra.soften, _drawn(FEW, st.sampled_from(["inward", "outward", "both"]))),
    "combine": (
        lambda mask, operation: algebra.combine(mask, mask[:, ::-1].copy(), operation),
        _drawn(st.sampled_from(["union", "intersect", "subtract", "exclude"])),
    ),
    "from_image": (
        lambda mask, channel: algebra.from_image(algebra.to_image(mask), channel),
        _drawn(st.sampled_from(["red", "green", "blue", "alpha", "luminance"])),
    ),
    "dilate": (morphology.dilate, _drawn(FEW, FOOTPRINT)),
    "erode": (morphology.erode, _drawn(FEW, FOOTPRINT)),
    "erode_dilate": (morphology.erode_dilate, _drawn(st.integers(-5, 5), FOOTPRINT)),
    "fill_holes": (morphology.fill_holes, _drawn(FEW)),
    "remove_islands": (morphology.remove_islands, _drawn(FEW)),
    "keep_largest": (morphology.keep_largest, _drawn()),
    "highest_in_square": (highest.highest_in_square, _drawn(FEW)),
    "highest_in_diamond": (highest.highest_in_diamond, _drawn(FEW)),
    "highest_in_disk": (
        lambda mask, radius: highest.highest_in_disk(mask[0], radius),
        _drawn(st.integers(1, 5)),
    ),
    "fade_sides": (
        lambda mask, *sides: canvas.fade_sides(mask, canvas.Padding(*sides)),
        _drawn(FEW, FEW, FEW, FEW),
    ),
    "pad_mask": (
        lambda mask, *sides: canvas.pad_mask(mask, canvas.Padding(*sides)),
        _drawn(FEW, FEW, FEW, FEW),
    ),
    "place_mask": (
        lambda mask, x, operation: composite.place_mask(mask, mask, x, 0, operation),
        _drawn(FEW, st.sampled_from(["multiply", "add", "subtract", "and", "or", "xor"])),
    ),
    "resize": (
        resize.resize,
        _drawn(
            st.integers(1, 20),
            st.integers(1, 20),
            st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos", "area", "auto"]),
        ),
    ),
    "crop": (lambda mask: regions.crop(mask, regions.Box(0, 0, 1, 1)), _drawn()),
    "take": (batches.take, _drawn(st.integers(1, 5))),
}
"""How each operation is called after its mask."""


@pytest.mark.parametrize("name", OPERATIONS)
@given(mask=masks(), data=st.data())
def test_no_operation_gives_a_negative_zero(name: str, mask: Mask, data: Any) -> None:
    operation, drawn = OPERATIONS[name]

    result = operation(mask, *drawn(data))

    assert not np.signbit(result).any()


@pytest.mark.parametrize("module", [algebra, morphology, highest], ids=lambda m: m.__name__)
def test_every_operation_of_the_mask_modules_is_tried(module: ModuleType) -> None:
    public = {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }

    assert public - {"to_image"} <= OPERATIONS.keys()
