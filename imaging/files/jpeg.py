"""What JPEG files carry beside their pixels, in segments of at most 64 KiB."""

import struct
from collections.abc import Iterator

from paintgraph.imaging.files import exif
from paintgraph.imaging.files.parts import jpeg_segments, unpack

_ICC = b"ICC_PROFILE\0"
_MOST = 0xFFFF - 2
_APP1, _APP2 = 0xE1, 0xE2


def contents(data: bytes, marker: int, start: bytes = b"") -> Iterator[bytes]:
    """What each segment of a marker holds, after what it starts with."""
    for found, at, end in jpeg_segments(data):
        if found == marker and data.startswith(start, at + 4):
            yield data[at + 4 + len(start) : end]


def read_exif(data: bytes) -> bytes | None:
    """The EXIF block, from its byte order mark on, or None."""
    return next(contents(data, _APP1, exif.PREFIX), None)


def read_icc(data: bytes) -> bytes | None:
    """The ICC profile, its pieces joined in their order, or None."""
    pieces: dict[int, bytes] = {}
    for piece in contents(data, _APP2, _ICC):
        number, _ = unpack(">BB", piece, 0)
        pieces[number] = piece[2:]
    return b"".join(pieces[number] for number in sorted(pieces)) or None


def with_segments(data: bytes, *, block: bytes | None, icc: bytes | None) -> bytes:
    """The JPEG file, its pixels untouched, with what it is to say beside them.

    Args:
        data: a file that starts with a JFIF segment, as libjpeg writes it.
        block: EXIF block of at most 64 KiB, from its byte order mark on, or None.
        icc: ICC profile, or None.

    Raises:
        ValueError: the profile is longer than JPEG can hold.
    """
    new = []
    if block is not None:
        new.append(_segment(_APP1, exif.PREFIX + block))
    if icc is not None:
        new.extend(_icc_segments(icc))
    at = 4 + unpack(">H", data, 4)[0]
    return b"".join([data[:at], *new, data[at:]])


def _icc_segments(icc: bytes) -> list[bytes]:
    size = _MOST - len(_ICC) - 2
    pieces = [icc[at : at + size] for at in range(0, len(icc), size)]
    if len(pieces) > 255:
        raise ValueError("the ICC profile is too long")
    return [
        _segment(_APP2, _ICC + bytes([number, len(pieces)]) + piece)
        for number, piece in enumerate(pieces, start=1)
    ]


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
