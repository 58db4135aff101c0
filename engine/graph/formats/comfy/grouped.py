"""Group nodes, as files of 2024 have them: their contents stand in `extra.groupNodes`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from paintgraph.engine.graph.formats.comfy.ui import (
    INSIDE,
    OUTSIDE,
    Refuse,
    Slot,
    UiGraph,
    UiLink,
    UiNode,
    mapping,
    position,
    read_ui,
)
from paintgraph.engine.graph.formats.comfy.virtual import is_virtual

_PREFIXES = ("workflow/", "workflow>")


def is_group(node: UiNode) -> bool:
    """Whether a node stands for a group."""
    return node.type.startswith(_PREFIXES)


def graphs(value: Mapping[str, Any], refuse: Refuse) -> dict[str, UiGraph]:
    """The groups of a document as graphs by the types of the nodes that stand for them."""
    found: dict[str, UiGraph] = {}
    defined = mapping(mapping(value.get("extra")).get("groupNodes"))
    for name, one in defined.items():
        if not isinstance(one, dict) or not isinstance(one.get("nodes"), list):
            continue
        nodes = [
            {**node, "id": index} if isinstance(node, dict) else node
            for index, node in enumerate(one["nodes"])
        ]
        path = ("extra", "groupNodes", name)
        graph = read_ui({"nodes": nodes}, refuse, path)
        whole = _with_ends(graph, one)
        found |= {prefix + name: whole for prefix in _PREFIXES}
    return found


def _with_ends(graph: UiGraph, one: Mapping[str, Any]) -> UiGraph:
    """The graph with its links, and with inputs and outputs where it is open."""
    links = dict(_links(one.get("links")))
    config = mapping(one.get("config"))
    into = {(link.target, link.input): id_ for id_, link in links.items()}
    out_of = {(link.source, link.output) for link in links.values()}
    outside = {(str(e[0]), e[1]) for e in _triples(one.get("external"))}
    inputs: list[Slot] = []
    outputs: list[Slot] = []
    nodes = []
    for node in graph.nodes:
        slots = []
        for place, slot in enumerate(node.inputs):
            link = into.get((node.id, place), "")
            shown = mapping(mapping(mapping(config.get(node.id)).get("input")).get(slot.name))
            if not link and shown.get("visible", True) is not False and not slot.widget:
                link = f"in{len(inputs)}"
                links[link] = UiLink(INSIDE, len(inputs), node.id, place, slot.type)
                inputs.append(slot)
            slots.append(slot._replace(link=link))
        for place, slot in enumerate(node.outputs):
            setting = mapping(mapping(mapping(config.get(node.id)).get("output")).get(str(place)))
            is_inner = (node.id, place) in out_of and (node.id, place) not in outside
            if setting.get("visible", not is_inner) and node.type != "PrimitiveNode":
                links[f"out{len(outputs)}"] = UiLink(node.id, place, OUTSIDE, len(outputs))
                outputs.append(slot)
        nodes.append(replace(node, inputs=tuple(slots)))
    return UiGraph(tuple(nodes), links, tuple(inputs), tuple(outputs))


def _links(given: object) -> Iterator[tuple[str, UiLink]]:
    """Links between the nodes of a group by their index; those from outside are left out."""
    for index, one in enumerate(given if isinstance(given, list) else ()):
        match one:
            case [int(source), int(output), int(target), int(place), *_] if source >= 0:
                yield str(index), UiLink(str(source), output, str(target), place)


def _triples(given: object) -> Iterator[list[Any]]:
    for one in given if isinstance(given, list) else ():
        if isinstance(one, list) and len(one) >= 2 and position(one[0]) >= 0:
            yield one


def pairs(outer: Sequence[Slot], inner: Sequence[Slot]) -> list[int]:
    """Which slot of the node each input of its group is, by order and type; -1 if it has none."""
    found = []
    at = 0
    for slot in inner:
        rest = range(at, len(outer))
        fit = next((p for p in rest if slot.type in ("*", outer[p].type)), -1)
        found.append(fit)
        at = at if fit < 0 else fit + 1
    return found


def split(node: UiNode, inner: UiGraph) -> Mapping[str, Sequence[Any]] | None:
    """The values of a group's widgets, one list for each node inside; None if they do not fit."""
    values = node.values if isinstance(node.values, list) else []
    holders = [
        (one.id, one.values if isinstance(one.values, list) else [])
        for one in inner.nodes
        if not is_virtual(one)
    ]
    if sum(len(own) for _, own in holders) != len(values):
        return None
    given: dict[str, Sequence[Any]] = {}
    at = 0
    for id_, own in holders:
        given[id_] = values[at : at + len(own)]
        at += len(own)
    return given
