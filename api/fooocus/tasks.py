"""Tasks: jobs in the shape that FooocusAPI's clients read, and lists of them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal, NotRequired

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.fooocus.answers import (
    NEARLY,
    address_of,
    base_of,
    milliseconds,
    saved,
    sent_with,
)
from paintgraph.api.fooocus.field_errors import REFUSED, Fault, FieldsError, as_fastapi, fault
from paintgraph.api.fooocus.pictures import INPUTS
from paintgraph.api.guards.keys import require
from paintgraph.api.http.errors import ApiError, ProblemJson
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import JsonSchema, Routes, Schema, json_answer, parameter
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.api.services.watching import Seen
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.jobs.store.job import ENDED, Job, State

DOOR = "fooocus"
"""Names this API's tasks among all jobs."""

_MOST_UNPAGED = 1000
_LARGEST = 2**31
_AT_ONCE = 100
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
_TIME: Schema = {"anyOf": [{"type": "string", "format": "date-time"}, _EMPTY]}
_QUERY: Mapping[str, tuple[str, Schema]] = {
    "query": ("Which list.", {"enum": ["all", "history", "current", "pending"]}),
    "page": ("Of the history.", {"anyOf": [{"type": "integer", "minimum": 0}, _EMPTY]}),
    "page_size": ("Of the history.", {"anyOf": [{"type": "integer", "minimum": 1}, _EMPTY]}),
    "start_at": ("Accepted from then on; the history comes unpaged then.", _TIME),
    "end_at": ("Accepted until then.", _TIME),
    "action": (
        "`delete` removes the history from `start_at` to `end_at`; a key needs the scope `cancel`.",
        {"enum": ["delete", ""]},
    ),
}


def record(parts: ServerParts, job: Job, base: str) -> FooocusTaskJson:
    """A task as clients read it, for a job of this API; call it in a thread."""
    answer = parts.serializer.job(job)
    sent = sent_with(parts, job)
    problems = answer.get("problems", [])
    shown: FooocusTaskJson = {
        "id": job.number,
        "task_id": job.id,
        "req_params": _with_addresses(parts, sent.get("params", {}), base),
        "in_queue_mills": milliseconds(job.created),
        "start_mills": milliseconds(job.started),
        "finish_mills": milliseconds(job.ended),
        "task_status": _STATUS[job.state],
        "progress": 100 if job.has_ended else min(NEARLY, int(100 * answer["progress"])),
        "webhook_url": sent.get("webhook_url", ""),
        "result": []
        if job.state == "failed"
        else [address_of(parts, file, base) for file in saved(parts, job).values()],
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
        "in_queue_mills": milliseconds(None),
        "start_mills": milliseconds(None),
        "finish_mills": milliseconds(None),
        "task_status": "pending",
        "progress": -1,
        "preview": "",
        "webhook_url": "",
        "result": [],
    }


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
    parts = request.app[PARTS]
    shown = await asyncio.to_thread(record, parts, job, base_of(request))
    if job.has_ended:
        parts.watches.end(job.id)
    else:
        seen = parts.watches.seen(job.id) if job.state == "running" else Seen()
        shown["preview"] = await seen.png(parts.transcoding)
    return json_response(shown)


@ROUTES.add(
    "GET",
    "/tasks",
    {200: json_answer("Three lists; null after deleting.", FooocusTasksJson | None), **REFUSED},
    (403, 507),
    parameters=tuple(parameter("query", name, *about) for name, about in _QUERY.items()),
)
@as_fastapi
async def index(request: web.Request) -> web.Response:
    """List tasks: those that have ended from newest to oldest, at work, waiting.

    With `start_at` the history comes unpaged. Tasks are there as long as jobs are kept. With
    `action=delete` those of the history are removed, and null is the answer.
    """
    query = request.query
    faults: list[Fault] = []
    wanted = _one_of(query, "query", ("all", *_LISTS), faults) or "all"
    action = _one_of(query, "action", ("delete",), faults)
    page = whole(query, "page", 0, faults)
    size = whole(query, "page_size", 10, faults, least=1)
    since, until = (_time(query, name, faults) for name in ("start_at", "end_at"))
    if action and wanted not in ("all", "history"):
        message = "only what has ended is removed: 'query' should be 'history', or be left out"
        faults.append(fault("not_ended", "query", message, wanted, where="query"))
    if action and since is None and until is None:
        message = "Field required with action=delete: a time, from which on tasks are removed"
        faults.append(fault("missing", "start_at", message, where="query"))
    if faults:
        raise FieldsError(faults)
    if action:
        await _delete(request, since, until)
        return json_response(None)
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
            found[name] = [record(parts, job, base_of(request)) for job in jobs]
        found["pending"].reverse()  # the next one first
        return found

    parts = request.app[PARTS]
    found = await asyncio.to_thread(look)
    for shown in found["current"]:
        shown["preview"] = await parts.watches.seen(shown["task_id"]).png(parts.transcoding)
    return json_response(found)


async def _delete(request: web.Request, since: float | None, until: float | None) -> None:
    """Remove the tasks that have ended and were accepted in a time, with all that they hold.

    It is a GET, which browsers send for pages of others, too: so it is refused to those.
    """
    require(request, "cancel")
    # Browsers leave the header out where the server has no https.
    unsaid = "any" if request.headers.get("User-Agent", "").startswith("Mozilla/") else "none"
    if request.headers.get("Sec-Fetch-Site", unsaid) not in ("none", "same-origin"):
        raise ApiError(
            403,
            "site_refused",
            "a page of another site asked for tasks to be deleted; allowed are the server's own "
            "pages and programs. Ask from one of these.",
        )
    jobs, cleaner = jobs_of(request), request.app[PARTS].cleaner
    until = time.time() if until is None else until  # not what ends in the meantime
    find = partial(jobs.of_door, DOOR, ENDED, since=since or 0.0, until=until, limit=_AT_ONCE)
    while found := await jobs.offload(find):
        for job in found:
            await cleaner.purge(job.id)


def _one_of(
    query: Mapping[str, str], name: str, allowed: Sequence[str], faults: list[Fault]
) -> str:
    """A parameter that is one of some words, or nothing."""
    text = query.get(name, "")
    if text and text not in allowed:
        words = " or ".join(", ".join(f"'{word}'" for word in allowed).rsplit(", ", 1))
        message = f"Input should be {words}"
        faults.append(fault("enum", name, message, text[:100], where="query"))
        return ""
    return text


def whole(
    query: Mapping[str, str], name: str, default: int, faults: list[Fault], least: int = 0
) -> int:
    """A parameter that is a whole number; what is wrong with it goes to the faults."""
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
