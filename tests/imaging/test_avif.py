"""AVIF files: sizes, turns, colours and metadata by their boxes, pixels by Pillow."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL.ImageOps import exif_transpose

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.examine import examine
from paintgraph.imaging.files.formats import avif
from paintgraph.imaging.opencv import cv2
from paintgraph.tests.imaging.files import SRGB, exif_block, pillow_file

BLOCKS = np.kron(
    np.random.default_rng(1).integers(0, 256, (3, 5, 4), np.uint8), np.ones((8, 8, 1), np.uint8)
)
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"


def avif_file(mode: str = "RGB", **options: Any) -> bytes:
    picture = Pillow.fromarray(BLOCKS).convert(mode)
    return pillow_file(picture, "AVIF", quality=100, subsampling="4:4:4", **options)


def codes(data: bytes) -> Any:
    return np.rint(decode(data).image[0] * 255).astype(int)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_samples_are_those_of_pillow(mode: str) -> None:
    data = avif_file(mode)
    with Pillow.open(BytesIO(data)) as picture:
        expected = np.asarray(picture.convert("RGBA" if "A" in mode else "RGB"))

    assert examine(data).depth == 8
    assert (codes(data) == expected).all()
    assert np.abs(codes(data)[..., :3] - np.asarray(expected)[..., :3]).max() == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_once(orientation: int) -> None:
    """Pillow writes the orientation of EXIF as boxes."""
    data = avif_file(exif=exif_block(orientation, "Maker"))
    with Pillow.open(BytesIO(avif_file())) as picture:
        picture.getexif()[0x0112] = orientation
        expected = np.asarray(exif_transpose(picture))

    assert avif.read(data).orientation == orientation
    assert np.abs(codes(data) - expected).max() <= 2
    assert b"Maker" in (decode(data).exif or b"")


def test_exif_does_not_turn_what_its_boxes_do_not() -> None:
    """As in all viewers. Pillow writes no such file, so another number becomes the orientation."""
    block = Pillow.Exif()
    block[0x0115] = 6
    data = avif_file(exif=block.tobytes())
    turned = data.replace(b"\x01\x15\0\3", b"\x01\x12\0\3")

    assert turned != data
    assert (codes(turned) == codes(data)).all()


def test_profile_and_xmp_are_read() -> None:
    data = avif_file(icc_profile=SRGB, xmp=XMP)
    said = avif.read(data)

    assert (said.icc, said.xmp) == (SRGB, XMP)
    assert decode(data).icc == SRGB


def test_colours_that_numbers_name_become_a_profile() -> None:
    data = avif_file()
    at = data.index(b"nclx") + 4
    p3 = data[:at] + struct.pack(">H", 12) + data[at + 2 :]

    assert decode(data).icc is None  # sRGB
    assert avif.read(p3).cicp == (12, 13, *(avif.read(data).cicp or ())[2:])
    assert b"cicp" + bytes(4) + bytes([12, 13, 0, 1]) in (decode(p3).icc or b"")


def test_ten_bits_become_eight_with_a_remark() -> None:
    samples = np.full((16, 16, 3), 600, np.uint16)
    _, packed = cv2.imencode(".avif", samples, [cv2.IMWRITE_AVIF_DEPTH, 10])
    data = packed.tobytes()

    assert examine(data).depth == 10
    assert decode(data).depth == 8
    assert decode(data).remarks == (
        "its samples have 10 bits, of which 8 are read. A 16-bit PNG keeps them.",
    )


def test_a_stream_larger_than_its_box_is_refused_before_it_is_decoded() -> None:
    data = bytearray(avif_file())
    struct.pack_into(">II", data, data.index(b"ispe") + 8, 4, 3)

    with pytest.raises(PictureError, match="it names two sizes"):
        examine(bytes(data))


def test_too_large_a_size_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(PictureError, match="allowed are 1000"):
        examine(pillow_file(Pillow.new("RGB", (40, 30)), "AVIF"), 1000)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_an_error_or_none(data: st.DataObject) -> None:
    damaged = bytearray(avif_file("RGBA", exif=exif_block(6, "Maker")))
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=3)):
        damaged[place] = data.draw(st.integers(0, 255))

    try:
        decode(bytes(damaged))
    except PictureError as error:
        assert error.code  # noqa: PT017 - most are refused
