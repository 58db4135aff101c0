"""One flat set of nodes out of a graph with subgraphs and group nodes inside each other.

Ids are as the page writes them: `outer:inner`. What stands at a border becomes a detour: an output
that leads on to another one, to a value, or nowhere (see `routes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from paintgraph.base.errors import Problem
from paintgraph.engine.errors import GraphError, path_in_words
from paintgraph.engine.graph.formats.comfy import grouped
from paintgraph.engine.graph.formats.comfy.routes import Literal, Origin, Routes
from paintgraph.engine.graph.formats.comfy.ui import (
    BYPASSED,
    INSIDE,
    MUTED,
    OUTSIDE,
    Refuse,
    Slot,
    UiGraph,
    UiNode,
    read_ui,
    subgraphs,
)
from paintgraph.engine.graph.formats.comfy.widgets import CONTROL, CONTROLS

MOST_NODES = 20_000
_DEEPEST = 32


@dataclass(slots=True)
class Flat:
    """Nodes by id, what their inputs are linked to, and where detours lead.

    `set_inside` are values that an outer node gives to widgets of inner ones, by node and widget.
    """

    nodes: dict[str, UiNode] = field(default_factory=dict)
    routes: Routes = field(default_factory=Routes)
    set_inside: dict[tuple[str, str], Any] = field(default_factory=dict)


def flatten(value: Mapping[str, Any], refuse: Refuse) -> tuple[UiGraph, Flat]:
    """The graph of a document, and all its nodes side by side.

    Raises GraphError if a subgraph holds itself, or for more than MOST_NODES nodes.
    """
    top = read_ui(value, refuse)
    inner = {id_: read_ui(one, refuse, path) for id_, one, path in subgraphs(value)}
    inner |= grouped.graphs(value, refuse)
    flattener = _Flattener(inner)
    flattener.add(top, "", ())
    return top, flattener.flat


class _Flattener:
    def __init__(self, inner: Mapping[str, UiGraph]) -> None:
        self.flat = Flat()
        self._inner = inner
        self._count = 0

    def add(self, graph: UiGraph, prefix: str, within: tuple[str, ...]) -> None:
        """All nodes of a canvas, their ids behind a prefix; `within` are the subgraphs around."""
        self._count += len(graph.nodes)
        if self._count > MOST_NODES:
            message = (
                f"the graph has more than {MOST_NODES} nodes with those of its subgraphs; as many "
                "are read. Take a part of it."
            )
            raise GraphError([Problem("too_large", message)])
        routes = self.flat.routes
        for node in graph.nodes:
            id_ = prefix + node.id
            for place, slot in enumerate(node.inputs):
                link = graph.links.get(slot.link) if slot.link else None
                if link is not None:
                    routes.linked[id_, place] = Origin(prefix + link.source, link.output)
        for node in graph.nodes:
            whole = replace(node, id=prefix + node.id)
            self.flat.nodes[whole.id] = whole
            inner = self._inner.get(node.type)
            if inner is not None and node.mode not in (MUTED, BYPASSED):
                self._open(whole, inner, within)

    def _open(self, node: UiNode, inner: UiGraph, within: tuple[str, ...]) -> None:
        """Put the nodes of a subgraph in place of the node that stands for it."""
        if node.type in within or len(within) == _DEEPEST:
            way = path_in_words([*within[:8], node.type])
            what = f"node '{node.id}': its subgraph holds itself, or too many others: {way}"
            message = f"{what}; up to {_DEEPEST} may lie inside each other. Take it out."
            raise GraphError([Problem("cycle", message, node.id, path=node.path)])
        del self.flat.nodes[node.id]
        prefix = f"{node.id}:"
        routes = self.flat.routes
        self.add(inner, prefix, (*within, node.type))
        for link in inner.links.values():
            if link.target == OUTSIDE:
                source = Origin(prefix + link.source, link.output)
                routes.detours[Origin(node.id, link.input)] = source
        routes.ended.add(node.id)
        routes.ended.add(prefix + INSIDE)
        values = grouped.split(node, inner) if grouped.is_group(node) else None
        if values is not None:
            self._give(prefix, values)
        promoted = _promoted(node, inner)
        pairs = grouped.pairs if grouped.is_group(node) else _pairs
        for (place, slot), outer in zip(
            enumerate(inner.inputs), pairs(node.inputs, inner.inputs), strict=True
        ):
            border = Origin(prefix + INSIDE, place)
            if (node.id, outer) in routes.linked:
                routes.detours[border] = routes.linked[node.id, outer]
            elif slot.name in promoted:
                routes.detours[border] = Literal(promoted[slot.name])
        self._set_inside(node, prefix)

    def _give(self, prefix: str, values: Mapping[str, Sequence[Any]]) -> None:
        """Replace the widgets' values of inner nodes."""
        for id_, own in values.items():
            if prefix + id_ in self.flat.nodes:
                inner = self.flat.nodes[prefix + id_]
                self.flat.nodes[prefix + id_] = replace(inner, values=list(own), named={})

    def _set_inside(self, node: UiNode, prefix: str) -> None:
        """Values that the outer node holds for widgets of single inner nodes."""
        listed = node.properties.get("proxyWidgets")
        pairs = listed if isinstance(listed, list) else []
        values = node.values if isinstance(node.values, list) else []
        if len(values) != len(pairs):
            return  # then the inner nodes hold them
        for pair, value in zip(pairs, values, strict=True):
            match pair:
                case [str(id_), str(name), *_] if id_ != "-1" and name != CONTROL:
                    self.flat.set_inside[prefix + id_, name] = value


def _pairs(outer: Sequence[Slot], inner: Sequence[Slot]) -> list[int]:
    """Which slot of the outer node each input of its subgraph is; -1 if it has none."""
    places = {slot.name: place for place, slot in enumerate(outer)}
    return [places.get(slot.name, -1) for slot in inner]


def _promoted(node: UiNode, inner: UiGraph) -> Mapping[str, Any]:
    """What the outer node gives to inputs of its subgraph that nothing is linked to."""
    if node.named:
        return node.named
    if isinstance(node.values, dict):
        return node.values
    values = node.values or []
    listed = node.properties.get("proxyWidgets")
    if isinstance(listed, list) and listed:
        if len(listed) != len(values):
            return {}
        pairs = zip(listed, values, strict=True)
        return {pair[1]: v for pair, v in pairs if isinstance(pair, list) and pair[:1] == ["-1"]}
    names = [slot.name for slot in node.inputs if slot.widget]
    if len(names) < len(values):
        names = _widget_inputs(inner)
    if len(names) < len(values):
        values = [v for v in values if not (isinstance(v, str) and v in CONTROLS)]
    return dict(zip(names, values, strict=False)) if len(names) == len(values) else {}


def _widget_inputs(inner: UiGraph) -> list[str]:
    """The inputs of a subgraph that lead to a widget, in order."""
    by_id = {node.id: node for node in inner.nodes}
    found: dict[int, str] = {}
    for link in inner.links.values():
        target = by_id.get(link.target)
        if link.source == INSIDE and target and link.input < len(target.inputs):
            is_widget = bool(target.inputs[link.input].widget)
            if is_widget and link.output < len(inner.inputs):
                found[link.output] = inner.inputs[link.output].name
    return [found[place] for place in sorted(found)]
