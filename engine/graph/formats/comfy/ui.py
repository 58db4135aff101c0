"""A graph of ComfyUI's editor as values: nodes with slots and widgets, links, subgraphs. Frozen.

Ids are texts, whatever the file has. What has not the form of a node or link is left out and named.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from paintgraph.engine.graph.graph import Path
from paintgraph.engine.graph.sockets import shown

MUTED, BYPASSED = 2, 4
INSIDE, OUTSIDE = "-10", "-20"
"""The ends inside of a subgraph that stand for its inputs and for its outputs."""

_LINK = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
_LOOK = ("pos", "size", "color", "bgcolor")
_DEEPEST_PLACE = 8

Refuse = Callable[[str, Path, str], None]
"""Takes the code, the place and the message of a fault."""


class Slot(NamedTuple):
    """An input or output of a node; `link` leads to an input, `widget` is whose value it takes."""

    name: str
    type: str
    link: str = ""
    widget: str = ""


@dataclass(frozen=True, slots=True)
class UiNode:
    """One node as the editor keeps it.

    `values` are those of its widgets, a list in their order or a mapping by name; `named` the same
    by name where the file has it. `look` are its place, size and colours, `path` is where it
    stands in the document.
    """

    id: str
    type: str
    inputs: tuple[Slot, ...] = ()
    outputs: tuple[Slot, ...] = ()
    values: list[Any] | Mapping[str, Any] | None = None
    named: Mapping[str, Any] = field(default_factory=dict)
    mode: int = 0
    title: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    look: Mapping[str, Any] = field(default_factory=dict)
    path: Path = ()


@dataclass(frozen=True, slots=True)
class UiLink:
    """A wire from an output to an input, both by position."""

    source: str
    output: int
    target: str
    input: int
    type: str = ""


@dataclass(frozen=True, slots=True)
class UiGraph:
    """Nodes and links of one canvas; `inputs` and `outputs` are those of a subgraph."""

    nodes: tuple[UiNode, ...]
    links: Mapping[str, UiLink]
    inputs: tuple[Slot, ...] = ()
    outputs: tuple[Slot, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def is_ui(value: object) -> bool:
    """Whether a document is a graph of the editor: `nodes` is a list there, in a recipe never."""
    if not isinstance(value, dict) or "paintgraph" in value:
        return False
    nodes = value.get("nodes")
    if not isinstance(nodes, list):
        return False
    is_canvas = any(isinstance(node, dict) and "type" in node for node in nodes)
    return is_canvas or (not nodes and isinstance(value.get("links"), list))


def read_ui(value: Mapping[str, Any], refuse: Refuse, path: Path = ()) -> UiGraph:
    """The graph of one canvas, or of a subgraph at `path`; `refuse` gets what has a wrong form."""
    nodes = []
    seen: set[str] = set()
    for index, given in enumerate(value["nodes"]):
        place = (*path, "nodes", index)
        node = _node(given, place)
        if node is None:
            what = f"{shown(given)}; allowed is a mapping with id and type"
            refuse("wrong_shape", place, f"the node at position {index} is {what}.")
        elif node.id in seen:
            what = f"two nodes have the id '{node.id}'; a link could mean either"
            refuse("duplicate_id", place, f"{what}. Open the file in the editor and save it again.")
        else:
            seen.add(node.id)
            nodes.append(node)
    return UiGraph(
        tuple(nodes),
        dict(_links(value.get("links"), (*path, "links"), refuse)),
        _slots(value.get("inputs")),
        _slots(value.get("outputs")),
        mapping(value.get("extra")),
    )


def subgraphs(value: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Path]]:
    """Every subgraph that a document defines, wherever: its type, its definition and its place."""
    level: list[tuple[Any, Path]] = [(value, ())]
    for _ in range(_DEEPEST_PLACE):
        below = []
        for holder, path in level:
            defined = mapping(holder.get("definitions")).get("subgraphs")
            place = (*path, "definitions", "subgraphs")
            for index, one in enumerate(defined if isinstance(defined, list) else ()):
                if isinstance(mapping(one).get("nodes"), list) and isinstance(one.get("id"), str):
                    yield one["id"], one, (*place, index)
                    below.append((one, (*place, index)))
        level = below


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def text_id(value: object) -> str:
    """An id as text; empty if it is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    return ""


def position(value: object) -> int:
    """A slot's position; -1 if it is none."""
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
    return int(value) if is_whole and 0 <= value < 1 << 20 else -1  # type: ignore[operator,call-overload] # is_whole


def _node(given: object, path: Path) -> UiNode | None:
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        return None
    values, mode, title = given.get("widgets_values"), given.get("mode"), given.get("title")
    return UiNode(
        id=text_id(given.get("id")),
        type=given["type"],
        inputs=_slots(given.get("inputs")),
        outputs=_slots(given.get("outputs")),
        values=values if isinstance(values, list | dict) else None,
        named=mapping(given.get("widgets_values_named")),
        mode=mode if isinstance(mode, int) else 0,
        title=title if isinstance(title, str) else "",
        properties=mapping(given.get("properties")),
        look={key: given[key] for key in _LOOK if key in given},
        path=path,
    )


def _slots(given: object) -> tuple[Slot, ...]:
    return tuple(map(_slot, given)) if isinstance(given, list) else ()


def _slot(given: object) -> Slot:
    fields = mapping(given)
    name, type_ = fields.get("name"), fields.get("type")
    widget = mapping(fields.get("widget")).get("name")
    return Slot(
        name if isinstance(name, str) else "",
        type_ if isinstance(type_, str) else "COMBO" if isinstance(type_, list) else "*",
        text_id(fields.get("link")),
        widget if isinstance(widget, str) else "",
    )


def _links(given: object, path: Path, refuse: Refuse) -> Iterator[tuple[str, UiLink]]:
    """Every link by its id; a list in files of version 0.4, a mapping in subgraphs and later."""
    for index, one in enumerate(given if isinstance(given, list) else ()):
        if one is None:  # where a link was cut
            continue
        fields = one if isinstance(one, list) else [mapping(one).get(name) for name in _LINK]
        parts = [*fields, *[None] * len(_LINK)]
        source, output = text_id(parts[1]), position(parts[2])
        target, input_ = text_id(parts[3]), position(parts[4])
        if not source or not target or min(output, input_) < 0:
            what = f"the link at position {index} is {shown(one)}"
            allowed = "allowed is [id, from node, output, to node, input, type]"
            refuse("wrong_shape", (*path, index), f"{what}; {allowed}.")
            continue
        type_ = parts[5] if isinstance(parts[5], str) else ""
        yield text_id(parts[0]), UiLink(source, output, target, input_, type_)
