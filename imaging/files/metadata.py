"""What a picture file tells beside its pixels, as plain data that travels with the picture."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files import exif, jpeg, parts, tiff
from paintgraph.imaging.files.colour import read_colour
from paintgraph.imaging.files.header import Header
from paintgraph.imaging.files.parts import (
    MAX_UNPACKED_BYTES,
    Chunk,
    make_chunk,
    riff_chunks,
    unpack_text,
)
from paintgraph.imaging.files.resolution import read_dpi

_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_KEY = 79
# Each holds a graph: how the input was made would be taken for how the result was.
_GRAPHS = frozenset({"paintgraph", "repaint", "prompt", "workflow"})
# Written by ImageMagick, or read as something else than a text.
_NO_TEXTS = ("Raw profile type ", "XML:com.adobe.xmp", "exif:", "tiff:", "xmp:")
_COPYRIGHT = "Copyright"

Kept: TypeAlias = Literal["keep", "private", "none"]
"""How much of what a picture said of itself stays."""


class Metadata(TypedDict, total=False):
    """What a picture file says beside its pixels; what it does not say is missing.

    Attributes:
        icc: the ICC profile of its RGB samples.
        colour: PNG's chunks that say what its colours are, whole, one after the other.
        exif: EXIF block from its byte order mark on, less orientation, sizes, resolution and
            thumbnails.
        xmp: XMP packet, less orientation, sizes and pictures.
        iptc: IPTC-IIM records.
        dpi: px per inch, across and down.
        comment: a comment that has no key.
        texts: PNG's texts by key.
    """

    icc: bytes
    colour: bytes
    exif: bytes
    xmp: bytes
    iptc: bytes
    dpi: list[float]
    comment: str
    texts: dict[str, str]


DESCRIPTIONS = frozenset({"exif", "xmp", "iptc", "comment", "texts"})
"""What of `Metadata` may go without a change of how the picture looks or prints."""


def reduced(facts: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    """The facts of a picture less what is not to be told; others than `Metadata` stay.

    Args:
        facts: a picture's facts, with those of `Metadata` among them.
        kept: `keep` is all; `private` keeps who holds the rights; `none` keeps nothing that
            describes. Colours, resolution and sample depth always stay.

    Returns:
        New facts.
    """
    if kept == "keep":
        return dict(facts)
    rest = {name: fact for name, fact in facts.items() if name not in DESCRIPTIONS}
    if kept == "none":
        return rest
    right = facts.get("texts", {}).get(_COPYRIGHT)
    if right is not None:
        rest["texts"] = {_COPYRIGHT: right}
    block = exif.only_copyright(facts.get("exif"))
    if block is not None:
        rest["exif"] = block
    return rest


def described(facts: Mapping[str, Any]) -> Metadata:
    """What of a picture's facts is written beside its pixels."""
    return {  # type: ignore[return-value] # its keys
        name: facts[name] for name in Metadata.__annotations__ if name in facts
    }


def read_metadata(data: bytes, header: Header, icc: bytes | None) -> tuple[Metadata, int, str]:
    """What a file says beside its pixels.

    Damaged parts are no reason to refuse a picture: they count as missing.

    Args:
        data: the file.
        header: what `examine` found in it.
        icc: its ICC profile as `read_icc` gives it.

    Returns:
        What it says, how it is to be turned (1 to 8), and what could not be kept, in words.
    """
    kind = header.format
    block = data if kind == "TIFF" else read_exif(data, kind)
    said = exif.Exif() if block is None else exif.read(block)
    colour = read_colour(data, header, icc, is_adobe_rgb=said.is_adobe_rgb)
    dpi = read_dpi(data, kind) or said.dpi
    texts = _texts(data) if kind == "PNG" else {}
    found: dict[str, Any] = {
        "icc": colour.icc,
        "colour": colour.chunks,
        "exif": said.block,
        "dpi": dpi and list(dpi if said.orientation < 5 else dpi[::-1]),
        "texts": texts,
    }
    return described({n: each for n, each in found.items() if each}), said.orientation, colour.note


def _texts(data: bytes) -> dict[str, str]:
    """The texts of a PNG file that follow to what is made of it."""
    texts: dict[str, str] = {}
    room = MAX_UNPACKED_BYTES
    for chunk in parts.chunks(data):
        if chunk.name in _TEXT_CHUNKS:
            try:
                key, value, encoding = _text_content(chunk, data, room)
                text = value.decode(encoding, "replace")
                _text_chunk(key, text)
            except PictureError:  # damaged, too long, or not to be written again
                continue
            if key not in _GRAPHS and not key.startswith(_NO_TEXTS):
                room -= len(value)
                texts[key] = text
    return texts


def text_chunks(texts: Mapping[str, str]) -> list[bytes]:
    """PNG's chunks of these texts."""
    return [_text_chunk(key, text) for key, text in texts.items()]


def add_text(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The PNG file with these texts, pixels untouched; a text of the same key is replaced."""
    new = text_chunks(texts)
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
        key, value, encoding = _text_content(chunk, data, room)
        room -= len(value)
        texts[key] = value.decode(encoding, "replace")
    return texts


def _text_chunk(key: str, text: str) -> bytes:
    if not (1 <= len(key) <= _MAX_KEY and key.isprintable() and _is_latin(key)):
        raise PictureError(
            f"text key {key[:_MAX_KEY]!r}: is no PNG keyword; allowed are 1 to {_MAX_KEY} "
            "printable Latin-1 characters. Choose another key."
        )
    if "\0" in text:
        raise PictureError(f"text {key!r}: holds a NUL character; allowed is any other. Remove it.")
    name = key.encode("latin-1")
    if _is_latin(text):
        return make_chunk(b"tEXt", name + b"\0" + text.encode("latin-1"))
    packed = text.encode("utf-8", "surrogatepass")
    return make_chunk(b"iTXt", name + bytes(5) + packed)


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)


def _text_content(chunk: Chunk, data: bytes, room: int) -> tuple[str, bytes, str]:
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


def read_icc(data: bytes, kind: Format) -> bytes | None:
    """The ICC profile of a file, or None."""
    if kind == "PNG":
        packed = parts.find(data, b"iCCP")
        return None if packed is None else unpack_text(packed.partition(b"\0")[2][1:])
    if kind == "JPEG":
        return jpeg.read_icc(data)
    if kind == "WEBP":
        return _riff_content(data, b"ICCP")
    if kind == "TIFF":
        return tiff.read_directory(data).raw(tiff.ICC_PROFILE)
    return None


def read_exif(data: bytes, kind: Format) -> bytes | None:
    """The EXIF block of a PNG, JPEG or WebP file (from its byte order mark on), or None."""
    block = None
    if kind == "PNG":
        block = parts.find(data, b"eXIf")
    elif kind == "JPEG":
        block = jpeg.read_exif(data)
    elif kind == "WEBP":
        block = _riff_content(data, b"EXIF")
    return None if block is None else block.removeprefix(exif.PREFIX)


def _riff_content(data: bytes, name: bytes) -> bytes | None:
    found = (data[start:end] for chunk, start, end in riff_chunks(data) if chunk == name)
    return next(found, None)
