"""A small photo that tells much: where, when, by whom and with what it was made, and how it was."""

import struct
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from paintgraph.engine.graph.formats.carried import GRAPH
from paintgraph.imaging.files.descriptions.texts import read_text
from paintgraph.nodes.facts import REPAINT

HEIGHT, WIDTH = 24, 32
SECRETS = (
    b"Ann Author",
    b"SER-1234567",
    b"gps-secret",
    b"xmp-secret",
    b"said-secret",
    b"thumb-sec",
)
"""Texts in its EXIF (three of them), XMP, comment and thumbnail; none is ever packed."""
COPYRIGHT = b"2026 Bea Owner"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_XMP = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description rdf:about='' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'"
    b" photoshop:City='xmp-secret'/></rdf:RDF></x:xmpmeta>"
)


def private_photo(kind: str = "JPEG") -> bytes:
    """The file, 32 x 24 px with 300 dpi, a profile and all of the secrets."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    samples = np.stack((rows * 9 % 256, columns * 7 % 256, rows + columns), axis=2)
    file = BytesIO()
    Image.fromarray(samples.astype(np.uint8)).save(
        file,
        kind,
        dpi=(300, 300),
        exif=b"Exif\0\0" + _exif(),
        icc_profile=PROFILE,
        xmp=_XMP,
        comment=b"said-secret",
    )
    return file.getvalue()


def told(data: bytes) -> set[bytes]:
    """The secrets that a file holds."""
    return {secret for secret in SECRETS if secret in data}


def own_texts(data: bytes) -> set[str]:
    """Which texts of paintgraph itself a PNG holds."""
    return {GRAPH, REPAINT} & read_text(data).keys()


def _exif() -> bytes:
    block = Image.Exif()
    block[315], block[33432] = "Ann Author", COPYRIGHT.decode()
    block.get_ifd(0x8769)[42033] = "SER-1234567"
    block.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 27: b"ASCII\0\0\0gps-secret"})
    data = bytearray(block.tobytes()[6:])
    order = "<" if data[:2] == b"II" else ">"
    (count,) = struct.unpack_from(f"{order}H", data, 8)
    struct.pack_into(f"{order}I", data, 10 + 12 * count, len(data))
    thumbnail = _thumbnail()
    start = len(data) + 2 + 2 * 12 + 4
    data += struct.pack(f"{order}HHHIIHHIII", 2, 513, 4, 1, start, 514, 4, 1, len(thumbnail), 0)
    return bytes(data + thumbnail)


def _thumbnail() -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 6), "red").save(file, "JPEG", comment=b"thumb-secret")
    return file.getvalue()
