"""Graphs are submitted, by themselves or in an envelope with inputs."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, NotRequired

from aiohttp import web
from typing_extensions import TypeAliasType, TypedDict

from paintgraph.api.guards.keys import client_of, owner_of, scoped
from paintgraph.api.http.access import JOB
from paintgraph.api.http.received import let_go
from paintgraph.api.http.requests import (
    IDEMPOTENCY_KEY,
    JSON,
    PICTURES,
    WAIT,
    YAML,
    document_of,
    has_small_body,
    idempotency_key,
    wait_seconds,
)
from paintgraph.api.http.routes import JsonSchema, Routes, closed
from paintgraph.api.native.descriptions import WISHES, wishes_of
from paintgraph.api.native.job_lists import TAGS, tags_of
from paintgraph.api.native.jobs import ACCEPTED, SHOWN, job_or_picture
from paintgraph.api.native.webhooks import FIELD, WebhookJson, read_webhook, without_secret
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.submission import GraphRequest
from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.base.words import shorten, suggestion
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.descriptions import read_descriptions
from paintgraph.engine.graph.formats.reading import graph_of
from paintgraph.engine.graph.formats.recognising import is_foreign, kind_of
from paintgraph.engine.graph.graph import Descriptions, Metadata
from paintgraph.engine.graph.sockets import shown

FIELDS = ("graph", "inputs", "metadata", "priority", FIELD)
MOST_PRIORITY = 100
_NAME = "the graph"
_MOST_NAMED = 100  # fields of a request; answers stay short


@closed
class RecipeJson(TypedDict):
    """A graph in paintgraph's own form."""

    about: NotRequired[str]
    keywords: NotRequired[list[str]]
    metadata: NotRequired[Metadata | None]
    graph: NotRequired[bool | None]
    nodes: Annotated[Mapping[str, "UseJson"], JsonSchema(minProperties=1)]
    outputs: NotRequired[Mapping[str, str]]
    paintgraph: NotRequired[Literal[1]]
    inputs: NotRequired[Mapping[str, dict[str, Any]]]
    editor: NotRequired[dict[str, Any]]
    made: NotRequired[dict[str, Any]]
    bound: NotRequired[dict[str, Any]]


class UseJson(TypedDict, total=False):
    """One node, or a recipe used as one; its inputs stand beside."""

    node: str
    recipe: str


class PromptNodeJson(TypedDict):
    """One node of a ComfyUI prompt."""

    class_type: str
    inputs: dict[str, Any]
    _meta: NotRequired[dict[str, Any]]


ComfyPromptJson = TypeAliasType(
    "ComfyPromptJson",
    Annotated[
        Mapping[str, PromptNodeJson],
        JsonSchema(minProperties=1, description="A ComfyUI prompt in API format."),
    ],
)


class EditorJson(TypedDict):
    """A graph of ComfyUI's editor, as its page saves it."""

    nodes: list[dict[str, Any]]
    links: NotRequired[list[Any]]


class SavedPromptJson(TypedDict):
    """What ComfyUI's page posts; the prompt is taken."""

    prompt: "ComfyPromptJson"


@closed
class EnvelopeJson(TypedDict):
    """A graph with what it is run on."""

    graph: RecipeJson | ComfyPromptJson | EditorJson
    inputs: NotRequired[dict[str, Any] | None]
    metadata: NotRequired[Metadata | None]
    priority: NotRequired[
        Annotated[int, JsonSchema(minimum=-MOST_PRIORITY, maximum=MOST_PRIORITY)] | None
    ]
    webhook: NotRequired[WebhookJson | None]


SubmissionJson = TypeAliasType(
    "SubmissionJson", EnvelopeJson | RecipeJson | ComfyPromptJson | EditorJson | SavedPromptJson
)


PICTURE_BODIES: Mapping[str, dict[str, Any]] = {kind: {} for kind in PICTURES}
"""Pictures that carry a graph."""

ROUTES = Routes("jobs")
SUBMITTED = {200: SHOWN, 202: ACCEPTED}
SUBMIT_ERRORS = (400, 408, 413, 415, 422, 424, 429, 503, 507)


