"""Reading files: orientation, profile and EXIF kept apart, and what is never decoded."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats.header import Header, read_header
from paintgraph.tests.imaging.files import (
    SEEN,
    SRGB,
    TIFF_GREY,
    exif_block,
    pillow_file,
    png_file,
    tiff_file,
)

STORED = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
SMALL = np.linspace(0, 1, 8 * 8 * 3, dtype=np.float32).reshape(8, 8, 3)


def frames(name: str) -> bytes:
    others = [Pillow.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    return pillow_file(Pillow.new("RGB", (4, 4)), name, save_all=True, append_images=others)


FILES = [
    *(encode(SMALL, format=name, exif=exif_block(6, "Maker")) for name in ("PNG", "JPEG")),
    *(encode(SMALL, format=name, icc=SRGB) for name in ("TIFF", "WEBP")),
    encode(SMALL, format="PNG", depth=16, icc=SRGB),
    encode(SMALL, format="TIFF", depth=16, exif=exif_block(None, "Maker")),
    encode(SMALL, format="BMP"),
    frames("PNG"),
    frames("TIFF"),
    frames("WEBP"),
]


@pytest.mark.parametrize(("orientation", "seen"), SEEN.items())
@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF"])
def test_each_orientation_is_applied_and_dropped(
    name: str, orientation: int, seen: list[list[int]]
) -> None:
    options = {"lossless": True} if name == "WEBP" else {}
    samples = np.repeat(STORED[..., np.newaxis], 3, axis=2)
    block = b"Exif\0\0" + exif_block(orientation, "Maker")
    picture = decode(pillow_file(samples, name, exif=block, **options))

    assert np.rint(picture.image[0, ..., 0] * 255).tolist() == seen
    assert told(picture.exif) == (None, "Maker", {0x9286: b"ASCII\0\0\0seen"})


def told(exif: bytes | None) -> tuple[int | None, str, dict[int, bytes]]:
    """Orientation, maker and nested directory of an EXIF block."""
    block = Pillow.Exif()
    block.load(exif or b"")
    return block.get(274), block[271], block.get_ifd(0x8769)


@pytest.mark.parametrize(("orientation", "seen"), SEEN.items())
@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_each_orientation_is_applied_to_16_bits(
    name: str, orientation: int, seen: list[list[int]]
) -> None:
    rows = [(row * 1000.0).astype(">u2").tobytes() for row in STORED]
    if name == "PNG":
        exif = {b"eXIf": exif_block(orientation)}
        data = png_file(rows, width=3, depth=16, colour=0, extra=exif)
    else:
        tags = TIFF_GREY | {256: 3, 257: 2, 258: 16, 274: orientation, 278: 2}
        data = tiff_file(tags, (STORED * 1000.0).astype("<u2").tobytes())
    picture = decode(data)

    assert np.rint(picture.image[0, ..., 0] * 65535).tolist() == (np.array(seen) * 1000).tolist()
    assert (picture.depth, picture.exif) == (16, None)


def test_a_jpeg_lying_on_its_side_is_set_upright() -> None:
    samples = np.zeros((16, 32, 3), np.uint8)
    samples[:, 16:] = 255
    picture = decode(pillow_file(samples, "JPEG", exif=b"Exif\0\0" + exif_block(6)))

    assert picture.image.shape == (1, 32, 16, 3)
    assert (picture.image[0, 0, 0, 0], picture.image[0, 31, 0, 0]) == (0, 1)
    assert picture.exif is None


def test_a_damaged_exif_block_is_no_reason_to_refuse_a_picture() -> None:
    for block in (b"II*\0\xff\xff\xff\xff", b"nonsense"):
        data = png_file([bytes(2)], width=2, depth=8, colour=0, extra={b"eXIf": block})

        assert decode(data).exif is None


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_an_rgb_profile_is_kept_and_colours_are_not_converted(name: Format) -> None:
    image = np.full((1, 8, 8, 3), 128 / 255, np.float32)
    picture = decode(encode(image, format=name, icc=SRGB))

    assert picture.icc == SRGB
    assert np.array_equal(picture.image, image)


def test_a_grey_profile_is_dropped_with_the_grey() -> None:
    profile = bytes(16) + b"GRAY" + bytes(108)

    assert decode(pillow_file(np.zeros((2, 2), np.uint8), "PNG", icc_profile=profile)).icc is None


def test_a_profile_that_cannot_be_unpacked_is_dropped() -> None:
    extra = {b"iCCP": b"name\0\0nonsense"}

    assert decode(png_file([bytes(2)], width=2, depth=8, colour=0, extra=extra)).icc is None


def test_the_picture_is_read_only() -> None:
    assert not decode(FILES[0]).image.flags.writeable


@pytest.mark.parametrize(
    ("name", "depth", "alpha", "mode"),
    [
        ("PNG", 16, True, "RGBA"),
        ("TIFF", 16, False, "RGB"),
        ("WEBP", 8, True, "RGBA"),
        ("JPEG", 8, False, "RGB"),
        ("BMP", 8, False, "RGB"),
    ],
)
def test_a_header_tells_what_the_file_is(
    name: Format, depth: int, mode: str, *, alpha: bool
) -> None:
    data = encode(np.zeros((2, 3, 4 if alpha else 3), np.float32), format=name, depth=depth)

    assert read_header(data) == Header(name, 3, 2, mode, 1, depth)


def test_lossy_webp_tells_its_size() -> None:
    data = encode(np.zeros((2, 3, 3), np.float32), format="WEBP", lossless=False)

    assert read_header(data) == Header("WEBP", 3, 2, "RGB", 1, 8)


@pytest.mark.parametrize("name", ["PNG", "TIFF", "WEBP"])
def test_several_frames_are_refused(name: str) -> None:
    with pytest.raises(PictureError) as error:
        decode(frames(name))

    assert (error.value.code, str(error.value)) == (
        "animated_picture",
        (
            "picture: has 3 frames or pages; allowed is one. "
            "Save the one you want as a picture of its own."
        ),
    )


def test_too_many_pixels_are_refused_before_decoding() -> None:
    bomb = png_file([b""], width=60_000, depth=8, colour=2)
    with pytest.raises(PictureError) as error:
        decode(bomb, max_pixels=50_000)

    assert (error.value.code, str(error.value)) == (
        "too_many_pixels",
        (
            "picture: is 1x60000 (height x width), 60000 pixels; allowed are 50000. "
            "Scale it down first, or raise PAINTGRAPH_MAX_PIXELS."
        ),
    )


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(PictureError) as error:
        decode(png_file([b""], width=0, depth=8, colour=2))

    assert (error.value.code, str(error.value)) == (
        "zero_size",
        "picture: is 1x0 (height x width); allowed is at least 1x1. Export it again.",
    )


@pytest.mark.parametrize("data", FILES[:7])
def test_a_file_that_was_cut_off_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError) as error:
        decode(data[: len(data) * 2 // 3])

    assert error.value.code == "truncated_picture"


def test_the_message_for_a_cut_file_names_the_cause() -> None:
    with pytest.raises(PictureError) as error:
        decode(FILES[0][:-20])

    assert str(error.value) == (
        "picture: the file is cut off or damaged (a PNG chunk is longer than the file); "
        "allowed is a whole file. Fetch or export it again."
    )


@pytest.mark.parametrize("name", ["PNG", "JPEG"])
def test_a_second_size_that_would_pass_the_pixel_budget_is_refused(name: Format) -> None:
    data = encode(np.zeros((2, 3, 3), np.float32), format=name)
    if name == "PNG":
        data = data[:8] + png_file([b""], width=9, depth=8, colour=2)[8:33] + data[8:]
    else:
        at = data.index(b"\xff\xc0")
        head = bytearray(data[at : at + 19])
        head[7:9] = b"\0\x09"
        data = data[:at] + head + data[at:]
    with pytest.raises(PictureError, match="it names two sizes"):
        decode(data)


def test_a_tiff_tag_that_stands_there_twice_is_refused() -> None:
    data = tiff_file(TIFF_GREY, bytes(2))
    twice = data.replace(b"\1\1\4\0", b"\0\1\4\0", 1)
    with pytest.raises(PictureError, match="its tag 256 stands there twice"):
        decode(twice)


def refuses_or_reads(data: bytes) -> None:
    """Whatever the bytes: a picture or a `PictureError`, nothing else, no warning."""
    with suppress(PictureError):
        decode(data, max_pixels=100_000)


STARTS = [b"", *(data[:length] for data in FILES for length in (12, 30, 60))]


@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_random_bytes_are_refused(start: bytes, rest: bytes) -> None:
    refuses_or_reads(start + rest)


@given(st.sampled_from(FILES), st.data())
@settings(max_examples=200, deadline=None)
def test_cut_files_are_refused(file: bytes, data: st.DataObject) -> None:
    refuses_or_reads(file[: data.draw(st.integers(0, len(file)))])


@given(st.sampled_from(FILES), st.data())
@settings(max_examples=500, deadline=None)
def test_damaged_files_are_refused_or_read(file: bytes, data: st.DataObject) -> None:
    damaged = bytearray(file)
    places = st.integers(0, min(len(file), 300) - 1) | st.integers(0, len(file) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))

    refuses_or_reads(bytes(damaged))
