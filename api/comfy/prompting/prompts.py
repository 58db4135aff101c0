"""Prompts are posted: checked, pruned to the outputs that can be had, and queued as jobs."""

import math
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from aiohttp import web

from paintgraph.api.comfy.following.door import DOOR, NAME
from paintgraph.api.comfy.prompting.errors import NodeErrors, PromptError, node_errors, refused
from paintgraph.api.guards.keys import client_of, holder_in, owner_of
from paintgraph.api.http.access import JOB
from paintgraph.api.http.bodies import document_of
from paintgraph.api.http.requests import has_small_body, json_response, offload
from paintgraph.api.packs.passing import changed_by_packs
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.submission import GraphRequest
from paintgraph.base.errors import Error, Problem
from paintgraph.base.text.document import Document
from paintgraph.base.words import shorten
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.prompt import read_comfy
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.graph.structure import reached_outputs, upstream
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check
from paintgraph.jobs.store.job import Job, OnFailure

ROUTES = web.RouteTableDef()
SECRETS = ("auth_token_comfy_org", "api_key_comfy_org")
"""Fields of `extra_data` that are never kept."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_MOST_CLIENT = 256
_POLICIES: Mapping[object, OnFailure] = {
    None: "stop",
    "fail_fast": "stop",
    "continue_independent": "continue",
}
_FAULTS_OF_LINKS = ("unknown_link", "unknown_output")
_NAME = "the prompt"


@ROUTES.get("/prompt")
async def count(request: web.Request) -> web.Response:
    """How many prompts wait or run."""
    remaining = await request.app[DOOR].following.remaining(owner_of(request))
    return json_response({"exec_info": {"queue_remaining": remaining}})


@ROUTES.post("/prompt")
async def post(request: web.Request) -> web.Response:
    """Queue a prompt; what is wrong with it comes back as ComfyUI tells it."""
    try:
        document = await _changed(request, await document_of(request))
        posted = read_posted(document.value)
        answer = await _submit(request, posted, document.inside(("prompt",)))
    except PromptError as error:
        return error.response()
    except Error as error:
        refusal = refused(error, request.app[PARTS].serializer.hide)
        if refusal is None:
            raise
        return refusal.response()
    return json_response(answer)


async def _changed(request: web.Request, document: Document) -> Document:
    """What was posted, as packs that look at prompts want it; tokens are not shown to them."""
    body = document.value
    if not isinstance(body, dict) or not isinstance(body.get("prompt"), dict):
        return document
    extra = body.get("extra_data")
    if isinstance(extra, dict):
        body = {**body, "extra_data": {n: v for n, v in extra.items() if n not in SECRETS}}
    changed, sent = await changed_by_packs(request, body)
    client = holder_in(client_of(request)), str(body.get("client_id", ""))
    if session := request.app[DOOR].sessions.of(client):
        for message in sent:
            session.send(message)
    return document if changed is body else Document(changed)


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted beside the graph.

    Attributes:
        number: the explicit place in the queue, None to be the next, or the first with `front`.
        targets: the output nodes that are wanted, None for all.
    """

    prompt: Mapping[str, Any]
    prompt_id: str
    number: float | None
    front: bool
    extra_data: Mapping[str, Any]
    targets: Sequence[str] | None
    on_failure: OnFailure


def read_posted(body: object) -> Posted:
    """The fields of a body; raises PromptError with the first fault."""
    if not isinstance(body, dict) or "prompt" not in body:
        raise PromptError(
            "no_prompt",
            "the body has no 'prompt'; it holds a graph in API format. Add it.",
            "No prompt provided",
        )
    prompt = body["prompt"]
    if not isinstance(prompt, dict):
        message = f"'prompt' is {shown(prompt)}; allowed is a graph in API format. Change it."
        raise PromptError("invalid_prompt", message)
    extra = body.get("extra_data")
    if not isinstance(extra, dict | None):
        message = f"'extra_data' is {shown(extra)}; allowed is an object. Change it."
        raise PromptError("invalid_extra_data", message)
    policy = body.get("node_failure_policy")
    if not isinstance(policy, str | None) or policy not in _POLICIES:
        message = (
            f"'node_failure_policy' is {shown(policy)}; allowed are fail_fast and "
            "continue_independent. Choose one."
        )
        raise PromptError("invalid_node_failure_policy", message)
    kept = {name: value for name, value in (extra or {}).items() if name not in SECRETS}
    client = _client(body.get("client_id"))
    if client:
        kept["client_id"] = client
    return Posted(
        prompt,
        _prompt_id(body.get("prompt_id")),
        _number(body.get("number")),
        bool(body.get("front")),
        {**kept, "create_time": int(time.time() * 1000)},
        _targets(body.get("partial_execution_targets")),
        _POLICIES[policy],
    )