@ROUTES.add(
    "POST",
    "/v1/jobs",
    SUBMITTED,
    SUBMIT_ERRORS,
    parameters=(WAIT, IDEMPOTENCY_KEY, TAGS, *WISHES),
    body={JSON: SubmissionJson, "application/yaml": {}, **PICTURE_BODIES},
)
async def submit(request: web.Request) -> web.Response:
    """Run a graph.

    Takes `{"graph": ..., "inputs": ...}`, or a graph by itself: a recipe, a ComfyUI prompt or the
    workflow of its editor, a picture that carries one. With
    `wait` it answers 200 once the job has ended, however it ended; else 202 at once. Where `Accept`
    names PNG, JPEG or WebP first, a job that has succeeded is answered with its picture.
    """
    return await submit_and_answer(request, _wanted)


async def _wanted(request: web.Request) -> GraphRequest:
    """What a request wants run."""
    key = scoped(request, idempotency_key(request))
    wishes = wishes_of(request)
    wanted = await document_of(request, (JSON, *YAML, *PICTURES), read_request)
    return replace(
        wanted,
        client=client_of(request),
        owner=owner_of(request),
        idempotency_key=key,
        is_small=has_small_body(request),
        wished=wishes.or_else(wanted.wished),
        tags=tags_of(request),
    )


async def submit_and_answer(
    request: web.Request, read: Callable[[web.Request], Awaitable[GraphRequest]]
) -> web.Response:
    """Submit what a client wants run, and answer with its job, ended or not.

    Who waits for the job waits for a server that starts its workers, too. Nothing of what was read
    is held while the answer waits for the job's end.
    """
    parts = request.app[PARTS]
    seconds = wait_seconds(request)
    deadline = time.monotonic() + seconds
    await parts.catalogue.started(seconds)
    accepted = await parts.submissions.submit(await read(request))
    let_go(request)
    request[JOB] = accepted.job.id
    left = max(0.0, deadline - time.monotonic())
    job = await parts.dispatcher.ended(accepted.job, left)
    status = 200 if job.has_ended and seconds else 202
    return await job_or_picture(request, job, status)


def read_request(document: Document) -> GraphRequest:
    """What a client wants run; raises GraphError with every fault of its form."""
    value = document.value
    if (
        not isinstance(value, dict)
        or kind_of(value) is not None
        or ("graph" not in value and is_foreign(document))
    ):
        graph, problems = graph_of(document, _NAME)
        return GraphRequest(graph, problems, {"graph": value})
    webhook, wrong = read_webhook(value.get(FIELD))
    faults = [*_faults(value, document), *wrong]
    if faults:
        raise GraphError(faults)
    graph, problems = graph_of(document.inside(("graph",)), _NAME)
    return GraphRequest(
        graph,
        problems,
        without_secret(value, webhook),
        inputs=value.get("inputs") or {},
        prefix=("graph",),
        priority=value.get("priority") or 0,
        wished=Descriptions(value.get("metadata")),
        webhook=webhook,
    )


def _faults(fields: Mapping[str, Any], document: Document) -> list[Problem]:
    faults = []

    def report(code: str, name: str, message: str) -> None:
        place = document.place((name,))
        faults.append(Problem(code, f"the request: {message}", path=(name,), place=place))

    for name in list(fields)[:_MOST_NAMED]:
        if name not in FIELDS:
            allowed = f"allowed are {', '.join(FIELDS)}, or a graph by itself"
            near = suggestion(name, FIELDS)
            report("unknown_field", name, f"there is no field '{shorten(name)}'; {allowed}.{near}")
    if "graph" not in fields:
        message = "'graph' is missing; it holds a recipe or a ComfyUI prompt. Add it."
        report("missing_graph", "graph", message)
    inputs = fields.get("inputs")
    if inputs is not None and not isinstance(inputs, dict):
        message = f"inputs is {shown(inputs)}; allowed is a mapping of names to values. Change it."
        report("wrong_type", "inputs", message)
    for name, fault in read_descriptions({"metadata": fields.get("metadata")})[1].items():
        report(fault.code, name, f"{fault.message} Change it.")
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
