"""Chunks of PNG files: read, dropped, inserted, without decoding a pixel."""

import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.binary import damaged, unpack

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_UNPACKED_BYTES = 8 << 20
_MAX_CHUNKS = 200_000
_FRAME = 12  # length, name and checksum


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four-letter name, and where it and its content stand in the file."""

    name: bytes
    at: int
    start: int
    end: int

    def content(self, data: bytes) -> bytes:
        """What the chunk holds."""
        return data[self.start : self.end]

    def whole(self, data: bytes) -> bytes:
        """The chunk with its length, name and checksum."""
        return data[self.at : self.end + 4]


def chunks(data: bytes) -> Iterator[Chunk]:
    """All chunks up to `IEND`; a file that ends before it is an error."""
    if not data.startswith(SIGNATURE):
        raise PictureError(
            "picture: is no PNG file; only PNG files have chunks. Encode it as PNG first."
        )
    at = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + _FRAME > len(data):
            raise damaged("the PNG file has no end")
        (length,) = unpack(">I", data, at)
        chunk = Chunk(data[at + 4 : at + 8], at, at + 8, at + 8 + length)
        if chunk.end + 4 > len(data):
            raise damaged("a PNG chunk is longer than the file")
        yield chunk
        if chunk.name == b"IEND":
            return
        at = chunk.end + 4
    raise damaged(f"the PNG file has more than {_MAX_CHUNKS} chunks")


def find(data: bytes, name: bytes) -> bytes | None:
    """Content of the first chunk of that name."""
    return next((chunk.content(data) for chunk in chunks(data) if chunk.name == name), None)


def keep(data: bytes, names: Collection[bytes]) -> bytes:
    """The file with nothing but the chunks of these names."""
    kept = [chunk.whole(data) for chunk in chunks(data) if chunk.name in names]
    return b"".join([SIGNATURE, *kept])


def insert(data: bytes, new: Sequence[bytes]) -> bytes:
    """The file with whole chunks added right after its header, where any kind may stand."""
    header = next(chunks(data))
    at = header.end + 4
    return b"".join([data[:at], *new, data[at:]])


def make_chunk(name: bytes, content: bytes) -> bytes:
    """A whole chunk: length, name, content, checksum."""
    checksum = zlib.crc32(content, zlib.crc32(name))
    return b"".join([struct.pack(">I", len(content)), name, content, struct.pack(">I", checksum)])


def unpack_text(packed: bytes, room: int = MAX_UNPACKED_BYTES) -> bytes | None:
    """Content of a zlib stream, or None if it is damaged or larger than the room for it."""
    try:
        content = zlib.decompressobj().decompress(packed, room + 1)
    except zlib.error:
        return None
    return content if len(content) <= room else None
