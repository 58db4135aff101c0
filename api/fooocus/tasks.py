"""Tasks: jobs in the shape that FooocusAPI's clients read, and lists of them."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NotRequired
from urllib.parse import quote

import orjson
from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.fooocus.field_errors import REFUSED, Fault, FieldsError, as_fastapi, fault
from paintgraph.api.fooocus.pictures import INPUTS, OUTPUTS
from paintgraph.api.http.errors import ProblemJson
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import JsonSchema, Routes, Schema, json_answer, parameter
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.jobs.store.job import ENDED, Job, State

DOOR = "fooocus"
"""Names this API's tasks among all jobs."""

REQUEST = "fooocus"
"""Under this name a job's request holds what its client sent."""

JOB, WARNING, ERROR = "X-Paintgraph-Job", "X-Paintgraph-Warning", "X-Paintgraph-Error"
DETECTIONS = "X-Paintgraph-Detections"
_MOST_HEADERS = 20
_LONGEST_HEADER = 1000
_MILLISECONDS = 1000
_NEVER = -1
_MOST_FACTS = 1000
_MOST_UNPAGED = 1000
_LARGEST = 2**31
_STATUS: Mapping[State, "Status | None"] = {
    "queued": None,
    "running": "running",
    "succeeded": "finished",
    "failed": "error",
    "cancelled": "stop",
}
_LISTS: Mapping[Literal["history", "current", "pending"], tuple[State, ...]] = {
    "history": ENDED,
    "current": ("running",),
    "pending": ("queued",),
}
_SUFFIXES = {"image/jpeg": "jpg", "image/webp": "webp"}


HEADERS = {name: {"type": "string"} for name in (JOB, WARNING, ERROR)}
"""Headers of answers, as the documentation has them."""

Status = Literal["pending", "running", "finished", "stop", "error"]


class FooocusTaskJson(TypedDict):
    """A task as clients read it. Times are milliseconds since 1970, -1 for never."""

    id: int
    task_id: Annotated[str, JsonSchema(pattern="^[0-9a-f]{32}$")]
    req_params: dict[str, Any]
    in_queue_mills: NotRequired[int]
    start_mills: NotRequired[int]
    finish_mills: NotRequired[int]
    task_status: Status | None
    progress: int
    preview: NotRequired[str]
    webhook_url: NotRequired[str]
    result: list[str]
    base64: NotRequired[list[str]]
    warnings: NotRequired[list[str]]
    message: NotRequired[str]
    problems: NotRequired[list[ProblemJson]]
    job: NotRequired[str]


class FooocusTasksJson(TypedDict):
    """Tasks in three lists."""

    history: list[FooocusTaskJson]
    current: list[FooocusTaskJson]
    pending: list[FooocusTaskJson]


_NothingJson = Annotated[list[Any], JsonSchema(maxItems=0)]
ROUTES = Routes("fooocus", with_slash=True)
_EMPTY: Schema = {"type": "string", "maxLength": 0}  # as pages send what is left open
_QUERY: Mapping[str, tuple[str, Schema]] = {
    "query": ("Which list.", {"enum": ["all", "history", "current", "pending"]}),
    "page": ("Of the history.", {"anyOf": [{"type": "integer", "minimum": 0}, _EMPTY]}),
    "page_size": ("Of the history.", {"anyOf": [{"type": "integer", "minimum": 1}, _EMPTY]}),
    "start_at": ("Accepted from then on.", {"type": "string"}),
    "end_at": ("Accepted until then.", {"type": "string"}),
}


def base_of(request: web.Request) -> str:
    """How the addresses that a client is given begin."""
    chosen = request.app[PARTS].fooocus.base_url
    return chosen.rstrip("/") or f"{request.scheme}://{request.host}"


def sent_with(parts: ServerParts, job: Job) -> dict[str, Any]:
    """What the client of a task sent, as it is kept."""
    request = orjson.loads(parts.store.document(job.id, "request") or b"{}")
    sent: dict[str, Any] = request.get(REQUEST, {})
    return sent


