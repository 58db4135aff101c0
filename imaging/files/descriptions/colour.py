"""What the colours of a picture are: what each format says of it, as an ICC profile.

A picture without a profile is sRGB, as everybody takes it.
"""

import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.descriptions.profiles import (
    ADOBE_RGB,
    D65,
    SRGB,
    SRGB_CURVE,
    Floats,
    Primaries,
    gamma_curve,
    is_whole,
    of_grey,
    parametric_curve,
    rgb_profile,
    sampled,
    table_curve,
)
from paintgraph.imaging.files.formats import avif, parts, tiff
from paintgraph.imaging.files.formats.header import Header
from paintgraph.imaging.files.formats.parts import unpack

_SIZES = {b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32}
"""PNG's chunks that say what colours are, and their lengths."""
_CODED_SRGB = bytes([1, 13, 0, 1])
_FULL_RANGE = 1
_TRANSFER, _WHITE, _PRIMARIES = 301, 318, 319
_COLOUR_TYPE, _PLAIN = 262, {1, 2}  # grey whose 0 is black, RGB
_BMP_CALIBRATED, _BMP_EMBEDDED = 0, int.from_bytes(b"MBED", "big")
_WHITE_C, _WHITE_DCI = (0.310, 0.316), (0.314, 0.351)
# ITU-T H.273, table 2.
_CODED_PRIMARIES: Mapping[int, Primaries] = {
    1: SRGB,
    4: Primaries(_WHITE_C, (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: Primaries(D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: Primaries(D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: Primaries(D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    8: Primaries(_WHITE_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: Primaries(D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: Primaries(_WHITE_DCI, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: Primaries(D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: Primaries(D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
_BT709 = parametric_curve(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)


class Colour(NamedTuple):
    """What is known of a picture's colours.

    Attributes:
        icc: the profile of its samples as RGB, or None for sRGB.
        chunks: PNG's chunks that say it, whole.
        note: what could not be kept, in words, or nothing.
    """

    icc: bytes | None = None
    chunks: bytes = b""
    note: str = ""


def read_colour(
    data: bytes, header: Header, embedded: bytes | None, *, is_adobe_rgb: bool
) -> Colour:
    """What a file says of its colours.

    Args:
        data: the file.
        header: what stands in its head.
        embedded: its ICC profile, or None.
        is_adobe_rgb: whether EXIF says that the colours are those of Adobe RGB.

    Returns:
        The profile of the samples once they are RGB. CMYK is converted, to sRGB.
    """
    if header.mode == "CMYK":
        return Colour()
    icc, note = _fitting(embedded, header)
    if header.format == "PNG":
        chunks = _colour_chunks(data)
        if icc is not None:
            chunks.pop(b"sRGB", None)  # the profile counts, and both must not be in one file
        named = _profile(chunks, icc) or _adobe_rgb(is_adobe_rgb and not chunks)
        return Colour(named, _whole(chunks), note)
    with suppress(PictureError):  # a head that is cut off
        if icc is None and header.format == "TIFF":
            icc = _of_tiff(data)
        if icc is None and header.format == "BMP":
            icc = _of_bmp(data)
        if icc is None and header.format in ("AVIF", "HEIC"):
            icc = _of_avif(data)
    return Colour(icc or _adobe_rgb(is_adobe_rgb and embedded is None), note=note)


def profile_of_chunks(whole: bytes) -> bytes | None:
    """The profile that says what these chunks of a PNG file say; None for sRGB."""
    return _profile(_colour_chunks(parts.SIGNATURE + whole + parts.make_chunk(b"IEND", b"")))


def _profile(chunks: Mapping[bytes, bytes], icc: bytes | None = None) -> bytes | None:
    """What counts of PNG's ways to say it, in the order of its third edition (4.3); None: sRGB."""
    coded = _of_cicp(chunks)
    if coded is not None:
        return coded or None
    if icc is not None:
        return icc
    return None if b"sRGB" in chunks else _of_gamma(chunks)


def _fitting(icc: bytes | None, header: Header) -> tuple[bytes | None, str]:
    """The profile for the samples as RGB, and what could not be kept."""
    if icc is None or not is_whole(icc):
        return None, ""
    if icc[16:20] == b"RGB ":
        return icc, ""
    if icc[16:20] != b"GRAY" or header.mode not in {"L", "LA"}:
        return None, ""
    as_rgb = of_grey(icc)
    note = (
        "the picture's grey profile has no curve that can be kept, so its grey is taken as sRGB. "
        "Convert it to sRGB first to keep its tones."
    )
    return as_rgb, "" if as_rgb else note


def _adobe_rgb(is_meant: bool) -> bytes | None:  # noqa: FBT001 - the only thing that it is asked
    curve = gamma_curve(563 / 256)
    return rgb_profile(ADOBE_RGB, [curve], name="Adobe RGB") if is_meant and curve else None


def _colour_chunks(data: bytes) -> dict[bytes, bytes]:
    """What PNG's colour chunks hold, those of the right length."""
    found: dict[bytes, bytes] = {}
    for chunk in parts.chunks(data):
        if chunk.end - chunk.start == _SIZES.get(chunk.name):
            found.setdefault(chunk.name, chunk.content(data))
    return found


def _whole(chunks: Mapping[bytes, bytes]) -> bytes:
    return b"".join(parts.make_chunk(name, chunks[name]) for name in _SIZES if name in chunks)


def _of_cicp(chunks: Mapping[bytes, bytes]) -> bytes | None:
    """The profile that ITU-T H.273's numbers name; empty for sRGB, None if they say nothing."""
    numbers = chunks.get(b"cICP", bytes(4))
    if numbers == _CODED_SRGB:
        return b""
    primaries, transfer, matrix, span = numbers
    ends, curve = _CODED_PRIMARIES.get(primaries), _coded_curve(transfer)
    if ends is None or curve is None or matrix:
        return None
    if span != _FULL_RANGE:
        curve = _narrowed(curve)
    return curve and rgb_profile(ends, [curve], name=f"CICP {primaries} {transfer}", cicp=numbers)


def _coded_curve(transfer: int) -> bytes | None:
    """Light by sample (ITU-T H.273, table 3), 1 the brightest that can be said."""
    if transfer in {1, 6, 14, 15}:
        return _BT709
    if transfer in {4, 5, 8}:
        return gamma_curve({4: 2.2, 5: 2.8, 8: 1.0}[transfer])
    if transfer == 13:
        return SRGB_CURVE
    sample = np.linspace(0, 1, 4096)
    if transfer == 16:  # PQ, SMPTE ST 2084
        root = sample ** (32 / 2523)
        light = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
        return table_curve(light ** (8192 / 1305))
    if transfer == 18:  # HLG, ARIB STD-B67
        high = (np.exp((sample - 0.55991073) / 0.17883277) + 0.28466892) / 12
        return table_curve(np.where(sample <= 0.5, sample**2 / 3, high))
    return None


def _narrowed(curve: bytes) -> bytes | None:
    """The curve of samples whose black is 16 and whose white is 235 of 255."""
    light = sampled(curve)
    if light is None:
        return None
    place = np.linspace(0, 1, light.size)
    return table_curve(np.interp((place * 255 - 16) / 219, place, light))


def _of_gamma(chunks: Mapping[bytes, bytes]) -> bytes | None:
    """The profile that gAMA and cHRM name, or None if there is neither."""
    gamma = int.from_bytes(chunks.get(b"gAMA", b""), "big")
    curve = gamma_curve(100_000 / gamma) if gamma else None
    ends = _ends(struct.unpack(">8I", chunks[b"cHRM"])) if b"cHRM" in chunks else None
    if curve is None and ends is None:
        return None
    by_ends = ends and rgb_profile(ends, [curve or SRGB_CURVE], name="PNG")
    return by_ends or (curve and rgb_profile(SRGB, [curve], name="PNG"))


def _ends(numbers: tuple[int, ...]) -> Primaries:
    pairs = [(x / 100_000, y / 100_000) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    return Primaries(*pairs)


def _of_tiff(data: bytes) -> bytes | None:
    """The profile that TIFF's tags of colour name (TIFF 6.0, section 20), or None."""
    page = tiff.read_directory(data)
    curves = _transfer_curves(page)
    white, ends = page.ratios(_WHITE), page.ratios(_PRIMARIES)
    if page.number(_COLOUR_TYPE) not in _PLAIN or not (curves or len(white) == 2 or len(ends) == 6):
        return None
    gamma = gamma_curve(2.2)
    red, green, blue = (
        ((ends[0], ends[1]), (ends[2], ends[3]), (ends[4], ends[5]))
        if len(ends) == 6
        else (SRGB.red, SRGB.green, SRGB.blue)
    )
    primaries = Primaries((white[0], white[1]) if len(white) == 2 else D65, red, green, blue)
    return gamma and rgb_profile(primaries, curves or [gamma], name="TIFF")


def _transfer_curves(page: tiff.Directory) -> list[bytes]:
    """One curve or one for each channel, or none."""
    field, value = page.fields.get(_TRANSFER), page.raw(_TRANSFER)
    points = 1 << page.number(258, 1)
    if field is None or value is None or field.kind != tiff.SHORT:
        return []
    if field.count not in {points, 3 * points} or points == 1:
        return []
    light: Floats = np.frombuffer(value, f"{page.order}u2") / 65535
    return [table_curve(each) for each in light.reshape(-1, points)]


def _of_avif(data: bytes) -> bytes | None:
    """The profile of H.273's numbers, for the RGB of full range that a decoder gives."""
    cicp = avif.read(data).cicp
    if cicp is None:
        return None
    return _of_cicp({b"cICP": bytes([cicp[0] & 255, cicp[1] & 255, 0, _FULL_RANGE])}) or None


def _of_bmp(data: bytes) -> bytes | None:
    """The profile that a BMP head of version 4 or 5 names, or None."""
    (size,) = unpack("<I", data, 14)
    if size < 108:
        return None
    (kind,) = unpack("<I", data, 70)
    if kind == _BMP_EMBEDDED and size >= 124:
        start, length = unpack("<II", data, 14 + 112)
        icc = data[14 + start : 14 + start + length]
        return icc if is_whole(icc) and icc[16:20] == b"RGB " and len(icc) == length else None
    return _of_endpoints(data) if kind == _BMP_CALIBRATED else None


def _of_endpoints(data: bytes) -> bytes | None:
    """The profile of BMP's end points (XYZ, 2.30) and gammas (16.16) of red, green and blue."""
    ends = np.array(unpack("<9I", data, 74), float).reshape(3, 3) / (1 << 30)
    curves = [gamma_curve(code / 65536) for code in unpack("<3I", data, 110)]
    named = [curve for curve in curves if curve is not None]
    if len(named) < 3:
        return None
    whole = np.vstack([ends, ends.sum(axis=0)])
    total = whole.sum(axis=1)
    if (total <= 0).any():
        return rgb_profile(SRGB, named, name="BMP")
    red, green, blue, white = ((x / s, y / s) for (x, y, _), s in zip(whole, total, strict=True))
    return rgb_profile(Primaries(white, red, green, blue), named, name="BMP")
