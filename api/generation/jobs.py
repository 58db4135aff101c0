"""Jobs of this API: each of them, lists and counts of them, and the end of the one at work."""

import asyncio

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.fooocus.answers import add_headers, base_of, milliseconds
from paintgraph.api.fooocus.control import FooocusModelsJson, models
from paintgraph.api.fooocus.field_errors import REFUSED, Fault, FieldsError, as_fastapi, fault
from paintgraph.api.fooocus.tasks import whole
from paintgraph.api.generation.answers import DOOR, GenerationJobJson, shown_job
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import Answer, Routes, json_answer, parameter
from paintgraph.api.http.scopes import needs
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS
from paintgraph.base.words import shorten
from paintgraph.jobs.store.job import ENDED, Job, State

_OPEN: tuple[State, ...] = ("queued", "running")
_MOST = 1000
_PREVIEW = ("require_step_preview", "require_step_preivew")
"""The second is how the original's first versions spell it."""

_TRUE = frozenset({"true", "1", "yes", "on"})
PING = "/ping"
ROUTES = Routes("generation", with_slash=True)


class GenerationQueueJson(TypedDict):
    """How many jobs there are, and the newest."""

    running_size: int
    finished_size: int
    last_job_id: str | None


class GenerationEntryJson(TypedDict):
    """A job of a list. Times are milliseconds since 1970, -1 for never."""

    job_id: str
    in_queue_mills: int
    start_mills: int
    finish_mills: int
    is_finished: bool


class GenerationHistoryJson(TypedDict):
    """Jobs that wait or are at work, and those that have ended, from oldest to newest."""

    queue: list[GenerationEntryJson]
    history: list[GenerationEntryJson]


class GenerationStopJson(TypedDict):
    """That it was done."""

    msg: str


_JOB_ID = parameter("query", "job_id", "Which job.", {"type": "string"})


@ROUTES.add(
    "GET",
    "/v1/generation/query-job",
    {200: json_answer("The job.", GenerationJobJson), **REFUSED},
    (403, 404),
    parameters=(
        {**_JOB_ID, "required": True},
        *(
            parameter("query", name, "Show what it looks like so far.", {"type": "string"})
            for name in _PREVIEW
        ),
    ),
)
@as_fastapi
async def query_job(request: web.Request) -> web.Response:
    """Look at a job: how far it is, and what came of it."""
    parts, query = request.app[PARTS], request.query
    job_id = query.get("job_id", "")
    if not job_id:
        raise FieldsError([fault("missing", "job_id", "Field required", where="query")])
    jobs = jobs_of(request)
    job = await jobs.offload(jobs.get, job_id)
    if job is None or job.door != DOOR:
        raise ApiError(404, "unknown_job", f"Job not found: '{shorten(job_id)}'. Check the id.")
    shows = any(query.get(name, "").lower() in _TRUE for name in _PREVIEW)
    seen = parts.watches.seen(job.id) if shows and job.state == "running" else None
    shown = await asyncio.to_thread(shown_job, parts, job, base_of(request), seen)
    if job.has_ended:
        parts.watches.end(job.id)
    elif seen is not None:
        shown["job_step_preview"] = await seen.png(parts.transcoding) or None
    response = json_response(shown)
    add_headers(response, parts, job)
    return response


@ROUTES.add(
    "GET",
    "/v1/generation/job-queue",
    {200: json_answer("How many there are.", GenerationQueueJson)},
    (403,),
)
async def job_queue(request: web.Request) -> web.Response:
    """Count the jobs that wait or are at work, and those that have ended."""
    jobs = jobs_of(request)

    def look() -> GenerationQueueJson:
        states = jobs.counts_of_door(DOOR)
        newest = jobs.of_door(DOOR, (*_OPEN, *ENDED), limit=1)
        return {
            "running_size": sum(states.get(state, 0) for state in _OPEN),
            "finished_size": sum(states.get(state, 0) for state in ENDED),
            "last_job_id": newest[0].id if newest else None,
        }

    return json_response(await jobs.offload(look))


@ROUTES.add(
    "GET",
    "/v1/generation/job-history",
    {200: json_answer("Two lists.", GenerationHistoryJson), **REFUSED},
    (403,),
    parameters=(
        _JOB_ID,
        parameter("query", "page", "Of the history, from 0, the newest.", {"type": "string"}),
        parameter("query", "page_size", "Of the history; 20.", {"type": "string"}),
    ),
)
@as_fastapi
async def job_history(request: web.Request) -> web.Response:
    """List jobs: those that wait or are at work, and those that have ended."""
    query, jobs = request.query, jobs_of(request)
    faults: list[Fault] = []
    page, size = whole(query, "page", 0, faults), whole(query, "page_size", 20, faults, least=1)
    if faults:
        raise FieldsError(faults)
    is_paged = bool(query.get("page") or query.get("page_size"))
    limit = min(size, _MOST) if is_paged else _MOST

    def look() -> GenerationHistoryJson:
        if job_id := query.get("job_id"):
            job = jobs.get(job_id)
            found = [job] if job is not None and job.door == DOOR else []
            waiting = [job for job in found if not job.has_ended]
            ended = [job for job in found if job.has_ended]
        else:
            waiting = jobs.of_door(DOOR, _OPEN, limit=_MOST)
            ended = jobs.of_door(DOOR, ENDED, limit=limit, offset=page * limit)
        return {"queue": _listed(waiting), "history": _listed(ended)}

    return json_response(await jobs.offload(look))


def _listed(jobs: list[Job]) -> list[GenerationEntryJson]:
    """From oldest to newest."""
    return [
        {
            "job_id": job.id,
            "in_queue_mills": milliseconds(job.created),
            "start_mills": milliseconds(job.started),
            "finish_mills": milliseconds(job.ended),
            "is_finished": job.has_ended,
        }
        for job in reversed(jobs)
    ]


@ROUTES.add(
    "POST",
    "/v1/generation/stop",
    {200: json_answer("It is done.", GenerationStopJson)},
    (403, 507),
)
@needs("cancel")
async def stop(request: web.Request) -> web.Response:
    """End the job at work; those that wait go on to wait."""
    jobs = jobs_of(request)
    running = await jobs.offload(jobs.of_door, DOOR, ("running",))
    if running:
        await request.app[PARTS].dispatcher.cancel(running[-1].id)
    return json_response({"msg": "success"})


@ROUTES.add("GET", PING, {200: Answer("pong", {"text/plain": str})})
async def ping(_: web.Request) -> web.Response:
    """Tell that the server is there."""
    return web.Response(text="pong")


ROUTES.add(
    "POST", "/v1/engines/refresh-models", {200: json_answer("Names.", FooocusModelsJson)}, (403,)
)(needs("read")(models))