def record(parts: ServerParts, job: Job, base: str) -> FooocusTaskJson:
    """A task as clients read it, for a job of this API; call it in a thread."""
    answer = parts.serializer.job(job)
    sent = sent_with(parts, job)
    problems = answer.get("problems", [])
    shown: FooocusTaskJson = {
        "id": job.number,
        "task_id": job.id,
        "req_params": _with_addresses(parts, sent.get("params", {}), base),
        "in_queue_mills": _mills(job.created),
        "start_mills": _mills(job.started),
        "finish_mills": _mills(job.ended),
        "task_status": _STATUS[job.state],
        "progress": 100 if job.has_ended else int(100 * answer["progress"]),
        "webhook_url": sent.get("webhook_url", ""),
        "result": [] if job.state == "failed" else result_addresses(parts, job, base),
        "warnings": answer["warnings"],
        "job": base + answer["links"]["self"],
    }
    if job.state == "failed":
        shown["message"] = "; ".join(problem["detail"] for problem in problems) or "it failed"
        shown["problems"] = problems
    return shown


def pending_record(job: Job) -> FooocusTaskJson:
    """What a client gets at once that does not wait."""
    return {
        "id": -1,
        "task_id": job.id,
        "req_params": {},
        "in_queue_mills": _NEVER,
        "start_mills": _NEVER,
        "finish_mills": _NEVER,
        "task_status": "pending",
        "progress": -1,
        "preview": "",
        "webhook_url": "",
        "result": [],
    }


def results(parts: ServerParts, job: Job) -> list[Mapping[str, Any]]:
    """The files that a job has saved so far, in the order of its pictures."""
    files: dict[int, Mapping[str, Any]] = {}
    last = 0
    while facts := parts.store.facts(job, last, _MOST_FACTS):
        for _, fact in facts:
            if fact["type"] == "executed":
                files |= {_place(fact["node"]): file for file in fact.get("files", ())}
        last = facts[-1][0]
    if not files:  # the events may be older than they are kept
        files = {_place(node): value[0] for node, value in job.outputs.items() if _is_saved(value)}
    return [files[place] for place in sorted(files)]


def _place(node: str) -> int:
    """Which picture a node of the recipe saves, from 1."""
    return int(node.partition("saved_")[2] or 1)


def _is_saved(value: object) -> bool:
    return isinstance(value, list) and bool(value) and "file" in value[0]


def result_addresses(parts: ServerParts, job: Job, base: str) -> list[str]:
    """Where the files of a job can be fetched by a plain GET."""
    files = (quote(str(file["file"])) for file in results(parts, job))
    return [base + parts.addresses.open(OUTPUTS + file) for file in files]


def _with_addresses(parts: ServerParts, value: Any, base: str) -> Any:
    """What was sent, with addresses in place of the digests of pictures."""
    if isinstance(value, dict):
        return {name: _with_addresses(parts, entry, base) for name, entry in value.items()}
    if isinstance(value, str) and value.startswith(PREFIX):
        picture = parts.pictures.describe(value)
        if picture is not None:
            suffix = _SUFFIXES.get(picture.media_type, "png")
            name = f"{INPUTS}{value.removeprefix(PREFIX)}.{suffix}"
            return base + parts.addresses.open(name)
    return value


def _mills(seconds: float | None) -> int:
    return _NEVER if seconds is None else int(seconds * _MILLISECONDS)


def add_headers(response: web.StreamResponse, parts: ServerParts, job: Job) -> None:
    """Name the job, its warnings and errors in headers: the original's answers have no field."""
    response.headers[JOB] = job.id
    hide = parts.serializer.hide
    add_header(response, WARNING, map(hide, job.warnings))
    add_header(response, ERROR, (hide(str(problem["message"])) for problem in job.problems))


