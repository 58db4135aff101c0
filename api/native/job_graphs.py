"""The graph of a job, in the form in which somebody wants to look at it."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

import orjson
from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import bad_parameter, json_response
from paintgraph.api.http.routes import Routes, json_answer, parameter
from paintgraph.api.native.jobs import job_of
from paintgraph.api.native.submitting import ComfyPromptJson, EditorJson, RecipeJson
from paintgraph.api.services.parts import PARTS
from paintgraph.base.errors import Error
from paintgraph.base.text.document import Document
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.to_graph import read_editor
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.graph.formats.recognising import drawn_in
from paintgraph.engine.graph.formats.writing import GRAPH_FORMATS, GraphFormat, write_graph
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import Specs
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.queries import damaged

_NAME = "the graph of the job"


class JobGraphJson(TypedDict):
    """A job's graph as it is run, and what was submitted."""

    graph: RecipeJson
    request: dict[str, Any]


ROUTES = Routes("jobs")
_FORMAT = parameter(
    "query",
    "format",
    "Give the graph by itself: as a recipe, as a prompt of ComfyUI or as a workflow of its editor.",
    {"type": "string", "enum": list(GRAPH_FORMATS)},
)


@ROUTES.add(
    "GET",
    "/v1/jobs/{id}/graph",
    {
        200: json_answer(
            "The bound graph, and what was submitted; with `format` the graph alone.",
            JobGraphJson | RecipeJson | ComfyPromptJson | EditorJson,
        )
    },
    (400, 404, 409, 503),
    parameters=(_FORMAT,),
)
async def show(request: web.Request) -> web.Response:
    """Give a job's graph as it is run: everything that it names outside itself is fixed.

    Running it again gives the same pixels. With `format` it comes by itself, as other programs read
    it: `api` is what ComfyUI's clients post, `ui` is what its editor opens, laid out.
    """
    job, parts = await job_of(request), request.app[PARTS]
    asked = request.query.get("format")
    if asked is None:
        graph = await parts.store.offload(_document, parts.store, job, "graph")
        submitted = await parts.store.offload(_document, parts.store, job, "request")
        answer = {"graph": orjson.Fragment(graph), "request": orjson.Fragment(submitted)}
        return json_response(answer)
    form = next((each for each in GRAPH_FORMATS if each == asked), None)
    if form is None:
        raise bad_parameter("format", asked, f"are {', '.join(GRAPH_FORMATS)}")
    specs = parts.catalogue.known().registry
    return json_response(await asyncio.to_thread(_written, parts.store, job, form, specs))


def _document(store: JobStore, job: Job, which: Literal["graph", "request"]) -> bytes:
    """A document of a job in JSON; raises ApiError if it is damaged."""
    document = store.document(job.id, which)
    if document is None:
        raise ApiError(409, "damaged_row", damaged(which)["message"])
    return document


def _written(store: JobStore, job: Job, form: GraphFormat, specs: Specs) -> dict[str, Any]:
    """A job's graph in a form; raises ApiError if a node type that it needs is gone."""
    try:
        return write_graph(graph_of(store, job), form, specs)
    except Error as error:
        raise ApiError(409, error.code, f"{_NAME}: {error}") from error


def graph_of(store: JobStore, job: Job) -> Graph:
    """The bound graph of a job; its nodes stand where the client's editor had them."""
    graph, _ = read_native(Document(orjson.loads(_document(store, job, "graph"))), _NAME)
    drawn = workflow_of(store, job)
    with suppress(GraphError):  # nobody checked what came along
        if drawn is not None:
            return replace(graph, editor=read_editor(Document(drawn), _NAME)[0].editor)
    return graph


def workflow_of(store: JobStore, job: Job) -> dict[str, Any] | None:
    """What was drawn in ComfyUI's editor and submitted, or sent along by its page; else None."""
    request = orjson.loads(_document(store, job, "request"))
    match request.get("prompt"):
        case [_, _, _, extra, *_]:  # as ComfyUI keeps it: number, id, prompt, what came beside it
            return drawn_in(extra)
    return drawn_in(request.get("graph"))