def _client(value: object) -> str:
    """What the client calls itself; messages go to its sockets."""
    if value is None:
        return ""
    if isinstance(value, str | int) and len(str(value)) <= _MOST_CLIENT:
        return str(value)
    raise PromptError(
        "invalid_client_id",
        f"'client_id' is {shown(value)}; allowed is a text of up to {_MOST_CLIENT} characters. "
        "Send a UUID.",
    )


def _prompt_id(value: object) -> str:
    if value is None:
        return str(uuid4())
    if isinstance(value, str | int) and _ID.fullmatch(str(value)):
        return str(value)
    raise PromptError(
        "invalid_prompt_id",
        f"'prompt_id' is {shown(value)}; allowed are up to 128 letters, digits, dots, dashes and "
        "underscores. Send a UUID, or leave it out.",
    )


def _number(value: object) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) < 1e300 and math.isfinite(value):  # type: ignore[arg-type] # a number
        return value  # type: ignore[return-value] # as above
    raise PromptError(
        "invalid_number", f"'number' is {shown(value)}; allowed is a number. Leave it out."
    )


def _targets(value: object) -> Sequence[str] | None:
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise PromptError(
        "invalid_targets",
        f"'partial_execution_targets' is {shown(value)}; allowed is a list of node ids. Change it.",
    )


async def _submit(request: web.Request, posted: Posted, document: Document) -> dict[str, Any]:
    """Queue what of a prompt can run; gives the answer."""
    parts, door = request.app[PARTS], request.app[DOOR]
    jobs = jobs_of(request)
    _refuse_twice(await jobs.offload(jobs.named, NAME, posted.prompt_id))
    registry = (await parts.catalogue.soon()).registry
    is_small = has_small_body(request)

    def read() -> tuple[Graph, list[Problem], list[str]]:
        graph, problems = read_comfy(document, _NAME)
        graph = replace(graph, outputs={})
        _require_types(graph, problems, registry)
        return graph, problems, _outputs(graph, registry, posted.targets)

    graph, problems, targets = await offload(read, is_small=is_small)
    counted = await door.counter.next() if posted.number is None else posted.number
    number = -counted if posted.front and posted.number is None else counted
    faults: dict[str, Any] = {}
    beside = {"prompt": posted.prompt, "extra_pnginfo": posted.extra_data.get("extra_pnginfo")}
    while True:
        item = [number, posted.prompt_id, posted.prompt, posted.extra_data, targets]
        wanted = GraphRequest(
            await offload(_pruned, graph, targets, is_small=is_small),
            problems,
            {"prompt": item},
            prefix=("prompt",),
            client=client_of(request),
            owner=owner_of(request),
            is_small=is_small,
            door=NAME,
            name=posted.prompt_id,
            rank=number,
            on_failure=posted.on_failure,
            texts=_texts(posted.extra_data),
            extra=beside,
            workflow=_workflow_id(posted.extra_data),
        )
        try:
            accepted = await parts.submissions.submit(wanted)
        except GraphError as error:
            targets = await offload(
                _left, error, graph, registry, targets, faults, is_small=is_small
            )
            continue
        break
    request[JOB] = accepted.job.id
    await door.following.accepted(accepted.job)
    return {"prompt_id": posted.prompt_id, "number": number, "node_errors": faults}


def _texts(extra_data: Mapping[str, Any]) -> dict[str, Any]:
    """What the page wants written into pictures: its workflow; other things have no reader."""
    written = extra_data.get("extra_pnginfo")
    workflow = written.get("workflow") if isinstance(written, dict) else None
    return {"workflow": workflow} if isinstance(workflow, dict) else {}


def _workflow_id(extra_data: Mapping[str, Any]) -> str:
    """The id of the workflow that a page made the prompt of; nothing if it says none."""
    found = _texts(extra_data).get("workflow", {}).get("id")
    return found[:_MOST_CLIENT] if isinstance(found, str) else ""


