"""What only a worker can say, as it has the nodes' code: asked beside the jobs that it runs."""

from collections.abc import Mapping
from typing import Any

from paintgraph.base.errors import Error
from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check
from paintgraph.engine.recipes.own_faults import REFUSED


def answer(registry: Registry, document: Mapping[str, Any] | None) -> dict[str, Any]:
    """What nodes refuse in a graph in native form, and the specs that have changed, as plain data.

    Without a graph only the specs, of all node types.
    """
    if document is None:
        specs = [*registry.renew(registry.ids()), *registry.choose_again()]
        return {"problems": [], "specs": [spec.to_json() for spec in specs]}
    try:
        graph, _ = read_native(Document(document), "")
        renewed = registry.renew(node.kind for node in graph.nodes.values())
        errors = check(graph, registry).errors
    except Error:  # told by whoever checked the graph
        return {"problems": [], "specs": []}
    problems = [
        {"code": problem.code, "message": problem.message, "node": problem.node}
        | {"input": problem.input}
        for problem in errors
        if problem.code == REFUSED
    ]
    return {"problems": problems, "specs": [spec.to_json() for spec in renewed]}
