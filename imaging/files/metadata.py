"""What a picture file tells beside its pixels, as plain data that travels with the picture."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files import exif, iptc, jpeg, parts, raw_profile, tiff, xmp
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
_RAW_PROFILE = "Raw profile type "
_NO_TEXTS = (_RAW_PROFILE, xmp.KEY, "exif:", "tiff:", "xmp:")
_COPYRIGHT, _COMMENT = "Copyright", "Comment"

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
    texts = {n: text for n, text in facts.get("texts", {}).items() if n == _COPYRIGHT}
    if texts:
        rest["texts"] = texts
    block = exif.with_copyright(exif.only_copyright(facts.get("exif")), _rights(facts))
    if block is not None:
        rest["exif"] = block
    return rest


def _rights(facts: Mapping[str, Any]) -> str:
    """Who holds the rights by what a picture says beside EXIF, or nothing."""
    said: str = facts.get("texts", {}).get(_COPYRIGHT, "")
    return said or xmp.rights(facts.get("xmp", b"")) or iptc.rights(facts.get("iptc", b""))


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
    beside = _of_texts(_texts(data)) if kind == "PNG" else _READERS.get(kind, _nothing)(data)
    block = data if kind == "TIFF" else read_exif(data, kind) or beside.get("exif")
    said = exif.Exif() if block is None else exif.read(block)
    colour = read_colour(data, header, icc, is_adobe_rgb=said.is_adobe_rgb)
    dpi = read_dpi(data, kind) or said.dpi
    packet, records = beside.get("xmp"), beside.get("iptc")
    found: dict[str, Any] = {
        **beside,
        "icc": colour.icc,
        "colour": colour.chunks,
        "exif": said.block,
        "xmp": packet and xmp.cleaned(packet),
        "iptc": records and iptc.cleaned(records),
        "dpi": dpi and list(dpi if said.orientation < 5 else dpi[::-1]),
    }
    return described({n: each for n, each in found.items() if each}), said.orientation, colour.note


def _nothing(_: bytes) -> dict[str, Any]:
    return {}


def _of_jpeg(data: bytes) -> dict[str, Any]:
    return {
        "xmp": jpeg.read_xmp(data),
        "iptc": jpeg.read_iptc(data),
        "comment": jpeg.read_comment(data),
    }


def _of_webp(data: bytes) -> dict[str, Any]:
    return {"xmp": _riff_content(data, b"XMP ")}


def _of_tiff(data: bytes) -> dict[str, Any]:
    page = tiff.read_directory(data)
    return {"xmp": page.raw(tiff.XMP), "iptc": page.raw(tiff.IPTC)}


_READERS: Mapping[Format, Callable[[bytes], dict[str, Any]]] = {
    "JPEG": _of_jpeg,
    "WEBP": _of_webp,
    "TIFF": _of_tiff,
}


def _texts(data: bytes) -> dict[str, str]:
    """All texts of a PNG file that can be read, by key."""
    texts: dict[str, str] = {}
    room = MAX_UNPACKED_BYTES
    for chunk in parts.chunks(data):
        if chunk.name in _TEXT_CHUNKS:
            try:
                key, value, encoding = _text_content(chunk, data, room)
            except PictureError:  # damaged or too long
                continue
            room -= len(value)
            texts[key] = value.decode(encoding, "replace")
    return texts


def _of_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """What the texts of a PNG file say: most stand for themselves, some hold another's block."""
    found: dict[str, Any] = {"texts": {n: t for n, t in texts.items() if _is_told(n, t)}}
    for key, text in texts.items():
        block = _raw_profile(text) if key.startswith(_RAW_PROFILE) else b""
        if block.startswith(exif.PREFIX):
            found["exif"] = block.removeprefix(exif.PREFIX)
        elif block.startswith(xmp.PREFIX):
            found["xmp"] = block.removeprefix(xmp.PREFIX)
        elif key == f"{_RAW_PROFILE}xmp":
            found["xmp"] = block
        elif block:
            blocks = block.removeprefix(iptc.PHOTOSHOP)
            found["iptc"] = iptc.of_photoshop(blocks) or blocks
    if xmp.KEY in texts:
        found["xmp"] = texts[xmp.KEY].encode(errors="replace")
    return found


def _is_told(key: str, text: str) -> bool:
    """Whether a text follows to what is made of the picture."""
    if key in _GRAPHS or key.startswith(_NO_TEXTS) or xmp.holds_picture(text):
        return False
    try:
        _text_chunk(key, text)
    except PictureError:  # PNG cannot hold it, though it came from there
        return False
    return True


def _raw_profile(text: str) -> bytes:
    """A block as ImageMagick writes it: a line of its name, one of its length, and hex digits."""
    _, _, rest = text.strip().partition("\n")
    try:
        return bytes.fromhex(rest.strip().partition("\n")[2])
    except ValueError:
        return b""


def text_chunks(metadata: Metadata) -> list[bytes]:
    """PNG's chunks of all texts, among them the XMP packet and the comment."""
    texts = {**metadata.get("texts", {})}
    if "comment" in metadata:
        texts.setdefault(_COMMENT, metadata["comment"])
    new = [_text_chunk(key, text) for key, text in texts.items()]
    if "xmp" in metadata:
        new.append(make_chunk(b"iTXt", xmp.KEY.encode() + bytes(5) + metadata["xmp"]))
    return new


def comment_of(metadata: Metadata) -> str:
    """The comment for a file without keys of texts."""
    return metadata.get("comment") or metadata.get("texts", {}).get(_COMMENT, "")


def add_text(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The PNG file with these texts, pixels untouched; a text of the same key is replaced."""
    new = [_text_chunk(key, text) for key, text in texts.items()]
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
        block = parts.find(data, b"eXIf") or _exif_in_text(data)
    elif kind == "JPEG":
        block = jpeg.read_exif(data)
    elif kind == "WEBP":
        block = _riff_content(data, b"EXIF")
    return None if block is None else block.removeprefix(exif.PREFIX)


def _exif_in_text(data: bytes) -> bytes | None:
    """The EXIF block that a PNG file has in a text, or None."""
    for chunk in parts.chunks(data):
        if chunk.name in _TEXT_CHUNKS and chunk.content(data).startswith(raw_profile.EXIF_KEYS):
            try:
                block = raw_profile.unhex(_text_content(chunk, data, MAX_UNPACKED_BYTES)[1])
            except PictureError:
                continue
            if block is not None and block.startswith(exif.PREFIX):
                return block
    return None


def _riff_content(data: bytes, name: bytes) -> bytes | None:
    found = (data[start:end] for chunk, start, end in riff_chunks(data) if chunk == name)
    return next(found, None)