def _refuse_twice(earlier: Job | None) -> None:
    """An id may come again once its prompt has ended; then the newer one counts."""
    if earlier is not None and not earlier.has_ended:
        message = (
            f"the prompt '{earlier.name}' is queued or runs already. Send another 'prompt_id'."
        )
        raise PromptError("duplicate_prompt_id", message)


def _require_types(graph: Graph, problems: Sequence[Problem], registry: Registry) -> None:
    """Raise PromptError unless every node has a type that is here, needed or not."""
    unknown = [id_ for id_, node in graph.nodes.items() if registry.spec(node.kind) is None]
    if not unknown:
        return
    found = check(graph, registry, problems).problems
    first = next(p for p in found if p.severity == "error" and {p.node, *p.nodes} & set(unknown))
    id_ = next((id_ for id_ in unknown if id_ in (first.node, *first.nodes)), unknown[0])
    extra = {
        "node_id": id_,
        "class_type": graph.nodes[id_].kind or None,
        "node_title": graph.nodes[id_].title or None,
    }
    raise PromptError("invalid_prompt", first.message, f"Node ID '#{id_}'", extra_info=extra)


def _outputs(graph: Graph, registry: Registry, wanted: Sequence[str] | None) -> list[str]:
    """The output nodes that a run must reach; raises PromptError if there is none."""
    found = []
    for id_, node in graph.nodes.items():
        spec = registry.spec(node.kind)
        if spec is not None and spec.is_target and (wanted is None or id_ in wanted):
            found.append(id_)
    if found:
        return found
    message = "the prompt has no output; a run needs a node that saves or shows. Add SaveImage."
    if wanted is not None:
        names = ", ".join(f"'{shorten(id_, 40)}'" for id_ in wanted[:8]) or "none"
        message = f"none of the wanted nodes ({names}) saves or shows something. Name others."
    raise PromptError("prompt_no_outputs", message)


def _pruned(graph: Graph, targets: Collection[str]) -> Graph:
    """What the targets need of a graph."""
    needed = upstream(graph, targets)
    nodes = {id_: node for id_, node in graph.nodes.items() if id_ in needed}
    return graph if len(nodes) == len(graph.nodes) else replace(graph, nodes=nodes)


def _left(
    error: GraphError,
    graph: Graph,
    registry: Registry,
    targets: list[str],
    faults: dict[str, Any],
) -> list[str]:
    """The outputs that can be had in spite of faults, which are noted.

    Raises PromptError if none is left.
    """
    feeds = reached_outputs(graph, {target: target for target in targets})

    def costs(id_: str) -> list[str]:
        found, bits = [], feeds.get(id_, 0)
        while bits:
            lowest = bits & -bits
            found.append(targets[lowest.bit_length() - 1])
            bits ^= lowest
        return found

    problems = [problem for problem in error.problems if problem.severity == "error"]
    faulty = {id_ for p in problems for id_ in p.nodes or (p.node or "",) if id_ in graph.nodes}
    found = node_errors(problems, graph, registry, {id_: costs(id_) for id_ in faulty})
    for id_, entry in found.items():
        faults.setdefault(id_, entry)
    alike = _readers(problems, graph)
    lost = {target for id_ in faulty | alike for target in costs(id_)}
    left = [target for target in targets if target not in lost]
    if left and lost:
        return left
    raise _failed(problems, faults, lost)


def _readers(problems: Sequence[Problem], graph: Graph) -> set[str]:
    """The nodes with a link that is at fault; of those that share it a problem names the first."""
    links = {
        link
        for problem in problems
        if problem.code in _FAULTS_OF_LINKS and problem.node in graph.nodes
        for name, link in graph.nodes[problem.node or ""].links()
        if name == problem.input
    }
    return {id_ for id_, node in graph.nodes.items() for _, link in node.links() if link in links}


def _failed(problems: Sequence[Problem], faults: NodeErrors, lost: Collection[str]) -> PromptError:
    """The error of a prompt without any output that can be had."""
    own = (
        [p.message for p in problems if not p.node or p.node in lost]
        if lost
        else [p.message for p in problems]
    )
    return PromptError(
        "prompt_outputs_failed_validation",
        "the prompt cannot run: each of its outputs needs a node with a fault. "
        "'node_errors' names them all.",
        "\n".join(own),
        node_errors=faults,
    )
