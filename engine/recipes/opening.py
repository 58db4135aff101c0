"""Recipes that a graph uses as nodes, opened: their nodes in its own place, for checks of all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph, Link, Node
from paintgraph.engine.graph.sockets import Result, Value
from paintgraph.engine.node.context import ALONE
from paintgraph.engine.node.registry import Registry

_MOST_NODES = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A graph without recipes; `inside` names, by a node's id, the recipe's node it came of.

    With it stands the node's id in the recipe, of nested ones as a path: "photo" or "ink.file".
    """

    graph: Graph
    inside: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Outer:
    """What a recipe's node is given, as distinct from the links among its own nodes."""

    value: object


def opened(graph: Graph, registry: Registry, closed: frozenset[str | None]) -> Opened:
    """The graph in canonical form with the nodes of its recipes; those in `closed` stay.

    A recipe that would make it larger than a thousand nodes stays, too.
    """
    nodes = dict(graph.nodes)
    inside: dict[str, tuple[str, str]] = {}
    given: dict[Link, object] = {}
    pending = [id_ for id_ in nodes if id_ not in closed]
    while pending:
        id_ = pending.pop()
        result = _expanded(nodes[id_], registry)
        if result is None or len(nodes) + len(result.expand or {}) > _MOST_NODES:
            continue
        del nodes[id_]
        outer, path = inside.pop(id_, (id_, ""))
        for name, node in (result.expand or {}).items():
            new = f"{id_}/{name}"
            inputs = {n: _renamed(value, id_) for n, value in node.inputs.items()}
            nodes[new] = replace(node, inputs=inputs)
            inside[new] = (outer, f"{path}.{name}" if path else name)
            pending.append(new)
        given |= {Link(id_, n): _renamed(value, id_) for n, value in enumerate(result.values)}
    if not inside and not given:
        return Opened(graph)
    for id_, node in nodes.items():
        inputs = {name: _followed(value, given) for name, value in node.inputs.items()}
        nodes[id_] = replace(node, inputs=inputs)
    return Opened(replace(graph, nodes=nodes), inside)


def _expanded(node: Node, registry: Registry) -> Result | None:
    """What the node of a recipe becomes, or None for others."""
    declaration = registry.get(node.kind) if node.kind.startswith(RECIPE_PREFIX) else None
    if declaration is None or declaration.expand is None:
        return None
    values = {
        each.name: Value(_Outer(node.inputs.get(each.name, each.default)))
        for each in declaration.spec.inputs
    }
    found: Any = declaration.call(ALONE, values)
    return found if isinstance(found, Result) else None


def _renamed(value: object, recipe: str) -> object:
    """A link among a recipe's nodes as one of the graph; what the recipe is given as it was."""
    if isinstance(value, Value):
        value = value.data
    if isinstance(value, _Outer):
        return value.value
    return replace(value, node=f"{recipe}/{value.node}") if isinstance(value, Link) else value


def _followed(value: object, given: Mapping[Link, object]) -> object:
    """What a link to an output of a recipe leads to at last."""
    while isinstance(value, Link) and value in given:
        value = given[value]
    return value
