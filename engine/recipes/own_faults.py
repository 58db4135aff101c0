"""What nodes find wrong with their literals, and what of all that a graph names goes together."""

from collections.abc import Mapping

from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.coercion import Resources
from paintgraph.engine.graph.following import OutputTypes
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.opening import opened
from paintgraph.engine.recipes.report import Report, with_outputs

REFUSED = "refused_inputs"
"""The code of a problem that a node itself told."""


def report_refused(
    report: Report, nodes: Mapping[str, Node], registry: Registry, types: OutputTypes
) -> None:
    """Report what nodes in canonical form say of their inputs.

    Their code is asked, where this process has it; those with known errors are not asked.
    """
    asking = [
        (id_, node, declaration.faults)
        for id_, node in nodes.items()
        if (declaration := registry.get(node.kind)) is not None and declaration.faults is not None
    ]
    if not asking:
        return
    faulty = report.faulty()
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
            where = report.at(id_, name, bare=True)
            message = f": the node refuses its inputs: {text.rstrip('.')}. Change them."
            report.add(REFUSED, where, message)


def report_misfits(report: Report, graph: Graph, registry: Registry, resources: Resources) -> None:
    """Report what does not go together in a graph in canonical form, and inside its recipes."""
    if any(problem.code == "cycle" for problem in report.problems):
        return
    faulty = report.faulty()
    found = opened(graph, registry, frozenset(faulty))
    specs = {id_: registry.spec(node.kind) for id_, node in found.graph.nodes.items()}
    for node, name, code, message in resources.misfits(found.graph, specs, faulty):
        text = f"{name}: {message}" if name else message
        if node in found.inside:
            outer, inner = found.inside[node]
            kind = found.graph.nodes[node].kind
            report.add(code, report.at(outer), f": its node '{inner}' ({kind}): {text}")
        else:
            report.add(code, report.at(node, name, bare=True), f": {text}")


def check_together(graph: Graph, registry: Registry, resources: Resources) -> None:
    """Raise GraphError for all in a graph in canonical form that does not go together."""
    report = Report(graph)
    report_misfits(report, graph, registry, resources)
    if report.problems:
        raise GraphError(with_outputs(report.problems, graph, {}))
