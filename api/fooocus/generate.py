"""Inpainting and outpainting: one body, and four ways to answer."""

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from paintgraph.api.fooocus.answers import (
    HEADERS,
    NEARLY,
    add_headers,
    base_of,
    encoded,
    picture_response,
    saved,
    sent_with,
)
from paintgraph.api.fooocus.field_errors import REFUSED, as_fastapi, object_of
from paintgraph.api.fooocus.submission import PICTURES, Asked, accepted
from paintgraph.api.fooocus.tasks import DOOR, FooocusTaskJson, pending_record, record
from paintgraph.api.http.events import EVENT_HEADERS, HEARTBEAT_SECONDS, send_events
from paintgraph.api.http.received import let_go
from paintgraph.api.http.requests import JSON, json_response
from paintgraph.api.http.routes import Answer, Routes
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.api.services.transcoding import FORMATS, IMAGES
from paintgraph.api.services.watching import Seen
from paintgraph.jobs.store.job import Job

if TYPE_CHECKING:
    from paintgraph.api.fooocus.fields import GenerateFields

URL = "/v1/engine/generate"
ROUTES = Routes("fooocus", with_slash=True)
_WORDS = {"succeeded": "Finished", "cancelled": "Stopped"}


@ROUTES.add(
    "POST",
    URL,
    {
        200: Answer(
            "The task, its events, or the picture.",
            {JSON: FooocusTaskJson, "text/event-stream": {}, **IMAGES},
            HEADERS,
        ),
        204: Answer("There is no picture; a header says why.", headers=HEADERS),
        **REFUSED,
    },
    (408, 413, 415, 424, 429, 503, 507),
    body={JSON: {"$ref": "#/components/schemas/FooocusGenerate"}},
)
@as_fastapi
async def generate(request: web.Request) -> web.StreamResponse:
    """Repaint what a mask selects, or continue a picture past its edges.

    Answers with the task once it has ended, or at once with `async_process`, or with events with
    `stream_output`, or, where `Accept` names a type of pictures first, with the picture itself.
    """
    parts = request.app[PARTS]
    media_type = _wanted_picture(request)
    job, fields = await _submitted(request, 1 if media_type else None)
    let_go(request)
    base = base_of(request)
    if media_type:
        return await _picture(request, job, media_type)
    if fields.stream_output:
        return await _stream(request, job, base, shows=not fields.disable_preview)
    if fields.async_process:
        response = json_response(pending_record(job))
        add_headers(response, parts, job)
        return response
    job = await parts.dispatcher.ended(job, math.inf)
    shown = await asyncio.to_thread(record, parts, job, base)
    if fields.require_base64:
        shown["base64"] = await asyncio.to_thread(_encoded, parts, job)
    response = json_response(shown)
    add_headers(response, parts, job)
    return response


async def _submitted(request: web.Request, number: int | None) -> "tuple[Job, GenerateFields]":
    """The accepted task, of `number` pictures or as many as the fields say; and its fields.

    The pictures are taken out of these. Raises FieldsError, or what the submission raises.
    """
    from paintgraph.api.fooocus.fields import GenerateFields, fields_of, unused

    body = await object_of(request)
    fields = fields_of(GenerateFields, body)
    job = await accepted(request, Asked(body, fields, unused(fields), DOOR), number)
    return job, fields.model_copy(update=dict.fromkeys(PICTURES, ""))


def message_of(parts: ServerParts, job: Job) -> bytes:
    """What is sent of a task that has ended: its record, as FooocusAPI's clients read it."""
    return orjson.dumps(record(parts, job, sent_with(parts, job).get("base", "")))


def _wanted_picture(request: web.Request) -> str:
    """The type of picture that a client asks for before anything else; empty if it does not."""
    first = request.headers.get("Accept", "").split(",")[0].partition(";")[0].strip().lower()
    if not first.startswith("image/"):
        return ""
    return first if first in FORMATS else "image/png"


async def _picture(request: web.Request, job: Job, media_type: str) -> web.Response:
    """The first picture of a task, or nothing if there is none; headers say why."""
    parts = request.app[PARTS]
    job = await parts.dispatcher.ended(job, math.inf)
    files = await asyncio.to_thread(saved, parts, job) if job.state == "succeeded" else {}
    response = None
    if files:
        response = await picture_response(parts, job, next(iter(files.values())), media_type)
    response = response or web.Response(status=204)
    add_headers(response, parts, job)
    return response


def _encoded(parts: ServerParts, job: Job) -> list[str]:
    """The files of a task in base64."""
    found = (encoded(parts, file) for file in saved(parts, job).values())
    return [text for text in found if text]


async def _stream(request: web.Request, job: Job, base: str, *, shows: bool) -> web.StreamResponse:
    """Report a task until it has ended; it goes on if nobody listens."""
    parts = request.app[PARTS]
    response = web.StreamResponse(headers=EVENT_HEADERS)
    add_headers(response, parts, job)
    return await send_events(request, response, _events(parts, job, base, shows=shows))


async def _events(
    parts: ServerParts, job: Job, base: str, *, shows: bool
) -> AsyncGenerator[bytes, None]:
    """A task's progress whenever it is another one than before, and its end.

    If it `shows` what the task looks like so far, each picture comes once.
    """
    reported: dict[str, Any] = {}
    async with parts.subscriptions.follow(job.id) as follower:
        follower.wants_bytes = shows
        seen = Seen()
        while not job.has_ended:
            shown = await _shown(parts, job, seen, shows=shows)
            if shown != reported:
                yield _event(shown)
                reported = {**shown, "preview": None}
            signals = await follower.wait(HEARTBEAT_SECONDS)
            if signals is None:
                yield b""
            seen.take(signals or ())
            now = await parts.store.offload(parts.store.get, job.id)
            if now is None:
                return  # it was removed
            job = now
        seen.take(follower.take())
    if reported and seen.has_any:  # came with the end
        shown = await _shown(parts, job, seen, shows=shows)
        if shown != reported:
            yield _event(shown)
    last = await asyncio.to_thread(record, parts, job, base)
    yield _event(_finished(job, last))


async def _shown(parts: ServerParts, job: Job, seen: Seen, *, shows: bool) -> dict[str, Any]:
    """How far a task is, and what it looks like if it `shows` that; each picture comes once."""
    shown = await asyncio.to_thread(_progress, parts, job, seen)
    if shows and (png := await seen.png(parts.transcoding)):
        seen.picture = b""
        shown["preview"] = f"data:image/png;base64,{png}"
    return shown


def _progress(parts: ServerParts, job: Job, seen: Seen) -> dict[str, Any]:
    """How far a task is."""
    status = parts.serializer.status(job)
    words = "Waiting" if status["state"] == "queued" else seen.words
    return _message(job, min(NEARLY, int(100 * status["progress"])), words)


def _finished(job: Job, last: Mapping[str, Any]) -> dict[str, Any]:
    words = _WORDS.get(job.state) or str(last.get("message", ""))
    shown = _message(job, 100, words)
    return {**shown, "images": last["result"], "task_status": last["task_status"]}


def _message(job: Job, progress: int, message: str) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "progress": progress,
        "preview": None,
        "message": message,
        "images": [],
    }
    return {**plain, "task_id": job.id}


def _event(data: Mapping[str, Any]) -> bytes:
    """One event: its data, and the empty line of data that the original sends after it."""
    return b"data: %s\ndata: \n\n" % orjson.dumps(data)
