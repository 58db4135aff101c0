"""Directories of TIFF files and EXIF blocks, which have one layout, read without a decoder."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from paintgraph.imaging.files.parts import damaged, unpack

ORIENTATION = 274
ICC_PROFILE = 34675
EXIF_IFD = 34665
GPS_IFD = 34853
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I"}
_MAX_COUNT = 1 << 16
_MAX_PAGES = 10_000
_MAX_ENTRIES = 200_000  # of all pages together, which may share them
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
    entries: int
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
    return Directory(data, order, at, count, fields, next_at)


def directories(data: bytes) -> Iterator[Directory]:
    """Every page's directory, each once even if the chain of pages loops."""
    directory = read_directory(data)
    seen, entries = {directory.at}, directory.entries
    yield directory
    while directory.next_at and directory.next_at not in seen:
        seen.add(directory.next_at)
        if len(seen) > _MAX_PAGES or entries > _MAX_ENTRIES:
            raise damaged("it names too many pages")
        directory = read_directory(data, directory.next_at)
        entries += directory.entries
        yield directory


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
    if directory.raw(ORIENTATION) is None:
        raise damaged("its orientation is cut off")
    layout = f"{directory.order}{_INTEGERS.get(field.kind, 'H')}"
    block = bytearray(data)
    struct.pack_into(layout, block, field.value_at, 1)
    return bytes(block)
