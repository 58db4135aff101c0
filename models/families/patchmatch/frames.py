"""Messages between a process and its helpers: a JSON header and raw bytes, never pickle.

A frame is two big-endian 32-bit lengths, the header, the body.
"""

import json
import struct
from typing import IO, Any, TypeAlias

Header: TypeAlias = dict[str, Any]

_LENGTHS = struct.Struct(">II")


def write_frame(stream: IO[bytes], header: Header, *bodies: bytes | memoryview) -> None:
    """Write one frame whose body is all bodies in a row, and flush."""
    text = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(text), sum(len(body) for body in bodies)))
    stream.write(text)
    stream.writelines(bodies)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[Header, bytes]:
    """The next frame; EOFError if the stream ends before it is complete."""
    header_length, body_length = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    header: Header = json.loads(_read(stream, header_length))
    return header, _read(stream, body_length)


def _read(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the stream ended inside a frame")
    return data
