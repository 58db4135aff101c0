"""Texts of PNG files, by key."""

from collections.abc import Mapping

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.formats import parts
from paintgraph.imaging.files.formats.parts import (
    MAX_UNPACKED_BYTES,
    Chunk,
    make_chunk,
    unpack_text,
)

_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_KEY = 79
_MOST_DAMAGED = 8


def add_text(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The PNG file with these texts, pixels untouched; a text of the same key is replaced."""
    new = [text_chunk(key, text) for key, text in texts.items()]
    keys = {key.encode("latin-1") for key in texts}
    kept = [data[: len(parts.SIGNATURE)]]
    for chunk in parts.chunks(data):
        is_text = chunk.name in _TEXT_CHUNKS
        if not (is_text and chunk.content(data).partition(b"\0")[0] in keys):
            kept.append(chunk.whole(data))
    return parts.insert(b"".join(kept), new)


def read_text(data: bytes) -> dict[str, str]:
    """The texts of a PNG file by key; at most 8 MiB in all, else an error."""
    texts: dict[str, str] = {}
    room = MAX_UNPACKED_BYTES
    for chunk in parts.chunks(data):
        if chunk.name not in _TEXT_CHUNKS:
            continue
        key, value, encoding = _content(chunk, data, room)
        room -= len(value)
        texts[key] = value.decode(encoding, "replace")
    return texts


def text_chunk(key: str, text: str) -> bytes:
    """The whole chunk of a text; a key or text that PNG cannot hold is an error."""
    if not (1 <= len(key) <= _MAX_KEY and key.isprintable() and _is_latin(key)):
        raise PictureError(
            f"text key {key[:_MAX_KEY]!r}: is no PNG keyword; allowed are 1 to {_MAX_KEY} "
            "printable Latin-1 characters. Choose another key."
        )
    if "\0" in text:
        raise PictureError(f"text {key!r}: holds a NUL character; allowed is any other. Remove it.")
    if text.isascii():  # in Latin-1 many programs write UTF-8, so that readers must guess
        return make_chunk(b"tEXt", key.encode("latin-1") + b"\0" + text.encode())
    return packed_text(key, text.encode("utf-8", "surrogatepass"))


def packed_text(key: str, text: bytes) -> bytes:
    """The whole chunk of a text in UTF-8."""
    return make_chunk(b"iTXt", key.encode("latin-1") + bytes(5) + text)


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)


def _content(chunk: Chunk, data: bytes, room: int) -> tuple[str, bytes, str]:
    """Key, unpacked bytes and encoding of a text chunk; too long a text is an error."""
    key, _, value = chunk.content(data).partition(b"\0")
    is_packed, encoding = chunk.name == b"zTXt", "latin-1"
    if is_packed:
        value = value[1:]
    elif chunk.name == b"iTXt":
        is_packed, encoding = value[:1] == b"\1", "utf-8"
        value = value[2:].partition(b"\0")[2].partition(b"\0")[2]
    content = unpack_text(value, room) if is_packed else value
    if content is None or len(content) > room:
        raise PictureError(
            f"text {key.decode('latin-1')[:_MAX_KEY]!r}: is damaged or makes the texts of the "
            f"file longer than {MAX_UNPACKED_BYTES >> 20} MiB; allowed is up to that. "
            "Save the picture without it.",
            code="text_too_long",
        )
    return key.decode("latin-1"), content, encoding


def readable_texts(data: bytes) -> dict[str, str]:
    """All texts of a PNG file that can be read, by key; with many damaged ones, the first."""
    texts: dict[str, str] = {}
    room, damaged = MAX_UNPACKED_BYTES, 0
    for chunk in parts.chunks(data):
        if chunk.name not in _TEXT_CHUNKS:
            continue
        try:
            key, value, encoding = _content(chunk, data, room)
        except PictureError:  # damaged or too long, for which it was unpacked all the same
            damaged += 1
            if damaged == _MOST_DAMAGED:
                break
            continue
        room -= len(value)
        texts[key] = value.decode(encoding, "replace")
    return texts
