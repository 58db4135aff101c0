"""Whether the server lives, whether it takes jobs, and what it has done so far."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import NotRequired

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from typing_extensions import TypedDict

from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import Answer, Routes, json_answer
from paintgraph.api.services.parts import PARTS

_TEXT = {"text/plain": {"type": "string"}}


class StatusJson(TypedDict):
    """How the server is; only `/healthz` says more than the status."""

    status: str
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
    is_ready = request.app[PARTS].dispatcher.is_ready
    status = "ready" if is_ready else "not_ready"
    return json_response({"status": status}, 200 if is_ready else 503)


@ROUTES.add("GET", "/healthz", _READINESS)
async def health(request: web.Request) -> web.Response:
    """Tell whether jobs are taken, the version, and how much there is to do."""
    dispatcher = request.app[PARTS].dispatcher
    answer: StatusJson = {
        "status": "ready" if dispatcher.is_ready else "not_ready",
        "version": version("paintgraph"),
        "queued": dispatcher.queued,
        "running": dispatcher.running,
        "jobs": request.app[PARTS].store.counts(),
    }
    return json_response(answer, 200 if dispatcher.is_ready else 503)


@ROUTES.add("GET", "/metrics", {200: Answer("The numbers.", _TEXT)})
async def metrics(request: web.Request) -> web.Response:
    """Give the numbers of the server in Prometheus' format."""
    body = request.app[PARTS].metrics.text()
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
