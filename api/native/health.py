"""Whether the server lives, whether it takes jobs, and what it has done so far."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from shutil import disk_usage
from typing import NotRequired

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from typing_extensions import TypedDict

from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import Answer, Routes, json_answer
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.store.database import StoreError

_FULL_BYTES = 1 << 20
_TEXT = {"text/plain": {"type": "string"}}


class StatusJson(TypedDict):
    """How the server is, and why it takes no jobs; only `/healthz` says more."""

    status: str
    reasons: NotRequired[list[str]]
    version: NotRequired[str]
    queued: NotRequired[int]
    running: NotRequired[int]
    jobs: NotRequired[Mapping[str, int]]


ROUTES = Routes("health")
_READINESS = {
    200: json_answer("Jobs are taken.", StatusJson),
    503: json_answer("No jobs are taken now.", StatusJson),
}


@ROUTES.add("GET", "/livez", {200: json_answer("It lives.", StatusJson)})
async def live(_: web.Request) -> web.Response:
    """Tell that the server lives."""
    return json_response({"status": "alive"})


@ROUTES.add("GET", "/readyz", _READINESS)
async def ready(request: web.Request) -> web.Response:
    """Tell whether jobs are taken."""
    reasons = await _reasons(request.app[PARTS])
    return json_response(_status(reasons), 503 if reasons else 200)


@ROUTES.add("GET", "/healthz", _READINESS)
async def health(request: web.Request) -> web.Response:
    """Tell whether jobs are taken, the version, and how much there is to do."""
    parts = request.app[PARTS]
    reasons = await _reasons(parts)
    answer: StatusJson = {
        **_status(reasons),
        "version": version("paintgraph"),
        "running": parts.dispatcher.running,
    }
    with suppress(StoreError):  # which is one of the reasons
        answer["queued"], answer["jobs"] = await parts.store.offload(_in_store, parts)
    return json_response(answer, 503 if reasons else 200)


def _in_store(parts: ServerParts) -> tuple[int, Mapping[str, int]]:
    """What only the store knows: how many jobs wait, and how many are in each state."""
    return parts.dispatcher.queued, parts.store.counts()


def _status(reasons: list[str]) -> StatusJson:
    return {"status": "not_ready", "reasons": reasons} if reasons else {"status": "ready"}


async def _reasons(parts: ServerParts) -> list[str]:
    """Why jobs are not taken, or cannot be run to their end."""
    fault = await parts.store.offload(parts.store.fault)
    lacks = [*parts.dispatcher.lacks(), *([fault.partition(". ")[0]] if fault else [])]
    return lacks + await asyncio.to_thread(_full_disks, parts.folders)


def _full_disks(folders: Folders) -> list[str]:
    """The folders, by name, whose disks are full."""
    named = {"data": folders.data, "outputs": folders.outputs, "temp": folders.temp}
    full = (name for name, path in named.items() if disk_usage(path).free < _FULL_BYTES)
    return [f"the disk with the folder '{name}' is full" for name in full]


@ROUTES.add("GET", "/metrics", {200: Answer("The numbers.", _TEXT)})
async def metrics(request: web.Request) -> web.Response:
    """Give the numbers of the server in Prometheus' format."""
    body = await request.app[PARTS].metrics.text()
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
