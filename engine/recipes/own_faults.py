"""What nodes find wrong with their literals: their code is asked, where this process has it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from paintgraph.base.errors import Problem
from paintgraph.engine.graph.following import OutputTypes
from paintgraph.engine.graph.graph import InputRef, Link, Node
from paintgraph.engine.node.registry import Registry

REFUSED = "refused_inputs"
"""The code of a problem that a node itself told."""


class OwnFault(NamedTuple):
    """What a node says of one of its inputs."""

    node: str
    input: str
    text: str


def own_faults(
    nodes: Mapping[str, Node], registry: Registry, types: OutputTypes, known: Iterable[Problem]
) -> Iterator[OwnFault]:
    """What nodes in canonical form say of their inputs; those with known errors are not asked."""
    asking = [
        (id_, node, declaration.faults)
        for id_, node in nodes.items()
        if (declaration := registry.get(node.kind)) is not None and declaration.faults is not None
    ]
    if not asking:
        return
    faulty = {problem.node for problem in known if problem.severity == "error"}
    for id_, node, faults in asking:
        if id_ in faulty:
            continue
        literals = {
            name: None if isinstance(value, Link | InputRef) else value
            for name, value in node.inputs.items()
        }
        linked = {
            name: types.of(link.node, int(link.output))
            for name, link in node.links()
            if link.node in nodes
        }
        for name, text in faults(id_, literals, linked):
            yield OwnFault(id_, name, text.rstrip("."))
