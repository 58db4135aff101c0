"""Graphs and what they are made of: checking without running, the node types."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NotRequired

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.http.errors import ApiError, ProblemJson
from paintgraph.api.http.refusals import BAD_REQUEST, problems_to_json, refusal_status
from paintgraph.api.http.requests import (
    JSON,
    PICTURES,
    YAML,
    document_of,
    has_small_body,
    json_response,
)
from paintgraph.api.http.routes import Routes, json_answer
from paintgraph.api.http.scopes import needs
from paintgraph.api.native.submitting import PICTURE_BODIES, read_request
from paintgraph.api.services.parts import PARTS
from paintgraph.base.errors import Problem
from paintgraph.base.words import shorten, suggestion
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import Form
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.recipes.schema import node_schema

NODES_URL = "/v1/nodes/"


class ValidationJson(TypedDict):
    """Every fault of a graph; it is valid if none of them is an error.

    `form` is what a graph of another tool is.
    """

    valid: bool
    form: NotRequired[Form]
    problems: list[ProblemJson]


class NodeSummaryJson(TypedDict):
    """A node type in a list."""

    id: str
    title: str
    category: str
    about: str
    url: str


class NodesJson(TypedDict):
    """All node types but recipes."""

    nodes: list[NodeSummaryJson]


class NodeJson(NodeSummaryJson):
    """A node type, with the schema of its use in a recipe."""

    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    schema: dict[str, Any]


ROUTES = Routes("graphs")
_ANY_GRAPH = {
    "type": "object",
    "minProperties": 1,
    "description": "What `POST /v1/jobs` takes, with faults.",
}


@ROUTES.add(
    "POST",
    "/v1/graphs/validate",
    {200: json_answer("What is wrong with it.", ValidationJson)},
    (400, 408, 413, 415, 422, 503),
    body={JSON: _ANY_GRAPH, "application/yaml": {}, **PICTURE_BODIES},
)
@needs("read")
async def validate(request: web.Request) -> web.Response:
    """Name every fault of a graph at once, without running it."""
    submissions = request.app[PARTS].submissions
    source = None
    problems: Sequence[Problem]
    try:
        wanted = await document_of(request, (JSON, *YAML, *PICTURES), read_request)
        _, checked = await submissions.checked(replace(wanted, is_small=has_small_body(request)))
        problems, source = checked.problems, checked.graph.source
    except GraphError as error:
        if request.content_type in (JSON, *PICTURES) or refusal_status(error) != BAD_REQUEST:
            raise
        problems = error.problems  # the text itself is the graph
    answer: ValidationJson = {
        "valid": not any(problem.severity == "error" for problem in problems),
        "problems": problems_to_json(problems, request.app[PARTS].serializer.hide),
    }
    if source is not None and source.tolerant:
        answer["form"] = source.form
    return json_response(answer)


@ROUTES.add(
    "GET", "/v1/nodes", {200: json_answer("All node types but recipes.", NodesJson)}, (503,)
)
async def index(request: web.Request) -> web.Response:
    """List the node types."""
    known = request.app[PARTS].catalogue.known()
    answer: NodesJson = {"nodes": [_summary(spec) for spec in known.specs()]}
    return json_response(answer)


@ROUTES.add("GET", NODES_URL + "{id}", {200: json_answer("The node type.", NodeJson)}, (404, 503))
async def show(request: web.Request) -> web.Response:
    """Describe one node type: inputs, outputs, and the schema of its use in a recipe."""
    known = request.app[PARTS].catalogue.known()
    id_ = request.match_info["id"]
    spec = known.registry.spec(id_)
    if spec is None:
        near = suggestion(id_, known.registry.ids()) or f" {NODES_URL[:-1]} lists them."
        raise ApiError(404, "unknown_node", f"there is no node type '{shorten(id_)}'.{near}")
    return json_response({**_summary(spec), **spec.to_json(), "schema": node_schema(spec)})


def _summary(spec: NodeSpec) -> NodeSummaryJson:
    return {
        "id": spec.id,
        "title": spec.title,
        "category": spec.category,
        "about": spec.about.split("\n", 1)[0],
        "url": NODES_URL + spec.id,
    }
