"""JPEG files that end before their end marker: with all their pixels, or cut off.

libjpeg fills what is missing with grey and says nothing that a caller hears. So the bytes that
stand where data may be missing are changed: pixels that change with them were never there.
"""

import re
from collections.abc import Callable
from random import Random

from paintgraph.imaging.files.formats.parts import jpeg_segments, unpack

_END = b"\xff\xd9"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _RESTARTS = 0xDA, 0xDD
_COEFFICIENTS = 64
# In packed pixels 0xFF stands before 0, a restart or itself; else it begins a segment.
_SEGMENT = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd7]", re.DOTALL)
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
# Their first bits differ from the zeros that libjpeg adds, each at others.
_NO_PIXELS = [
    first + Random(seed).randbytes(4096).replace(b"\xff", b"\x7f")  # noqa: S311 - no secrets
    for seed, first in enumerate((b"\xff\x00", b"\xaa", b"\x55"))
]
_PADDING = bytes(16)  # more zeros than packed pixels end with


def has_end(data: bytes) -> bool:
    """Whether the end marker stands behind the beginning of the pixels."""
    *_, (_, _, begin) = jpeg_segments(data)
    return data.rfind(_END, begin) >= 0


def before_end(data: bytes) -> bytes:
    """The file up to its end marker."""
    *_, (_, _, begin) = jpeg_segments(data)
    end = data.find(_END, begin)
    return data if end < 0 else data[:end]


def with_end(data: bytes) -> bytes:
    """The file with an end marker."""
    return data if has_end(data) else _packed(data) + _END


def is_whole(data: bytes, pixels: Callable[[bytes], bytes]) -> bool:
    """Whether a file without an end marker has all its pixels.

    Args:
        data: the file.
        pixels: decodes a file; is called up to five times.
    """
    packed = _packed(data)
    has_all, has_restarts = _scans(packed)
    tails = _NO_PIXELS
    if has_restarts:  # restarts: what follows one counts only behind the right number
        found = _RESTART.findall(packed)
        number = (found[-1][1] - 0xD0 + 1) % 8 if found else 0
        tails = [*tails, bytes([0xFF, 0xD0 + number]) + tails[0]]
    plain = pixels(packed + _END)
    return has_all and all(pixels(packed + tail + _END) == plain for tail in tails)


def _packed(data: bytes) -> bytes:
    """The file without half a marker, or zeros that a transfer added, at its end."""
    if data.endswith(_PADDING):
        data = data.rstrip(b"\0")
        return data + b"\0" if data.endswith(b"\xff") else data
    return data[:-1] if data.endswith(b"\xff") else data


def _scans(data: bytes) -> tuple[bool, bool]:
    """Whether the scans bring all that the pixels need, and whether there are restarts in them."""
    needed: dict[int, set[int]] = {}  # of each component the coefficients that are not there yet
    is_progressive = has_restarts = False
    at = 2
    while (found := _SEGMENT.search(data, at)) is not None:
        marker, start = found[0][1], found.end()
        at = start + unpack(">H", data, start)[0]
        if marker in _FRAMES:
            is_progressive = marker in _PROGRESSIVE
            components = unpack(">B", data, start + 7)[0]
            named = unpack(">" + components * "Bxx", data, start + 8)
            needed = {each: set(range(_COEFFICIENTS)) for each in named}
        elif marker == _RESTARTS:
            has_restarts = unpack(">H", data, start + 2)[0] > 0
        elif marker == _SCAN:
            components = unpack(">B", data, start + 2)[0]
            *ids, first, last, bits = unpack(f">{components * 'Bx'}BBB", data, start + 3)
            is_exact = not is_progressive or bits & 0xF == 0  # no lower bits are left to come
            brought = range(first, last + 1) if is_progressive else range(_COEFFICIENTS)
            for each in ids if is_exact else ():
                needed.get(each, set()).difference_update(brought)
    return bool(needed) and not any(needed.values()), has_restarts
