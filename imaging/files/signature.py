"""What a file is, told by its first bytes and never by its name."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from paintgraph.imaging.errors import PictureError

Format: TypeAlias = Literal["PNG", "JPEG", "WEBP", "TIFF", "BMP"]

ALLOWED = "allowed are PNG, JPEG, WebP, TIFF and BMP"
_CONVERT = "Convert it to PNG first."
_CHECK = "Check that the path or address leads to the picture itself."
_TEXT_PROBE = 1024
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})

_FORMATS: Mapping[bytes, Format] = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
_OTHER_PICTURES: Mapping[bytes, str] = {
    b"GIF87a": "a GIF",
    b"GIF89a": "a GIF",
    b"II+\0": "a BigTIFF",
    b"MM\0+": "a BigTIFF",
    b"8BPS": "a Photoshop file",
    b"\xff\x0a": "a JPEG XL picture",
    b"\0\0\0\x0cJXL ": "a JPEG XL picture",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"v/1\x01": "an OpenEXR picture",
    b"\0\0\x01\0": "an icon file",
}
_OTHER_FILES: Mapping[bytes, str] = {
    b"%PDF-": "a PDF document",
    b"\x1aE\xdf\xa3": "a Matroska or WebM video",
    b"PK\x03\x04": "a ZIP archive",
}
_BRANDS: Mapping[bytes, str] = {
    b"avif": "an AVIF picture",
    b"avis": "an AVIF picture",
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"hevc": "a HEIC picture",
    b"heim": "a HEIC picture",
    b"mif1": "a HEIC picture",
    b"msf1": "a HEIC picture",
}


def recognise(data: bytes) -> Format:
    """Format of the file, or an error that names what the file is instead."""
    if not data:
        raise PictureError(
            f"picture: the file is empty (0 bytes); {ALLOWED}. {_CHECK}", code="not_a_picture"
        )
    known = _known_format(data)
    if known is not None:
        return known
    other = _starting(data, _OTHER_PICTURES) or _box_picture(data) or _svg(data)
    if other is not None:
        raise PictureError(f"picture: is {other}; {ALLOWED}. {_CONVERT}")
    what = _starting(data, _OTHER_FILES) or _other_file(data)
    raise PictureError(f"picture: is {what}; {ALLOWED}. {_CHECK}", code="not_a_picture")


def _known_format(data: bytes) -> Format | None:
    for start, name in _FORMATS.items():
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    return None


def _starting(data: bytes, names: Mapping[bytes, str]) -> str | None:
    return next((name for start, name in names.items() if data.startswith(start)), None)


def _box_picture(data: bytes) -> str | None:
    return _BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else None


def _svg(data: bytes) -> str | None:
    start = data[:_TEXT_PROBE].lower()
    return "an SVG drawing" if b"<svg" in start and not _is_html(start) else None


def _is_html(start: bytes) -> bool:
    return b"<!doctype html" in start or b"<html" in start


def _other_file(data: bytes) -> str:
    if _is_html(data[:_TEXT_PROBE].lower()):
        return "an HTML page"
    if data[4:8] == b"ftyp":
        return "an MP4 or QuickTime video"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "an AVI video"
    return "no picture that is known here"
