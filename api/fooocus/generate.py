"""Inpainting and outpainting: one body, and four ways to answer."""

import asyncio
import base64
import math
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from paintgraph.api.fooocus.field_errors import REFUSED, as_fastapi, object_of
from paintgraph.api.fooocus.pictures import pictures_of
from paintgraph.api.fooocus.submission import submit
from paintgraph.api.fooocus.tasks import (
    DOOR,
    HEADERS,
    FooocusTaskJson,
    add_headers,
    base_of,
    pending_record,
    record,
    results,
    sent_with,
)
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.events import EVENT_HEADERS, HEARTBEAT_SECONDS, send_events
from paintgraph.api.http.received import let_go
from paintgraph.api.http.requests import JSON, json_response
from paintgraph.api.http.routes import Answer, Routes
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.api.services.transcoding import FORMATS, IMAGES, transcoded
from paintgraph.base.words import shorten
from paintgraph.jobs.store.job import Job

if TYPE_CHECKING:
    from paintgraph.api.fooocus.fields import GenerateFields

URL = "/v1/engine/generate"
ROUTES = Routes("fooocus", with_slash=True)
_NEARLY = 99
_WORDS = {"succeeded": "Finished", "cancelled": "Stopped"}
_PICTURES = ("inpaint_input_image", "inpaint_mask_image_upload")


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
        return await stream(request, job, base)
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
    from paintgraph.api.fooocus.fields import (
        NO_PICTURE,
        GenerateFields,
        fields_of,
        stored,
        unused,
    )
    from paintgraph.api.fooocus.model_mapping import chosen
    from paintgraph.api.fooocus.recipes import (
        check_generate,
        translate_generate,
    )

    parts = request.app[PARTS]
    body = await object_of(request)
    fields = fields_of(GenerateFields, body)
    texts = {name: getattr(fields, name) for name in _PICTURES}
    sent = {name: text for name, text in texts.items() if text not in NO_PICTURE}
    check_generate(fields, sent)
    webhook_url = fields.webhook_url or parts.fooocus.webhook_url
    pictures = await pictures_of(request, sent)
    painting = await asyncio.to_thread(chosen, fields, parts)
    if names := unused(fields):
        shown = ", ".join(shorten(name) for name in names[:50])
        painting.warnings.append(f"These fields have no effect here: {shown}.")
    translation = translate_generate(
        fields, pictures, painting, parts, number or fields.image_number
    )
    kept = {
        "params": stored(body, pictures),
        "webhook_url": webhook_url,
        "base": base_of(request),
    }
    job = await submit(request, translation, kept, DOOR, webhook_url)
    return job, fields.model_copy(update=dict.fromkeys(_PICTURES, ""))


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
    most, turns = parts.pictures.max_pixels, parts.transcoding
    job = await parts.dispatcher.ended(job, math.inf)
    files = await asyncio.to_thread(results, parts, job)
    data = None
    if files and job.state == "succeeded":
        found = await asyncio.to_thread(parts.pictures.get, str(files[0]["digest"]))
        data = await transcoded(found[1], media_type, turns, most) if found else None
    if data is None:
        response = web.Response(status=204)
    else:
        plain = media_type.replace("jpg", "jpeg")
        suffix = plain.removeprefix("image/")
        response = web.Response(body=data, headers=file_headers(plain, f"{job.id}.{suffix}"))
    add_headers(response, parts, job)
    return response


def _encoded(parts: ServerParts, job: Job) -> list[str]:
    """The files of a task in base64."""
    found = (parts.pictures.get(str(file["digest"])) for file in results(parts, job))
    return [base64.b64encode(each[1]).decode("ascii") for each in found if each]


async def stream(request: web.Request, job: Job, base: str) -> web.StreamResponse:
    """Report a task until it has ended; it goes on if nobody listens."""
    parts = request.app[PARTS]
    response = web.StreamResponse(headers=EVENT_HEADERS)
    add_headers(response, parts, job)
    return await send_events(request, response, _events(parts, job, base))


async def _events(parts: ServerParts, job: Job, base: str) -> AsyncGenerator[bytes, None]:
    """A task's progress whenever it is another one than before, and its end."""
    reported: dict[str, Any] = {}
    steps: dict[str, float] = {}
    async with parts.subscriptions.follow(job.id) as follower:
        while not job.has_ended:
            shown = await asyncio.to_thread(_progress, parts, job, steps)
            if shown != reported:
                yield _event(shown)
                reported = shown
            signals = await follower.wait(HEARTBEAT_SECONDS)
            if signals is None:
                yield b""
            steps |= {s["node"]: _part(s) for s in signals or () if s["type"] == "progress"}
            now = await parts.store.offload(parts.store.get, job.id)
            job = now or job
    last = await asyncio.to_thread(record, parts, job, base)
    yield _event(_finished(job, last))


def _progress(parts: ServerParts, job: Job, steps: Mapping[str, float]) -> dict[str, Any]:
    """How far a task is: nodes that are done, and how much of those at work."""
    document = orjson.loads(parts.store.document(job.id) or b"{}")
    nodes = document.get("nodes", {})
    done = parts.serializer.job(job)["progress"]
    partly = sum(part for node, part in steps.items() if node in nodes and part < 1)
    progress = min(_NEARLY, int(100 * (done + partly / max(1, len(nodes)))))
    message = "Waiting" if job.state == "queued" else "Painting"
    return _message(job, progress, message)


def _part(signal: Mapping[str, Any]) -> float:
    total = float(signal.get("total") or 0)
    return min(1.0, float(signal.get("done", 0)) / total) if total else 0.0


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
