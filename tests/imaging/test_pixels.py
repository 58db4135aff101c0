"""Pixels of every mode, read to numbers worked out by hand."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files import decode as pixels
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.formats.header import read_header
from paintgraph.tests.imaging.files import TIFF_GREY, pillow_file, png_file, tiff_file


def codes(data: bytes) -> list[list[list[int]]]:
    """The decoded picture as code values of its own depth."""
    picture = decode(data)
    highest = (1 << picture.depth) - 1
    result: list[list[list[int]]] = np.rint(picture.image[0] * highest).astype(int).tolist()
    return result


def wide(*values: int) -> bytes:
    return np.array(values, ">u2").tobytes()


GREY8 = [[[0] * 3, [200] * 3]]
PALETTE = bytes([10, 20, 30, 40, 50, 60])
TIFF8 = TIFF_GREY
TIFF16 = TIFF8 | {258: 16}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            png_file([bytes([0b01000000])], width=2, depth=1, colour=0),
            [[[0] * 3, [255] * 3]],
            id="PNG 1 bit",
        ),
        pytest.param(
            png_file([bytes([0b01100000])], width=2, depth=2, colour=0),
            [[[85] * 3, [170] * 3]],
            id="PNG 2 bits",
        ),
        pytest.param(
            png_file([bytes([0x3F])], width=2, depth=4, colour=0, extra={b"tRNS": b"\0\3"}),
            [[[51, 51, 51, 0], [255] * 4]],
            id="PNG 4 bits, one grey clear",
        ),
        pytest.param(
            png_file([bytes([0b01000000])], width=2, depth=1, colour=0, extra={b"tRNS": b"\0\1"}),
            [[[0, 0, 0, 255], [255, 255, 255, 0]]],
            id="PNG 1 bit, white clear",
        ),
        pytest.param(png_file([bytes([0, 200])], width=2, depth=8, colour=0), GREY8, id="PNG grey"),
        pytest.param(
            png_file([bytes([9, 128, 7, 0])], width=2, depth=8, colour=4),
            [[[9, 9, 9, 128], [7, 7, 7, 0]]],
            id="PNG grey and alpha",
        ),
        pytest.param(
            png_file([bytes([1, 2, 3, 4, 5, 6])], width=2, depth=8, colour=2),
            [[[1, 2, 3], [4, 5, 6]]],
            id="PNG RGB",
        ),
        pytest.param(
            png_file(
                [bytes([1, 2, 3, 4, 5, 6])],
                width=2,
                depth=8,
                colour=2,
                extra={b"tRNS": wide(4, 5, 6)},
            ),
            [[[1, 2, 3, 255], [4, 5, 6, 0]]],
            id="PNG RGB, one colour clear",
        ),
        pytest.param(
            png_file([bytes([1, 2, 3, 4, 5, 6, 7, 0])], width=2, depth=8, colour=6),
            [[[1, 2, 3, 4], [5, 6, 7, 0]]],
            id="PNG RGBA",
        ),
        pytest.param(
            png_file([bytes([0, 1])], width=2, depth=8, colour=3, extra={b"PLTE": PALETTE}),
            [[[10, 20, 30], [40, 50, 60]]],
            id="PNG palette",
        ),
        pytest.param(
            png_file(
                [bytes([0b01000000])],
                width=2,
                depth=1,
                colour=3,
                extra={b"PLTE": PALETTE, b"tRNS": b"\x80"},
            ),
            [[[10, 20, 30, 128], [40, 50, 60, 255]]],
            id="PNG palette of 1 bit with alpha",
        ),
        pytest.param(
            png_file([wide(1000, 65535)], width=2, depth=16, colour=0),
            [[[1000] * 3, [65535] * 3]],
            id="PNG 16-bit grey",
        ),
        pytest.param(
            png_file([wide(1000, 1001)], width=2, depth=16, colour=0, extra={b"tRNS": wide(1001)}),
            [[[1000, 1000, 1000, 65535], [1001, 1001, 1001, 0]]],
            id="PNG 16-bit grey, one clear",
        ),
        pytest.param(
            png_file([wide(1000, 2000, 3000, 0)], width=2, depth=16, colour=4),
            [[[1000, 1000, 1000, 2000], [3000, 3000, 3000, 0]]],
            id="PNG 16-bit grey and alpha",
        ),
        pytest.param(
            png_file([wide(1, 256, 3, 40000, 5, 6)], width=2, depth=16, colour=2),
            [[[1, 256, 3], [40000, 5, 6]]],
            id="PNG 16-bit RGB",
        ),
        pytest.param(
            png_file(
                [wide(1, 256, 3, 1, 257, 3)],
                width=2,
                depth=16,
                colour=2,
                extra={b"tRNS": wide(1, 256, 3)},
            ),
            [[[1, 256, 3, 0], [1, 257, 3, 65535]]],
            id="PNG 16-bit RGB, one colour clear",
        ),
        pytest.param(
            png_file([wide(1, 256, 3, 0, 9, 8, 7, 6)], width=2, depth=16, colour=6),
            [[[1, 256, 3, 0], [9, 8, 7, 6]]],
            id="PNG 16-bit RGBA",
        ),
        pytest.param(tiff_file(TIFF8, bytes([0, 200])), GREY8, id="TIFF grey"),
        pytest.param(tiff_file(TIFF8 | {262: 0}, bytes([255, 55])), GREY8, id="TIFF 0 is white"),
        pytest.param(tiff_file(TIFF8 | {258: 1}, b"\x40"), [[[0] * 3, [255] * 3]], id="TIFF 1 bit"),
        pytest.param(
            tiff_file(TIFF8 | {258: (8, 8), 277: 2, 338: 2}, bytes([9, 128, 7, 0])),
            [[[9, 9, 9, 128], [7, 7, 7, 0]]],
            id="TIFF grey and alpha",
        ),
        pytest.param(
            tiff_file(TIFF8 | {258: (8, 8), 277: 2, 338: 1}, bytes([64, 128, 0, 0])),
            [[[127, 127, 127, 128], [0, 0, 0, 0]]],
            id="TIFF grey times alpha",
        ),
        pytest.param(
            tiff_file(TIFF16, np.array([1000, 65535], "<u2").tobytes()),
            [[[1000] * 3, [65535] * 3]],
            id="TIFF 16-bit grey",
        ),
        pytest.param(
            tiff_file(TIFF16 | {262: 0}, np.array([1000, 65535], "<u2").tobytes()),
            [[[64535] * 3, [0] * 3]],
            id="TIFF 16-bit, 0 is white",
        ),
        pytest.param(
            tiff_file(
                TIFF16 | {258: (16,) * 4, 262: 2, 277: 4, 338: 2},
                np.array([1, 256, 3, 0, 9, 8, 7, 6], "<u2").tobytes(),
            ),
            [[[1, 256, 3, 0], [9, 8, 7, 6]]],
            id="TIFF 16-bit RGBA",
        ),
        pytest.param(
            tiff_file(
                TIFF16 | {258: (16,) * 4, 262: 2, 277: 4, 338: 1},
                np.array([100, 200, 300, 32768, 0, 0, 0, 0], "<u2").tobytes(),
            ),
            [[[200, 400, 600, 32768], [0, 0, 0, 0]]],
            id="TIFF 16-bit RGB times alpha",
        ),
        pytest.param(
            tiff_file(
                TIFF16 | {258: (16,) * 4, 262: 2, 277: 4, 338: 0},
                np.array([1, 256, 3, 0, 9, 8, 7, 6], "<u2").tobytes(),
            ),
            [[[1, 256, 3], [9, 8, 7]]],
            id="TIFF 16-bit RGB and a channel without meaning",
        ),
        pytest.param(
            tiff_file(TIFF8 | {258: (8,) * 4, 262: 5, 277: 4}, bytes([255, 0, 0, 0, 0, 0, 0, 128])),
            [[[0, 255, 255], [127, 127, 127]]],
            id="TIFF CMYK",
        ),
        pytest.param(
            pillow_file(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8), "BMP"),
            [[[1, 2, 3], [4, 5, 6]]],
            id="BMP RGB",
        ),
        pytest.param(pillow_file(np.array([[0, 200]], np.uint8), "BMP"), GREY8, id="BMP grey"),
        pytest.param(
            pillow_file(np.full((1, 2), 128, np.uint8), "JPEG"), [[[128] * 3] * 2], id="JPEG grey"
        ),
        pytest.param(
            pillow_file(Pillow.new("CMYK", (1, 1), (0, 0, 0, 255)), "JPEG"),
            [[[0, 0, 0]]],
            id="JPEG CMYK",
        ),
        pytest.param(
            pillow_file(
                np.array([[[1, 2, 3, 0], [4, 5, 6, 9]]], np.uint8),
                "WEBP",
                lossless=True,
                exact=True,
            ),
            [[[1, 2, 3, 0], [4, 5, 6, 9]]],
            id="WebP RGBA",
        ),
    ],
)
def test_each_mode_is_read_to_its_exact_values(
    data: bytes, expected: list[list[list[int]]]
) -> None:
    assert codes(data) == expected


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (
            tiff_file(TIFF8 | {258: 32, 339: 3}, bytes(8)),
            "a TIFF file of signed or floating-point samples",
        ),
        (tiff_file(TIFF8 | {262: 8}, bytes(2)), "a TIFF file of colour type 8"),
        (tiff_file(TIFF8 | {258: 12}, bytes(3)), "a TIFF file of [12] bits per sample"),
        (
            tiff_file(TIFF16 | {258: (16, 16), 277: 2, 338: 2}, bytes(8)),
            "a TIFF file of 16-bit LA or of separate colour planes",
        ),
        (
            tiff_file(TIFF16 | {258: (16,) * 3, 262: 2, 277: 3, 284: 2}, bytes(12)),
            "a TIFF file of 16-bit RGB or of separate colour planes",
        ),
    ],
)
def test_a_variant_that_is_not_read_is_named(data: bytes, what: str) -> None:
    with pytest.raises(PictureError) as error:
        decode(data)

    assert (error.value.code, str(error.value)) == (
        "unsupported_picture",
        (
            f"picture: is {what}; allowed are 1 to 8 or 16 bits per sample, as whole numbers, "
            "in grey, RGB, palette or CMYK. Convert it to PNG first."
        ),
    )


def test_cmyk_is_converted_by_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """No CMYK profile is at hand, so the conversion is told what it was asked for."""
    asked = []

    def convert(
        picture: Pillow.Image, source: object, target: object, **options: object
    ) -> Pillow.Image:
        asked.append((picture.mode, source, target, options))
        return Pillow.new("RGB", picture.size, (1, 2, 3))

    monkeypatch.setattr(ImageCms, "ImageCmsProfile", lambda file: file.read())
    monkeypatch.setattr(ImageCms, "createProfile", lambda name: name)
    monkeypatch.setattr(ImageCms, "profileToProfile", convert)
    icc = bytes(16) + b"CMYK" + bytes(200)
    picture = decode(pillow_file(Pillow.new("CMYK", (1, 1)), "JPEG", icc_profile=icc))

    assert asked == [("CMYK", icc, "sRGB", {"outputMode": "RGB"})]
    assert np.rint(picture.image * 255).tolist() == [[[[1, 2, 3]]]]
    assert picture.icc is None


def test_a_useless_cmyk_profile_falls_back_to_the_plain_formula() -> None:
    icc = bytes(16) + b"CMYK" + bytes(200)
    data = pillow_file(Pillow.new("CMYK", (1, 1), (0, 0, 0, 255)), "JPEG", icc_profile=icc)

    assert codes(data) == [[[0, 0, 0]]]


def test_pillows_rarer_modes_become_plain_ones() -> None:
    modes = {"1": "L", "La": "LA", "PA": "RGBA", "P": "RGB", "YCbCr": "RGB"}

    assert {mode: pixels._plain(Pillow.new(mode, (1, 1)), None).mode for mode in modes} == modes


def test_pixels_of_another_depth_than_the_header_says_are_refused() -> None:
    data = png_file([bytes(2)], width=2, depth=8, colour=0)
    with pytest.raises(PictureError, match="its pixels are not what its header says"):
        pixels._by_opencv(data, read_header(data))


def test_another_mode_of_pillow_is_refused() -> None:
    with pytest.raises(PictureError, match="is a picture of mode LAB"):
        pixels._plain(Pillow.new("LAB", (1, 1)), None)
