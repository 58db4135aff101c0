"""Texts that say how a picture was made, put into its finished file; pixels are not touched.

In PNG files each is a text of its own. In WebP files each is an entry of EXIF that begins with its
key and a colon, as programs around ComfyUI write and read them.
"""

import struct
from collections.abc import Mapping
from io import BytesIO

from paintgraph.base.pictures import texts_of
from paintgraph.imaging.files.descriptions import exif
from paintgraph.imaging.files.descriptions.texts import add_text
from paintgraph.imaging.files.formats import tiff
from paintgraph.imaging.files.formats.header import read_header, recognise
from paintgraph.imaging.files.formats.parts import riff_chunks, riff_file
from paintgraph.imaging.files.metadata import MADE

FORMATS = frozenset({"png", "webp"})
"""Formats that have room for such texts."""

_FIRST_TAG = 65_000
"""TIFF 6.0 leaves the tags from here on to whoever wants them, in files of their own."""

_TEXT, _ENTRY = 2, 12
_NOTHING_SAID = b"MM\0*\0\0\0\x08" + bytes(6)
_HAS_ALPHA, _HAS_EXIF = 0x10, 0x08  # of VP8X (RFC 9649, 2.7.1.1)


def with_made(data: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with texts that say how it was made; one of the same key is replaced.

    Args:
        data: a sound file; one of a format without room for them comes back as it is.
        texts: by key, such as `paintgraph`, without NUL.

    Returns:
        The file.

    Raises:
        PictureError: the file is damaged, or PNG cannot hold a key or text.
    """
    kind = recognise(data)
    if not texts:
        return data
    if kind == "PNG":
        return add_text(data, texts)
    return _in_webp(data, texts) if kind == "WEBP" else data


def _in_webp(data: bytes, texts: Mapping[str, str]) -> bytes:
    chunks = [(name, data[start:end]) for name, start, end in riff_chunks(data)]
    said = next((content for name, content in chunks if name == b"EXIF"), None)
    said = _NOTHING_SAID if said is None else said.removeprefix(exif.PREFIX)
    block = _with_entries(said, {**texts_of(BytesIO(data), MADE), **texts})
    rest = [(name, content) for name, content in chunks if name not in (b"VP8X", b"EXIF")]
    packet = [each for each in rest if each[0] == b"XMP "]
    others = [each for each in rest if each[0] != b"XMP "]
    head = next((content for name, content in chunks if name == b"VP8X"), None) or _head(data)
    head = bytes([head[0] | _HAS_EXIF]) + head[1:]
    return riff_file([(b"VP8X", head), *others, (b"EXIF", block), *packet])


def _with_entries(block: bytes, texts: Mapping[str, str]) -> bytes:
    """An EXIF block with a text in each of the tags that are free.

    The first directory is written anew behind the block, as its entries hold places in it.
    """
    first = tiff.read_directory(block)
    entries = [
        block[at : at + _ENTRY]
        for at in range(first.at + 2, first.at + 2 + first.entries * _ENTRY, _ENTRY)
    ]
    kept = [each for each in entries if struct.unpack(f"{first.order}H", each[:2])[0] < _FIRST_TAG]
    values = [f"{key}:{text}".encode() + b"\0" for key, text in texts.items()]
    start = len(block) + len(block) % 2
    at = start + 2 + (len(kept) + len(values)) * _ENTRY + 4
    for tag, value in enumerate(values, start=_FIRST_TAG):
        kept.append(struct.pack(f"{first.order}HHII", tag, _TEXT, len(value), at))
        at += len(value)
    count = struct.pack(f"{first.order}H", len(kept))
    head = block[:4] + struct.pack(f"{first.order}I", start)
    rest = block[8:].ljust(start - 8, b"\0")
    return b"".join([head, rest, count, *kept, bytes(4), *values])


def _head(data: bytes) -> bytes:
    """The chunk VP8X of a file that has none: whether it has alpha, and its size."""
    header = read_header(data)
    flags = _HAS_ALPHA if header.mode == "RGBA" else 0
    size = (header.width - 1).to_bytes(3, "little") + (header.height - 1).to_bytes(3, "little")
    return bytes([flags, 0, 0, 0]) + size
