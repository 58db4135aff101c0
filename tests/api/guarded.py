"""A small guarded server on real sockets, and what raw bytes get from it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from paintgraph.api.guards.connections import GuardedSite, Held, Limits
from paintgraph.api.guards.keys import client_of
from paintgraph.api.guards.security import SecurityRules, guard
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import read_body

MAX_BYTES = 1000
LATE_SECONDS = 3.0
OUTER_SECONDS = 120.0
"""No test waits longer, however loaded the machine is."""


@dataclass(frozen=True)
class Answer:
    """What came back; nothing if the connection was just closed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["type"] == f"urn:paintgraph:problem:{document['code']}"
        return document

    @property
    def code(self) -> str:
        return str(self.problem["code"])


def app(rules: SecurityRules | None = None) -> web.Application:
    made = web.Application()
    guard(made, rules or SecurityRules())
    for path in ("/", "/livez", "/readyz", "/v1/pictures/a.png", "/v1/jobs"):
        made.router.add_get(path, _hello)
    made.router.add_post("/v1/jobs", _echo)
    made.router.add_delete("/v1/jobs", _hello)
    made.router.add_post("/prompt", _echo)
    made.router.add_post("/upload", _upload)
    made.router.add_post("/late", _late)
    made.router.add_get("/socket", _socket)
    made.router.add_get("/away", _away)
    made.router.add_get("/several", _several)
    made.router.add_get("/broken", _broken)
    made.router.add_get("/half", _half)
    return made


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text=client_of(request))


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await read_body(request, MAX_BYTES))


async def _upload(request: web.Request) -> web.Response:
    parts = [await part.read() async for part in await request.multipart()]  # type: ignore[union-attr]
    return web.Response(text=str(len(parts)))


async def _late(request: web.Request) -> web.Response:
    """Reads only after LATE_SECONDS."""
    await asyncio.sleep(LATE_SECONDS)
    return web.Response(text=str(len(await request.content.read())))


async def _socket(request: web.Request) -> web.WebSocketResponse:
    response = web.WebSocketResponse()
    await response.prepare(request)
    await response.close()
    return response


async def _away(_: web.Request) -> web.Response:
    raise web.HTTPFound("/v1/jobs")


async def _several(_: web.Request) -> web.Response:
    faults: list[Any] = [{"code": "a", "detail": "half \ud800"}, {"code": "b"}]
    raise ApiError(422, "invalid_graph", "two problems", headers={"X-Note": "1"}, problems=faults)


async def _broken(_: web.Request) -> web.Response:
    raise KeyError("/secret/path")


async def _half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"begun")
    raise KeyError("/secret/path")


@asynccontextmanager
async def serving(
    rules: SecurityRules | None = None, limits: Limits | None = None, held: Held | None = None
) -> AsyncIterator[int]:
    """The server on a free port."""
    runner = web.AppRunner(app(rules), shutdown_timeout=0.1)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    try:
        await GuardedSite(runner, sock, limits, held).start()
        async with asyncio.timeout(OUTER_SECONDS):
            yield sock.getsockname()[1]
    finally:
        await runner.cleanup()
        sock.close()


async def say(port: int, text: bytes) -> Answer:
    """Send raw bytes, read one answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        return await hear(reader, has_body=not text.startswith(b"HEAD "))
    finally:
        writer.close()


async def hear(reader: asyncio.StreamReader, *, has_body: bool = True) -> Answer:
    """Read one answer."""
    head = b"HTTP/1.1 100"
    while head.startswith(b"HTTP/1.1 100"):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (EOFError, ConnectionError):
            return Answer(0, {}, b"")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value for line in lines if line for name, _, value in [line.partition(": ")]
    }
    length = int(headers.get("content-length", "0")) if has_body else 0
    body = await reader.readexactly(length)
    return Answer(int(first.split()[1]), headers, body)


def ask(text: bytes, rules: SecurityRules | None = None, limits: Limits | None = None) -> Answer:
    """What one request gets."""

    async def story() -> Answer:
        async with serving(rules, limits) as port:
            return await say(port, text)

    return asyncio.run(story())


def request(
    method: str, path: str, *lines: str, host: str | None = "localhost:7866", body: bytes = b""
) -> bytes:
    """A request in bytes; each line is one more header."""
    head = [f"{method} {path} HTTP/1.1", *lines]
    if host is not None:
        head.append(f"Host: {host}")
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body
