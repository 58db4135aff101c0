"""What a file is, told by its first bytes and never by its name: the one table of formats.

Every way in asks here, so a file has one name wherever it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Format: TypeAlias = Literal["PNG", "JPEG", "WEBP", "TIFF", "BMP", "AVIF", "GIF", "HEIC"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A format that is read: its name in messages, its media type, the suffixes of its files."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]


KINDS: Mapping[Format, Kind] = {
    "PNG": Kind("PNG", "image/png", (".png",)),
    "JPEG": Kind("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jfif", ".jpe", ".jif")),
    "WEBP": Kind("WebP", "image/webp", (".webp",)),
    "TIFF": Kind("TIFF", "image/tiff", (".tif", ".tiff")),
    "BMP": Kind("BMP", "image/bmp", (".bmp", ".dib")),
    "AVIF": Kind("AVIF", "image/avif", (".avif",)),
    "GIF": Kind("GIF", "image/gif", (".gif",)),
    "HEIC": Kind("HEIC", "image/heic", (".heic", ".heif", ".hif")),
}
SUFFIXES = tuple(suffix for kind in KINDS.values() for suffix in kind.suffixes)
"""Of files that are read."""

OTHER_SUFFIXES = (
    ".jxl", ".jp2", ".j2k", ".jpx", ".svg", ".psd", ".psb", ".xcf",
    ".kra", ".exr", ".hdr", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf",
    ".ico", ".icns", ".cur", ".tga", ".dds", ".ppm", ".pgm", ".pbm", ".pnm", ".qoi", ".eps",
    ".jxr",
)  # fmt: skip
"""Of pictures of other kinds, which must be converted first."""

_TEXT_PROBE = 1024
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})

_FORMATS: Mapping[bytes, Format] = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
}
RAW = "a camera's raw file"
_CANON = b"II*\0\x10\0\0\0CR"
_OTHER_PICTURES: Mapping[bytes, str] = {
    b"II+\0": "a BigTIFF",
    b"MM\0+": "a BigTIFF",
    b"8BPS": "a Photoshop file",
    b"gimp xcf": "a GIMP file",
    b"\xff\x0a": "a JPEG XL picture",
    b"\0\0\0\x0cJXL ": "a JPEG XL picture",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"\xff\x4f\xff\x51": "a JPEG 2000 picture",
    b"II\xbc\x01": "a JPEG XR picture",
    b"v/1\x01": "an OpenEXR picture",
    b"#?RADIANCE": "a Radiance HDR picture",
    b"\0\0\x01\0": "an icon file",
    b"\0\0\x02\0": "a cursor file",
    b"icns": "an icon file",
    _CANON: RAW,
    b"FUJIFILMCCD-RAW": RAW,
    b"IIU\0": RAW,
    b"IIRO": RAW,
    b"IIRS": RAW,
    b"FOVb": RAW,
    b"DDS ": "a DDS texture",
    b"qoif": "a QOI picture",
    b"\x8aMNG": "an MNG animation",
    b"%!PS": "a PostScript drawing",
    b"\xc5\xd0\xd3\xc6": "a PostScript drawing",
}
_OTHER_FILES: Mapping[bytes, str] = {
    b"%PDF-": "a PDF document",
    b"\x1aE\xdf\xa3": "a Matroska or WebM video",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b\x08": "a gzip archive",
    b"\0\0\x01\xba": "an MPEG video",
    b"\0\0\x01\xb3": "an MPEG video",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself",
}
_BRANDS: Mapping[bytes, str] = {
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs"), "a sequence of HEIC pictures"),
    **dict.fromkeys((b"mif1", b"msf1"), "a HEIF picture"),
    b"crx ": RAW,
}
_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis"})
_MOST_BRANDS = 64


def media_type_of(data: bytes) -> str | None:
    """The type of a picture of a known format, by its first bytes; None for all else."""
    format_ = known_format(data)
    return None if format_ is None else KINDS[format_].media_type


def known_format(data: bytes) -> Format | None:
    """Format of the file by its first bytes, or None if it is none of those that are read."""
    if data.startswith(_CANON):  # else a TIFF
        return None
    for start, name in _FORMATS.items():
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    return _of_boxes(data)


def _of_boxes(data: bytes) -> Format | None:
    """Format of a file of boxes, or None if it is none of those that are read."""
    if data[8:12] in _BRANDS.keys() - {b"mif1", b"msf1"}:
        return None
    brands = set(_brands(data))
    return "AVIF" if _AVIF & brands else "HEIC" if _HEIC & brands else None


def what_it_is(data: bytes) -> str | None:
    """What the first bytes tell in words, a format that is read or another; None if nothing."""
    return known_format(data) or other_picture(data) or other_file(data)


def _starting(data: bytes, names: Mapping[bytes, str]) -> str | None:
    return next((name for start, name in names.items() if data.startswith(start)), None)


def other_picture(data: bytes) -> str | None:
    """What picture of a kind that is not read a file is, or None."""
    return _starting(data, _OTHER_PICTURES) or _box_picture(data) or _portable(data) or _svg(data)


def _box_picture(data: bytes) -> str | None:
    return next((_BRANDS[brand] for brand in _brands(data) if brand in _BRANDS), None)


def _brands(data: bytes) -> list[bytes]:
    """What a file of boxes (ISO/IEC 14496-12) says it is, the most fitting brand first."""
    if data[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(data[:4], "big"), len(data), 16 + 4 * _MOST_BRANDS)
    return [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]


def _portable(data: bytes) -> str | None:
    is_one = data[:1] == b"P" and data[1:2] in b"1234567Ff" and data[2:3] in b"\n\r\t#"
    return "a PPM, PGM or PBM picture" if is_one and len(data) > 2 else None


def _svg(data: bytes) -> str | None:
    start = data[:_TEXT_PROBE].lower()
    return "an SVG drawing" if b"<svg" in start and not _is_html(start) else None


def _is_html(start: bytes) -> bool:
    return b"<!doctype html" in start or b"<html" in start


def other_file(data: bytes) -> str | None:
    """What a file is that is no picture, or None if that is not known."""
    if _is_html(data[:_TEXT_PROBE].lower()):
        return "an HTML page"
    if data[4:8] == b"ftyp":
        return "an MP4 or QuickTime video"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "an AVI video"
    return _starting(data, _OTHER_FILES)