def add_header(response: web.StreamResponse, name: str, texts: Iterable[str]) -> None:
    """Add one header for each text, as far as headers can carry it."""
    for text in list(texts)[:_MOST_HEADERS]:
        plain = " ".join(text.split()).encode("ascii", "backslashreplace").decode()
        printable = "".join(letter for letter in plain if letter.isprintable())
        response.headers.add(name, printable[:_LONGEST_HEADER])


@ROUTES.add(
    "GET",
    "/tasks/{id}",
    {200: json_answer("The task, or an empty list.", FooocusTaskJson | _NothingJson)},
)
@as_fastapi
async def show(request: web.Request) -> web.Response:
    """Look at a task; an unknown one is an empty list."""
    jobs = jobs_of(request)
    job = await jobs.offload(jobs.get, request.match_info["id"])
    if job is None or job.door != DOOR:
        return json_response([])
    shown = await asyncio.to_thread(record, request.app[PARTS], job, base_of(request))
    return json_response(shown if job.has_ended else {**shown, "preview": ""})


@ROUTES.add(
    "GET",
    "/tasks",
    {200: json_answer("Three lists.", FooocusTasksJson), **REFUSED},
    parameters=tuple(parameter("query", name, *about) for name, about in _QUERY.items()),
)
@as_fastapi
async def index(request: web.Request) -> web.Response:
    """List tasks: those that have ended from newest to oldest, at work, waiting.

    With `start_at` the history comes unpaged. Tasks are there as long as jobs are kept.
    """
    query = request.query
    wanted = query.get("query", "all")
    faults = []
    if wanted not in ("all", *_LISTS):
        allowed = "'all', 'history', 'current' or 'pending'"
        faults.append(
            fault("enum", "query", f"Input should be {allowed}", wanted[:100], where="query")
        )
    if query.get("action"):
        cure = "DELETE /v1/jobs/ID?purge=true removes one. Leave 'action' out"
        message = f"Tasks are not deleted here: {cure}"
        faults.append(
            fault("not_supported", "action", message, query["action"][:100], where="query")
        )
    page = _whole(query, "page", 0, faults)
    size = _whole(query, "page_size", 10, faults, least=1)
    since = _time(query, "start_at", faults)
    until = _time(query, "end_at", faults)
    if faults:
        raise FieldsError(faults)
    is_paged = since is None
    limit = min(size, _MOST_UNPAGED) if is_paged else _MOST_UNPAGED

    def look() -> FooocusTasksJson:
        found: FooocusTasksJson = {"history": [], "current": [], "pending": []}
        for name, states in _LISTS.items():
            if wanted not in ("all", name):
                continue
            jobs = jobs_of(request).of_door(
                DOOR,
                states,
                since=since or 0.0,
                until=until,
                limit=limit if name == "history" else _MOST_UNPAGED,
                offset=page * limit if is_paged and name == "history" else 0,
            )
            found[name] = [record(request.app[PARTS], job, base_of(request)) for job in jobs]
        for shown in found["current"]:
            shown["preview"] = ""
        found["pending"].reverse()  # the next one first
        return found

    return json_response(await asyncio.to_thread(look))


def _whole(
    query: Mapping[str, str], name: str, default: int, faults: list[Fault], least: int = 0
) -> int:
    text = query.get(name, "").strip() or str(default)
    if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) < _LARGEST:
        return int(text)
    message = f"Input should be a whole number, {least} or greater"
    faults.append(fault("int_parsing", name, message, text[:100], where="query"))
    return default


def _time(query: Mapping[str, str], name: str, faults: list[Fault]) -> float | None:
    """Seconds since 1970 of a time after ISO 8601; one without a zone is the server's own."""
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        # In an address, '+' of a time zone that was not escaped has become a space.
        return datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text).timestamp()
    except (ValueError, OverflowError, OSError):
        example = datetime(2026, 1, 31, 12, tzinfo=UTC).isoformat()
        message = f"Input should be a time after ISO 8601, such as {example}"
        faults.append(fault("datetime_parsing", name, message, text[:100], where="query"))
        return None
