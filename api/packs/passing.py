"""In the server: passes requests that no route of its own answers on to packs that do."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import body_of
from paintgraph.api.packs.door import TOKEN
from paintgraph.api.services.parts import PARTS

_PREFIX = "/api"
_PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=120.0)
_PROMPT_PATIENCE = aiohttp.ClientTimeout(30.0)
_MOST_MESSAGE_BYTES = 64 * 2**20
_OF_CONNECTIONS = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"}
)
_KEPT_BACK = _OF_CONNECTIONS | {
    *("host", "authorization", "cookie", "x-api-key", "proxy-authorization", TOKEN.lower())
}
"""Headers that are of this connection, or of this server's keys: packs need neither."""

Ends = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


@dataclass(frozen=True)
class _Door:
    """Where a worker answers, which routes, and where it changes prompts, if it does."""

    address: str
    token: str
    routes: tuple[tuple[str, re.Pattern[str]], ...]
    prompts: str

    @staticmethod
    def of(plain: Mapping[str, Any]) -> "_Door":
        return _Door(
            f"http://127.0.0.1:{plain['port']}",
            plain["token"],
            tuple((method, re.compile(pattern)) for method, pattern in plain["routes"]),
            plain["prompts"],
        )

    def answers(self, method: str, path: str) -> bool:
        """Whether a pack has a route for a quoted path."""
        return any(
            known in (method, "*") and pattern.fullmatch(path) for known, pattern in self.routes
        )

    def url(self, path: str) -> URL:
        """The address of a quoted path at the worker, whatever the path looks like."""
        return URL(self.address + path, encoded=True)

    @contextlib.asynccontextmanager
    async def asking(self, patience: aiohttp.ClientTimeout) -> AsyncIterator[aiohttp.ClientSession]:
        """What asks the worker; raises ApiError where it does not answer."""
        try:
            async with aiohttp.ClientSession(
                headers={TOKEN: self.token},
                skip_auto_headers=("Accept-Encoding", "User-Agent", "Content-Type"),
                auto_decompress=False,
                timeout=patience,
            ) as session:
                yield session
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise ApiError(
                503,
                "pack_unreachable",
                "the worker with this route's pack is busy or starts anew. Try again soon.",
            ) from error


def pass_to_packs(page: str) -> Middleware:
    """Ask the routes of packs where the server has none of its own.

    They are found as they are and under /api, also below `page`, the path of ComfyUI's page.
    """
    known: dict[str, _Door] = {}

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        plain = request.app[PARTS].dispatcher.ready.door
        if not plain:
            return await handler(request)
        door = known.get(plain["token"])
        if door is None:
            known.clear()
            door = known[plain["token"]] = _Door.of(plain)
        path = request.rel_url.raw_path
        for prefix in (page, _PREFIX):
            path = path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path
        if not door.answers(request.method, path):
            return await handler(request)
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            pass
        query = f"?{request.rel_url.raw_query_string}" if request.query_string else ""
        target = door.url(path + query)
        async with door.asking(_PATIENCE) as session:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await _joined(request, session, target)
            return await _passed(request, session, target)

    return ask


async def changed_by_packs(request: web.Request, body: Any) -> tuple[Any, list[tuple[str, Any]]]:
    """The body of a prompt as packs want it, and the messages that they send to its client.

    The body is as it was if none of them looks at prompts, or if what they made of it is no JSON.
    """
    plain = request.app[PARTS].dispatcher.ready.door
    if not plain or not plain["prompts"]:
        return body, []
    door = _Door.of(plain)
    async with (
        door.asking(_PROMPT_PATIENCE) as session,
        session.post(door.url(door.prompts), json=body) as answer,
    ):
        if answer.status != 200:
            return body, []
        changed = await answer.json()
        return changed["body"], [(event, data) for event, data in changed["sent"]]


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _KEPT_BACK}


async def _passed(
    request: web.Request, session: aiohttp.ClientSession, target: URL
) -> web.StreamResponse:
    """The answer of a pack, piece by piece as it comes."""
    body = await body_of(request) if request.body_exists else None
    async with session.request(
        request.method, target, headers=_told(request.headers), data=body, allow_redirects=False
    ) as answer:
        if answer.status >= 500:
            raise _failed()
        kept = {n: v for n, v in answer.headers.items() if n.lower() not in _OF_CONNECTIONS}
        response = web.StreamResponse(status=answer.status, headers=kept)
        await response.prepare(request)
        try:
            async for piece in answer.content.iter_any():
                await response.write(piece)
            await response.write_eof()
        except (aiohttp.ClientError, TimeoutError):  # the client learns by an answer without an end
            if request.transport is not None:
                request.transport.abort()
        return response


async def _joined(
    request: web.Request, session: aiohttp.ClientSession, target: URL
) -> web.StreamResponse:
    """A WebSocket of a pack: what either side says is told to the other, until one goes."""
    own = {n: v for n, v in _told(request.headers).items() if not n.lower().startswith("sec-web")}
    asked = request.headers.get("Sec-WebSocket-Protocol", "")
    protocols = [name.strip() for name in asked.split(",") if name.strip()]
    try:
        there = await session.ws_connect(
            target, headers=own, protocols=protocols, max_msg_size=_MOST_MESSAGE_BYTES
        )
    except aiohttp.WSServerHandshakeError as error:
        raise _failed() from error
    async with there:
        chosen = [there.protocol] if there.protocol else []
        here = web.WebSocketResponse(protocols=chosen, max_msg_size=_MOST_MESSAGE_BYTES)
        await here.prepare(request)
        ways = [
            asyncio.create_task(_told_on(here, there)),
            asyncio.create_task(_told_on(there, here)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await here.close(code=there.close_code or aiohttp.WSCloseCode.OK)
        return here


async def _told_on(source: Ends, target: Ends) -> None:
    async for message in source:
        if message.type == aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type == aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)


def _failed() -> ApiError:
    return ApiError(502, "pack_failed", "the pack's own route failed. Its author can mend it.")
