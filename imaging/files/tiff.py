"""Directories of TIFF files and EXIF blocks (one layout), and a writer of plain TIFF files."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.imaging.files.binary import damaged, unpack

ORIENTATION = 274
ICC_PROFILE = 34675
EXIF_IFD = 34665
GPS_IFD = 34853
# description, make, model, software, time, artist, copyright
_DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 33432)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I"}
_MAX_COUNT = 1 << 16
_MAX_PAGES = 10_000
_STRIP_BYTES = 1 << 20
_ENTRY = 12


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a directory: where it stands and where its value does."""

    at: int
    kind: int
    count: int
    value_at: int


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory of a TIFF file: a page, or the first block of EXIF."""

    data: bytes
    order: str
    at: int
    fields: dict[int, Field]
    next_at: int

    def numbers(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Integers of a tag, or the default if it is missing or of another type."""
        field = self.fields.get(tag)
        if field is None or field.kind not in _INTEGERS or not 0 < field.count <= _MAX_COUNT:
            return default
        return unpack(
            f"{self.order}{field.count}{_INTEGERS[field.kind]}", self.data, field.value_at
        )

    def number(self, tag: int, default: int = 0) -> int:
        """First integer of a tag."""
        return self.numbers(tag, (default,))[0]

    def raw(self, tag: int) -> bytes | None:
        """Bytes of a tag, or None if it is missing or cut off."""
        field = self.fields.get(tag)
        if field is None:
            return None
        length = field.count * _SIZES[field.kind]
        value = self.data[field.value_at : field.value_at + length]
        return value if len(value) == length else None


def read_directory(data: bytes, at: int | None = None) -> Directory:
    """The directory at a position of the file, or the first one."""
    order = "<" if data[:2] == b"II" else ">"
    if at is None:
        (at,) = unpack(f"{order}I", data, 4)
    (count,) = unpack(f"{order}H", data, at)
    fields: dict[int, Field] = {}
    seen: set[int] = set()
    for entry_at in range(at + 2, at + 2 + count * _ENTRY, _ENTRY):
        tag, kind, items, offset = unpack(f"{order}HHII", data, entry_at)
        if tag in seen:
            raise damaged(f"its tag {tag} stands there twice")
        seen.add(tag)
        size = _SIZES.get(kind)
        if size is not None:
            value_at = entry_at + 8 if items * size <= 4 else offset
            fields[tag] = Field(entry_at, kind, items, value_at)
    (next_at,) = unpack(f"{order}I", data, at + 2 + count * _ENTRY)
    return Directory(data, order, at, fields, next_at)


def directories(data: bytes) -> Iterator[Directory]:
    """Every page's directory, each once even if the chain of pages loops."""
    directory = read_directory(data)
    seen = {directory.at}
    yield directory
    while directory.next_at and directory.next_at not in seen:
        seen.add(directory.next_at)
        if len(seen) > _MAX_PAGES:
            raise damaged("it names too many pages")
        directory = read_directory(data, directory.next_at)
        yield directory


def write_tiff(
    samples: NDArray[np.unsignedinteger[Any]],
    *,
    icc: bytes | None,
    exif: bytes | None,
    compression: int,
) -> bytes:
    """A TIFF file of samples `[H, W, 3 or 4]`, losslessly packed in strips of rows."""
    height, width, channels = samples.shape
    # Pillow writes a fresh EXIF block big-endian, so the samples are as well.
    wide = samples.dtype.newbyteorder(">")
    rows = max(1, _STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [
        zlib.compress(samples[row : row + rows].astype(wide).tobytes(), compression)
        for row in range(0, height, rows)
    ]
    tags: dict[int, object] = {
        256: width,
        257: height,
        258: (samples.itemsize * 8,) * channels,
        259: 8,  # deflate
        262: 2,  # RGB
        277: channels,
        278: rows,
        279: tuple(len(strip) for strip in strips),
        284: 1,  # channels side by side
    }
    if channels == 4:
        tags[338] = 2  # straight alpha
    if icc is not None:
        tags[ICC_PROFILE] = icc
    # Pillow adds the length of the head to these offsets.
    tags[273] = tuple(accumulate((len(strip) for strip in strips[:-1]), initial=0))
    return b"".join([_with_tags(exif, tags), *strips])


def descriptive_exif(data: bytes) -> bytes | None:
    """EXIF block of what a TIFF file tells about the picture beyond its layout."""
    source = Pillow.Exif()
    source.load(data)
    packed = _copy(source, _DESCRIPTIVE).tobytes()[6:]
    return packed if read_directory(packed).fields else None


def _with_tags(exif: bytes | None, tags: dict[int, object]) -> bytes:
    """A TIFF head that holds the EXIF block and the tags."""
    source = Pillow.Exif()
    if exif is not None:
        source.load(exif)
    block = _copy(source, set(source) - {EXIF_IFD, GPS_IFD, ORIENTATION})
    for tag, value in tags.items():
        block[tag] = value
    return block.tobytes()[6:]


def _copy(source: Pillow.Exif, tags: Iterable[int]) -> Pillow.Exif:
    """A new block with these tags and the nested directories of the source."""
    block = Pillow.Exif()
    for tag in tags:
        if tag in source:
            block[tag] = source[tag]
    for tag in (EXIF_IFD, GPS_IFD):
        nested = source.get_ifd(tag)
        if nested:
            block.get_ifd(tag).update(nested)
    return block


def without_orientation(exif: bytes) -> tuple[bytes | None, int]:
    """The EXIF block less its orientation, and the orientation (1 to 8).

    Only that one entry goes: the offsets of all others stay true.
    """
    directory = read_directory(exif)
    field = directory.fields.get(ORIENTATION)
    if field is None:
        return exif, 1
    value = directory.number(ORIENTATION, 1)
    if len(directory.fields) == 1 and not directory.next_at:
        return None, value
    (count,) = unpack(f"{directory.order}H", exif, directory.at)
    end = directory.at + 2 + count * _ENTRY + 4
    block = bytearray(exif)
    block[directory.at : directory.at + 2] = struct.pack(f"{directory.order}H", count - 1)
    block[field.at : end] = exif[field.at + _ENTRY : end] + bytes(_ENTRY)
    return bytes(block), value if 1 <= value <= 8 else 1


def upright(data: bytes) -> bytes:
    """The TIFF file with its orientation set to 1, so that no decoder turns it."""
    directory = read_directory(data)
    field = directory.fields.get(ORIENTATION)
    if field is None:
        return data
    layout = f"{directory.order}{_INTEGERS.get(field.kind, 'H')}"
    block = bytearray(data)
    struct.pack_into(layout, block, field.value_at, 1)
    return bytes(block)
