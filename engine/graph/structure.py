"""The shape of a graph: order, cycles, what reaches what, links by name or by position."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from paintgraph.base.errors import Error
from paintgraph.engine.graph.graph import Graph, InputRef, Link
from paintgraph.engine.graph.spec import NodeSpec

if TYPE_CHECKING:
    import networkx as nx

# networkx takes 80 ms to import: each use does so itself.


def digraph(graph: Graph) -> "nx.DiGraph[str]":
    """The graph's links as edges from source to reader; links to nowhere are left out."""
    import networkx as nx

    directed: nx.DiGraph[str] = nx.DiGraph()
    directed.add_nodes_from(graph.nodes)
    directed.add_edges_from(
        (link.node, id_)
        for id_, node in graph.nodes.items()
        for _, link in node.links()
        if link.node in graph.nodes
    )
    return directed


def topological_order(graph: Graph) -> list[str]:
    """Node ids, each after all that it reads; in the order of the file where links leave it free.

    Raises networkx.NetworkXUnfeasible if the graph has a cycle.
    """
    import networkx as nx

    place = {id_: index for index, id_ in enumerate(graph.nodes)}
    key: Callable[[str], int] = place.__getitem__
    return list(nx.lexicographical_topological_sort(digraph(graph), key=key))


def cycles(graph: Graph) -> list[list[str]]:
    """One cycle of every knot of nodes that wait for each other, node by node."""
    import networkx as nx

    directed = digraph(graph)
    if nx.is_directed_acyclic_graph(directed):
        return []
    found = []
    for knot in nx.strongly_connected_components(directed):
        first = min(knot)
        if len(knot) > 1 or directed.has_edge(first, first):
            edges = nx.find_cycle(directed.subgraph(knot), first)
            found.append([edge[0] for edge in edges])
    return sorted(found)


def upstream(graph: Graph, targets: Iterable[str], without: Iterable[str] = ()) -> set[str]:
    """The targets and all that they need, not looking past the nodes in `without`."""
    seen = set(without)
    stack = [target for target in targets if target in graph.nodes]
    while stack:
        id_ = stack.pop()
        if id_ not in seen:
            seen.add(id_)
            stack.extend(
                link.node for _, link in graph.nodes[id_].links() if link.node in graph.nodes
            )
    return seen.difference(without)


def reached_outputs(graph: Graph, outputs: Mapping[str, str]) -> dict[str, int]:
    """Which outputs (name -> node) each node feeds, as bits in the order of `outputs`."""
    feeds = dict.fromkeys(graph.nodes, 0)
    stack = []
    for bit, node in enumerate(outputs.values()):
        if node in feeds:
            feeds[node] |= 1 << bit
            stack.append(node)
    while stack:
        id_ = stack.pop()
        for _, link in graph.nodes[id_].links():
            if link.node in feeds and feeds[link.node] | feeds[id_] != feeds[link.node]:
                feeds[link.node] |= feeds[id_]
                stack.append(link.node)
    return feeds


class Specs(Protocol):
    """Who knows the declarations of node types, such as a registry."""

    def spec(self, id_: str) -> NodeSpec | None:
        """The declaration of a node type, or None."""


def with_names(graph: Graph, registry: Specs) -> Graph:
    """The graph with every link by its output's name, as recipes write it."""

    def named(value: object) -> object:
        if not isinstance(value, Link) or isinstance(value.output, str):
            return value
        node = graph.nodes.get(value.node)
        spec = registry.spec(node.kind) if node else None
        if spec is None or not 0 <= value.output < len(spec.outputs):
            return value
        return Link(value.node, spec.outputs[value.output].name)

    nodes = {
        id_: replace(node, inputs={name: named(value) for name, value in node.inputs.items()})
        for id_, node in graph.nodes.items()
    }
    outputs: dict[str, Link | InputRef] = {}
    for name, reference in graph.outputs.items():
        renamed = named(reference)
        outputs[name] = renamed if isinstance(renamed, Link) else reference
    return replace(graph, nodes=nodes, outputs=outputs)


def position(graph: Graph, registry: Specs, link: Link) -> int:
    """Which output of its node a link names; Error if there is none of this name."""
    if isinstance(link.output, int):
        return link.output
    node = graph.nodes.get(link.node)
    spec = registry.spec(node.kind) if node else None
    names = [output.name for output in spec.outputs] if spec else []
    if link.output not in names:
        raise Error(
            f"a link to '{link}' has no position, which ComfyUI's format needs. "
            "'paintgraph validate' names the fault.",
            code="unknown_output",
        )
    return names.index(link.output)
