"""In the server: passes requests that no route of its own answers on to packs that do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.errors import ApiError
from paintgraph.api.packs.door import TOKEN
from paintgraph.api.services.parts import PARTS

_PREFIX = "/api"
_SECONDS = 120.0
_KEPT_BACK = frozenset(
    {
        *("host", "connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"),
        *("authorization", "cookie", "x-api-key", "proxy-authorization", TOKEN.lower()),
    }
)
"""Headers that are of this connection, or of this server's keys: packs need neither."""

_OF_ANSWERS = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
)


class _Resolver(Protocol):
    """What says whether a path is one of packs."""

    async def resolve(self, request: web.Request) -> Any:
        """The match, which knows of no route if there is none."""


@dataclass(frozen=True)
class _Door:
    """Where a worker answers, and which routes."""

    address: str
    token: str
    resolver: _Resolver

    @staticmethod
    def of(plain: Mapping[str, Any]) -> "_Door":
        resolver = web.UrlDispatcher()
        for method, path in plain["routes"]:
            if method == "STATIC":
                resolver.add_route("GET", f"{path.rstrip('/')}/{{file:.+}}", _nobody)
            else:
                resolver.add_route(method, path, _nobody)
        return _Door(f"http://127.0.0.1:{plain['port']}", plain["token"], resolver)


async def _nobody(_: web.Request) -> web.Response:
    raise web.HTTPNotFound


def pass_to_packs() -> Middleware:
    """Ask the routes of packs, as they are and under /api, where the server has none."""
    known: dict[str, _Door] = {}

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        plain = request.app[PARTS].dispatcher.ready.door
        if not plain or not isinstance(request.match_info.http_exception, web.HTTPNotFound):
            return await handler(request)
        door = known.get(plain["token"])
        if door is None:
            known.clear()
            door = known[plain["token"]] = _Door.of(plain)
        bare = request.rel_url
        if request.path.startswith(f"{_PREFIX}/"):
            bare = bare.with_path(bare.raw_path.removeprefix(_PREFIX), encoded=True).with_query(
                bare.query
            )
        found = await door.resolver.resolve(request.clone(rel_url=bare))
        if found.http_exception is not None:
            return await handler(request)
        return await _passed(request, door, str(bare))

    return ask


async def _passed(request: web.Request, door: _Door, path: str) -> web.StreamResponse:
    """The answer of a pack."""
    headers = {n: v for n, v in request.headers.items() if n.lower() not in _KEPT_BACK}
    body = await request.read() if request.body_exists else None
    try:
        async with (
            aiohttp.ClientSession(
                auto_decompress=True, timeout=aiohttp.ClientTimeout(_SECONDS)
            ) as session,
            session.request(
                request.method,
                door.address + path,
                headers={**headers, TOKEN: door.token},
                data=body,
                allow_redirects=False,
            ) as answer,
        ):
            kept = {n: v for n, v in answer.headers.items() if n.lower() not in _OF_ANSWERS}
            status = answer.status
            content = await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ApiError(
            503,
            "pack_unreachable",
            "the worker with this route's pack is busy or starts anew. Try again soon.",
        ) from error
    if status >= 500:
        raise ApiError(502, "pack_failed", "the pack's own route failed. Its author can mend it.")
    return web.Response(status=status, body=content, headers=kept)
