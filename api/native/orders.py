"""Requests to run a graph, read into orders: an envelope with graph and inputs, or a bare graph."""

from collections.abc import Mapping
from typing import Any

from paintgraph.api.services.submission import Order
from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document, Spot
from paintgraph.base.words import suggestion
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy import is_comfy
from paintgraph.engine.graph.formats.native import is_native
from paintgraph.engine.graph.formats.reading import graph_of
from paintgraph.engine.graph.sockets import shown

FIELDS = ("graph", "inputs", "priority")
MOST_PRIORITY = 100
_NAME = "the graph"
_MOST_NAMED = 100  # fields of a request; answers stay short


def order_of(document: Document, client: str = "", key: str | None = None) -> Order:
    """The order of a request; raises GraphError with every fault of its form."""
    value = document.value
    if is_comfy(value) or is_native(value) or not isinstance(value, dict):
        graph, problems = graph_of(document, _NAME)
        request = {"graph": value}
        return Order(graph, problems, request, client=client, idempotency_key=key)
    faults = _faults(value, document)
    if faults:
        raise GraphError(faults)
    inside = Document(value["graph"], lambda: _spot(document, "graph"))
    graph, problems = graph_of(inside, _NAME)
    return Order(
        graph,
        problems,
        value,
        inputs=value.get("inputs") or {},
        prefix=("graph",),
        priority=value.get("priority") or 0,
        client=client,
        idempotency_key=key,
    )


def _spot(document: Document, field: str) -> Spot | None:
    top = document.spots()
    return top.inside.get(field) if top else None


def _faults(fields: Mapping[str, Any], document: Document) -> list[Problem]:
    faults = []

    def report(code: str, name: str, message: str) -> None:
        place = document.place((name,))
        faults.append(Problem(code, f"the request: {message}", path=(name,), place=place))

    for name in list(fields)[:_MOST_NAMED]:
        if name not in FIELDS:
            allowed = f"allowed are {', '.join(FIELDS)}, or a graph by itself"
            near = suggestion(name, FIELDS)
            report("unknown_field", name, f"there is no field '{name[:60]}'; {allowed}.{near}")
    if "graph" not in fields:
        message = "'graph' is missing; it holds a recipe or a ComfyUI prompt. Add it."
        report("missing_graph", "graph", message)
    inputs = fields.get("inputs")
    if inputs is not None and not isinstance(inputs, dict):
        message = f"inputs is {shown(inputs)}; allowed is a mapping of names to values. Change it."
        report("wrong_type", "inputs", message)
    priority = fields.get("priority")
    if priority is not None and not _is_priority(priority):
        message = (
            f"priority is {shown(priority)}; allowed are whole numbers from -{MOST_PRIORITY} to "
            f"{MOST_PRIORITY}. Change it."
        )
        report("out_of_range", "priority", message)
    return faults


def _is_priority(value: object) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return abs(value) <= MOST_PRIORITY
