"""AVIF and HEIC files: boxes of ISO/IEC 14496-12 and 23008-12, walked without decoding a pixel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.formats import hevc
from paintgraph.imaging.files.formats.av1 import frame_sizes
from paintgraph.imaging.files.formats.parts import damaged, unpack, unsupported

_MOST_BOXES = 20_000
_MOST_PIXELS = 250_000_000
"""Of all items together: tiles of a grid, their alpha, previews."""

_ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
_XMP = b"application/rdf+xml\0"
_AV1, _HEVC, _GRID = b"av01", b"hvc1", b"grid"
_CODED = (_AV1, _HEVC)
_TILES, _OF_OTHERS = b"dimg", (b"thmb", b"auxl")
# How EXIF calls a quarter turn against the clock, and then top for bottom, or left for right.
_TURNS: Mapping[tuple[int, int | None], int] = {
    (0, None): 1, (1, None): 8, (2, None): 3, (3, None): 6,
    (0, 0): 4, (1, 0): 5, (2, 0): 2, (3, 0): 7,
    (0, 1): 2, (1, 1): 7, (2, 1): 4, (3, 1): 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Avif:
    """What a file says of its picture; sizes in px as stored, before it is turned.

    Attributes:
        crop: width and height in px of the part that is shown, before it is turned, or None.
        orientation: how it is to be turned, in EXIF's numbers; its EXIF says nothing to that.
        pictures: how many pictures that are no part of another one the file holds; one is read.
        icc: ICC profile, or None.
        cicp: primaries, transfer, matrix (ITU-T H.273) and whether the range is full, or None.
        exif: EXIF block from its byte order mark on, or None.
        xmp: XMP packet, or None.
    """

    width: int
    height: int
    depth: int
    is_grey: bool
    has_alpha: bool
    frames: int
    orientation: int
    icc: bytes | None
    cicp: tuple[int, int, int, int] | None
    exif: bytes | None
    xmp: bytes | None
    crop: tuple[int, int] | None = None
    pictures: int = 1


@dataclass(slots=True)
class _Item:
    """One item: a picture, a tile of it, its alpha, or a block of metadata."""

    kind: bytes = b""
    name: bytes = b""
    properties: list[tuple[bytes, int, int]] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    is_part: bool = False
    """Hidden, or a tile, a preview or the alpha of another one."""

    def property(self, name: bytes) -> tuple[int, int] | None:
        """Where the first property of a name begins and ends."""
        return next(((start, end) for each, start, end in self.properties if each == name), None)


def read(data: bytes) -> Avif:
    """What the boxes say; raises PictureError if they are damaged or name too many pixels."""
    try:
        return _read(data)
    except IndexError as error:
        raise damaged("the file ends early") from error


def _read(data: bytes) -> Avif:
    top = {name: (start, end) for name, start, end in _boxes(data, 0, len(data))}
    frames = _frames(data, *top[b"moov"]) if b"moov" in top else 1
    if b"meta" not in top:
        if frames > 1:
            return Avif(1, 1, 8, False, False, frames, 1, None, None, None, None)  # noqa: FBT003
        raise unsupported("an AVIF sequence")
    primary, items = _items(data, *top[b"meta"])
    picture = items.get(primary)
    size = picture.property(b"ispe") if picture else None
    if picture is None or size is None or picture.kind not in (*_CODED, _GRID):
        raise damaged("the file names no size")
    _check_frames(data, items)
    width, height = unpack(">II", data, size[0] + 4)
    tile = next(item for item in items.values() if item.kind in _CODED)
    depth, is_grey = _samples(data, picture if picture.kind in _CODED else tile)
    icc, cicp = _colours(data, picture)
    return Avif(
        width, height, depth, is_grey, _has_alpha(data, items), frames,
        _orientation(data, picture), icc, cicp, _exif(data, items), _xmp(data, items),
        _crop(data, picture),
        sum(item.kind in (*_CODED, _GRID) and not item.is_part for item in items.values()),
    )  # fmt: skip


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin and end of the content of each box between two places."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        (length,) = unpack(">I", data, start)
        name, begin = data[start + 4 : start + 8], start + 8
        if length == 1:
            (length,) = unpack(">Q", data, begin)
            begin += 8
        stop = start + length if length else end
        if stop < begin or stop > end:
            raise damaged("the file ends early")
        yield name, begin, stop
        start = stop
    raise damaged(f"the file has more than {_MOST_BOXES} boxes")


def _frames(data: bytes, start: int, end: int) -> int:
    """The most frames that a track of a sequence has."""
    counts = [0]
    inner = (b"trak", b"mdia", b"minf", b"stbl")
    places = [(start, end, 0)]
    while places:
        begin, stop, depth = places.pop()
        for name, at, until in _boxes(data, begin, stop):
            if depth < len(inner) and name == inner[depth]:
                places.append((at, until, depth + 1))
            elif name == b"stsz":
                counts.append(unpack(">I", data, at + 8)[0])
    return max(counts)


def _items(data: bytes, start: int, end: int) -> tuple[int, dict[int, _Item]]:
    """The number of the picture, and all items by their numbers."""
    boxes = {name: (at, until) for name, at, until in _boxes(data, start + 4, end)}
    try:
        pitm, iinf, iprp = boxes[b"pitm"][0], boxes[b"iinf"], boxes[b"iprp"]
        iloc = boxes[b"iloc"][0]
    except KeyError as error:
        raise damaged("the file lacks a box") from error
    items: dict[int, _Item] = {}
    wide = data[iinf[0]] > 0
    for name, at, _ in _boxes(data, iinf[0] + (8 if wide else 6), iinf[1]):
        if name == b"infe" and data[at] >= 2:
            layout = ">HH4s" if data[at] == 2 else ">IH4s"
            number, _, kind = unpack(layout, data, at + 4)
            items[number] = _Item(
                bytes(kind), data[at + 12 : at + 200], is_part=bool(data[at + 3] & 1)
            )
    _locate(data, iloc, boxes.get(b"idat"), items)
    _describe(data, *iprp, items)
    if b"iref" in boxes:
        _relate(data, *boxes[b"iref"], items)
    return unpack(">H" if data[pitm] == 0 else ">I", data, pitm + 4)[0], items


def _locate(
    data: bytes, at: int, inner: tuple[int, int] | None, items: Mapping[int, _Item]
) -> None:
    """Note where the bytes of each item stand in the file."""
    version, sizes = data[at], unpack(">BB", data, at + 4)
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    at += 6
    count, at = _number(data, at, 4 if version == 2 else 2)
    for _ in range(count):
        number, at = _number(data, at, 4 if version == 2 else 2)
        method, at = _number(data, at, 2 if version else 0)
        base, at = _number(data, at + 2, base_size)
        extents, at = _number(data, at, 2)
        if method & 15 == 1 and inner is not None:
            base += inner[0]
        for _ in range(extents):
            offset, at = _number(data, at + index_size, offset_size)
            length, at = _number(data, at, length_size)
            if base + offset + length > len(data):
                raise damaged("the file ends early")
            if number in items and method & 15 < 2:
                items[number].extents.append((base + offset, base + offset + length))


def _relate(data: bytes, start: int, end: int, items: Mapping[int, _Item]) -> None:
    """Note which items are parts of others."""
    size = 4 if data[start] else 2
    for name, at, _ in _boxes(data, start + 4, end):
        begin, at = _number(data, at, size)  # noqa: PLW2901 - it walks on
        count, at = _number(data, at, 2)  # noqa: PLW2901
        others = []
        for _ in range(count):
            other, at = _number(data, at, size)  # noqa: PLW2901
            others.append(other)
        for number in others if name == _TILES else [begin] if name in _OF_OTHERS else []:
            if number in items:
                items[number].is_part = True


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    """A whole number of so many bytes, and where it ends."""
    if at + size > len(data):
        raise damaged("the file ends early")
    return int.from_bytes(data[at : at + size], "big"), at + size


def _describe(data: bytes, start: int, end: int, items: Mapping[int, _Item]) -> None:
    """Give each item its properties."""
    known: list[tuple[bytes, int, int]] = []
    for name, at, until in _boxes(data, start, end):
        if name == b"ipco":
            known = list(_boxes(data, at, until))
    for name, at, _ in _boxes(data, start, end):
        if name != b"ipma":
            continue
        version, is_wide = data[at], data[at + 3] & 1
        count, at = _number(data, at + 4, 4)  # noqa: PLW2901 - it walks on
        for _ in range(count):
            number, at = _number(data, at, 4 if version else 2)  # noqa: PLW2901
            links, at = _number(data, at, 1)  # noqa: PLW2901
            for _ in range(links):
                index, at = _number(data, at, 2 if is_wide else 1)  # noqa: PLW2901
                index &= 0x7FFF if is_wide else 0x7F
                if number in items and 0 < index <= len(known):
                    items[number].properties.append(known[index - 1])


def _check_frames(data: bytes, items: Mapping[int, _Item]) -> None:
    """Refuse streams whose frames are not what their boxes say, or too many pixels in all.

    A decoder makes room by the stream, and scales to what the boxes say afterwards.
    """
    pixels = 0
    for item in items.values():
        size = item.property(b"ispe")
        if item.kind in _CODED and size is not None:
            named = unpack(">II", data, size[0] + 4)
            if not (_fits_hevc if item.kind == _HEVC else _fits_av1)(data, item, named):
                raise damaged("it names two sizes")
            pixels += named[0] * named[1]
    if pixels > _MOST_PIXELS:
        raise PictureError(
            f"picture: its parts have {pixels} pixels; allowed are {_MOST_PIXELS}. Scale it down "
            "first.",
            code="too_many_pixels",
        )


def _fits_av1(data: bytes, item: _Item, named: tuple[int, ...]) -> bool:
    """Whether all frames of a stream have the size that its box names."""
    found = set(frame_sizes(_content(data, item)))
    return found == {named}


def _fits_hevc(data: bytes, item: _Item, named: tuple[int, ...]) -> bool:
    """Whether a stream has the size that its box names, but for what its blocks need more."""
    place = item.property(b"hvcC")
    if place is None:
        return False
    found = hevc.sizes(data[slice(*place)], _content(data, item))
    most = [-(-side // hevc.LARGEST_BLOCK) * hevc.LARGEST_BLOCK for side in named]
    return bool(found) and all(w <= most[0] and h <= most[1] for w, h in found)


def _crop(data: bytes, item: _Item) -> tuple[int, int] | None:
    """Width and height of what `clap` leaves of the picture."""
    place = item.property(b"clap")
    if place is None:
        return None
    width, by, height, down = unpack(">IIII", data, place[0])
    if not by or not down:
        raise damaged("its crop has no size")
    return width // by, height // down


def _content(data: bytes, item: _Item) -> bytes:
    return b"".join(data[start:end] for start, end in item.extents)


def _samples(data: bytes, item: _Item) -> tuple[int, bool]:
    """Bits of a sample, and whether there is only grey, by the configuration of the codec."""
    hevc_place = item.property(b"hvcC")
    if hevc_place is not None:
        return hevc.samples(data[slice(*hevc_place)])
    place = item.property(b"av1C")
    flags = unpack(">B", data, place[0] + 2)[0] if place else 0
    depth = 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
    return depth, bool(flags & 0x10)


def _has_alpha(data: bytes, items: Mapping[int, _Item]) -> bool:
    return any(
        data[start + 4 : end].startswith(_ALPHA)
        for item in items.values()
        for name, start, end in item.properties
        if name == b"auxC"
    )


def _orientation(data: bytes, item: _Item) -> int:
    """What `irot` and `imir` do to the picture, in EXIF's numbers."""
    turn, mirror = item.property(b"irot"), item.property(b"imir")
    axis = unpack(">B", data, mirror[0])[0] & 1 if mirror else None
    return _TURNS[unpack(">B", data, turn[0])[0] & 3 if turn else 0, axis]


def _colours(data: bytes, item: _Item) -> tuple[bytes | None, tuple[int, int, int, int] | None]:
    """The ICC profile and the numbers of H.273 that describe the colours."""
    icc = cicp = None
    for name, start, end in item.properties:
        if name == b"colr" and data[start : start + 4] in {b"prof", b"rICC"}:
            icc = data[start + 4 : end]
        elif name == b"colr" and data[start : start + 4] == b"nclx":
            primaries, transfer, matrix, is_full = unpack(">HHHB", data, start + 4)
            cicp = (primaries, transfer, matrix, is_full >> 7)
    return icc, cicp


def _exif(data: bytes, items: Mapping[int, _Item]) -> bytes | None:
    """The EXIF block, which stands so many bytes behind the number that says so."""
    item = next((item for item in items.values() if item.kind == b"Exif"), None)
    content = _content(data, item) if item else b""
    if len(content) < 4:
        return None
    return content[4 + unpack(">I", content, 0)[0] :] or None


def _xmp(data: bytes, items: Mapping[int, _Item]) -> bytes | None:
    found = (i for i in items.values() if i.kind == b"mime" and _XMP in i.name)
    item = next(found, None)
    return _content(data, item) if item else None
