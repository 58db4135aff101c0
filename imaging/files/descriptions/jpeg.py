"""What JPEG files carry beside their pixels, in segments of at most 64 KiB."""

import struct
from collections.abc import Iterator, Sequence

from paintgraph.imaging.files.descriptions import exif, iptc, xmp
from paintgraph.imaging.files.formats.parts import jpeg_segments, unpack

_ICC = b"ICC_PROFILE\0"
_MOST = 0xFFFF - 2
_APP1, _APP2, _APP13, _COMMENT = 0xE1, 0xE2, 0xED, 0xFE


def contents(data: bytes, marker: int, start: bytes = b"") -> Iterator[bytes]:
    """What each segment of a marker holds, after what it starts with."""
    for found, at, end in jpeg_segments(data):
        if found == marker and data.startswith(start, at + 4):
            yield data[at + 4 + len(start) : end]


def read_exif(data: bytes) -> bytes | None:
    """The EXIF block, from its byte order mark on, or None."""
    return next(contents(data, _APP1, exif.PREFIX), None)


def read_xmp(data: bytes) -> bytes | None:
    """The XMP packet, or None; what stands in further segments is left out."""
    return next(contents(data, _APP1, xmp.PREFIX), None)


def read_iptc(data: bytes) -> bytes | None:
    """The IPTC records, or None."""
    return iptc.of_photoshop(b"".join(contents(data, _APP13, iptc.PHOTOSHOP)))


def read_icc(data: bytes) -> bytes | None:
    """The ICC profile, its pieces joined in their order, or None."""
    pieces: dict[int, bytes] = {}
    for piece in contents(data, _APP2, _ICC):
        number, _ = unpack(">BB", piece, 0)
        pieces[number] = piece[2:]
    return b"".join(pieces[number] for number in sorted(pieces)) or None


def read_comment(data: bytes) -> str:
    """The comments, one a line, up to what one segment holds; or nothing."""
    lines = []
    room = _MOST
    for content in contents(data, _COMMENT):
        room -= len(content)
        if room < 0:
            break
        try:
            lines.append(content.decode())
        except UnicodeDecodeError:
            lines.append(content.decode("latin-1"))
    return "\n".join(lines).replace("\0", "").strip()


def with_segments(data: bytes, new: Sequence[bytes]) -> bytes:
    """The JPEG file, which starts with a JFIF segment, with whole segments after that."""
    at = 4 + unpack(">H", data, 4)[0]
    return b"".join([data[:at], *new, data[at:]])


def segments(
    *,
    block: bytes | None,
    packet: bytes | None,
    icc: bytes | None,
    records: bytes | None,
    comment: str,
) -> list[bytes]:
    """The segments that say what a file is to say beside its pixels.

    Args:
        block: EXIF block of at most 64 KiB, from its byte order mark on, or None.
        packet: XMP packet, or None; left out if JPEG cannot hold it.
        icc: ICC profile, or None.
        records: IPTC records, or None; left out if JPEG cannot hold them.
        comment: any text, or nothing; left out if JPEG cannot hold it.

    Raises:
        ValueError: the profile is longer than JPEG can hold.
    """
    new = []
    if block is not None:
        new.append(_segment(_APP1, exif.PREFIX + block))
    if packet is not None and len(packet) <= xmp.MOST_IN_JPEG:
        new.append(_segment(_APP1, xmp.PREFIX + packet))
    if icc is not None:
        new.extend(_icc_segments(icc))
    if records is not None and len(records) <= iptc.MOST_IN_JPEG:
        new.append(_segment(_APP13, iptc.PHOTOSHOP + iptc.photoshop_block(records)))
    if comment and len(comment.encode()) <= _MOST:
        new.append(_segment(_COMMENT, comment.encode()))
    return new


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
