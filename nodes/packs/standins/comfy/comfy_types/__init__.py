"""Stand-in for `comfy.comfy_types`."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.standins.comfy.comfy_types.node_typing import (
    IO,
    CheckLazyMixin,
    ComfyNodeABC,
    FileLocator,
    InputTypeDict,
    InputTypeOptions,
)

__all__ = [
    "IO",
    "CheckLazyMixin",
    "ComfyNodeABC",
    "FileLocator",
    "InputTypeDict",
    "InputTypeOptions",
]

__getattr__ = names_of("comfy.comfy_types")
