"""The parts that picture files are made of, walked without decoding a pixel.

PNG and WebP files are made of chunks, JPEG files of segments. Numbers are read with `unpack`:
reading past the end is an error that says so. Every walk ends, whatever the file holds.
"""

import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from paintgraph.imaging.errors import PictureError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_UNPACKED_BYTES = 8 << 20
_MAX_CHUNKS = 200_000
_FRAME = 12  # length, name and checksum
_MAX_SEGMENTS = 200_000
_STANDALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


def unpack(layout: str, data: bytes, at: int) -> tuple[int, ...]:
    """Integers of a `struct` layout that start at a position of the file."""
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error as error:
        raise damaged("the header ends early") from error


def damaged(reason: str) -> PictureError:
    """The error for a file of a known format that cannot be read to its end."""
    return PictureError(
        f"picture: the file is cut off or damaged ({reason}); allowed is a whole file. "
        "Fetch or export it again.",
        code="truncated_picture",
    )


def unsupported(what: str) -> PictureError:
    """The error for a known format in a variant that is not read."""
    return PictureError(
        f"picture: is {what}; allowed are 1 to 8 or 16 bits per sample, as whole numbers, "
        "in grey, RGB, palette or CMYK. Convert it to PNG first."
    )


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

    def checksum(self, data: bytes) -> int:
        """The checksum of its name and content, as the file tells it."""
        return unpack(">I", data, self.end)[0]

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


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end (with the marker) of each JPEG segment up to the first scan."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        lead, marker = unpack(">BB", data, at)
        if lead != 0xFF:
            return
        if marker == 0xFF:
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        (length,) = unpack(">H", data, at + 2)
        yield marker, at, at + 2 + length
        if marker == 0xDA:
            return
        at += 2 + length


def riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the content of each chunk of a WebP file."""
    at = 12
    for _ in range(_MAX_SEGMENTS):
        if at + 8 > len(data):
            return
        (length,) = unpack("<I", data, at + 4)
        yield data[at : at + 4], at + 8, at + 8 + length
        at += 8 + length + (length & 1)


def riff_file(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A WebP file of chunks, each a name and a content."""
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) & 1)
        for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body
