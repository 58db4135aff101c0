"""Jobs: looked at, waited for, followed, cancelled."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from aiohttp import web

from paintgraph.api.guards.origins import READS
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.access import JOB
from paintgraph.api.http.conditional import CONDITIONS, file_answers, file_response
from paintgraph.api.http.conditional import ERRORS as FILE_ERRORS
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.events import (
    EVENT_HEADERS,
    HEARTBEAT_SECONDS,
    event_bytes,
    send_events,
)
from paintgraph.api.http.requests import (
    JSON,
    WAIT,
    bad_parameter,
    json_response,
    wait_seconds,
)
from paintgraph.api.http.routes import Answer, Routes, events_answer, json_answer, parameter
from paintgraph.api.services.events import JobEventJson, StatusEventJson
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.api.services.serializers import JOBS_URL, JobJson
from paintgraph.api.services.transcoding import IMAGES, accepted_type, transcoded
from paintgraph.base.words import shorten
from paintgraph.engine.execution.blobs import reference_of
from paintgraph.jobs.store.job import ENDED, Fact, Job

_RECONNECT_MILLISECONDS = 1000
STATUS_SECONDS = 0.25
"""A job's status is told not more often."""


ROUTES = Routes("jobs")
_JOB = json_answer("The job.", JobJson)
ACCEPTED = json_answer(
    "The job is accepted and on disk.",
    JobJson,
    Location={"type": "string", "format": "uri-reference"},
)
_PURGE = parameter(
    "query", "purge", "Remove a job that has ended.", {"type": "boolean", "default": False}
)


async def job_response(request: web.Request, job: Job, status: int = 200) -> web.Response:
    """The answer that shows a job."""
    parts = request.app[PARTS]
    if parts.serializer.looks_up(job):
        answer = await asyncio.to_thread(parts.serializer.job, job)
    else:
        answer = await parts.store.offload(parts.serializer.job, job)
    if status != 202:
        return json_response(answer, status)
    return json_response(answer, status, Location=JOBS_URL + job.id)


async def job_or_picture(request: web.Request, job: Job, status: int = 200) -> web.Response:
    """The answer that shows a job; where `Accept` names a type of pictures first, its result.

    That is the output `image`, else the first that is a picture. A job without one, and one that
    has not succeeded, is shown as ever.
    """
    parts, wanted = request.app[PARTS], accepted_type(request)
    digest = _result(job.outputs) if wanted and job.state == "succeeded" else None
    kept = await asyncio.to_thread(parts.pictures.get, digest) if digest else None
    if wanted is None or kept is None:
        response = await job_response(request, job, status)
        response.headers["Vary"] = "Accept"
        return response
    body = await transcoded(kept[1], wanted, parts.transcoding, parts.pictures.max_pixels)
    media_type = wanted.replace("jpg", "jpeg")
    headers = file_headers(media_type, f"{job.id}.{media_type.removeprefix('image/')}")
    headers |= {
        "Vary": "Accept",
        "Content-Location": JOBS_URL + job.id,
        "Cache-Control": "private, no-cache",
    }
    if request.method not in READS:
        return web.Response(body=body, headers=headers)
    return file_response(request, body, await asyncio.to_thread(reference_of, body), headers)


def _result(outputs: Mapping[str, Any]) -> str | None:
    """The digest of the picture that a job was for."""
    for name in sorted(outputs, key=lambda name: name != "image"):
        value = outputs[name]
        first = value[0] if isinstance(value, list) and value else value
        digest = first.get("digest") if isinstance(first, dict) else None
        if isinstance(digest, str):
            return digest
    return None


def found(job: Job | None, job_id: str) -> Job:
    """The job; raises ApiError if there is none."""
    if job is not None:
        return job
    raise ApiError(
        404,
        "unknown_job",
        f"there is no job '{shorten(job_id)}'. Check the id; jobs are listed at {JOBS_URL[:-1]}.",
    )


async def job_of(request: web.Request) -> Job:
    """The job that a request's path names."""
    job_id = request[JOB] = request.match_info["id"]
    jobs = jobs_of(request)
    return found(await jobs.offload(jobs.get, job_id), job_id)


SHOWN = Answer("The job; or its picture, if `Accept` asks for that.", {JSON: JobJson, **IMAGES})


@ROUTES.add(
    "GET",
    "/v1/jobs/{id}",
    {**file_answers("", IMAGES), 200: SHOWN},
    (400, 404, *FILE_ERRORS),
    parameters=(WAIT, *CONDITIONS),
)
async def show(request: web.Request) -> web.Response:
    """Look at a job; with `wait`, once it has ended.

    Where `Accept` names PNG, JPEG or WebP first, its picture comes instead, once there is one.
    """
    job = await job_of(request)
    seconds = wait_seconds(request)
    job = await request.app[PARTS].dispatcher.ended(job, seconds)
    return await job_or_picture(request, job)


