"""Why a prompt cannot run, as ComfyUI tells it: an error of the whole, and errors of its nodes."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from paintgraph.api.comfy.node_types.wire import input_config
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.refusals import Hide, refusal
from paintgraph.api.http.requests import json_response
from paintgraph.base.errors import Error, Problem
from paintgraph.base.words import shorten
from paintgraph.engine.graph.formats.comfy.types import wire_type
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.graph.structure import Specs

_TYPES: Mapping[str, str] = {
    "missing_input": "required_input_missing",
    "type_mismatch": "return_type_mismatch",
    "unknown_link": "bad_linked_input",
    "unknown_output": "bad_linked_input",
    "wrong_type": "invalid_input_type",
    "needs_link": "invalid_input_type",
    "not_a_choice": "value_not_in_list",
    "cycle": "dependency_cycle",
}
"""ComfyUI's name of a fault by the code of ours; what else there is, its nodes tell themselves."""

_OWN_FAULT = "custom_validation_failed"
_MOST_CHOICES = 20
_LONGEST = 1000
NodeErrors = Mapping[str, Mapping[str, Any]]


class PromptError(Exception):
    """A prompt that is refused.

    Args:
        type_: ComfyUI's name of the fault, for programs.
        message: for people.
        details: which part of it; extra_info: the same for programs.
        node_errors: see `node_errors`.
    """

    def __init__(  # noqa: PLR0913 - what such an error holds
        self,
        type_: str,
        message: str,
        details: str = "",
        *,
        extra_info: Mapping[str, Any] | None = None,
        node_errors: NodeErrors | None = None,
        status: int = 400,
    ) -> None:
        super().__init__(message)
        self.status = status
        self._document = {
            "error": _error(type_, message, details, extra_info or {}),
            "node_errors": node_errors or {},
        }

    def response(self) -> web.Response:
        """The answer."""
        return json_response(self._document, self.status)


def refused(error: Error, hide: Hide) -> PromptError | None:
    """The error of a prompt that is refused for another reason than its graph, or None."""
    found = error if isinstance(error, ApiError) else refusal(error, hide)
    if found is None:
        return None
    return PromptError(found.code, found.message, status=found.status)


def node_errors(
    problems: Iterable[Problem], graph: Graph, specs: Specs, costs: Mapping[str, list[str]]
) -> dict[str, dict[str, Any]]:
    """The faults of a graph by node; `costs` are the outputs that each node's fault costs."""
    found: dict[str, dict[str, Any]] = {}
    for problem in problems:
        for id_ in problem.nodes or (problem.node or "",):
            node = graph.nodes.get(id_)
            if node is None or problem.severity != "error":
                continue
            entry = found.setdefault(
                id_,
                {
                    "errors": [],
                    "dependent_outputs": costs.get(id_, []),
                    "class_type": node.kind,
                },
            )
            entry["errors"].append(_of_problem(problem, id_, graph, specs))
    return found


def _of_problem(problem: Problem, id_: str, graph: Graph, specs: Specs) -> dict[str, Any]:
    node = graph.nodes[id_]
    spec = specs.spec(node.kind)
    declared = next((i for i in spec.inputs if i.name == problem.input), None) if spec else None
    if declared is None:
        extra: dict[str, Any] = {"input_name": problem.input} if problem.input else {}
        type_ = _TYPES.get(problem.code, _OWN_FAULT)
        if type_ == "dependency_cycle":
            extra = {"node_id": id_, "cycle_nodes": [id_]}
        return _error(type_, problem.message, problem.input or "", extra)
    given = node.inputs.get(declared.name)
    type_ = _type_of(problem.code, declared, given)
    extra = {"input_name": declared.name}
    if type_ not in ("required_input_missing", _OWN_FAULT):
        extra["input_config"] = input_config(declared)
        extra |= _received(type_, declared, given, graph, specs)
    if type_ == "invalid_input_type":
        extra["exception_message"] = problem.message
    details = declared.name
    if type_ == "return_type_mismatch":
        wanted = wire_type(declared.type)
        details += f", received_type({extra['received_type']}) mismatch input_type({wanted})"
    return _error(type_, problem.message, details, extra)


def _type_of(code: str, declared: InputSpec, given: object) -> str:
    if code == "out_of_range":
        is_small = (
            isinstance(given, int | float)
            and declared.minimum is not None
            and given < declared.minimum
        )
        return "value_smaller_than_min" if is_small else "value_bigger_than_max"
    if code in ("needs_link", "wrong_type") and isinstance(given, list):
        return "bad_linked_input"
    return _TYPES.get(code, _OWN_FAULT)


def _received(
    type_: str, declared: InputSpec, given: object, graph: Graph, specs: Specs
) -> dict[str, Any]:
    """What came instead, for programs."""
    if type_ == "value_not_in_list":
        few = len(declared.choices) <= _MOST_CHOICES
        config = input_config(declared) if few else None
        return {"input_config": config, "received_value": _brief(given)}
    if not isinstance(given, Link):
        return {"received_value": _brief(given)}
    linked = [given.node, given.output]
    if type_ != "return_type_mismatch":
        return {"received_value": linked}
    source = specs.spec(graph.nodes[given.node].kind) if given.node in graph.nodes else None
    return {"received_type": _output_type(source, given), "linked_node": linked}


def _brief(given: object) -> object:
    """A value, or its beginning if it is long: who sent it has it."""
    text = given if isinstance(given, str) else repr(given)
    return given if len(text) <= _LONGEST else shorten(text, _LONGEST)


def _output_type(source: NodeSpec | None, link: Link) -> str:
    for place, output in enumerate(source.outputs if source else ()):
        if link.output in (place, output.name):
            return wire_type(output.type)
    return "*"


def _error(type_: str, message: str, details: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": type_, "message": message, "details": details, "extra_info": extra}
