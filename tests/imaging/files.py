"""Small picture files made by hand or by Pillow, to be read back."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from paintgraph.imaging.files.formats.parts import SIGNATURE, make_chunk

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

# Two grey pixels side by side, 8 bits each.
TIFF_GREY: dict[int, int | Sequence[int]] = {256: 2, 257: 1, 258: 8, 259: 1, 262: 1, 277: 1, 278: 1}

# How EXIF wants a picture to be seen that is stored as rows 1 2 3 and 4 5 6.
SEEN = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


def png_file(
    rows: Sequence[bytes],
    *,
    width: int,
    depth: int,
    colour: int,
    extra: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """A PNG file of packed rows; `extra` are chunks before the pixels."""
    head = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    return b"".join(
        [
            SIGNATURE,
            make_chunk(b"IHDR", head),
            *(make_chunk(name, content) for name, content in (extra or {}).items()),
            make_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
            make_chunk(b"IEND", b""),
        ]
    )


def tiff_file(tags: Mapping[int, int | Sequence[int]], pixels: bytes, pages: int = 1) -> bytes:
    """A little-endian TIFF file of one strip; more pages repeat the first."""
    numbers = {tag: (value,) if isinstance(value, int) else value for tag, value in tags.items()}
    size = 2 + 12 * (len(numbers) + 2) + 4
    extra_at = 8 + pages * size
    pixels_at = extra_at + sum(4 * len(value) for value in numbers.values())
    numbers |= {273: (pixels_at,), 279: (len(pixels),)}
    entries, extra = b"", b""
    for tag, value in sorted(numbers.items()):
        packed = struct.pack(f"<{len(value)}I", *value)
        if len(packed) > 4:
            packed, extra = struct.pack("<I", extra_at + len(extra)), extra + packed
        entries += struct.pack("<HHI", tag, 4, len(value)) + packed
    directories = b"".join(
        struct.pack("<H", len(numbers))
        + entries
        + struct.pack("<I", 0 if page == pages - 1 else 8 + (page + 1) * size)
        for page in range(pages)
    )
    return (
        b"II*\0"
        + struct.pack("<I", 8)
        + directories
        + extra.ljust(pixels_at - extra_at, b"\0")
        + pixels
    )


def pillow_file(
    samples: np.ndarray[Any, Any] | Pillow.Image, name: str, **options: object
) -> bytes:
    """A file as Pillow writes it."""
    picture = samples if isinstance(samples, Pillow.Image) else Pillow.fromarray(samples)
    file = BytesIO()
    picture.save(file, name, **options)
    return file.getvalue()


def exif_block(
    orientation: int | None = None, maker: str | None = None, rights: str | None = None
) -> bytes:
    """An EXIF block (from its byte order mark on)."""
    block = Pillow.Exif()
    if rights is not None:
        block[33432] = rights
    if orientation is not None:
        block[274] = orientation
    if maker is not None:
        block[271] = maker
        block.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0seen"
    return block.tobytes()[6:]
