"""Px per inch: read from each format's own place or EXIF, and written for every format."""

import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as Pillow

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats import tiff
from paintgraph.tests.imaging.files import TIFF_GREY, pillow_file, png_file, tiff_file

GREY = np.full((6, 8, 3), 90, np.uint8)
IMAGE = np.zeros((5, 4, 3), np.float32)
FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP", "TIFF")


def with_exif(form: str, dpi: tuple[float, float], unit: int = 2) -> bytes:
    """A file whose EXIF alone says how many px an inch (2) or centimetre (3) has."""
    tree = dict(tiff.resolution(">", dpi)) | {296: tiff.integers(">", [unit], tiff.SHORT)}
    return pillow_file(GREY, form, exif=b"Exif\0\0" + tiff.write(">", tree))


FILES = {
    "PNG": pillow_file(GREY, "PNG", dpi=(300, 300)),
    "JPEG": pillow_file(GREY, "JPEG", dpi=(300, 300)),
    "JPEG, by EXIF": with_exif("JPEG", (300, 300)),
    "PNG, by EXIF": with_exif("PNG", (300, 300)),
    "WEBP": with_exif("WEBP", (300, 300)),
    "TIFF": pillow_file(GREY, "TIFF", dpi=(300, 300)),
    "BMP": pillow_file(GREY, "BMP", dpi=(300, 300)),
}


def seen(data: bytes) -> tuple[float, ...] | None:
    """Px per inch as Pillow sees them, EXIF asked too."""
    with Pillow.open(BytesIO(data)) as picture:
        if picture.format == "WEBP":
            block = picture.getexif()
            return (float(block[282]), float(block[283])) if block.get(296) == 2 else None
        found: tuple[float, ...] | None = picture.info.get("dpi")
        return found


@pytest.mark.parametrize("source", FILES)
@pytest.mark.parametrize("form", FORMATS)
def test_300_dpi_stay_300_dpi(source: str, form: Format) -> None:
    picture = decode(FILES[source])
    data = encode(IMAGE, format=form, **picture.metadata)

    assert picture.metadata["dpi"] == [300, 300]
    assert seen(data) == pytest.approx((300, 300), abs=0.01)
    assert decode(data).metadata["dpi"] == [300, 300]


@given(st.integers(1, 20_000), st.integers(1, 20_000))
@example(72, 96)
def test_whole_numbers_come_back_from_every_format(across: int, down: int) -> None:
    for form in FORMATS:
        data = encode(IMAGE, format=form, dpi=[across, down])
        assert decode(data).metadata["dpi"] == [across, down]


def test_centimetres_become_inches_and_jpeg_has_both() -> None:
    data = bytearray(pillow_file(GREY, "JPEG", dpi=(118, 118)))
    data[13] = 2
    found = decode(bytes(data)).metadata["dpi"]
    again = encode(IMAGE, format="JPEG", dpi=found)

    assert found == pytest.approx([299.72, 299.72])
    assert again[13:18] == struct.pack(">BHH", 2, 118, 118)
    assert decode(with_exif("WEBP", (118, 118), unit=3)).metadata["dpi"] == found


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_that_is_turned_turns_its_resolution(form: str) -> None:
    tree = {274: tiff.integers(">", [6], tiff.SHORT)}
    exif = b"Exif\0\0" + tiff.write(">", tree)
    data = pillow_file(GREY, form, dpi=(300, 150), exif=exif)

    assert decode(data).metadata["dpi"] == [150, 300]


@pytest.mark.parametrize("form", FORMATS)
def test_without_a_resolution_none_is_invented(form: Format) -> None:
    data = encode(IMAGE, format=form)

    assert "dpi" not in decode(data).metadata


def test_tiff_has_its_three_tags_always() -> None:
    page = tiff.read_directory(encode(IMAGE, format="TIFF"))

    assert page.number(296) == 1  # no unit: the ratio of the sides alone
    assert {282, 283} <= page.fields.keys()


def test_exif_does_not_contradict_what_the_file_says() -> None:
    data = pillow_file(
        GREY,
        "JPEG",
        dpi=(300, 300),
        exif=b"Exif\0\0" + tiff.write(">", tiff.resolution(">", (72, 72))),
    )
    with Pillow.open(BytesIO(encode(IMAGE, format="JPEG", **decode(data).metadata))) as picture:
        assert picture.info["dpi"] == (300, 300)
        assert picture.getexif().get(282, 300) == 300


@pytest.mark.parametrize(
    "chunk",
    [
        struct.pack(">IIB", 2, 1, 0),
        struct.pack(">IIB", 0, 0, 1),
        struct.pack(">IIB", 2**32 - 1, 2**32 - 1, 1),
        b"short",
    ],
    ids=["a ratio alone", "nothing", "too many", "damaged"],
)
def test_what_is_no_resolution_is_dropped(chunk: bytes) -> None:
    data = png_file([bytes(2)], width=2, depth=8, colour=0, extra={b"pHYs": chunk})

    assert "dpi" not in decode(data).metadata


@pytest.mark.parametrize("tag", [282, 283])
def test_one_side_stands_for_both(tag: int) -> None:
    entry = tiff.resolution(">", (300, 300))[tag]
    data = pillow_file(GREY, "WEBP", exif=b"Exif\0\0" + tiff.write(">", {tag: entry}))

    assert decode(data).metadata["dpi"] == [300, 300]


def test_a_resolution_beyond_jfif_is_left_out_of_jpeg() -> None:
    assert "dpi" not in decode(encode(IMAGE, format="JPEG", dpi=[90_000, 90_000])).metadata


def test_tags_of_another_kind_are_no_resolution() -> None:
    data = tiff_file(TIFF_GREY | {282: 300, 283: 300, 296: 2}, bytes(2))

    assert "dpi" not in decode(data).metadata
