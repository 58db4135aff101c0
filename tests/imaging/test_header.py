"""Heads of files that say what no such file may say."""

import numpy as np
import pytest

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats import parts, tiff
from paintgraph.imaging.files.formats.header import Header, read_header
from paintgraph.tests.imaging.files import TIFF_GREY, exif_block, png_file, tiff_file

JPEG = encode(np.zeros((8, 8, 3), np.float32), format="JPEG")
FRAME = JPEG.index(b"\xff\xc0")


def with_byte(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (png_file([b"\0\0"], width=2, depth=8, colour=5), "PNG has no colour type 5"),
        (with_byte(JPEG, FRAME + 9, 2), "JPEG has no 2 channels"),
        (b"\xff\xd8\xff\xd9\0\0", "the JPEG file names no size"),
        (b"\xff\xd8\xff\xe0", "the header ends early"),
        (b"RIFF\0\0\0\0WEBP", "the WebP file names no size"),
    ],
)
def test_a_damaged_head_is_named(data: bytes, cause: str) -> None:
    with pytest.raises(PictureError) as error:
        read_header(data)

    assert str(error.value) == (
        f"picture: the file is cut off or damaged ({cause}); allowed is a whole file. "
        "Fetch or export it again."
    )


def test_a_jpeg_of_12_bits_is_refused() -> None:
    with pytest.raises(PictureError, match="is a JPEG file of 12 bits per sample"):
        decode(with_byte(JPEG, FRAME + 4, 12))


def test_fill_bytes_and_lone_markers_of_jpeg_are_skipped() -> None:
    data = JPEG[:FRAME] + b"\xff\x01\xff\xff" + JPEG[FRAME:]

    assert read_header(data) == Header("JPEG", 8, 8, "RGB", 1, 8)
    assert decode(data).image.max() == 0


@pytest.mark.parametrize("data", [JPEG, encode(np.zeros((8, 8, 3), np.float32), format="WEBP")])
def test_endless_segments_are_not_walked(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MAX_SEGMENTS", 0)
    with pytest.raises(PictureError, match="names no size"):
        read_header(data)


def test_endless_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff, "_MAX_PAGES", 1)
    with pytest.raises(PictureError, match="it names too many pages"):
        read_header(tiff_file(TIFF_GREY, bytes(2), pages=3))


def test_pages_that_loop_are_counted_once() -> None:
    data = bytearray(tiff_file(TIFF_GREY, bytes(2)))
    next_at = 8 + 2 + 12 * (len(TIFF_GREY) + 2)
    data[next_at : next_at + 4] = (8).to_bytes(4, "little")

    assert read_header(bytes(data)).frames == 1


def test_thumbnails_of_tiff_are_no_pages() -> None:
    assert read_header(tiff_file(TIFF_GREY | {254: 1}, bytes(2), pages=3)).frames == 1


def test_a_tiff_file_with_a_damaged_exif_directory_is_read() -> None:
    data = tiff_file(TIFF_GREY | {tiff.EXIF_IFD: 1 << 20}, bytes(2))

    assert decode(data).exif is None


def test_a_bmp_of_odd_depth_is_refused() -> None:
    data = encode(np.zeros((1, 1, 3), np.float32), format="BMP")
    with pytest.raises(PictureError, match="is a BMP file of 7 bits per pixel"):
        decode(with_byte(data, 28, 7))


def test_an_unknown_orientation_counts_as_upright() -> None:
    extra = {b"eXIf": exif_block(9)}
    data = png_file([b"\1\2"], width=2, depth=8, colour=0, extra=extra)

    assert decode(data).image.shape == (1, 1, 2, 3)
