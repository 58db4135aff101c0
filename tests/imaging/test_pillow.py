"""A picture that Pillow has opened says what its file said."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.Image import Image

from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions import iptc, xmp
from paintgraph.imaging.files.descriptions.pillow import chunks_of
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats.parts import insert, make_chunk
from paintgraph.imaging.files.metadata import Metadata
from paintgraph.tests.imaging.files import SRGB, exif_block, pillow_file

IMAGE = np.zeros((1, 2, 3), np.float32)
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    b' xmlns:my="http://example.com/"><rdf:RDF><rdf:Description my:a="1"/></rdf:RDF></x:xmpmeta>'
)
SAID: Metadata = {
    "icc": SRGB,
    "exif": exif_block(None, "Maker"),
    "xmp": PACKET,
    "iptc": b"\x1c\x02\x50\x00\x03Ann",
    "dpi": [300, 150],
    "comment": "größer",
}


def again(image: Image) -> Metadata:
    """What the PNG file says that is made of the picture."""
    exif = {"exif": image.info["exif"]} if "exif" in image.info else {}
    return decode(insert(pillow_file(image, "PNG", **exif), chunks_of(image.info))).metadata


def opened(data: bytes) -> Image:
    return Pillow.open(BytesIO(data))


def test_a_jpeg_says_all_that_it_said() -> None:
    said = again(opened(encode(IMAGE, format="JPEG", **SAID)))

    assert said.pop("texts") == {"Comment": SAID["comment"]}
    assert said == {name: value for name, value in SAID.items() if name != "comment"}


def test_a_png_says_its_colours_and_texts() -> None:
    colour = make_chunk(b"gAMA", struct.pack(">I", 100_000)) + make_chunk(
        b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    )
    texts = {"parameters": "größer ✓", "Title": "a"}
    data = encode(IMAGE, colour=colour, texts=texts, xmp=PACKET, dpi=[72, 72])

    assert again(opened(data)) == decode(data).metadata
    for extra in (make_chunk(b"sRGB", b"\0"), b""):
        data = encode(IMAGE, colour=extra)
        assert again(opened(data)) == decode(data).metadata


@pytest.mark.parametrize(
    "info",
    [
        {"dpi": (0, "many")},
        {"dpi": float("nan")},
        {"dpi": (float("inf"), 1)},
        {"gamma": -1, "srgb": 300, "chromaticity": (1,)},
        {"photoshop": {}, "comment": 3, "xmp": 3},
        {"a\nb": "odd", 5: "number", "nul": "a\0b", "tuple": (1, 2)},
    ],
)
def test_what_is_odd_is_left_out(info: dict[object, object]) -> None:
    assert chunks_of(info) == []


def test_iptc_is_written_as_readers_know_it() -> None:
    block = iptc.photoshop_block(SAID["iptc"])

    assert iptc.of_photoshop(block) == SAID["iptc"]
    assert xmp.cleaned(PACKET) == PACKET
