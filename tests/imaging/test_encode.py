"""Images to files: exact where the format is lossless, an error where something would be lost."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.errors import ContractError, PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode, preview_jpeg
from paintgraph.imaging.files.formats.header import read_header
from paintgraph.tests.imaging.files import SRGB, exif_block
from paintgraph.tests.strategies import images

EXIF = exif_block(None, "Maker")
RGB = np.zeros((2, 3, 3), np.float32)
RGBA = np.zeros((2, 3, 4), np.float32)

LOSSLESS = [
    ("PNG", 8, 3),
    ("PNG", 8, 4),
    ("PNG", 16, 3),
    ("PNG", 16, 4),
    ("TIFF", 8, 3),
    ("TIFF", 8, 4),
    ("TIFF", 16, 3),
    ("TIFF", 16, 4),
    ("WEBP", 8, 3),
    ("WEBP", 8, 4),
    ("BMP", 8, 3),
]


@pytest.mark.parametrize(("name", "depth", "channels"), LOSSLESS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_lossless_format_gives_the_same_picture_back(
    name: Format, depth: int, channels: int, data: st.DataObject
) -> None:
    """Colours under alpha 0 included: nothing is multiplied or cleared."""
    image: Image = data.draw(images(batch=1, channels=channels, depth=depth))
    picture = decode(encode(image, format=name, depth=depth))

    assert np.array_equal(picture.image, image)
    assert (picture.depth, picture.format) == (depth, name)


@pytest.mark.parametrize("metadata", [{}, {"icc": SRGB, "exif": EXIF}], ids=["bare", "metadata"])
@pytest.mark.parametrize("lossless", [True, False])
@given(image=images(batch=1, channels=4))
@example(image=np.ones((1, 8, 8, 4), np.float32))
@example(image=np.ones((1, 1, 1, 4), np.float32))
@example(image=np.ones((1, 3, 700, 4), np.float32))
def test_a_webp_of_four_channels_has_four_channels(
    image: Image, metadata: dict[str, bytes], *, lossless: bool
) -> None:
    """libwebp drops an alpha channel that is opaque everywhere."""
    data = encode(image, format="WEBP", lossless=lossless, **metadata)  # type: ignore[arg-type]
    picture = decode(data)

    assert np.array_equal(picture.image[..., 3], image[..., 3])
    assert not lossless or np.array_equal(picture.image, image)
    assert read_header(data).mode == "RGBA"
    assert (picture.icc, picture.exif) == (metadata.get("icc"), metadata.get("exif"))
    opened = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.asarray(opened).shape[2] == 4


def test_an_opaque_alpha_of_a_lossy_webp_changes_no_colour() -> None:
    image = np.random.default_rng(3).uniform(0, 1, (40, 50, 4)).astype(np.float32)
    image[..., 3] = 1
    with_alpha = decode(encode(image, format="WEBP", lossless=False))
    without = decode(encode(image[..., :3], format="WEBP", lossless=False))

    assert np.array_equal(with_alpha.image[..., :3], without.image)


@pytest.mark.parametrize("name", ["PNG", "TIFF", "WEBP"])
def test_colours_under_alpha_0_are_kept(name: Format) -> None:
    image = np.linspace(0, 1, 256, dtype=np.float32)[np.newaxis, :, np.newaxis].repeat(4, axis=2)
    image[..., 3] = 0
    image = np.divide(np.floor(image * 255), 255, dtype=np.float32)

    assert np.array_equal(decode(encode(image, format=name)).image[0], image)


def test_a_large_tiff_of_several_strips_survives() -> None:
    codes = np.arange(600 * 601 * 3, dtype=np.uint32).reshape(600, 601, 3) % 65536
    image = codes.astype(np.float32) / np.float32(65535)

    assert np.array_equal(decode(encode(image, format="TIFF", depth=16)).image[0], image)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_profile_and_exif_survive(name: Format, depth: int) -> None:
    picture = decode(encode(RGB, format=name, depth=depth, icc=SRGB, exif=EXIF))

    assert (picture.icc, picture.exif) == (SRGB, EXIF)


@pytest.mark.parametrize("name", ["JPEG", "WEBP"])
def test_profile_and_exif_survive_in_8_bit_formats(name: Format) -> None:
    picture = decode(encode(RGB, format=name, icc=SRGB, exif=b"Exif\0\0" + EXIF))

    assert (picture.icc, picture.exif) == (SRGB, EXIF)


def test_jpeg_and_lossy_webp_are_near() -> None:
    image = np.full((1, 16, 16, 3), 100 / 255, np.float32)
    for data in (encode(image, format="JPEG"), encode(image, format="WEBP", lossless=False)):
        assert np.abs(decode(data).image - image).max() < 3 / 255


def test_encoding_leaves_the_array_writeable() -> None:
    image = RGB.copy()
    encode(image)

    assert image.flags.writeable


@pytest.mark.parametrize(
    ("message", "image", "options"),
    [
        (
            (
                "picture: has alpha, which JPEG cannot hold; allowed is RGB. "
                "Choose PNG or WEBP, or drop the alpha first."
            ),
            RGBA,
            {"format": "JPEG"},
        ),
        (
            (
                "picture: is to be written with 16 bits, but WEBP holds 8; allowed is depth 8. "
                "Choose PNG or TIFF, or ask for depth 8."
            ),
            RGB,
            {"format": "WEBP", "depth": 16},
        ),
        (
            (
                "picture: has an ICC profile or EXIF, which BMP cannot hold; allowed is neither. "
                "Choose PNG, or leave them out."
            ),
            RGB,
            {"format": "BMP", "icc": SRGB},
        ),
        (
            (
                "picture: is 1x20000 (height x width); allowed in WEBP are 16383 px a side. "
                "Choose PNG, or scale it down with ImageScale."
            ),
            np.zeros((1, 20000, 3), np.float32),
            {"format": "WEBP"},
        ),
        (
            (
                "format: is 'GIF'; allowed are PNG, TIFF, WEBP, JPEG, AVIF, HEIC, BMP. "
                "Choose one of them."
            ),
            RGB,
            {"format": "GIF"},
        ),
        (
            "compression: is 10; allowed is 0 to 9. Choose one of them.",
            RGB,
            {"compression": 10},
        ),
        (
            "quality: is 0; allowed is 1 to 100. Choose one of them.",
            RGB,
            {"format": "JPEG", "quality": 0},
        ),
        (
            "depth: is 12 bits per sample; allowed are 8 and 16. Choose one.",
            RGB,
            {"depth": 12},
        ),
        (
            "image: is a batch of 2; allowed is one picture for one file. Encode them one by one.",
            np.zeros((2, 1, 1, 3), np.float32),
            {},
        ),
    ],
)
def test_what_would_be_lost_or_is_unknown_is_refused(
    message: str, image: Image, options: dict[str, object]
) -> None:
    with pytest.raises(PictureError) as error:
        encode(image, **options)  # type: ignore[arg-type]

    assert (error.value.code, str(error.value)) == ("unsupported_picture", message)


def test_exif_too_long_for_jpeg_is_refused() -> None:
    with pytest.raises(PictureError) as error:
        encode(RGB, format="JPEG", exif=b"MM\0*" + bytes(70_000))

    assert str(error.value) == (
        "picture: cannot be written as JPEG (EXIF data is too long); allowed are whole profiles "
        "and EXIF blocks of less than 64 KiB. Leave them out, or choose PNG."
    )


def test_an_array_that_breaks_the_contract_is_refused() -> None:
    with pytest.raises(ContractError):
        encode(np.full((1, 1, 3), 2, np.float32))


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 2000), (26, 512)), ((3000, 1), (512, 1)), ((5, 7), (5, 7))]
)
def test_a_preview_fits_its_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    header = read_header(preview_jpeg(np.zeros((1, *size, 3), np.float32)))

    assert (header.format, header.height, header.width) == ("JPEG", *expected)


def test_clear_parts_of_a_preview_are_white() -> None:
    assert decode(preview_jpeg(np.zeros((2, 8, 8, 4), np.float32))).image.min() == 1


@pytest.mark.parametrize("name", ["JPEG", "BMP"])
def test_alpha_that_says_nothing_keeps_no_picture_from_a_format(name: Format) -> None:
    opaque = np.random.default_rng(1).random((1, 9, 8, 4), np.float32)
    opaque[..., 3] = 1

    assert encode(opaque, format=name) == encode(opaque[..., :3], format=name)
