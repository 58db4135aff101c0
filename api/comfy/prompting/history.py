"""Prompts that have ended, as ComfyUI's history has them; they come from the job store.

The request of a job of this door is the beginning of its entry: {"prompt": [number, id, prompt,
extra data, outputs]}. It is never parsed to be shown.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.comfy.following.door import NAME
from paintgraph.api.comfy.following.telling import outputs_of, status_of
from paintgraph.api.guards.keys import owner_of
from paintgraph.api.http.bodies import fields_of, texts_of
from paintgraph.api.http.refusals import Hide
from paintgraph.api.http.requests import bad_parameter, json_response
from paintgraph.api.http.scopes import needs
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.queries import Reported

ROUTES = web.RouteTableDef()
NEWEST = 200
"""How many entries an answer has if nobody says otherwise."""

_MOST = 10_000
_ITEM = len(b'{"prompt":')


@ROUTES.get("/history")
async def index(request: web.Request) -> web.Response:
    """The newest prompts that have ended, the oldest of them first."""
    parts, jobs = request.app[PARTS], jobs_of(request)
    limit, offset = _whole(request, "max_items"), _whole(request, "offset")
    is_paged = offset is not None and offset >= 0

    def page() -> bytes:
        most = NEWEST if limit is None or limit < 0 else min(limit, _MOST)
        found = jobs.history(
            NAME, limit=most, offset=offset if is_paged and offset else 0, newest_first=not is_paged
        )
        return _entries(found if is_paged else reversed(found), parts.serializer.hide)

    return _answer(await asyncio.to_thread(page))


@ROUTES.get("/history/{prompt_id}")
async def show(request: web.Request) -> web.Response:
    """One prompt, or nothing while it has not ended."""
    parts = request.app[PARTS]
    jobs = jobs_of(request)
    job = await jobs.offload(jobs.named, NAME, request.match_info["prompt_id"])
    if job is None or not job.has_ended or job.started is None:
        return json_response({})

    def entry(of: Job) -> bytes:
        reported = parts.store.reported(of)
        return _entries([reported] if reported.is_listed else [], parts.serializer.hide)

    return _answer(await asyncio.to_thread(entry, job))


@ROUTES.post("/history")
@needs("cancel")
async def change(request: web.Request) -> web.Response:
    """Leave entries out from now on: all of them, or those that are named."""
    fields = await fields_of(request)
    store, owner = request.app[PARTS].store, owner_of(request)
    if fields.get("clear"):
        await store.unlist(NAME, owner=owner)
    if names := texts_of(fields.get("delete")):
        await store.unlist(NAME, names, owner)
    return web.Response()


def item_of(request: bytes) -> orjson.Fragment:
    """A prompt as the queue and the history have it, from the request of its job."""
    return orjson.Fragment(request[_ITEM:-1])


def _entries(found: Iterable[Reported], hide: Hide) -> bytes:
    """An object of entries; of several prompts of one id the newest stands."""
    return orjson.dumps({each.job.name: _entry(each, hide) for each in found})


def _entry(reported: Reported, hide: Hide) -> dict[str, Any]:
    shown = reported.report.get("shown", {})
    return {
        "prompt": item_of(reported.request),
        "outputs": outputs_of(shown),
        "status": status_of(reported, hide),
        "meta": {
            id_: {
                "node_id": id_,
                "display_node": node["display"],
                "parent_node": node["parent"],
                "real_node_id": node["submitted"],
            }
            for id_, node in shown.items()
        },
    }


def _whole(request: web.Request, name: str) -> int | None:
    """A parameter that is a whole number, or None."""
    text = request.query.get(name)
    if text is None:
        return None
    if not text.removeprefix("-").isdigit() or not text.isascii() or len(text) > 15:
        raise bad_parameter(name, text, "are whole numbers")
    return int(text)


def _answer(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
