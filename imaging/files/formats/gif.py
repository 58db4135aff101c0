"""GIF files (GIF89a): their blocks, walked without unpacking a pixel."""

from dataclasses import dataclass

from paintgraph.imaging.files.formats.parts import damaged, unpack

_MOST_BLOCKS = 1_000_000  # 40 million pixels that do not pack at all have a quarter of that
_EXTENSION, _FRAME, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
_ICC, _XMP = b"ICCRGBG1012", b"XMP DataXMP"
_XMP_TRAILER = 258  # bytes that lead any reader of blocks to the end of the packet


@dataclass(frozen=True, slots=True)
class Gif:
    """What a GIF file says of its picture.

    Attributes:
        width, height: of the canvas in px; a frame beyond it makes it larger.
        box: left, top, right, bottom of the first frame in px; what is outside it is transparent.
        transparent: the palette's entry that is transparent in the first frame, or None.
        icc, xmp, comment: what applications and people left in it.
    """

    width: int
    height: int
    frames: int
    box: tuple[int, int, int, int]
    transparent: int | None
    icc: bytes | None
    xmp: bytes | None
    comment: bytes


def read(data: bytes) -> Gif:
    """What the blocks say; raises PictureError if the file ends inside one."""
    width, height, flags = unpack("<HHB", data, 6)
    at = 13 + _palette_bytes(flags)
    boxes: list[tuple[int, int, int, int]] = []
    transparent: int | None = None
    blocks = _MOST_BLOCKS
    said: dict[int | bytes, bytes] = {}
    while at < len(data) and data[at] != _TRAILER:
        kind, label = unpack("BB", data, at) if at + 1 < len(data) else (data[at], 0)
        if kind == _FRAME:
            left, top, wide, high, flags = unpack("<HHHHB", data, at + 1)
            boxes.append((left, top, left + wide, top + high))
            at += 10 + _palette_bytes(flags) + 1
        elif kind == _EXTENSION:
            at += 2
        else:
            raise damaged("a block of the GIF file is of no kind")
        pieces, at = _sub_blocks(data, at, blocks)
        blocks -= len(pieces)
        if kind == _FRAME or not pieces:
            continue
        first = data[slice(*pieces[0])]
        if label == _CONTROL and not boxes and len(first) >= 4:
            transparent = first[3] if first[0] & 1 else None
        elif label == _COMMENT:
            said.setdefault(_COMMENT, b"".join(data[slice(*piece)] for piece in pieces))
        elif label == _APPLICATION and first == _ICC:
            said[_ICC] = b"".join(data[slice(*piece)] for piece in pieces[1:])
        elif label == _APPLICATION and first == _XMP and len(pieces) > 1:
            said[_XMP] = data[pieces[0][1] : at - _XMP_TRAILER]
    if not boxes:
        raise damaged("the GIF file has no frame")
    box = boxes[0]
    return Gif(
        max(width, box[2]), max(height, box[3]), len(boxes), box, transparent,
        said.get(_ICC), said.get(_XMP), said.get(_COMMENT, b""),
    )  # fmt: skip


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int, most: int) -> tuple[list[tuple[int, int]], int]:
    """Where the pieces of a block begin and end, and where the block ends."""
    pieces: list[tuple[int, int]] = []
    while True:
        if at >= len(data):
            raise damaged("the GIF file ends early")
        length = data[at]
        at += 1
        if length == 0:
            return pieces, at
        if len(pieces) >= most:
            raise damaged(f"the GIF file has more than {_MOST_BLOCKS} blocks")
        pieces.append((at, at + length))
        at += length
