"""Outputs by name or by position: the two ways in which links are written down."""

from dataclasses import replace

from paintgraph.base.errors import Error
from paintgraph.engine.graph.graph import Graph, InputRef, Link
from paintgraph.engine.node.registry import Registry


def with_names(graph: Graph, registry: Registry) -> Graph:
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


def position(graph: Graph, registry: Registry, link: Link) -> int:
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
