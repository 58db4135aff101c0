"""Stand-in for `comfy_api.latest`: `io`, `ui` and what a V3 pack is entered by."""

from typing import Any

import torch

from paintgraph.nodes.packs.host.placeholders import names_of, placeholder
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.standins.comfy.utils import preview_bytes
from paintgraph.nodes.packs.standins.comfy_api.latest import _io as io
from paintgraph.nodes.packs.standins.comfy_api.latest import _ui as ui

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

IO = io
UI = ui


class ComfyExtension:
    """What `comfy_entrypoint` of a pack gives: its nodes."""

    async def on_load(self) -> None:
        """Called once before the nodes are asked for."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """The classes of the nodes."""
        return []


class _ExecutionSync:
    """Reports of the node that runs."""

    def set_progress(
        self,
        value: float,
        max_value: float,
        node_id: str | None = None,
        preview_image: Any = None,
        ignore_size_limit: bool = False,
    ) -> None:
        """Say that `value` of `max_value` is done, and show a preview."""
        current().progress(value, max_value)
        if preview_image is not None:
            is_whole = isinstance(preview_image, tuple)
            given = preview_image if is_whole else ("JPEG", preview_image, 512)
            current().preview(*preview_bytes(given))


class _Execution:
    """The same to be awaited."""

    async def set_progress(self, *given: Any, **named: Any) -> None:
        """As `_ExecutionSync.set_progress`."""
        _ExecutionSync().set_progress(*given, **named)


class _UnheardSync:
    """What packs tell ComfyUI of themselves, and nobody asks for here."""

    def register(self, *_: Any, **__: Any) -> None:
        """Nothing."""

    register_provider = unregister_provider = register


class _Unheard:
    """The same to be awaited."""

    async def register(self, *_: Any, **__: Any) -> None:
        """Nothing."""

    register_provider = unregister_provider = register


class ComfyAPI:
    """What V3 nodes may ask of the engine."""

    Execution = _Execution

    def __init__(self) -> None:
        self.execution = _Execution()
        self.node_replacement = self.caching = _Unheard()


class ComfyAPISync:
    """The same for code that does not await."""

    Execution = _ExecutionSync

    def __init__(self) -> None:
        self.execution = _ExecutionSync()
        self.node_replacement = self.caching = _UnheardSync()


class _Names(type):
    """The type of classes in which packs find types by name."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return placeholder(f"comfy_api.latest.{cls.__name__}", name)


class Input(metaclass=_Names):
    """Types of inputs, for annotations."""

    Image = torch.Tensor
    Mask = torch.Tensor
    Latent = dict[str, Any]


class InputImpl(metaclass=_Names):
    """Files as inputs: none of them can be read here."""


class Types(metaclass=_Names):
    """Types, for annotations."""


__getattr__ = names_of("comfy_api.latest")
