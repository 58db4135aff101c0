"""Messages between a process and its helpers: a JSON head and perhaps bytes behind it.

Never pickle, which would run what it reads. A frame is two big-endian 32-bit lengths, the head, the
body.
"""

import asyncio
import struct
from collections.abc import Mapping
from typing import IO, Any

import orjson

Message = Mapping[str, Any]
_LENGTHS = struct.Struct(">II")
_MOST_BYTES = 256 * 2**20


class BrokenFrameError(EOFError):
    """The other side is gone, or says what is no frame."""


def pack(message: Message, *bodies: bytes) -> bytes:
    """The frame of a message; its body is all bodies in a row."""
    head = orjson.dumps(message)
    return b"".join((_LENGTHS.pack(len(head), sum(map(len, bodies))), head, *bodies))


def read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The next message, waited for; raises BrokenFrameError at the end."""
    head, body = [_exactly(stream, n) for n in _lengths(_exactly(stream, _LENGTHS.size))]
    return _message(head), body


async def read_async(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    """The next message; raises BrokenFrameError at the end."""
    try:
        lengths = _lengths(await reader.readexactly(_LENGTHS.size))
        head, body = [await reader.readexactly(length) for length in lengths]
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise BrokenFrameError("the stream ended inside a frame") from error
    return _message(head), body


def _message(head: bytes) -> dict[str, Any]:
    try:
        message: dict[str, Any] = orjson.loads(head)
    except ValueError as error:
        raise BrokenFrameError("a frame holds no JSON") from error
    return message


def _lengths(data: bytes) -> tuple[int, int]:
    head, body = _LENGTHS.unpack(data)
    if head + body > _MOST_BYTES:
        raise BrokenFrameError(f"a frame of {head + body} bytes is refused")
    return head, body


def _exactly(stream: IO[bytes], length: int) -> bytes:
    try:
        data = stream.read(length)
    except ConnectionError as error:
        raise BrokenFrameError("the stream ended inside a frame") from error
    if len(data) < length:
        raise BrokenFrameError("the stream ended inside a frame")
    return data
