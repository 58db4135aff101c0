"""Nodes that ComfyUI has as well declare what its `/object_info` (0.3.64) and newer ones do."""

from typing import Any

import pytest

from paintgraph.nodes import build_registry

REGISTRY = build_registry()
_METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos")
_MODES = ("normal", "multiply", "screen", "overlay", "soft_light", "difference")
_THRESHOLD = (0.01, 0.99, 0.01)

DECLARED: list[tuple[str, list[tuple[Any, ...]], list[str]]] = [
    ("MaskPreview", [("mask",)], ["mask"]),
    (
        "ImageBlur",
        [("image",), ("blur_radius", 1, (1, 31, None)), ("sigma", 1.0, (0.1, 10, 0.1))],
        ["image"],
    ),
    (
        "ImageBlend",
        [
            *(("image1",), ("image2",)),
            ("blend_factor", 0.5, (0, 1, 0.01)),
            ("blend_mode", "normal", _MODES),
        ],
        ["image"],
    ),
    (
        "ImageScaleToTotalPixels",
        [
            ("image",),
            ("upscale_method", "nearest-exact", _METHODS),
            ("megapixels", 1.0, (0.01, 16, 0.01)),
            ("resolution_steps", 1, (1, 256, None)),
        ],
        ["image"],
    ),
    (
        "ImageScaleToMaxDimension",
        [
            ("image",),
            ("upscale_method", "area", ("area", "lanczos", "bilinear", "nearest-exact", "bicubic")),
            ("largest_size", 512, (0, 16384, None)),
        ],
        ["image"],
    ),
    ("ImageCompare", [("image_a", None), ("image_b", None)], []),
    ("DrawBBoxes", [("bboxes",), ("image", None)], ["out_image"]),
    ("LoadImageOutput", [("image",)], ["image", "mask"]),
    (
        "Painter",
        [
            *(("image", None), ("mask", "")),
            *(("width", 512, (64, 4096, 64)), ("height", 512, (64, 4096, 64))),
            ("bg_color", "#000000"),
        ],
        ["image", "mask"],
    ),
    (
        "Canny",
        [("image",), ("low_threshold", 0.4, _THRESHOLD), ("high_threshold", 0.8, _THRESHOLD)],
        ["image"],
    ),
    ("FluxKontextImageScale", [("image",)], ["image"]),
]
"""Inputs in their order: name, default unless it must be given, and choices or bounds and step."""


@pytest.mark.parametrize(("id_", "inputs", "outputs"), DECLARED)
def test_inputs_and_outputs_are_comfyuis(
    id_: str, inputs: list[tuple[Any, ...]], outputs: list[str]
) -> None:
    spec = REGISTRY.spec(id_)

    assert spec is not None
    found: list[tuple[Any, ...]] = []
    for declared in spec.inputs:
        entry: tuple[Any, ...] = (declared.name,)
        if not declared.required:
            entry = (*entry, declared.default)
        if declared.choices:
            entry = (*entry, declared.choices)
        elif declared.minimum is not None:
            entry = (*entry, (declared.minimum, declared.maximum, declared.step))
        found.append(entry)
    assert found == inputs
    assert [output.name for output in spec.outputs] == outputs
