"""What EXIF says of a picture: true in the result, or gone; nothing hides beside it."""

import base64
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions import exif
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats import tiff
from paintgraph.imaging.files.formats.tiff import Entry, Tree
from paintgraph.tests.imaging.files import exif_block, pillow_file, tiff_file

GREY = np.full((6, 8, 3), 90, np.uint8)
THUMBNAIL = pillow_file(GREY, "JPEG")
FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP", "TIFF")
MAKER_NOTE = b"Canon: offsets count from the block's start"


def block_of(
    photo: dict[int, Entry], *, orientation: int = 1, pinned_at: int = 0, order: tiff.Order = "<"
) -> bytes:
    """A camera's block: its maker, the given directory, and an IFD1 with a thumbnail."""
    tree: Tree = {
        271: Entry(2, 6, b"Maker\0"),
        274: tiff.integers(order, [orientation], tiff.SHORT),
        tiff.EXIF_IFD: {
            40962: tiff.integers(order, [160]),
            40963: tiff.integers(order, [120]),
            **photo,
        },
    }
    note = photo.get(37500)
    block = tiff.write(order, tree, (pinned_at, note.value) if note and pinned_at else None)
    at = len(block)
    thumbnail = tiff.write(
        order,
        {
            513: tiff.integers(order, [at + 2 + 2 * 12 + 4]),
            514: tiff.integers(order, [len(THUMBNAIL)]),
        },
    )
    first = tiff.read_directory(block)
    link = first.at + 2 + first.entries * 12
    linked = block[:link] + struct.pack(f"{order}I", at) + block[link + 4 :]
    return linked + thumbnail[8:] + THUMBNAIL


def written(block: bytes, form: Format, size: tuple[int, int] = (30, 40)) -> bytes:
    """A file of another size than the photo that the block comes from."""
    photo = pillow_file(GREY, "JPEG", exif=exif.PREFIX + block)
    image = np.zeros((*size, 3), np.float32)
    return encode(image, format=form, **decode(photo).metadata)


def read_again(data: bytes) -> dict[int, object]:
    """Tags of the block of a file by Pillow; those of its camera beside the first ones."""
    from io import BytesIO

    with Pillow.open(BytesIO(data)) as picture:
        block = picture.getexif()
        assert block.get_ifd(1) == {}
        return {**block, **block.get_ifd(tiff.EXIF_IFD)}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("form", FORMATS)
def test_the_thumbnail_of_the_old_picture_is_gone(form: Format, order: tiff.Order) -> None:
    block = block_of({37385: tiff.integers(order, [7], tiff.SHORT)}, order=order)
    assert THUMBNAIL in block
    data = written(block, form)
    tags = read_again(data)

    assert THUMBNAIL[:40] not in data
    assert {513, 514}.isdisjoint(tags)
    assert (tags[271], tags[37385]) == ("Maker", 7)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_sizes_in_exif_are_those_of_the_result(form: Format) -> None:
    tags = read_again(written(block_of({}), form))

    assert tags.get(40962, 40) == 40
    assert tags.get(40963, 30) == 30
    tags = read_again(written(block_of({37385: tiff.integers("<", [7], tiff.SHORT)}), form))
    assert (tags[40962], tags[40963]) == (40, 30)


@pytest.mark.parametrize("form", FORMATS)
def test_an_orientation_that_was_applied_is_gone(form: Format) -> None:
    tags = read_again(written(block_of({}, orientation=6), form))

    assert tags.get(274, 1) == 1


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("at", [40, 111, 5000])
def test_a_maker_note_stays_where_its_offsets_are_true(form: Format, at: int) -> None:
    note = Entry(7, len(MAKER_NOTE), MAKER_NOTE)
    data = written(block_of({37500: note, 37385: tiff.integers("<", [7])}, pinned_at=at), form)
    before = {"PNG": (b"eXIf", 4), "JPEG": (b"Exif\0\0", 6), "WEBP": (b"EXIF", 8), "TIFF": (b"", 0)}
    lead, length = before[form]

    assert data.index(MAKER_NOTE) == data.index(lead) + length + at
    assert read_again(data)[37500] == MAKER_NOTE
    assert read_again(data)[37385] == 7


