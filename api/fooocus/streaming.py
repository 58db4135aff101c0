"""A task as events, in the shape of FooocusAPI."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.fooocus.tasks import add_headers, record
from paintgraph.api.http.events import EVENT_HEADERS, HEARTBEAT_SECONDS, send_events
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.jobs.store.job import Job

_NEARLY = 99
_WORDS = {"succeeded": "Finished", "cancelled": "Stopped"}


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
            job = parts.store.get(job.id) or job
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
