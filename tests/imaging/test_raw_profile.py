"""EXIF in a text of a PNG file, as programs wrote it before there was a chunk for it."""

import zlib
from collections.abc import Mapping

import pytest

from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions.raw_profile import unhex
from paintgraph.imaging.files.formats.parts import make_chunk
from paintgraph.tests.imaging.files import exif_block, png_file

BLOCK = b"Exif\0\0" + exif_block(6, maker="a maker")
DIGITS = BLOCK.hex()
LINES = "\n".join(DIGITS[at : at + 72] for at in range(0, len(DIGITS), 72))
TEXT = f"\nexif\n{len(BLOCK):8}\n{LINES}\n".encode()
KEY = b"Raw profile type exif\0"
CHUNKS: Mapping[str, tuple[bytes, bytes]] = {
    "plain": (b"tEXt", KEY + TEXT),
    "packed": (b"zTXt", KEY + b"\0" + zlib.compress(TEXT)),
    "Unicode": (b"iTXt", KEY + bytes(4) + TEXT),
    "bare": (b"tEXt", KEY + f"\nexif\n{len(BLOCK) - 6}\n{DIGITS[12:]}\n".encode()),
    "APP1": (b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(TEXT)),
}


def _png(name: bytes, content: bytes) -> bytes:
    return png_file([b"\0\1\2", b"\3\4\5"], width=3, depth=8, colour=0, extra={name: content})


@pytest.mark.parametrize("how", CHUNKS)
def test_the_picture_is_turned_and_its_exif_kept(how: str) -> None:
    picture = decode(_png(*CHUNKS[how]))

    assert picture.image.shape == (1, 3, 2, 3)
    assert b"a maker" in (picture.exif or b"")
    assert "texts" not in picture.metadata


def test_the_chunk_for_exif_comes_first() -> None:
    data = _png(*CHUNKS["plain"])
    at = data.index(b"tEXt") - 4
    own = make_chunk(b"eXIf", exif_block(1, maker="another"))

    picture = decode(data[:at] + own + data[at:])

    assert picture.image.shape == (1, 2, 3, 3)
    assert b"another" in (picture.exif or b"")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\nexif\n",
        b"\nexif\n9\n00\n",
        b"\nexif\nmany\n00\n",
        b"\nexif\n1\n0x\n",
        b"\nexif\n1\n0\n",
        b"\nexif\n1\n\xff\n",
    ],
)
def test_a_damaged_block_counts_as_missing(text: bytes) -> None:
    assert unhex(text) is None
    assert decode(_png(b"tEXt", KEY + text)).exif is None
