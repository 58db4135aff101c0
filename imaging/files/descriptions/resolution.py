"""How many px an inch of a picture has, read from and written to each format's own place."""

import struct
from collections.abc import Sequence
from fractions import Fraction

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.descriptions.exif import known_dpi
from paintgraph.imaging.files.formats import parts
from paintgraph.imaging.files.formats.parts import jpeg_segments, make_chunk, unpack

_METRE = Fraction(254, 10_000)  # of which an inch is that many
_CENTIMETRE = Fraction(254, 100)
_JFIF = b"JFIF\0"
_MOST_JFIF = 0xFFFF
_OLD_BMP_HEADER = 12

Dpi = tuple[float, float]


def read_dpi(data: bytes, kind: Format) -> Dpi | None:
    """Px per inch, across and down, as the format itself says; EXIF is not asked."""
    try:
        if kind == "PNG":
            return _of_png(parts.find(data, b"pHYs"))
        if kind == "JPEG":
            return _of_jpeg(data)
        return _of_bmp(data) if kind == "BMP" else None
    except PictureError:  # cut off
        return None


def physical_chunk(dpi: Sequence[float]) -> bytes:
    """PNG's chunk `pHYs` for px per inch across and down."""
    return make_chunk(b"pHYs", struct.pack(">IIB", *map(_per_metre, dpi), 1))


def with_density(data: bytes, dpi: Sequence[float]) -> bytes:
    """The JFIF file with its density: in px per inch, or per centimetre if that is nearer.

    Args:
        data: a JPEG file that starts with a JFIF segment, as libjpeg writes it.
        dpi: px per inch across and down; beyond 65,535 the file stays as it is.
    """
    exact = [Fraction(value) for value in dpi]
    metric = [value / _CENTIMETRE for value in exact]
    is_metric = _rounding(metric) < _rounding(exact)
    across, down = (round(value) for value in (metric if is_metric else exact))
    if max(across, down) > _MOST_JFIF or not data.startswith(_JFIF, 6):
        return data
    return data[:13] + struct.pack(">BHH", 1 + is_metric, across, down) + data[18:]


def _rounding(values: Sequence[Fraction]) -> Fraction:
    return max(abs(value - round(value)) / value for value in values)


def _of_png(chunk: bytes | None) -> Dpi | None:
    if chunk is None or len(chunk) != 9 or chunk[8] != 1:
        return None
    return _of_metres(*unpack(">II", chunk, 0))


def _of_jpeg(data: bytes) -> Dpi | None:
    for marker, start, _ in jpeg_segments(data):
        if marker == 0xE0 and data.startswith(_JFIF, start + 4):
            unit, across, down = unpack(">BHH", data, start + 11)
            scale = {1: Fraction(1), 2: _CENTIMETRE}.get(unit, Fraction(0))
            return known_dpi(across * scale, down * scale)
    return None


def _of_bmp(data: bytes) -> Dpi | None:
    if unpack("<I", data, 14)[0] == _OLD_BMP_HEADER:
        return None
    across, down = unpack("<ii", data, 38)
    return _of_metres(max(0, across), max(0, down))


def _of_metres(across: int, down: int) -> Dpi | None:
    return known_dpi(_per_inch(across), _per_inch(down))


def _per_metre(dpi: float) -> int:
    return round(Fraction(dpi) / _METRE)


def _per_inch(px: int) -> Fraction:
    """Px per inch; a whole number if writing it would give as many px per metre."""
    exact = px * _METRE
    whole = round(exact)
    return Fraction(whole) if whole and _per_metre(whole) == px else exact
