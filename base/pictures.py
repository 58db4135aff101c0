"""Texts that picture files carry beside their pixels, such as the graph that made them.

The walk is our own: it looks at nothing else, never unpacks pixels, and does not mind wrong
checksums, which many pictures with edited texts have.
"""

import struct
import zlib
from collections.abc import Collection, Iterator
from typing import BinaryIO, NamedTuple

from paintgraph.base.file_kinds import known_format, other_picture
from paintgraph.base.text.document import TextError

MOST_TEXT_BYTES = 16 * 2**20
"""How long the texts of a picture may be, unpacked and in all."""

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 100_000
_MOST_TAGS = 1_000
_MOST_KEY = 80
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_TEXT_TYPES = (1, 2, 7)  # EXIF's bytes, ASCII and undefined


class _Chunk(NamedTuple):
    name: bytes
    start: int
    length: int


def is_picture(head: bytes) -> bool:
    """Whether the first 18 bytes of a file are those of a picture."""
    is_text = head.lstrip()[:1] in (b"{", b"[", b"")
    return not is_text and (known_format(head) or other_picture(head)) is not None


def texts_of(file: BinaryIO, keys: Collection[str]) -> dict[str, str]:
    """The texts of a PNG or WebP file under these keys (lower case), of equal ones the first.

    Damage ends the walk: what came before is given. Another file has none. Raises TextError if
    they are longer than MOST_TEXT_BYTES.
    """
    head = file.read(12)
    if head.startswith(_PNG):
        return _png_texts(file, keys)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return {key: text for key, text in _webp_texts(file).items() if key in keys}
    return {}


def _png_texts(file: BinaryIO, keys: Collection[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    room = MOST_TEXT_BYTES
    for chunk in _chunks(file, len(_PNG), ">I4s", 4):
        if chunk.name not in _TEXTS:
            continue
        file.seek(chunk.start)
        key = file.read(min(chunk.length, _MOST_KEY)).partition(b"\0")[0].decode("latin-1")
        if key.lower() not in keys or key.lower() in texts:
            continue
        _check_length(key, chunk.length, room)
        file.seek(chunk.start)
        try:
            text = _png_text(chunk.name, file.read(chunk.length), room)
        except zlib.error:
            return texts
        _check_length(key, len(text), room)
        room -= len(text)
        decoded = text.decode("utf-8" if chunk.name == b"iTXt" else "latin-1", "replace")
        texts[key.lower()] = decoded if chunk.name == b"iTXt" else _as_utf8(decoded)
    return texts


def _check_length(key: str, length: int, room: int) -> None:
    if length > room:
        raise TextError(
            "too_large",
            f"the text '{key}' of the picture is longer than allowed; all of them may have "
            f"{MOST_TEXT_BYTES >> 20} MiB. Save the graph as a file of its own.",
        )


def _as_utf8(text: str) -> str:
    """The text with UTF-8 in it, as programs write it where PNG wants Latin-1."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return text


def _png_text(name: bytes, content: bytes, room: int) -> bytes:
    """The text of a chunk, of which no more is unpacked than one byte beyond `room`."""
    text = content.partition(b"\0")[2]
    is_packed = name == b"zTXt"
    if name == b"iTXt":
        is_packed, text = text[:1] == b"\1", text[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif is_packed:
        text = text[1:]
    return zlib.decompressobj().decompress(text, room + 1) if is_packed else text


def _webp_texts(file: BinaryIO) -> dict[str, str]:
    for chunk in _chunks(file, 12, "<4sI", 0):
        if chunk.name == b"EXIF" and chunk.length <= MOST_TEXT_BYTES:
            file.seek(chunk.start)
            return _exif_texts(file.read(chunk.length).removeprefix(b"Exif\0\0"))
    return {}


def _exif_texts(block: bytes) -> dict[str, str]:
    """Texts of the form `key:text` in the first directory; keys in lower case."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    texts: dict[str, str] = {}
    if order is None or len(block) < 8:
        return texts
    (at,) = struct.unpack_from(f"{order}I", block, 4)
    room = MOST_TEXT_BYTES
    count = struct.unpack_from(f"{order}H", block, at)[0] if at + 2 <= len(block) else 0
    for entry in range(at + 2, at + 2 + 12 * min(count, _MOST_TAGS), 12):
        if entry + 12 > len(block):
            break
        _, kind, length, offset = struct.unpack_from(f"{order}HHII", block, entry)
        if kind in _TEXT_TYPES and 4 < length <= room:
            room -= length
            text = block[offset : offset + length].rstrip(b"\0").decode("utf-8", "replace")
            key, colon, rest = text.partition(":")
            if colon:
                texts.setdefault(key.strip().lower(), rest)
    return texts


def _chunks(file: BinaryIO, start: int, head: str, tail: int) -> Iterator[_Chunk]:
    """The chunks of a file from `start` on; `tail` bytes follow each of PNG's."""
    size = file.seek(0, 2)
    at = start
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        fields = file.read(8)
        if len(fields) < 8:
            return
        first, second = struct.unpack(head, fields)
        length, name = (first, second) if isinstance(first, int) else (second, first)
        if at + 8 + length > size:
            return  # cut: what is promised is not there
        yield _Chunk(name, at + 8, length)
        at += 8 + length + (tail or length % 2)
