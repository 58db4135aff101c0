"""Directories of TIFF files and EXIF blocks, which have one layout, read without a decoder."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from paintgraph.imaging.files.formats.parts import damaged, unpack

Order: TypeAlias = Literal["<", ">"]
"""Of bytes: the lowest first (II), or the highest (MM)."""

ORIENTATION = 274
ICC_PROFILE = 34675
XMP = 700
IPTC = 33723
EXIF_IFD = 34665
GPS_IFD = 34853
RESOLUTION = (282, 283, 296)
BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7  # kinds of values
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I"}
_MAX_COUNT = 1 << 16
_MAX_PAGES = 10_000
_MAX_ENTRIES = 200_000  # of all pages together, which may share them
_ENTRY = 12
_MOST_RATIOS = 1 << 10
_NO_UNIT, _INCH = 1, 2
_PAGE_KIND, _NO_PAGE = 254, 1 | 4  # tag, and its bits of thumbnails and transparency masks


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
    order: Order
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

    def ratios(self, tag: int) -> tuple[float, ...]:
        """Fractions of a tag, or nothing if it is missing, damaged or of another type."""
        field, value = self.fields.get(tag), self.raw(tag)
        if field is None or value is None or field.kind != RATIONAL or len(value) > _MOST_RATIOS:
            return ()
        numbers = unpack(f"{self.order}{2 * field.count}I", value, 0)
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        return tuple(over / under for over, under in pairs) if all(u for _, u in pairs) else ()

    def size(self, tag: int) -> int:
        """Bytes that the value of a tag takes, as the directory says."""
        field = self.fields[tag]
        return field.count * _SIZES[field.kind]

    def raw(self, tag: int) -> bytes | None:
        """Bytes of a tag, or None if it is missing or cut off."""
        field = self.fields.get(tag)
        if field is None:
            return None
        length = self.size(tag)
        value = self.data[field.value_at : field.value_at + length]
        return value if len(value) == length else None


def read_directory(data: bytes, at: int | None = None) -> Directory:
    """The directory at a position of the file, or the first one."""
    order: Order = "<" if data[:2] == b"II" else ">"
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
    end = at + 2 + count * _ENTRY
    # Blocks of EXIF may end without a word on the next directory, which then is none.
    next_at = unpack(f"{order}I", data, end)[0] if end + 4 <= len(data) else 0
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


def pages(data: bytes) -> list[Directory]:
    """The directories of pages that are seen: not of thumbnails and transparency masks."""
    return [each for each in directories(data) if not each.number(_PAGE_KIND) & _NO_PAGE]


def only_page(data: bytes, number: int) -> bytes:
    """The file with the page of a number, from 1, as its only one."""
    page = pages(data)[number - 1]
    block = bytearray(data)
    struct.pack_into(f"{page.order}I", block, 4, page.at)
    end = page.at + 2 + page.entries * _ENTRY
    if end + 4 <= len(block):
        struct.pack_into(f"{page.order}I", block, end, 0)
    return bytes(block)


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


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of one tag, packed in its block's byte order."""

    kind: int
    count: int
    value: bytes


Tree: TypeAlias = "Mapping[int, Entry | Tree]"
"""A directory as plain data: a value or a nested directory by tag."""


def integers(order: Order, values: Sequence[int], kind: int = LONG) -> Entry:
    """The value of a tag that holds whole numbers of 32 bits, or of another kind."""
    return Entry(kind, len(values), struct.pack(f"{order}{len(values)}{_INTEGERS[kind]}", *values))


def resolution(order: Order, dpi: Sequence[float] | None) -> dict[int, Entry]:
    """The three tags that say how many px an inch has, across and down; None has no unit."""
    shown = {}
    for tag, value in zip(RESOLUTION, dpi or (1, 1), strict=False):
        ratio = Fraction(value).limit_denominator(10_000)
        packed = struct.pack(f"{order}II", ratio.numerator, ratio.denominator)
        shown[tag] = Entry(RATIONAL, 1, packed)
    unit = _NO_UNIT if dpi is None else _INCH
    return {**shown, RESOLUTION[2]: integers(order, [unit], SHORT)}


def write(order: Order, tree: Tree, pinned: tuple[int, bytes] | None = None) -> bytes:
    """A block of one directory and those nested in it, and of nothing else.

    Args:
        order: `<` or `>`, as values are packed.
        tree: what the block holds.
        pinned: where a value of the tree must stand, and the value: its own offsets count from the
            start of the block.

    Returns:
        The block, from its byte order mark on.
    """
    return _Writer(order, pinned).written(tree)


class _Writer:
    """Lays directories and values one after the other, around what is pinned to its place."""

    def __init__(self, order: Order, pinned: tuple[int, bytes] | None) -> None:
        self._order = order
        self._block = bytearray(8)
        self._pinned_at, self._pinned = pinned or (0, b"")

    def written(self, tree: Tree) -> bytes:
        first = self._directory(tree)
        mark = b"II" if self._order == "<" else b"MM"
        self._block[:8] = struct.pack(f"{self._order}2sHI", mark, 42, first)
        if self._pinned:
            end = self._pinned_at + len(self._pinned)
            self._block.extend(bytes(max(0, end - len(self._block))))
            self._block[self._pinned_at : end] = self._pinned
        return bytes(self._block)

    def _reserved(self, size: int) -> int:
        """Where the next value of this size goes."""
        at = len(self._block) + len(self._block) % 2
        end = self._pinned_at + len(self._pinned)
        if at < end and at + size > self._pinned_at:
            at = end + end % 2
        self._block.extend(bytes(at + size - len(self._block)))
        return at

    def _directory(self, tree: Tree) -> int:
        size = 2 + len(tree) * _ENTRY + 4
        at = self._reserved(size)
        head = struct.pack(f"{self._order}H", len(tree))
        for tag, entry in sorted(tree.items()):
            head += self._entry(tag, entry)
        self._block[at : at + size] = head + bytes(4)
        return at

    def _entry(self, tag: int, entry: "Entry | Tree") -> bytes:
        if not isinstance(entry, Entry):
            return struct.pack(f"{self._order}HHII", tag, LONG, 1, self._directory(entry))
        start = struct.pack(f"{self._order}HHI", tag, entry.kind, entry.count)
        if len(entry.value) <= 4:
            return start + entry.value.ljust(4, b"\0")
        if entry.value is self._pinned:
            at = self._pinned_at
        else:
            at = self._reserved(len(entry.value))
            self._block[at : at + len(entry.value)] = entry.value
        return start + struct.pack(f"{self._order}I", at)
