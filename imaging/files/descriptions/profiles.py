"""ICC profiles of RGB pictures, written from primaries and curves (ICC.1:2022).

Colours themselves are never converted: a profile says what the samples mean.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HEADER, _ENTRY = 128, 12
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_MOST_POINTS = 4096
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
_MOST_GAMMA = 100


@dataclass(frozen=True, slots=True)
class Primaries:
    """Chromaticities x, y of white, red, green and blue (CIE 1931)."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


D65 = (0.3127, 0.3290)
SRGB = Primaries(D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE_RGB = Primaries(D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))


def gamma_curve(gamma: float) -> bytes | None:
    """Light as a power of the sample; None beyond what is a curve of a picture."""
    if not 1 / _MOST_GAMMA <= gamma <= _MOST_GAMMA:
        return None
    return parametric_curve(0, gamma)


def parametric_curve(kind: int, *parameters: float) -> bytes:
    """One of the five functions of the type `para` (ICC.1:2022, table 68)."""
    numbers = struct.pack(f">{len(parameters)}i", *(round(p * 65536) for p in parameters))
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + numbers


SRGB_CURVE = parametric_curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def table_curve(light: Floats) -> bytes:
    """Light 0 to 1 at samples that lie evenly from 0 to 1; at most 4,096 points are kept."""
    if light.size > _MOST_POINTS:
        at = np.linspace(0, light.size - 1, _MOST_POINTS)
        light = np.interp(at, np.arange(light.size), light)
    codes = np.rint(np.clip(light, 0, 1) * 65535).astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", codes.size) + codes.tobytes()


def rgb_profile(
    primaries: Primaries, curves: Sequence[bytes], *, name: str, cicp: bytes = b""
) -> bytes | None:
    """A profile of RGB samples; None if the primaries span no colours.

    Args:
        primaries: what red, green, blue and white are.
        curves: the tag of one curve, or of one for each channel.
        name: what programs call it.
        cicp: the four numbers of ITU-T H.273 that say the same, or nothing.
    """
    columns, adapted = _columns(primaries)
    if columns is None or adapted is None:
        return None
    red, green, blue = curves if len(curves) == 3 else [curves[0]] * 3
    tags = {
        b"desc": _text(name),
        b"cprt": _text("No copyright"),
        b"wtpt": _xyz(_D50),
        b"chad": b"sf32" + bytes(4) + _fixed(adapted.reshape(-1)),
        b"rXYZ": _xyz(columns[:, 0]),
        b"gXYZ": _xyz(columns[:, 1]),
        b"bXYZ": _xyz(columns[:, 2]),
        b"rTRC": red,
        b"gTRC": green,
        b"bTRC": blue,
        **({b"cicp": b"cicp" + bytes(4) + cicp} if cicp else {}),
    }
    return _file(tags)


def of_grey(icc: bytes) -> bytes | None:
    """The profile of RGB samples that are what the samples of a grey profile were.

    None if the grey profile has no curve that can be read.
    """
    curve = _tag(icc, b"kTRC")
    light = None if curve is None else sampled(curve)
    if curve is None or light is None:
        return None
    if icc[20:24] == b"Lab ":  # the curve gives lightness
        curve = table_curve(np.where(light > 0.08, ((light + 0.16) / 1.16) ** 3, light / 9.033))
    elif icc[20:24] != b"XYZ ":
        return None
    return rgb_profile(SRGB, [curve], name="Grey")


def is_whole(icc: bytes) -> bool:
    """Whether these are the bytes of a profile at all."""
    return len(icc) > _HEADER + 4 and icc[36:40] == b"acsp"


def sampled(curve: bytes, points: int = _MOST_POINTS) -> Floats | None:
    """Light 0 to 1 of a curve's tag at samples that lie evenly; None if it cannot be read."""
    sample = np.linspace(0, 1, points)
    if curve[:4] == b"curv" and len(curve) >= 12:
        (count,) = struct.unpack_from(">I", curve, 8)
        codes = np.frombuffer(curve[12 : 12 + 2 * min(count, len(curve))], ">u2", offset=0)
        if codes.size != count:
            return None
        if count < 2:
            return sample ** (codes[0] / 256 if count else 1)
        return np.interp(sample, np.linspace(0, 1, count), codes / 65535)
    if curve[:4] == b"para" and len(curve) >= 12:
        (kind,) = struct.unpack_from(">H", curve, 8)
        count = _PARAMETERS.get(kind, 0)
        if count and len(curve) >= 12 + 4 * count:
            numbers = [n / 65536 for n in struct.unpack_from(f">{count}i", curve, 12)]
            return _parametric(sample, kind, numbers)
    return None


def _parametric(sample: Floats, kind: int, numbers: Sequence[float]) -> Floats | None:
    """The functions of the type `para`: a power above a bound, a line below it."""
    power, scale, shift, slope, bound, above, below = (*numbers, *[0.0] * 7)[:7]
    if kind == 0:
        scale = 1
    elif kind in {1, 2}:
        above = below = slope if kind == 2 else 0
        bound = -shift / scale if scale else 0
        slope = 0
    with np.errstate(all="ignore"):
        upper = np.maximum(scale * sample + shift, 0) ** power + above
    light = np.where(sample >= bound, upper, slope * sample + below)
    return np.clip(light, 0, 1) if np.isfinite(light).all() else None


def _columns(primaries: Primaries) -> tuple[Floats | None, Floats | None]:
    """XYZ of red, green and blue adapted to D50, and the adaptation."""
    pairs = (primaries.red, primaries.green, primaries.blue, primaries.white)
    if any(y <= 0 for _, y in pairs):
        return None, None
    red, green, blue, white = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in pairs)
    ends = np.stack([red, green, blue], axis=1)
    cones, cones_of_d50 = _BRADFORD @ white, _BRADFORD @ _D50
    if abs(np.linalg.det(ends)) < 1e-6 or (np.abs(cones) < 1e-6).any():
        return None, None
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones_of_d50 / cones) @ _BRADFORD
    columns = adapted @ (ends * np.linalg.solve(ends, white))
    is_known = np.isfinite(columns).all() and max(np.abs(columns).max(), np.abs(adapted).max()) < 99
    return (columns, adapted) if is_known else (None, None)


def _tag(icc: bytes, name: bytes) -> bytes | None:
    """What a tag of a profile holds, or None."""
    if not is_whole(icc):
        return None
    (count,) = struct.unpack_from(">I", icc, _HEADER)
    start = _HEADER + 4
    for at in range(start, min(start + _ENTRY * count, len(icc) - _ENTRY + 1), _ENTRY):
        found, offset, size = struct.unpack_from(">4sII", icc, at)
        if found == name:
            return icc[offset : offset + size]
    return None


def _file(tags: dict[bytes, bytes]) -> bytes:
    """A profile of these tags; equal ones stand there once."""
    start = _HEADER + 4 + _ENTRY * len(tags)
    body = b""
    places: dict[bytes, int] = {}
    for content in tags.values():
        if content not in places:
            places[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
    entries = b"".join(
        struct.pack(">4sII", name, places[content], len(content)) for name, content in tags.items()
    )
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = b"".join(
        [
            struct.pack(">I4xI", start + len(body), 0x04400000),
            b"mntrRGB XYZ ",
            date,
            b"acsp",
            bytes(28),
            _fixed(_D50),
        ]
    )
    return head.ljust(_HEADER, b"\0") + struct.pack(">I", len(tags)) + entries + body


def _fixed(values: Floats) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))


def _xyz(values: Floats) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _text(text: str) -> bytes:
    packed = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(packed), 28) + packed
