"""In a worker: answers the routes that its packs added, for the server alone.

Packs are never loaded in the server's process, so their handlers run here, in a loop of their own
beside the jobs, at a port of this machine. Each request must bear a secret that the server knows.
"""

import asyncio
import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

Added = tuple[str, str, Callable[..., Any]]
"""A method, a path and its handler; of the method STATIC the handler gives a folder."""

TOKEN = "X-Paintgraph-Door"  # noqa: S105 - a header's name
_LOOPBACK = "127.0.0.1"
_MOST_BYTES = 256 * 2**20
_LOG = logging.getLogger("paintgraph.packs")


def open_door(routes: Iterable[Added]) -> tuple[dict[str, Any], asyncio.AbstractEventLoop]:
    """Answer these routes from now on; gives what the server has to know, and the loop."""
    token = secrets.token_urlsafe(32)
    app = web.Application(client_max_size=_MOST_BYTES, middlewares=[_only_with(token)])
    there = [[method, path] for method, path, handler in routes if _add(app, method, path, handler)]
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="routes of packs", daemon=True).start()
    port = asyncio.run_coroutine_threadsafe(_listen(app), loop).result()
    return {"port": port, "token": token, "routes": there}, loop


def _add(app: web.Application, method: str, path: str, handler: Callable[..., Any]) -> bool:
    """Add a route; False if it is none, or there is one already."""
    try:
        if method == "STATIC":
            app.router.add_static(path, handler())
        else:
            app.router.add_route(method, path, handler)
    except (RuntimeError, ValueError, TypeError) as error:
        _LOG.warning("a pack's route %s %s is left out: %s", method, path, error)
        return False
    return True


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
        return await handler(request)

    return check
