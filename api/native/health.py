"""Whether the server lives, whether it takes jobs, and what it has done so far."""

from importlib.metadata import version

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from paintgraph.api.http.requests import json_response
from paintgraph.api.http.routes import Answer, Route, json_answer
from paintgraph.api.services.parts import PARTS

_TEXT = {"text/plain": {"type": "string"}}


async def live(_: web.Request) -> web.Response:
    """Tell that the server lives."""
    return json_response({"status": "alive"})


async def ready(request: web.Request) -> web.Response:
    """Tell whether jobs are taken."""
    is_ready = request.app[PARTS].dispatcher.is_ready
    status = "ready" if is_ready else "not_ready"
    return json_response({"status": status}, 200 if is_ready else 503)


async def health(request: web.Request) -> web.Response:
    """Tell whether jobs are taken, the version, and how much there is to do."""
    dispatcher = request.app[PARTS].dispatcher
    answer = {
        "status": "ready" if dispatcher.is_ready else "not_ready",
        "version": version("paintgraph"),
        "queued": dispatcher.queued,
        "running": dispatcher.running,
        "jobs": request.app[PARTS].store.counts(),
    }
    return json_response(answer, 200 if dispatcher.is_ready else 503)


async def metrics(request: web.Request) -> web.Response:
    """Give the numbers of the server in Prometheus' format."""
    body = request.app[PARTS].metrics.text()
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


_NOT_READY = json_answer("No jobs are taken now.", "Status")
ROUTES = (
    Route("GET", "/livez", live, "health", {200: json_answer("It lives.", "Status")}),
    Route(
        "GET",
        "/readyz",
        ready,
        "health",
        {200: json_answer("Jobs are taken.", "Status"), 503: _NOT_READY},
    ),
    Route(
        "GET",
        "/healthz",
        health,
        "health",
        {200: json_answer("Jobs are taken.", "Status"), 503: _NOT_READY},
    ),
    Route("GET", "/metrics", metrics, "health", {200: Answer("The numbers.", _TEXT)}),
)
