"""Graphs of other tools: literals in other forms, and nodes that are not here, told by cause.

A recipe is held to every word. In a prompt or workflow of ComfyUI what this program has not is
left out with a warning, and one fault is told once, however many nodes have it.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.formats.comfy.packs import is_core, pack_of
from paintgraph.engine.graph.formats.comfy.sampling import in_words, settings_of, takes_mask
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.registry import Registry

_TRUTHS = {"true": True, "false": False}
NO_PICTURE = "none"
"""What an editor's list of pictures has for an input that may have none."""


def meant(declared: InputSpec, value: object) -> object:
    """The literal in the form of the declared type, as ComfyUI takes it; else as it is.

    "64" and 64.0 become 64 for a whole number, 5 becomes "5" for a text, 1 becomes true, "3, 8" a
    list of numbers; the picture "none" is none where there may be none.
    """
    if _is_left_out(declared, value):
        return None
    return _coerced(declared, value) if isinstance(canonical(declared, value), Wrong) else value


def _coerced(declared: InputSpec, value: object) -> object:
    match declared.type, value:
        case "int" | "float", str() | float():
            number = _number(value)
            if number is not None:
                return int(number) if declared.type == "int" else number
        case "text", int() | float():
            return str(value)
        case "bool", int() | float():
            return bool(value)
        case "bool", str():
            return _TRUTHS.get(value.lower(), value)
        case "list", str():
            return [_entry(declared, part.strip()) for part in value.split(",") if part.strip()]
    return value


def _is_left_out(declared: InputSpec, value: object) -> bool:
    """Whether an editor says that an input has no picture, which it cannot leave empty."""
    may_be_empty = not declared.required and declared.default is None
    return declared.resource == "picture" and may_be_empty and value == NO_PICTURE


def _entry(declared: InputSpec, text: str) -> object:
    number = _number(text) if declared.items in ("int", "float") else None
    return text if number is None else number


def _number(value: str | float) -> float | None:
    try:
        return int(value) if isinstance(value, str) else value if math.isfinite(value) else None
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why some nodes cannot be used: one message for all of them."""

    nodes: tuple[str, ...]
    code: str
    message: str
    cure: str


def has_why(kind: str, registry: Registry) -> bool:
    """Whether it is known why a node that is not here is not, as of a pack's that is left out."""
    return kind.startswith(RECIPE_PREFIX) or registry.fault(kind) is not None


def causes(graph: Graph, unknown: Iterable[str], registry: Registry) -> Iterator[Cause]:
    """Nodes of unknown type by what they have in common: a way out, a pack, their type.

    Those that have a reason of their own are left out.
    """
    grouped: dict[tuple[str, str], list[str]] = {}
    for id_ in (i for i in unknown if not has_why(graph.nodes[i].kind, registry)):
        grouped.setdefault(_common(graph, id_, registry), []).append(id_)
    for (common, name), nodes in grouped.items():
        is_one = len(nodes) == 1
        kind = f"'{graph.nodes[nodes[0]].kind}' does" if is_one else "they do"
        if common == "instead":
            cure = f" Use {name}.{_values(graph)}"
            yield Cause(tuple(nodes), "replaced_node", f"{kind} not exist here.", cure)
        elif common == "pack":
            what = "a node" if is_one else "nodes"
            message = f"{kind} not exist here: {what} of the pack {name}, which is not loaded."
            yield Cause(tuple(nodes), "unknown_node", message, _LISTS)
        elif common == "core":
            what = "a node" if is_one else "nodes"
            message = f"{kind} not exist here: {what} of ComfyUI that this program has not."
            yield Cause(tuple(nodes), "unknown_node", message, _LISTS)
        else:
            message = f"there is no node type '{name}'."
            yield Cause(tuple(nodes), "unknown_node", message, "")


_LISTS = " 'paintgraph nodes' lists what there is."
UNKNOWN = f" No loaded pack brings it either;{_LISTS}"
"""The cure of a node type that nobody knows, unless one is called nearly the same."""


def _values(graph: Graph) -> str:
    """The way out for a graph of samplers that cannot run as it is."""
    settings = settings_of(graph)
    if not settings or not takes_mask(graph):
        return ""
    return f" 'paintgraph convert FILE --to recipe' takes over {in_words(settings)}."


def _common(graph: Graph, id_: str, registry: Registry) -> tuple[str, str]:
    kind = graph.nodes[id_].kind
    instead = registry.replacement(kind)
    if instead:
        return "instead", instead
    kept: Any = graph.editor.get("nodes", {})
    look = kept.get(id_, {}) if isinstance(kept, dict) else {}
    properties = look.get("properties") if isinstance(look, dict) else None
    if pack := pack_of(kind, properties):
        return "pack", pack
    return ("core", "") if is_core(kind, properties) else ("type", kind)


def ends(graph: Graph, specs: Mapping[str, NodeSpec | None]) -> dict[str, str]:
    """Nodes of unknown type that nothing reads: they may save or show something, so they count."""
    read = {link.node for node in graph.nodes.values() for _, link in node.links()}
    return {id_: id_ for id_, spec in specs.items() if spec is None and id_ not in read}


def names_in_words(names: Collection[str], most: int = 8) -> str:
    """Names for a message: "'a', 'b' and 5 more"."""
    shown = ", ".join(f"'{name}'" for name in list(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