@ROUTES.add(
    "DELETE",
    "/v1/jobs/{id}",
    {
        200: _JOB,
        202: Answer("The job is about to end.", _JOB.content, ACCEPTED.headers),
        204: Answer("The job is removed."),
    },
    (404, 409, 507),
    parameters=(_PURGE,),
)
async def cancel(request: web.Request) -> web.Response:
    """Cancel a job, whatever its state; one that has ended stays as it is.

    Answers 202 while a running job comes to its end. With `purge` a job that has ended is removed
    instead, with its events, the files that it saved, and the pictures that no other job names: by
    a word of its own, so that nobody who cancels a job a moment too late loses its results.
    """
    job_id = (await job_of(request)).id
    purge = request.query.get("purge", "false")
    if purge not in ("true", "false"):
        raise bad_parameter("purge", purge, "are true, false")
    if purge == "true":
        if not await request.app[PARTS].cleaner.purge(job_id):
            message = "the job has not ended; only what has ended is removed. Cancel it first."
            raise ApiError(409, "not_ended", message)
        return web.Response(status=204)
    job = found(await request.app[PARTS].dispatcher.cancel(job_id), job_id)
    return await job_response(request, job, 200 if job.has_ended else 202)


_LAST_EVENT_ID = parameter(
    "header",
    "Last-Event-ID",
    "The last event that was seen.",
    {"type": "string", "pattern": "^[0-9]{1,15}$"},
)


@ROUTES.add(
    "GET",
    "/v1/jobs/{id}/events",
    {
        200: events_answer("The events.", JobEventJson),
        204: Answer("The job has ended, and there is nothing after that event."),
    },
    (400, 404),
    parameters=(_LAST_EVENT_ID,),
)
async def follow(request: web.Request) -> web.StreamResponse:
    """Follow a job.

    Facts carry their number as id: send it as `Last-Event-ID` to go on after a broken connection.
    Signals (status, starts of nodes, progress, previews, messages of nodes) have no id and come
    while they are new. The stream ends after the job's last fact, its `state`; who comes back after
    that gets 204.
    """
    parts = request.app[PARTS]
    job = await job_of(request)
    last = _last_id(request)
    if job.has_ended and not await _facts(parts, job, last, 1):
        return web.Response(status=204)
    if request.method == "HEAD":
        return web.Response(headers=EVENT_HEADERS)
    response = web.StreamResponse(headers=EVENT_HEADERS)
    return await send_events(request, response, _events(parts, job, last))


async def _events(parts: ServerParts, job: Job, last: int) -> AsyncGenerator[bytes, None]:
    """Everything there is beyond fact `last`, then more as it comes, until the job's last fact."""
    serializer, statuses = parts.serializer, _Statuses(parts)
    yield b"retry: %d\n\n" % _RECONNECT_MILLISECONDS
    async with parts.subscriptions.follow(job.id) as follower:
        follower.wants_bytes = True
        spoke = time.monotonic()
        while True:
            while facts := await _facts(parts, job, last):
                page = await asyncio.to_thread(serializer.events, [fact for _, fact in facts])
                last = facts[-1][0]
                numbered = zip(facts, page, strict=True)
                yield b"".join(event_bytes(data, number) for (number, _), data in numbered)
                if page[-1]["type"] == "state" and page[-1]["state"] in ENDED:
                    return
            now = await parts.store.offload(parts.store.get, job.id)
            if now is None or (now.has_ended and not await _facts(parts, now, last, 1)):
                return  # it was removed, or the client named a fact that will never be
            if status := await statuses.changed(now):
                yield event_bytes(status)
            signals = await follower.wait(min(statuses.seconds, HEARTBEAT_SECONDS))
            if signals:
                yield b"".join(map(event_bytes, serializer.events(signals)))
            if status or signals:
                spoke = time.monotonic()
            elif time.monotonic() - spoke >= HEARTBEAT_SECONDS:
                spoke = time.monotonic()
                yield b""


async def _facts(
    parts: ServerParts, job: Job, after: int, limit: int = 1000
) -> list[tuple[int, Fact]]:
    return await parts.store.offload(parts.store.facts, job, after, limit)


class _Statuses:
    """How far a job is: told whenever it has changed, and not too often."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self._told: StatusEventJson | None = None
        self._due = 0.0

    async def changed(self, job: Job) -> StatusEventJson | None:
        """How far the job is, if that was not told before."""
        now = time.monotonic()
        if job.has_ended or now < self._due:
            return None
        is_small = self._told is None or self._told["state"] == "queued"
        show = self._parts.serializer.status
        if is_small:
            status = await self._parts.store.offload(show, job)
        else:
            status = await asyncio.to_thread(show, job)
        self._due = now + STATUS_SECONDS
        if status == self._told:
            return None
        self._told = status
        return status

    @property
    def seconds(self) -> float:
        """After how long there may be something to tell without news of the job."""
        is_queued = self._told is not None and self._told["state"] == "queued"
        left = self._due - time.monotonic()
        return STATUS_SECONDS if is_queued else left if left > 0 else math.inf


def _last_id(request: web.Request) -> int:
    text = request.headers.get("Last-Event-ID", "0").strip()
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    raise ApiError(
        400,
        "bad_event_id",
        "the header 'Last-Event-ID' is no event's number; allowed is the id of an event of this "
        "job. Leave it out to begin with the first.",
    )
