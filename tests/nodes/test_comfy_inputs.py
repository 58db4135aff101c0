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


_SIDE = (1, 16384)
_PLACE = (0, 16384)
_COUNT = (1, 4096)
_COLOUR = (0, 0xFFFFFF)
_SHARE = (0, 1)

SHARED: list[tuple[str, list[tuple[Any, ...]], list[str]]] = [
    ("ImageBatch", [("image1",), ("image2",)], ["image"]),
    ("RepeatImageBatch", [("image",), ("amount", 1, _COUNT)], ["image"]),
    (
        "ImageFromBatch",
        [("image",), ("batch_index", 0, (0, 4095)), ("length", 1, _COUNT)],
        ["image"],
    ),
    ("RebatchImages", [("images",), ("batch_size", 1, _COUNT)], ["image"]),
    (
        "EmptyImage",
        [
            *(("width", 512, _SIDE), ("height", 512, _SIDE)),
            *(("batch_size", 1, _COUNT), ("color", 0, _COLOUR)),
        ],
        ["image"],
    ),
    ("ImageInvert", [("image",)], ["image"]),
    ("ImageColorToMask", [("image",), ("color", 0, _COLOUR)], ["mask"]),
    ("LoadImage", [("image",)], ["image", "mask"]),
    ("SaveImage", [("images",), ("filename_prefix",)], ["image"]),
    ("PreviewImage", [("images",)], ["image"]),
    (
        "ImageCrop",
        [
            *(("image",), ("width", 512, _SIDE), ("height", 512, _SIDE)),
            *(("x", 0, _PLACE), ("y", 0, _PLACE)),
        ],
        ["image"],
    ),
    (
        "ImageCompositeMasked",
        [
            *(("destination",), ("source",), ("x", 0, _PLACE), ("y", 0, _PLACE)),
            *(("resize_source", False), ("mask", None)),
        ],
        ["image"],
    ),
    ("JoinImageWithAlpha", [("image",), ("alpha",)], ["image"]),
    (
        "ImageScale",
        [
            *(("image",), ("upscale_method", "nearest-exact", _METHODS)),
            *(("width", 512, _PLACE), ("height", 512, _PLACE)),
            ("crop", "disabled", ("disabled", "center")),
        ],
        ["image"],
    ),
    (
        "ImageScaleBy",
        [
            *(("image",), ("upscale_method", "nearest-exact", _METHODS)),
            ("scale_by", 1.0, (0.01, 8)),
        ],
        ["image"],
    ),
    ("GetImageSize", [("image",)], ["int", "int", "int"]),
    ("InvertMask", [("mask",)], ["mask"]),
    ("MaskToImage", [("mask",)], ["image"]),
    (
        "ImageToMask",
        [("image",), ("channel", "red", ("red", "green", "blue", "alpha"))],
        ["mask"],
    ),
    (
        "LoadImageMask",
        [("image",), ("channel", "alpha", ("alpha", "red", "green", "blue"))],
        ["mask"],
    ),
    (
        "SolidMask",
        [("value", 1.0, _SHARE), ("width", 512, _SIDE), ("height", 512, _SIDE)],
        ["mask"],
    ),
    (
        "CropMask",
        [
            *(("mask",), ("x", 0, _PLACE), ("y", 0, _PLACE)),
            *(("width", 512, _SIDE), ("height", 512, _SIDE)),
        ],
        ["mask"],
    ),
    (
        "MaskComposite",
        [
            *(("destination",), ("source",), ("x", 0, _PLACE), ("y", 0, _PLACE)),
            ("operation", "multiply", ("multiply", "add", "subtract", "and", "or", "xor")),
        ],
        ["mask"],
    ),
    (
        "FeatherMask",
        [("mask",), *((side, 0, _PLACE) for side in ("left", "top", "right", "bottom"))],
        ["mask"],
    ),
    ("ThresholdMask", [("mask",), ("value", 0.5, _SHARE)], ["mask"]),
    (
        "GrowMask",
        [("mask",), ("expand", 0, (-16384, 16384)), ("tapered_corners", True)],
        ["mask"],
    ),
    (
        "ImagePadForOutpaint",
        [
            *(("image",), *((side, 0, _PLACE) for side in ("left", "top", "right", "bottom"))),
            ("feathering", 40, (0, 16384)),
        ],
        ["image", "mask"],
    ),
    ("PreviewAny", [("source",)], ["text"]),
]
"""What ComfyUI declares: inputs in their order, default, choices or bounds; types of outputs.

Those of 0.3.64, and of newer ones where theirs are more: they pass on what they save or show.
"""


@pytest.mark.parametrize(("id_", "inputs", "outputs"), SHARED)
def test_all_that_comfyui_gives_a_node_of_the_name_is_taken(
    id_: str, inputs: list[tuple[Any, ...]], outputs: list[str]
) -> None:
    spec = REGISTRY.spec(id_)
    assert spec is not None

    assert [declared.name for declared in spec.inputs][: len(inputs)] == [i[0] for i in inputs]
    for declared, (_, *given) in zip(spec.inputs, inputs, strict=False):
        assert not (given and declared.required)
        assert given[:1] in ([], [declared.default])
        if given[1:] and isinstance(given[1][0], str):
            assert set(given[1]) <= set(declared.choices)
        elif given[1:]:
            assert declared.minimum is not None
            assert declared.maximum is not None
            assert declared.minimum <= given[1][0] < given[1][1] <= declared.maximum
    assert not any(declared.required for declared in spec.inputs[len(inputs) :])
    assert [output.type for output in spec.outputs][: len(outputs)] == outputs
