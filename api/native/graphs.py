"""Graphs and what they are made of: checking without running, the node types."""

import asyncio
from typing import Any

from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.refusals import BAD_REQUEST, problems_to_json, refusal_status
from paintgraph.api.http.requests import JSON, YAML, document_of, json_response
from paintgraph.api.http.routes import Route, json_answer, ref
from paintgraph.api.native.orders import order_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.submission import check_order
from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.base.words import suggestion
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.recipes.schema import node_schema

NODES_URL = "/v1/nodes/"


async def validate(request: web.Request) -> web.Response:
    """Name every fault of a graph at once, without running it."""
    try:
        document = await document_of(request, (JSON, *YAML))
    except GraphError as error:
        if request.content_type == JSON or refusal_status(error) != BAD_REQUEST:
            raise
        problems = list(error.problems)  # the text itself is the graph
    else:
        problems = await asyncio.to_thread(_problems, document, request)
    valid = not any(problem.severity == "error" for problem in problems)
    told = problems_to_json(problems, request.app[PARTS].serializer.hide)
    return json_response({"valid": valid, "problems": told})


def _problems(document: Document, request: web.Request) -> list[Problem]:
    return list(check_order(order_of(document), request.app[PARTS].catalogue.known()).problems)


async def index(request: web.Request) -> web.Response:
    """List the node types."""
    known = request.app[PARTS].catalogue.known()
    return json_response({"nodes": [_summary(spec) for spec in known.specs()]})


async def show(request: web.Request) -> web.Response:
    """Describe one node type: inputs, outputs, and the schema of its use in a recipe."""
    known = request.app[PARTS].catalogue.known()
    id_ = request.match_info["id"]
    spec = known.registry.spec(id_)
    if spec is None:
        near = suggestion(id_, known.registry.ids()) or f" {NODES_URL[:-1]} lists them."
        raise ApiError(404, "unknown_node", f"there is no node type '{id_[:60]}'.{near}")
    plain = spec.to_json()
    return json_response({**_summary(spec), **plain, "schema": node_schema(spec)})


def _summary(spec: NodeSpec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "title": spec.title,
        "category": spec.category,
        "about": spec.about.split("\n", 1)[0],
        "url": NODES_URL + spec.id,
    }


ROUTES = (
    Route(
        "POST",
        "/v1/graphs/validate",
        validate,
        "graphs",
        {200: json_answer("What is wrong with it.", "Validation")},
        (400, 408, 413, 415, 422, 503),
        body={JSON: ref("AnyGraph"), "application/yaml": {}},
    ),
    Route(
        "GET",
        "/v1/nodes",
        index,
        "graphs",
        {200: json_answer("All node types but recipes.", "Nodes")},
        (503,),
    ),
    Route(
        "GET",
        "/v1/nodes/{id}",
        show,
        "graphs",
        {200: json_answer("The node type.", "Node")},
        (404, 503),
    ),
)
