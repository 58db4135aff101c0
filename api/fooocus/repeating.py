"""Several pictures of one task: what depends on the seed or the name is there for each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node


def repeated(graph: Graph, own: Sequence[Mapping[str, Any]]) -> Graph:
    """The graph with a copy of what depends on some inputs, for each of their values.

    `own` maps, for each picture, these inputs to values. Everything else is shared. The first
    picture has the nodes of the graph itself.
    """
    dependent = _dependent(graph, own[0].keys())
    nodes = {name: node for name, node in graph.nodes.items() if name not in dependent}
    for place, values in enumerate(own):
        names = {name: name if place == 0 else f"{name}_{place + 1}" for name in dependent}
        nodes |= {names[name]: _with(graph.nodes[name], values, names) for name in dependent}
    inputs = {name: spec for name, spec in graph.inputs.items() if name not in own[0]}
    return replace(graph, nodes=nodes, inputs=inputs, source=None)


def _dependent(graph: Graph, inputs: Collection[str]) -> list[str]:
    """Nodes that some inputs reach, in the order of the graph."""
    found: set[str] = set()
    more = True
    while more:
        new = {
            name
            for name, node in graph.nodes.items()
            if name not in found
            and any(
                (isinstance(given, InputRef) and given.name in inputs)
                or (isinstance(given, Link) and given.node in found)
                for given in node.inputs.values()
            )
        }
        found |= new
        more = bool(new)
    return [name for name in graph.nodes if name in found]


def _with(node: Node, values: Mapping[str, Any], names: Mapping[str, str]) -> Node:
    def given(value: Any) -> Any:
        if isinstance(value, InputRef) and value.name in values:
            return values[value.name]
        if isinstance(value, Link) and value.node in names:
            return Link(names[value.node], value.output)
        return value

    return replace(node, inputs={name: given(value) for name, value in node.inputs.items()})
