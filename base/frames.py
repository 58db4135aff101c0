"""Messages between a server and its workers: a JSON head and perhaps bytes behind it."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any

import orjson

Message = Mapping[str, Any]
_SIZES = struct.Struct(">II")
_MOST_BYTES = 256 * 2**20


class BrokenFrameError(EOFError):
    """The other side is gone or speaks another language."""


def pack(message: Message, body: bytes = b"") -> bytes:
    """The frame of a message."""
    head = orjson.dumps(message)
    return b"".join((_SIZES.pack(len(head), len(body)), head, body))


async def read(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    """The next message; raises BrokenFrameError at the end."""
    try:
        sizes = _checked(await reader.readexactly(_SIZES.size))
        head, body = [await reader.readexactly(size) for size in sizes]
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise BrokenFrameError("the worker is gone") from error
    return orjson.loads(head), body


def receive(connection: socket.socket) -> tuple[dict[str, Any], bytes]:
    """The next message, waited for; raises BrokenFrameError at the end."""
    head, body = [_exactly(connection, n) for n in _checked(_exactly(connection, _SIZES.size))]
    return orjson.loads(head), body


def _checked(sizes: bytes) -> tuple[int, int]:
    head, body = _SIZES.unpack(sizes)
    if head + body > _MOST_BYTES:
        raise BrokenFrameError(f"a frame of {head + body} bytes is refused")
    return head, body


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = connection.recv(min(count - len(parts), 1 << 20))
        except ConnectionError as error:
            raise BrokenFrameError("the server is gone") from error
        if not part:
            raise BrokenFrameError("the server is gone")
        parts += part
    return bytes(parts)
