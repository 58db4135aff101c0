"""The routes of this protocol, each as it is written and under /api."""

from collections.abc import Iterator
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from paintgraph.api.comfy.files import models, uploads, userdata, users, views
from paintgraph.api.comfy.following import websocket
from paintgraph.api.comfy.following.door import close_sockets, running
from paintgraph.api.comfy.node_types import catalogue
from paintgraph.api.comfy.page import extras, internal, system
from paintgraph.api.comfy.prompting import history, jobs, prompts, queueing

_TABLES = (
    prompts.ROUTES,
    queueing.ROUTES,
    history.ROUTES,
    jobs.ROUTES,
    catalogue.ROUTES,
    uploads.ROUTES,
    views.ROUTES,
    websocket.ROUTES,
    models.ROUTES,
    system.ROUTES,
    users.ROUTES,
    userdata.ROUTES,
    extras.ROUTES,
    internal.ROUTES,
)


def served(under: str = "") -> Iterator[tuple[str, str, Handler]]:
    """Every route, under a path such as "/editor": its method, path and handler."""
    for table in _TABLES:
        for route in table:
            if isinstance(route, web.RouteDef):
                for path in (route.path, f"/api{route.path}"):
                    yield route.method, under + path, route.handler


def add_comfy(app: web.Application) -> None:
    """Serve the protocol. It is ComfyUI's, so the OpenAPI document leaves it out."""
    users.add_lock(app)
    system.add_devices(app)
    app.cleanup_ctx.append(running)
    app.on_shutdown.append(close_sockets)
    add_routes_under(app)


def add_routes_under(app: web.Application, under: str = "") -> None:
    """Serve the protocol's routes under a path, too, for a page that lies there."""
    taken: dict[str, list[str]] = {}
    for method, path, handler in served(under):
        taken.setdefault(path, ["OPTIONS"]).append(method)
        if method == "GET":
            app.router.add_get(path, handler)  # HEAD, too
        else:
            app.router.add_route(method, path, handler)
    for path, methods in taken.items():
        app.router.add_route("OPTIONS", path, partial(_options, ", ".join(sorted(methods))))


async def _options(allowed: str, _: web.Request) -> web.Response:
    """What an address takes. Which pages may ask is for `guards.origins`."""
    return web.Response(headers={"Allow": allowed})