@pytest.mark.parametrize(
    "value",
    [
        b"note" + THUMBNAIL,
        b"\xff\xd8\xff\xdb" + bytes(90),
        base64.b64encode(THUMBNAIL),
        b"Minolta\2" + THUMBNAIL[1:],
        b"Minolta\2\xd8\xff\xdb" + bytes(90),
    ],
    ids=["inside", "alone", "as text", "of another first byte", "and without JFIF"],
)
@pytest.mark.parametrize("tag", [37500, 37510, 271])
def test_a_value_that_holds_a_picture_is_dropped(tag: int, value: bytes) -> None:
    tree: Tree = {tiff.EXIF_IFD: {tag: Entry(7, len(value), value)}, 305: Entry(2, 2, b"S\0")}
    if tag == 271:
        tree = {tag: Entry(7, len(value), value), 305: Entry(2, 2, b"S\0")}
    kept = exif.read(tiff.write(">", tree)).block

    assert kept == tiff.write(">", {305: Entry(2, 2, b"S\0")})


@pytest.mark.parametrize("text", [b"prompt:{}\0", b"workflow:{}\0"])
def test_a_graph_of_comfyui_is_dropped(text: bytes) -> None:
    assert exif.read(tiff.write(">", {271: Entry(2, len(text), text)})).block is None


def test_a_block_that_ends_with_its_directory_is_read() -> None:
    block = tiff.write(">", {274: tiff.integers(">", [6], tiff.SHORT)})[:-4]

    assert exif.read(block).orientation == 6


def test_other_directories_and_bytes_between_are_left_behind() -> None:
    block = block_of({37385: tiff.integers("<", [7], tiff.SHORT)})
    hidden = block + b"hidden"
    with_more = tiff.write("<", {330: {256: tiff.integers("<", [9])}, 305: Entry(2, 2, b"S\0")})

    assert b"hidden" not in (exif.read(hidden).block or b"")
    assert exif.read(with_more).block == tiff.write("<", {305: Entry(2, 2, b"S\0")})


def test_sizes_and_places_in_other_directories_are_gone() -> None:
    odd = {tag: tiff.integers("<", [9]) for tag in (256, 257, 274, 513, 514, 4097, 4098)}
    interop = {1: Entry(2, 4, b"R98\0")}
    block = tiff.write("<", {tiff.EXIF_IFD: {**odd, 40965: {**odd, **interop}}})

    assert exif.read(block).block == tiff.write("<", {tiff.EXIF_IFD: {40965: interop}})


def test_reading_twice_changes_nothing() -> None:
    for block in (exif_block(6, "Maker"), block_of({}), block_of({}, order=">")):
        once = exif.read(block).block
        assert once is not None
        assert exif.read(once) == exif.Exif(once)


def test_a_maker_note_that_leaves_no_room_is_dropped() -> None:
    """The other value fits neither before it nor, in what JPEG can hold, behind it."""
    note, value = Entry(7, 30_000, bytes(30_000)), Entry(7, 25_000, b"v" * 25_000)
    block = exif.read(block_of({37500: note, 50_000: value}, pinned_at=20_000)).block
    assert block is not None

    assert 25_000 < len(block) < 26_000
    assert value.value in written(block, "JPEG")
    assert len(exif.read(block_of({37500: note}, pinned_at=20_000)).block or b"") == 50_000


def test_many_tags_that_share_one_value_are_not_copied_without_end() -> None:
    count = 20_000
    entries = b"".join(struct.pack("<HHII", 40_000 + i, 7, 60_000, 8) for i in range(count))
    block = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 34665, 4, 1, 26, 0)
    block += struct.pack("<H", count) + entries + bytes(4)

    assert len(exif.read(block).block or b"") < exif.MAX_BYTES


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_any_bytes_are_read(data: bytes) -> None:
    for start in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        said = exif.read(start + data)
        assert 1 <= said.orientation <= 8
        with suppress(PictureError):
            exif.finished(said.block, (1, 1), said.dpi)


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_block_is_read_or_dropped(data: st.DataObject) -> None:
    block = bytearray(block_of({37500: Entry(7, 9, bytes(9))}, pinned_at=300))
    for at in data.draw(st.lists(st.integers(0, len(block) - 1), min_size=1, max_size=5)):
        block[at] = data.draw(st.integers(0, 255))
    said = exif.read(bytes(block))
    once = said.block

    assert once is None or exif.read(once).block == once
    assert exif.finished(once, (1, 1), said.dpi) is not None or once is None


def test_exif_of_a_tiff_file_is_read() -> None:
    tags = {256: 2, 257: 1, 258: 8, 259: 1, 262: 1, 277: 1, 278: 1}
    assert decode(tiff_file(tags, bytes(2))).exif is None

    data = encode(np.zeros((1, 1, 3), np.float32), format="TIFF", exif=exif_block(None, "Maker"))
    assert decode(data).exif == exif_block(None, "Maker")
