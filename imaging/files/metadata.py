"""What a picture file tells beside its pixels, as plain data that travels with the picture."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.descriptions import exif, iptc, jpeg, xmp
from paintgraph.imaging.files.descriptions.colour import read_colour
from paintgraph.imaging.files.descriptions.raw_profile import unhex
from paintgraph.imaging.files.descriptions.resolution import read_dpi
from paintgraph.imaging.files.descriptions.texts import readable_texts, text_chunk
from paintgraph.imaging.files.formats import avif, gif, parts, tiff
from paintgraph.imaging.files.formats.header import Header
from paintgraph.imaging.files.formats.parts import riff_chunks, unpack_text

MADE = frozenset({"paintgraph", "paintgraph-result", "repaint", "prompt", "workflow"})
"""Keys of texts that say how a picture was made: of an input they are never passed on."""

# Written by ImageMagick, or read as something else than a text.
_RAW_PROFILE = "Raw profile type "  # as `raw_profile` reads them
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


def fitted(metadata: Metadata, name: Format) -> Metadata:
    """What a file of that format says: what has no place of its own there takes another's."""
    fit = metadata.copy()
    texts = dict(fit.get("texts", {}))
    if name == "PNG":
        if "comment" in fit:
            texts.setdefault(_COMMENT, fit["comment"])
        return {**fit, "texts": texts}
    if _COMMENT in texts:
        fit.setdefault("comment", texts[_COMMENT])
    block = exif.with_copyright(fit.get("exif"), texts.get(_COPYRIGHT, ""))
    if block is not None:
        fit["exif"] = block
    return fit


def left_out(metadata: Metadata, name: Format) -> str:
    """What people wrote of a picture and a file of that format has no place for, in words."""
    texts = metadata.get("texts", {}).keys() - {_COMMENT, _COPYRIGHT}
    if name != "PNG" and texts:
        return f"{name} has no place for the picture's texts ({', '.join(sorted(texts))}). PNG has."
    if name not in {"JPEG", "TIFF"} and "iptc" in metadata:
        return f"{name} has no place for the picture's IPTC. JPEG and TIFF have."
    if name == "JPEG" and len(metadata.get("xmp", b"")) > xmp.MOST_IN_JPEG:
        return "JPEG has no place for the picture's XMP, which is long. PNG, TIFF and WebP have."
    return ""


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
    beside = _READERS[kind](data) if kind in _READERS else {}
    block = data if kind == "TIFF" else read_exif(data, kind) or beside.get("exif")
    said = exif.Exif() if block is None else exif.read(block)
    # Boxes turn these pictures; their EXIF only repeats that, for people (ISO/IEC 23008-12).
    is_boxed = kind in {"AVIF", "HEIC"}
    turn = avif.read(data).orientation if is_boxed else said.orientation
    colour = read_colour(data, header, icc, is_adobe_rgb=said.is_adobe_rgb)
    dpi = read_dpi(data, kind) or said.dpi
    packet, records = beside.get("xmp"), beside.get("iptc")
    comment = beside.get("comment", "")
    found: dict[str, Any] = {
        **beside,
        "icc": colour.icc,
        "colour": colour.chunks,
        "exif": said.block,
        "xmp": packet and xmp.cleaned(packet),
        "iptc": records and iptc.cleaned(records),
        "comment": "" if xmp.holds_picture(comment) else comment,
        "dpi": dpi and list(dpi if turn < 5 else dpi[::-1]),
    }
    return described({n: each for n, each in found.items() if each}), turn, colour.note


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


def _of_avif(data: bytes) -> dict[str, Any]:
    said = avif.read(data)
    return {"exif": said.exif, "xmp": said.xmp}


def _of_gif(data: bytes) -> dict[str, Any]:
    said = gif.read(data)
    return {"xmp": said.xmp, "comment": said.comment.decode("utf-8", "replace")}


def _of_png(data: bytes) -> dict[str, Any]:
    """What the texts of a PNG file say: most stand for themselves, some hold another's block."""
    texts = readable_texts(data)
    found: dict[str, Any] = {"texts": {n: t for n, t in texts.items() if _is_told(n, t)}}
    for key, text in texts.items():
        block = (key.startswith(_RAW_PROFILE) and unhex(text.encode())) or b""
        if block.startswith((exif.PREFIX, *exif.MAGIC)):
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


_READERS: Mapping[Format, Callable[[bytes], dict[str, Any]]] = {
    "PNG": _of_png,
    "JPEG": _of_jpeg,
    "WEBP": _of_webp,
    "TIFF": _of_tiff,
    "AVIF": _of_avif,
    "HEIC": _of_avif,
    "GIF": _of_gif,
}


def _is_told(key: str, text: str) -> bool:
    """Whether a text follows to what is made of the picture."""
    if key in MADE or key.startswith(_NO_TEXTS) or xmp.holds_picture(text):
        return False
    try:
        text_chunk(key, text)
    except PictureError:  # PNG cannot hold it, though it came from there
        return False
    return True


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
    if kind in ("AVIF", "HEIC"):
        return avif.read(data).icc
    return gif.read(data).icc if kind == "GIF" else None


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
