"""Which pack of ComfyUI's a node type is of: what its file says, else a table of common ones."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import orjson

from paintgraph.engine.graph.formats.comfy.known import known

_CORE = "comfy-core"
_BY_ENDING = {
    " (rgthree)": "rgthree/rgthree-comfy",
    "|pysssss": "pythongosssss/ComfyUI-Custom-Scripts",
}


def pack_of(type_: str, properties: object = None) -> str:
    """The name or repository of the pack that brings a node type; empty if it is not known."""
    known = properties if isinstance(properties, dict) else {}
    listed = _table().get(type_)
    if listed:
        return listed
    for key in ("cnr_id", "aux_id"):
        name = known.get(key)
        if isinstance(name, str) and name and name != _CORE:
            return name[:80]
    return next((pack for end, pack in _BY_ENDING.items() if type_.endswith(end)), "")


def is_core(type_: str, properties: object = None) -> bool:
    """Whether ComfyUI itself brings a node type."""
    known_as = properties.get("cnr_id") if isinstance(properties, dict) else None
    return known_as == _CORE or bool(known(type_))


def types_of_packs() -> list[str]:
    """Every node type whose pack is known."""
    return list(_table())


@cache
def _table() -> Mapping[str, str]:
    packs: Mapping[str, Any] = orjson.loads(
        resources.files(__package__).joinpath("packs.json").read_bytes()
    )
    return {type_: pack for pack, types in packs.items() for type_ in types}
