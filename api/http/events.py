"""Server-sent events: how they look on the wire, and how they are sent until the client goes."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from aiohttp import web

HEARTBEAT_SECONDS = 15.0
"""After so long without an event a source should yield b"", so that proxies keep the connection."""

EVENT_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
_HEARTBEAT = b": still here\n\n"


def event_bytes(data: Mapping[str, Any], number: int | None = None) -> bytes:
    """One event as it goes over the wire; its type is the `type` of its data."""
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, data["type"].encode(), orjson.dumps(data))


async def send_events(
    request: web.Request,
    response: web.StreamResponse,
    source: AsyncGenerator[bytes, None],
) -> web.StreamResponse:
    """Send what a source yields until it ends or the client goes; b"" becomes a sign of life.

    `response` should carry `EVENT_HEADERS`. The source is closed in any case.
    """
    async with contextlib.aclosing(source):
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            async for chunk in source:
                await response.write(chunk or _HEARTBEAT)
    return response
