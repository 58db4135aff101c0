"""A job's events as server-sent events: facts once and in order, signals while they are new."""

import asyncio
from collections.abc import AsyncGenerator

from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.events import (
    EVENT_HEADERS,
    HEARTBEAT_SECONDS,
    event_bytes,
    send_events,
)
from paintgraph.api.http.routes import Answer, Routes, parameter
from paintgraph.api.native.jobs import job_of
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.jobs.store.job import ENDED, Job

_PAGE = 1000
_RECONNECT_MILLISECONDS = 1000
_MOST_DIGITS = 15


ROUTES = Routes("jobs")
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
        200: Answer("The events.", {"text/event-stream": {}}),
        204: Answer("The job has ended, and there is nothing after that event."),
    },
    (400, 404),
    parameters=(_LAST_EVENT_ID,),
)
async def follow(request: web.Request) -> web.StreamResponse:
    """Follow a job.

    Facts carry their number as id: send it as `Last-Event-ID` to go on after a broken connection.
    Signals (progress, previews) have no id and come while they are new. The stream ends after
    the job's last fact; who comes back after that gets 204.
    """
    parts = request.app[PARTS]
    job = job_of(request)
    last = _last_id(request)
    if job.has_ended and not parts.store.facts(job, last, 1):
        return web.Response(status=204)
    if request.method == "HEAD":
        return web.Response(headers=EVENT_HEADERS)
    response = web.StreamResponse(headers=EVENT_HEADERS)
    return await send_events(request, response, _events(parts, job, last))


async def _events(parts: ServerParts, job: Job, last: int) -> AsyncGenerator[bytes, None]:
    """Everything there is beyond fact `last`, then more as it comes, until the job's last fact."""
    serializer = parts.serializer
    yield b"retry: %d\n\n" % _RECONNECT_MILLISECONDS
    async with parts.subscriptions.follow(job.id) as follower:
        while True:
            while facts := parts.store.facts(job, last, _PAGE):
                page = await asyncio.to_thread(
                    lambda of: [serializer.fact(f) for _, f in of], facts
                )
                last = facts[-1][0]
                numbered = zip(facts, page, strict=True)
                yield b"".join(event_bytes(data, number) for (number, _), data in numbered)
                if page[-1]["type"] == "state" and page[-1]["state"] in ENDED:
                    return
            signals = await follower.wait(HEARTBEAT_SECONDS)
            if signals is None:
                yield b""
            elif signals:
                yield b"".join(event_bytes(serializer.fact(each)) for each in signals)


def _last_id(request: web.Request) -> int:
    text = request.headers.get("Last-Event-ID", "0").strip()
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return int(text)
    raise ApiError(
        400,
        "bad_event_id",
        "the header 'Last-Event-ID' is no event's number; allowed is the id of an event of this "
        "job. Leave it out to begin with the first.",
    )
