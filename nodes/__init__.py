"""The nodes: each declares itself and calls `imaging` or `models`; nothing else happens here."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from paintgraph.engine.node.registry import Registry

MODULES = (
    "paintgraph.nodes.pictures.files",
    "paintgraph.nodes.pictures.folder",
    "paintgraph.nodes.pictures.size",
    "paintgraph.nodes.pictures.parts",
    "paintgraph.nodes.pictures.batch",
    "paintgraph.nodes.pictures.colour",
    "paintgraph.nodes.pictures.blur",
    "paintgraph.nodes.pictures.drawing",
    "paintgraph.nodes.masks.shape",
    "paintgraph.nodes.masks.tidying",
    "paintgraph.nodes.masks.parts",
    "paintgraph.nodes.masks.algebra",
    "paintgraph.nodes.masks.from_box",
    "paintgraph.nodes.masks.from_model",
    "paintgraph.nodes.masks.detect_from_text",
    "paintgraph.nodes.masks.segment",
    "paintgraph.nodes.masks.from_text",
    "paintgraph.nodes.masks.preview",
    "paintgraph.nodes.masks.matting",
    "paintgraph.nodes.painting.outpaint",
    "paintgraph.nodes.painting.outpaint_padding",
    "paintgraph.nodes.painting.inpaint",
    "paintgraph.nodes.painting.cutting",
    "paintgraph.nodes.painting.measuring",
    "paintgraph.nodes.flow.recipe_mapping",
    "paintgraph.nodes.flow.logic",
    "paintgraph.nodes.flow.comparing",
    "paintgraph.nodes.flow.showing",
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
