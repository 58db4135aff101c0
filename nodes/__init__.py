"""The nodes: each declares itself and calls `imaging` or `models`; nothing else happens here."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from engine.registry import Registry

MODULES = (
    "nodes.picture_files",
    "nodes.picture_folder",
    "nodes.picture_size",
    "nodes.picture_parts",
    "nodes.picture_batch",
    "nodes.picture_colour",
    "nodes.picture_blur",
    "nodes.drawing",
    "nodes.mask_shape",
    "nodes.mask_tidying",
    "nodes.mask_parts",
    "nodes.mask_algebra",
    "nodes.mask_from_box",
    "nodes.mask_from_model",
    "nodes.detect_from_text",
    "nodes.segment",
    "nodes.mask_from_text",
    "nodes.mask_preview",
    "nodes.matting",
    "nodes.outpaint",
    "nodes.outpaint_padding",
    "nodes.inpaint",
    "nodes.cutting",
    "nodes.measuring",
    "nodes.recipe_mapping",
    "nodes.logic",
    "nodes.comparing",
    "nodes.showing",
)
"""Every module with nodes; a node is added by writing it into one of them."""

REPLACEMENTS = {
    **dict.fromkeys(("KSampler", "KSamplerAdvanced", "SamplerCustom"), "InpaintSampler"),
    **dict.fromkeys(
        (
            "CheckpointLoaderSimple",
            "UNETLoader",
            "CLIPTextEncode",
            "VAEDecode",
            "VAEEncode",
            "VAEEncodeForInpaint",
            "SetLatentNoiseMask",
            "InpaintModelConditioning",
            "EmptyLatentImage",
        ),
        "InpaintSampler, which does this itself",
    ),
}
"""Nodes that graphs of other tools use, and what does their job here."""


def functions() -> Iterator[object]:
    """Every function that is declared as a node."""
    for name in MODULES:
        module = import_module(name)
        yield from (f for f in vars(module).values() if hasattr(f, "declaration"))


def build_registry(choices: Mapping[str, Sequence[str]] | None = None) -> Registry:
    """A registry of all nodes; `choices` are the names that there are of each kind of resource."""
    return Registry(functions(), REPLACEMENTS, choices)
