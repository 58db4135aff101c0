"""EXIF blocks: taken apart when a picture is read, put together anew when one is written.

A block is never handed on as it is: what no entry of a known directory names (thumbnails, further
directories, bytes between them) stays behind. Maker notes hold offsets that count from the start
of the block, so they keep their place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.formats import tiff
from paintgraph.imaging.files.formats.parts import unpack
from paintgraph.imaging.files.formats.tiff import Directory, Entry, Tree

PREFIX = b"Exif\0\0"
MAX_BYTES = 64_000
"""Of a block that is kept: JPEG holds 65,527, less what is added when it is written."""
COPYRIGHT = 33432

MAGIC = (b"II*\0", b"MM\0*")
_INTEROP_IFD, _MAKER_NOTE = 40965, 37500
_CHROMATICITIES = frozenset({318, 319})  # in TIFF they are of its samples, and a profile says more
_SIZE = (40962, 40963)
_COMPONENTS, _POSITIONING = 37121, 531
# How the file lies and where its pictures stand, also where they have no place: in the directories
# of camera, place and interoperability (4096 to 4098: another file's kind and size).
_LAYOUT = frozenset(
    {256, 257, 273, tiff.ORIENTATION, 279, 330, 513, 514, *range(4096, 4099)}
    | {*_SIZE, _COMPONENTS, _INTEROP_IFD}
)
_TEXT, _BYTES, _IFD = 2, 7, 13
_MOST_RIGHTS = 1000
_INCH, _CENTIMETRE = 2, 3
# JPEG, PNG; both in base64; JPEG whose first byte another takes the place of, as Minolta writes it.
_PICTURES = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n", b"/9j/4", b"iVBORw0KGgo"),
    *(b"\xd8\xff\xdb\0", b"\xd8\xff\xe0\0\x10"),
)
_GRAPHS = (b"prompt:", b"workflow:")
# Program, document, description, maker, model, page, software, time, artist, computer, primaries,
# rating, copyright, titles of Windows, print matching.
_DESCRIPTIVE = frozenset(
    {11, 269, 270, 271, 272, 285, 305, 306, 315, 316, 318, 319}
    | {18246, 18249, COPYRIGHT, *range(40091, 40096), 50341}
)
_KNOWN_DPI = (1, 100_000)

Parts: TypeAlias = tuple[tiff.Order, Tree, tuple[int, bytes] | None]


@dataclass(frozen=True, slots=True)
class Exif:
    """What an EXIF block says.

    Attributes:
        block: the block less orientation, sizes, resolution and thumbnails; None if nothing is
            left.
        orientation: how the picture is to be turned, 1 to 8.
        dpi: px per inch across and down, or None.
        is_adobe_rgb: whether it names the colours of Adobe RGB (DCF's optional colour space).
    """

    block: bytes | None = None
    orientation: int = 1
    dpi: tuple[float, float] | None = None
    is_adobe_rgb: bool = False


def read(block: bytes) -> Exif:
    """What an EXIF block or TIFF file says; of a damaged one, what can be read."""
    try:
        first = _first(block)
    except PictureError:
        return Exif()
    directories = _nested(first)
    orientation = _number(first, tiff.ORIENTATION, 1)
    return Exif(
        _written(first, directories),
        orientation if 1 <= orientation <= 8 else 1,
        _dpi(first),
        _is_adobe_rgb(directories),
    )


def finished(
    block: bytes | None,
    size: tuple[int, int],
    dpi: Sequence[float] | None,
    *,
    of_jpeg: bool = False,
) -> bytes | None:
    """The block of a result: its true size and resolution.

    Args:
        block: as `read` gives it, or None.
        size: width and height of the result in px, written if the block has a directory for it.
        dpi: px per inch across and down, or None.
        of_jpeg: whether to say how JPEG lays its samples, as EXIF asks for in such a file.

    Returns:
        The block, or None if there is nothing to say.

    Raises:
        PictureError: the block is damaged.
    """
    if block is None and dpi is None:
        return None
    order, tree, pinned = (">", {}, None) if block is None else taken_apart(block)
    added: dict[int, Entry | Tree] = {}
    photo = tree.get(tiff.EXIF_IFD)
    if photo is not None and not isinstance(photo, Entry):
        sizes = {tag: tiff.integers(order, [n]) for tag, n in zip(_SIZE, size, strict=True)}
        layout = {_COMPONENTS: Entry(_BYTES, 4, b"\1\2\3\0")} if of_jpeg else {}
        added[tiff.EXIF_IFD] = {**photo, **sizes, **layout}
    if of_jpeg:
        added[_POSITIONING] = tiff.integers(order, [1], tiff.SHORT)
    if dpi is not None:
        added |= tiff.resolution(order, dpi)
    return tiff.write(order, {**tree, **added}, pinned)


def taken_apart(block: bytes) -> Parts:
    """Byte order, tree and pinned maker note of a block: what `tiff.write` takes.

    Raises:
        PictureError: the block is damaged.
    """
    first = _first(block)
    return _parts(first, _nested(first))


def in_tiff(block: bytes) -> Parts:
    """What `taken_apart` gives, less what EXIF wants in other files than TIFF only."""
    order, tree, pinned = taken_apart(block)
    kept = {tag: entry for tag, entry in tree.items() if tag not in _CHROMATICITIES}
    photo = kept.get(tiff.EXIF_IFD)
    if photo is not None and not isinstance(photo, Entry):
        kept[tiff.EXIF_IFD] = {tag: e for tag, e in photo.items() if tag != _INTEROP_IFD}
    return order, kept, pinned


def only_copyright(block: bytes | None) -> bytes | None:
    """The block with nothing but who holds the rights, or None."""
    if block is None:
        return None
    try:
        order, tree, _ = taken_apart(block)
    except PictureError:
        return None
    right = tree.get(COPYRIGHT)
    return None if right is None else tiff.write(order, {COPYRIGHT: right})


def with_copyright(block: bytes | None, text: str) -> bytes | None:
    """The block with who holds the rights, if it does not say so and the text is short enough."""
    value = text.encode(errors="replace").replace(b"\0", b"") + b"\0"
    if len(value) == 1 or len(value) > _MOST_RIGHTS:
        return block
    order, tree, pinned = (">", {}, None) if block is None else taken_apart(block)
    if COPYRIGHT in tree:
        return block
    return tiff.write(order, {**tree, COPYRIGHT: Entry(_TEXT, len(value), value)}, pinned)


def _first(block: bytes) -> Directory:
    if block[:4] not in MAGIC:
        raise PictureError("EXIF: is no such block; allowed is one of a file. Leave it out.")
    return tiff.read_directory(block)


def _nested(first: Directory) -> dict[int, Directory]:
    """The directories of camera, place and interoperability that can be read, and the first."""
    found = {0: first}
    for tag, holder in ((tiff.EXIF_IFD, 0), (tiff.GPS_IFD, 0), (_INTEROP_IFD, tiff.EXIF_IFD)):
        at = _number(found[holder], tag, 0) if holder in found else 0
        if at:
            try:
                found[tag] = tiff.read_directory(first.data, at)
            except PictureError:
                continue
    return found


def _number(directory: Directory, tag: int, default: int) -> int:
    try:
        return directory.number(tag, default)
    except PictureError:  # its value lies beyond the end
        return default


def _written(first: Directory, directories: dict[int, Directory]) -> bytes | None:
    order, tree, pinned = _parts(first, directories)
    block = tiff.write(order, tree, pinned) if tree else None
    if block is None or len(block) <= MAX_BYTES:
        return block
    # The maker note stands where it leaves the others no room, so it goes.
    photo = directories[tiff.EXIF_IFD]
    fields = {tag: field for tag, field in photo.fields.items() if tag != _MAKER_NOTE}
    order, tree, _ = _parts(first, {**directories, tiff.EXIF_IFD: replace(photo, fields=fields)})
    return tiff.write(order, tree)


def _parts(first: Directory, directories: dict[int, Directory]) -> Parts:
    chosen = _chosen(directories)
    maker = chosen.get(tiff.EXIF_IFD, {}).get(_MAKER_NOTE)
    pinned = None
    if maker is not None and len(maker.value) > 4:
        pinned = directories[tiff.EXIF_IFD].fields[_MAKER_NOTE].value_at, maker.value
    return first.order, _tree(chosen), pinned


def _chosen(directories: dict[int, Directory]) -> dict[int, dict[int, Entry]]:
    """The values that are kept, by directory: the small ones first, up to what JPEG can hold."""
    room = MAX_BYTES
    chosen: dict[int, dict[int, Entry]] = {name: {} for name in directories}
    for size, name, tag in sorted(_candidates(directories)):
        room -= size + 12
        if room < 0:
            break
        directory = directories[name]
        value = directory.raw(tag)
        if value is not None and not _is_unwanted(value):
            field = directory.fields[tag]
            chosen[name][tag] = Entry(field.kind, field.count, value)
    return chosen


def _is_unwanted(value: bytes) -> bool:
    """Whether a value holds a picture, or the graph that ComfyUI made the input with."""
    return value.startswith(_GRAPHS) or any(start in value for start in _PICTURES)


def _candidates(directories: dict[int, Directory]) -> Iterator[tuple[int, int, int]]:
    """Size, directory and tag of each value that may be kept."""
    for name, directory in directories.items():
        for tag, field in directory.fields.items():
            is_known = tag in _DESCRIPTIVE if name == 0 else tag not in _LAYOUT
            if not is_known or field.kind == _IFD or not field.count:
                continue
            size = directory.size(tag)
            if tag == _MAKER_NOTE and field.value_at + size > MAX_BYTES:
                continue
            yield size, name, tag


def _tree(chosen: dict[int, dict[int, Entry]]) -> Tree:
    tree: dict[int, Entry | Tree] = dict(chosen[0])
    photo: dict[int, Entry | Tree] = dict(chosen.get(tiff.EXIF_IFD, {}))
    if chosen.get(_INTEROP_IFD):
        photo[_INTEROP_IFD] = chosen[_INTEROP_IFD]
    if photo:
        tree[tiff.EXIF_IFD] = photo
    if chosen.get(tiff.GPS_IFD):
        tree[tiff.GPS_IFD] = chosen[tiff.GPS_IFD]
    return tree


def _dpi(first: Directory) -> tuple[float, float] | None:
    unit = _number(first, tiff.RESOLUTION[2], _INCH)
    if unit not in {_INCH, _CENTIMETRE}:
        return None
    across, down = (_ratio(first, tag) for tag in tiff.RESOLUTION[:2])
    scale = 1 if unit == _INCH else Fraction(254, 100)
    return known_dpi(across * scale, down * scale)


def _ratio(first: Directory, tag: int) -> Fraction:
    field = first.fields.get(tag)
    value = None if field is None or field.kind != tiff.RATIONAL else first.raw(tag)
    if value is None or len(value) != 8:
        return Fraction(0)
    numerator, denominator = unpack(f"{first.order}II", value, 0)
    return Fraction(numerator, denominator) if denominator else Fraction(0)


def known_dpi(across: Fraction, down: Fraction) -> tuple[float, float] | None:
    """The resolution if it is one that a picture can have; one that is missing is the other."""
    across, down = across or down, down or across
    least, most = _KNOWN_DPI
    is_known = least <= across <= most and least <= down <= most
    return (float(across), float(down)) if is_known else None


def _is_adobe_rgb(directories: dict[int, Directory]) -> bool:
    """Whether DCF's optional colour space is named: Adobe RGB without a profile."""
    photo, interop = directories.get(tiff.EXIF_IFD), directories.get(_INTEROP_IFD)
    space = 0 if photo is None else _number(photo, 40961, 0)
    index = None if interop is None else interop.raw(1)
    return space == 2 or (space == 0xFFFF and index is not None and index[:3] == b"R03")
