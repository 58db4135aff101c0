"""What is no picture that can be read is named by what it is."""

import pytest

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.formats.header import read_header, recognise
from paintgraph.tests.imaging.files import TIFF_GREY, tiff_file


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\0\0\0\x18ftyphevc\0\0\0\0mif1heic", "a sequence of HEIC pictures"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0msf1", "a HEIF picture"),
        (b"\xff\x0a\xfa", "a JPEG XL picture"),
        (b"\0\0\0\x0cjP  \r\n", "a JPEG 2000 picture"),
        (b"II*\0\x10\0\0\0CR\2\0", "a camera's raw file"),
        (b"P6\n1 1\n255\n", "a PPM, PGM or PBM picture"),
        (b"gimp xcf v011", "a GIMP file"),
        (b"\0\0\0\x1cftyphevc", "a sequence of HEIC pictures"),
        (b'<?xml version="1.0"?>\n<svg xmlns="">', "an SVG drawing"),
        (b"II+\0\x08\0\0\0", "a BigTIFF"),
        (b"8BPS\0\1", "a Photoshop file"),
    ],
)
def test_another_kind_of_picture_is_named(data: bytes, what: str) -> None:
    with pytest.raises(PictureError) as error:
        recognise(data)

    assert (error.value.code, str(error.value)) == (
        "unsupported_picture",
        (
            f"picture: is {what}; allowed are PNG, JPEG, WebP, TIFF, BMP, AVIF, GIF and HEIC. "
            "Convert it to PNG first."
        ),
    )


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty (0 bytes)"),
        (b"\n<!DOCTYPE html><title>404</title>", "is an HTML page"),
        (b"<html>", "is an HTML page"),
        (b"<html><body><svg></svg>", "is an HTML page"),
        (b"%PDF-1.7", "is a PDF document"),
        (b"\0\0\0\x1cftypisom", "is an MP4 or QuickTime video"),
        (b"\x1aE\xdf\xa3", "is a Matroska or WebM video"),
        (b"RIFF\0\0\0\0AVI ", "is an AVI video"),
        (b"RIFF\0\0\0\0WAVE", "is no picture that is known here"),
        (b"BM is how this text starts", "is no picture that is known here"),
    ],
)
def test_a_file_that_is_no_picture_is_named(data: bytes, what: str) -> None:
    with pytest.raises(PictureError) as error:
        recognise(data)

    assert (error.value.code, str(error.value)) == (
        "not_a_picture",
        (
            f"picture: {what}; allowed are PNG, JPEG, WebP, TIFF, BMP, AVIF, GIF and HEIC. "
            "Check that the path or address leads to the picture itself."
        ),
    )


@pytest.mark.parametrize("tags", [{50706: 1}, {254: 1, 330: 8}])
def test_a_raw_file_that_is_laid_out_as_tiff_is_not_taken_for_its_preview(
    tags: dict[int, int],
) -> None:
    with pytest.raises(PictureError, match="is a camera's raw file"):
        read_header(tiff_file(TIFF_GREY | tags, bytes(2)))
