"""Prompts as newer pages of ComfyUI list them: what waits, runs and has ended in one list."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.comfy.following.door import NAME
from paintgraph.api.comfy.following.telling import (
    ending,
    milliseconds,
    outputs_of,
    status_of,
)
from paintgraph.api.comfy.prompting.history import NEWEST
from paintgraph.api.comfy.prompting.queueing import cancel
from paintgraph.api.http.bodies import fields_of
from paintgraph.api.http.refusals import Hide
from paintgraph.api.http.requests import json_response
from paintgraph.api.http.scopes import needs
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.base.words import shorten
from paintgraph.jobs.store.job import Job, Report, State
from paintgraph.nodes.facts import REPAINT

ROUTES = web.RouteTableDef()
_STATUS: Mapping[State, str] = {
    "queued": "pending",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_STATES = {status: state for state, status in _STATUS.items()}
_SORTS = {"created_at": "created", "execution_duration": "duration"}
_ORDERS = {"asc": False, "desc": True}
_MOST = 1000
_MOST_OFFSET = 10**9
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _BadError(Exception):
    """A parameter that cannot be read, in words."""


@ROUTES.get("/jobs")
async def index(request: web.Request) -> web.Response:
    """A page of prompts, the newest first unless told otherwise."""
    try:
        wanted = _wanted(request.query)
    except _BadError as error:
        return json_response({"error": str(error)}, 400)
    parts, jobs = request.app[PARTS], jobs_of(request)
    limit, offset = wanted["limit"], wanted["offset"]

    def page() -> dict[str, Any]:
        found, total = jobs.listed(NAME, **wanted)
        return {
            "jobs": [_item(parts, job, report) for job, report in found],
            "pagination": {
                "offset": offset,
                "limit": limit,
                "total": total,
                "has_more": offset + len(found) < total,
            },
        }

    return json_response(await asyncio.to_thread(page))


@ROUTES.get("/jobs/{id}")
async def show(request: web.Request) -> web.Response:
    """One prompt with all that it showed, and what was posted."""
    parts, jobs = request.app[PARTS], jobs_of(request)
    job = await jobs.offload(jobs.named, NAME, request.match_info["id"])
    if job is None:
        return json_response({"error": "Job not found"}, 404)
    return json_response(await asyncio.to_thread(_whole, parts, job, parts.serializer.hide))


@ROUTES.post("/jobs/{id}/cancel")
@needs("cancel")
async def stop(request: web.Request) -> web.Response:
    """Cancel one prompt, whether it waits or runs."""
    names = {request.match_info["id"]}
    count = await cancel(request, names, waiting=True, running=True)
    return json_response({"cancelled": count > 0})


@ROUTES.post("/jobs/cancel")
@needs("cancel")
async def stop_several(request: web.Request) -> web.Response:
    """Cancel several prompts, whether they wait or run."""
    names = (await fields_of(request)).get("job_ids")
    if not isinstance(names, list) or not all(_is_uuid(name) for name in names):
        message = "'job_ids' should be a list of UUIDs. Send those of the prompts."
        return json_response({"error": message}, 400)
    count = await cancel(request, set(names), waiting=True, running=True)
    return json_response({"cancelled": count > 0})


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _wanted(query: Mapping[str, str]) -> dict[str, Any]:
    """What a page holds, for the store; raises _BadError."""
    named = [text for text in query.get("status", "").split(",") if text]
    for text in named:
        if text not in _STATES:
            raise _BadError(_refusal("status", text, _STATES))
    sort, order = query.get("sort_by", "created_at"), query.get("sort_order", "desc")
    if sort not in _SORTS:
        raise _BadError(_refusal("sort_by", sort, _SORTS))
    if order not in _ORDERS:
        raise _BadError(_refusal("sort_order", order, _ORDERS))
    return {
        "states": [_STATES[text] for text in named] or list(_STATUS),
        "workflow": query.get("workflow_id"),
        "by": _SORTS[sort],
        "newest_first": _ORDERS[order],
        "limit": min(_MOST, _number(query, "limit", NEWEST, 1)),
        "offset": _number(query, "offset", 0, 0),
    }


def _number(query: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = query.get(name, str(default))
    if text.isascii() and text.isdigit() and len(text) <= 15 and int(text) >= least:
        return min(int(text), _MOST_OFFSET)
    raise _BadError(_refusal(name, text, [f"whole numbers from {least} on"]))


def _refusal(name: str, text: str, allowed: Sequence[str] | Mapping[str, Any]) -> str:
    return f"'{name}' is '{shorten(text, 40)}'; allowed are {', '.join(allowed)}. Change it."


def _item(parts: ServerParts, job: Job, report: Report) -> dict[str, Any]:
    """A prompt in the list; what is not known of it is left out."""
    is_running = job.state == "queued" and parts.dispatcher.is_running(job.id)  # not yet on disk
    outputs = outputs_of(report.get("shown", {}))
    shown = [
        (node, kind, entry)
        for node, ui in outputs.items()
        for kind, entries in ui.items()
        if kind != REPAINT  # numbers of a picture, which counts itself
        for entry in entries
    ]
    found = {
        "id": job.name,
        "status": _STATUS["running" if is_running else job.state],
        "priority": job.rank,
        "create_time": milliseconds(job.created),
        "execution_start_time": milliseconds(job.started) if job.started else None,
        "execution_end_time": milliseconds(job.ended) if job.ended else None,
        "outputs_count": len(shown),
        "preview_output": _preview(shown),
        "workflow_id": job.workflow or None,
    }
    if job.state == "failed":
        kind, data = ending(parts.store.reported(job), parts.serializer.hide)
        found["execution_error"] = data if kind == "execution_error" else None
    return {name: value for name, value in found.items() if value is not None}


def _preview(shown: Sequence[tuple[str, str, Any]]) -> dict[str, Any] | None:
    """The first file that can be shown, one that is kept before others."""
    files = [each for each in shown if isinstance(each[2], dict) and "filename" in each[2]]
    files.sort(key=lambda each: each[2]["type"] != "output")
    for node, kind, entry in files:
        return {**entry, "nodeId": node, "mediaType": kind}
    return None


def _whole(parts: ServerParts, job: Job, hide: Hide) -> dict[str, Any]:
    reported = parts.store.reported(job)
    _, _, prompt, extra, _ = orjson.loads(reported.request)["prompt"]
    whole = {
        **_item(parts, reported.job, reported.report),
        "outputs": outputs_of(reported.report.get("shown", {})),
        "workflow": {"prompt": prompt, "extra_data": extra},
    }
    if reported.job.has_ended:
        whole["execution_status"] = status_of(reported, hide)
    return whole
