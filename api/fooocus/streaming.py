"""A task as events, in the shape of FooocusAPI."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.app_keys import SERIALIZER, STORE, SUBSCRIPTIONS
from paintgraph.api.fooocus.notes import note
from paintgraph.api.fooocus.tasks import record
from paintgraph.api.native.events import EVENT_HEADERS, HEARTBEAT_SECONDS
from paintgraph.api.native.jobs import found
from paintgraph.jobs.store.job import Job

_NEARLY = 99
_WORDS = {"succeeded": "Finished", "cancelled": "Stopped"}


async def stream(request: web.Request, job: Job, base: str) -> web.StreamResponse:
    """Tell of a task until it has ended; it goes on if nobody listens."""
    response = web.StreamResponse(headers=EVENT_HEADERS)
    note(response, request.app, job)
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        async with request.app[SUBSCRIPTIONS].follow(job.id) as follower:
            told: dict[str, Any] = {}
            steps: dict[str, float] = {}
            while not job.has_ended:
                shown = await asyncio.to_thread(_progress, request.app, job, steps)
                if shown != told:
                    await response.write(_event(shown))
                    told = shown
                try:
                    signals = await asyncio.wait_for(follower.wait(), HEARTBEAT_SECONDS)
                    steps |= {s["node"]: _part(s) for s in signals if s["type"] == "progress"}
                except TimeoutError:
                    await response.write(b": still here\n\n")
                job = found(request.app[STORE].get(job.id), job.id)
        last = await asyncio.to_thread(record, request.app, job, base)
        await response.write(_event(_finished(job, last)))
    return response


def _progress(app: web.Application, job: Job, steps: Mapping[str, float]) -> dict[str, Any]:
    """How far a task is: nodes that are done, and how much of those at work."""
    document = orjson.loads(app[STORE].document(job.id) or b"{}")
    nodes = document.get("nodes", {})
    done = app[SERIALIZER].job(job)["progress"]
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
