"""A job's events as server-sent events: facts once and in order, signals while they are new."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.app_keys import SERIALIZER, STORE, SUBSCRIPTIONS
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.routes import Answer, Route
from paintgraph.api.native import schemas
from paintgraph.api.native.jobs import job_of
from paintgraph.jobs.dispatching.subscriptions import Follower
from paintgraph.jobs.store.job import ENDED, Job

HEARTBEAT_SECONDS = 15.0
_PAGE = 1000
_RECONNECT_MILLISECONDS = 1000
_MOST_DIGITS = 15
EVENT_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


async def follow(request: web.Request) -> web.StreamResponse:
    """Follow a job.

    Facts carry their number as id: send it as `Last-Event-ID` to go on after a broken connection.
    Signals (progress, previews) have no id and are told while they are new. The stream ends after
    the job's last fact; who comes back after that gets 204.
    """
    job = job_of(request)
    last = _last_id(request)
    if job.has_ended and not request.app[STORE].facts(job, last, 1):
        return web.Response(status=204)
    if request.method == "HEAD":
        return web.Response(headers=EVENT_HEADERS)
    response = web.StreamResponse(headers=EVENT_HEADERS)
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        await response.write(b"retry: %d\n\n" % _RECONNECT_MILLISECONDS)
        async with request.app[SUBSCRIPTIONS].follow(job.id) as follower:
            await _tell(request, response, job, follower, last)
    return response


async def _tell(
    request: web.Request,
    response: web.StreamResponse,
    job: Job,
    follower: Follower,
    last: int,
) -> None:
    """Write everything there is, then wait for more, until the job's last fact."""
    store, presenter = request.app[STORE], request.app[SERIALIZER]
    while True:
        while facts := store.facts(job, last, _PAGE):
            told = await asyncio.to_thread(lambda page: [presenter.fact(f) for _, f in page], facts)
            last = facts[-1][0]
            numbered = zip(facts, told, strict=True)
            await response.write(b"".join(event_bytes(data, seq) for (seq, _), data in numbered))
            if told[-1]["type"] == "state" and told[-1]["state"] in ENDED:
                return
        try:
            signals = await asyncio.wait_for(follower.wait(), HEARTBEAT_SECONDS)
        except TimeoutError:
            await response.write(b": still here\n\n")
        else:
            await response.write(b"".join(event_bytes(presenter.fact(each)) for each in signals))


def event_bytes(data: Mapping[str, Any], number: int | None = None) -> bytes:
    """One event as it goes over the wire."""
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, data["type"].encode(), orjson.dumps(data))


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


ROUTES = (
    Route(
        "GET",
        "/v1/jobs/{id}/events",
        follow,
        "jobs",
        {
            200: Answer("The events.", {"text/event-stream": {}}),
            204: Answer("The job has ended, and there is nothing after that event."),
        },
        (400, 404),
        (schemas.LAST_EVENT_ID,),
    ),
)
