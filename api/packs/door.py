"""In a worker: answers the routes that its packs added, for the server alone.

Packs are never loaded in the server's process, so their handlers run here, in a loop of their own
beside the jobs, at a port of this machine. Each request must bear a secret that the server knows.
"""

import asyncio
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from paintgraph.engine.node.events import Event, Sent
from paintgraph.nodes.packs.host.running import apart

TOKEN = "X-Paintgraph-Door"  # noqa: S105 - a header's name
_LOOPBACK = "127.0.0.1"
_LOG = logging.getLogger("paintgraph.packs")


def open_door(
    app: web.Application,
    routes: Iterable[web.AbstractRouteDef],
    change_prompt: Callable[[Any], Any] | None,
    loop: asyncio.AbstractEventLoop,
) -> dict[str, Any]:
    """Answer an application of packs, and these routes, from now on, in a loop that runs.

    `change_prompt` gives the body of a prompt as packs want it; None if none of them cares. What is
    returned is plain data, for the server: `port`, `token`, `routes`, each a method with the
    regular expression of its paths, and `prompts`, the path at which prompts are changed, or "";
    it answers with the `body`, and with what was `sent` to the page meanwhile, (event, data) each.
    """
    token = secrets.token_urlsafe(32)
    for route in routes:
        try:
            route.register(app.router)
        except (RuntimeError, ValueError, TypeError) as error:
            _LOG.warning("a pack's route %s is left out: %s", route, error)
    there = [[route.method, _pattern(route)] for route in app.router.routes()]
    prompts = f"/{token}" if change_prompt else ""
    if change_prompt:
        app.router.add_post(prompts, _changing(change_prompt))
    app.middlewares.insert(0, _only_with(token))
    port = asyncio.run_coroutine_threadsafe(_listen(app), loop).result()
    return {"port": port, "token": token, "routes": there, "prompts": prompts}


def _pattern(route: web.AbstractRoute) -> str:
    """The regular expression of the paths, as they are quoted, that a route answers."""
    info = route.resource.get_info() if route.resource else {}
    if "pattern" in info:
        return info["pattern"].pattern
    if "prefix" in info:
        return f"{re.escape(info['prefix'])}/.+"
    return re.escape(info.get("path", ""))


def _changing(change_prompt: Callable[[Any], Any]) -> Handler:
    async def change(request: web.Request) -> web.Response:
        heard: list[Event] = []
        with apart(heard.append):
            body = change_prompt(await request.json())
        sent = [[e.event, orjson.loads(e.content)] for e in heard if isinstance(e, Sent)]
        return web.json_response({"body": body, "sent": sent})

    return change


async def _listen(app: web.Application) -> int:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, _LOOPBACK, 0)
    await site.start()
    port: int = runner.addresses[0][1]
    return port


def _only_with(token: str) -> Any:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get(TOKEN, ""), token):
            raise web.HTTPForbidden
        with apart(lambda _: None):  # a request is not part of the job that runs meanwhile
            return await handler(request)

    return check
