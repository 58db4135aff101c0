"""Stand-in for `comfy_api.v0_0_2`: the same names as the latest."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.standins.comfy_api.latest import (
    IO,
    UI,
    ComfyAPI,
    ComfyAPISync,
    ComfyExtension,
    Input,
    InputImpl,
    Types,
    io,
    ui,
)

__all__ = [
    "IO",
    "UI",
    "ComfyAPI",
    "ComfyAPISync",
    "ComfyExtension",
    "Input",
    "InputImpl",
    "Types",
    "io",
    "ui",
]

__getattr__ = names_of("comfy_api.v0_0_2")
