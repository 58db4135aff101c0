"""Small picture files that tell everything a file can tell beside its pixels, made byte by byte.

Nothing here is read or written by the code that it tests.
"""

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

Samples = NDArray[np.unsignedinteger[Any]]
Numbers = Sequence[int]

SERIAL = "Serial-4711"
"""Stands for what only the keeper of the picture may know."""


def thumbnail() -> bytes:
    """A JPEG file of the old picture, as files carry it inside."""
    file = BytesIO()
    Pillow.new("RGB", (16, 12), (255, 0, 255)).save(file, "JPEG", comment=SERIAL.encode())
    return file.getvalue()


def exif(width: int, height: int, *, orientation: int = 1) -> bytes:
    """An EXIF block, little-endian: names, serial, place, sizes and a thumbnail."""
    thumb = thumbnail()
    tags: dict[int, Any] = {
        0x010F: b"Maker\0",
        0x0112: (3, [orientation]),
        0x011A: (5, [300, 1]),
        0x011B: (5, [300, 1]),
        0x0128: (3, [2]),
        0x013B: b"Ada Secret\0",
        0x8298: b"(c) Ada 2026\0",
    }
    camera = {0xA431: SERIAL.encode() + b"\0", 0xA002: (4, [width]), 0xA003: (4, [height])}
    place = {1: b"N\0", 2: (5, [48, 1, 8, 1, 0, 1]), 3: b"E\0", 4: (5, [11, 1, 34, 1, 0, 1])}
    first = 8
    nested = first + len(_directory(tags | {0x8769: (4, [0]), 0x8825: (4, [0])}, first, 0))
    gps = nested + len(_directory(camera, nested, 0))
    small = gps + len(_directory(place, gps, 0))
    preview: dict[int, Any] = {0x0103: (3, [6]), 0x0201: (4, [0]), 0x0202: (4, [len(thumb)])}
    thumb_at = small + len(_directory(preview, small, 0))
    preview[0x0201] = (4, [thumb_at])
    tags |= {0x8769: (4, [nested]), 0x8825: (4, [gps])}
    return b"".join(
        [
            b"II*\0" + struct.pack("<I", first),
            _directory(tags, first, small),
            _directory(camera, nested, 0),
            _directory(place, gps, 0),
            _directory(preview, small, 0),
            thumb,
        ]
    )


def _directory(tags: Mapping[int, Any], at: int, next_at: int) -> bytes:
    """One directory and the values that do not fit into its entries."""
    entries, extra = b"", b""
    extra_at = at + 2 + 12 * len(tags) + 4
    for tag, value in sorted(tags.items()):
        kind, numbers = (2, value) if isinstance(value, bytes) else value
        if kind in {1, 2, 7}:
            packed, count = bytes(numbers), len(numbers)
        else:
            layout = {3: "H", 4: "I", 5: "I"}[kind]
            packed = struct.pack(f"<{len(numbers)}{layout}", *numbers)
            count = len(numbers) // 2 if kind == 5 else len(numbers)
        if len(packed) > 4:
            place, extra = struct.pack("<I", extra_at + len(extra)), extra + packed
            extra += bytes(len(extra) % 2)
        else:
            place = packed.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, kind, count) + place
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_at) + extra


def xmp(width: int, height: int, *, orientation: int = 1) -> bytes:
    """An XMP packet: a title, sizes, an orientation and a thumbnail."""
    image = base64.b64encode(thumbnail()).decode()
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 tiff:Orientation="{orientation}" exif:PixelXDimension="{width}" exif:PixelYDimension="{height}">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A quiet title</rdf:li></rdf:Alt></dc:title>
<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"><xmpGImg:format>JPEG</xmpGImg:format>
<xmpGImg:width>16</xmpGImg:width><xmpGImg:height>12</xmpGImg:height>
<xmpGImg:image>{image}</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def jpeg(samples: Samples, *, orientation: int = 1, icc: bytes | None = None) -> bytes:
    """A JPEG file with JFIF density, EXIF, XMP, a Photoshop block with a thumbnail, a comment."""
    height, width = samples.shape[:2]
    file = BytesIO()
    options = {} if icc is None else {"icc_profile": icc}
    Pillow.fromarray(samples).save(
        file, "JPEG", quality=98, subsampling=0, dpi=(300, 300), **options
    )
    data = file.getvalue()
    thumb = thumbnail()
    resource = struct.pack(">IIIIIIHH", 1, 16, 12, 48, 16 * 12 * 3, len(thumb), 24, 1) + thumb
    block = b"8BIM" + struct.pack(">HHI", 1036, 0, len(resource)) + resource
    block += bytes(len(resource) % 2)
    new = [
        (0xE1, b"Exif\0\0" + exif(width, height, orientation=orientation)),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(width, height, orientation=orientation)),
        (0xED, b"Photoshop 3.0\0" + block),
        (0xFE, b"a comment"),
    ]
    at = 4 + struct.unpack(">H", data[4:6])[0]  # after JFIF's segment, which comes first
    segments = b"".join(struct.pack(">BBH", 255, m, len(c) + 2) + c for m, c in new)
    return data[:at] + segments + data[at:]


def png(samples: Samples, chunks: Mapping[bytes, bytes] | None = None) -> bytes:
    """A PNG file with these chunks before its pixels and nothing else."""
    grey_or_colour = {1: 0, 2: 4, 3: 2, 4: 6}[1 if samples.ndim == 2 else samples.shape[2]]
    height, width = samples.shape[:2]
    depth = samples.itemsize * 8
    rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(height, -1)
    pixels = b"".join(b"\0" + row.tobytes() for row in rows)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, grey_or_colour, 0, 0, 0)),
            *(_chunk(name, content) for name, content in (chunks or {}).items()),
            _chunk(b"IDAT", zlib.compress(pixels)),
            _chunk(b"IEND", b""),
        ]
    )


def described_png(samples: Samples, *, orientation: int = 1) -> bytes:
    """A PNG file with dpi, EXIF, XMP, and texts: what it is, and of which graph it was made."""
    height, width = samples.shape[:2]
    data = png(
        samples,
        {
            b"pHYs": struct.pack(">IIB", 11811, 11811, 1),
            b"eXIf": exif(width, height, orientation=orientation),
            b"iTXt": b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(width, height, orientation=orientation),
            b"tEXt": b"Comment\0a comment",
        },
    )
    workflow = _chunk(b"tEXt", b'workflow\0{"nodes": []}')
    return data[:-12] + workflow + data[-12:]


def webp(samples: Samples, *, orientation: int = 1, icc: bytes | None = None) -> bytes:
    """A lossless WebP file with EXIF and XMP."""
    height, width = samples.shape[:2]
    options = {} if icc is None else {"icc_profile": icc}
    file = BytesIO()
    Pillow.fromarray(samples).save(
        file,
        "WEBP",
        lossless=True,
        exact=True,
        exif=b"Exif\0\0" + exif(width, height, orientation=orientation),
        xmp=xmp(width, height, orientation=orientation),
        **options,
    )
    return file.getvalue()


def tiff(samples: Samples, *, orientation: int = 1, icc: bytes | None = None) -> bytes:
    """A TIFF file with dpi, names, camera, place, XMP and a second, smaller picture."""
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    thumb = bytes([255, 0, 255]) * (16 * 12)
    tags: dict[int, Any] = {
        0x0100: (4, [width]),
        0x0101: (4, [height]),
        0x0102: (3, [samples.itemsize * 8] * channels),
        0x0103: (3, [1]),
        0x0106: (3, [2 if channels > 2 else 1]),
        0x010F: b"Maker\0",
        0x0111: (4, [0]),
        0x0112: (3, [orientation]),
        0x0115: (3, [channels]),
        0x0116: (4, [height]),
        0x0117: (4, [samples.nbytes]),
        0x011A: (5, [300, 1]),
        0x011B: (5, [300, 1]),
        0x011C: (3, [1]),
        0x0128: (3, [2]),
        0x013B: b"Ada Secret\0",
        0x02BC: (1, xmp(width, height, orientation=orientation)),
        0x8298: b"(c) Ada 2026\0",
        0x8769: (4, [0]),
        0x8825: (4, [0]),
    }
    if channels in {2, 4}:
        tags[0x0152] = (3, [2])
    if icc is not None:
        tags[0x8773] = (7, icc)
    camera = {0xA431: SERIAL.encode() + b"\0", 0xA002: (4, [width]), 0xA003: (4, [height])}
    place = {1: b"N\0", 2: (5, [48, 1, 8, 1, 0, 1]), 3: b"E\0", 4: (5, [11, 1, 34, 1, 0, 1])}
    second: dict[int, Any] = {
        0x00FE: (4, [1]),
        0x0100: (4, [16]),
        0x0101: (4, [12]),
        0x0102: (3, [8, 8, 8]),
        0x0103: (3, [1]),
        0x0106: (3, [2]),
        0x0111: (4, [0]),
        0x0115: (3, [3]),
        0x0116: (4, [12]),
        0x0117: (4, [len(thumb)]),
    }
    first = 8
    nested = first + len(_directory(tags, first, 0))
    gps = nested + len(_directory(camera, nested, 0))
    small = gps + len(_directory(place, gps, 0))
    pixels = small + len(_directory(second, small, 0))
    tags |= {0x0111: (4, [pixels]), 0x8769: (4, [nested]), 0x8825: (4, [gps])}
    second[0x0111] = (4, [pixels + samples.nbytes])
    return b"".join(
        [
            b"II*\0" + struct.pack("<I", first),
            _directory(tags, first, small),
            _directory(camera, nested, 0),
            _directory(place, gps, 0),
            _directory(second, small, 0),
            samples.astype(samples.dtype.newbyteorder("<")).tobytes(),
            thumb,
        ]
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


# D50 of the profile connection space, and the primaries of sRGB and Display P3 adapted to it.
_D50 = (0.9642, 1.0, 0.8249)
PRIMARIES = {
    "sRGB": ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139)),
    "P3": ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
}


def profile(gamma: float, primaries: str | None) -> bytes:
    """An ICC profile, version 2: of RGB with these primaries, or of grey."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"desc": _description(b"test"), b"cprt": b"text" + bytes(4) + b"none\0" + bytes(3)}
    tags[b"wtpt"] = _xyz(_D50)
    if primaries is None:
        tags[b"kTRC"] = curve
    else:
        names = (b"rXYZ", b"gXYZ", b"bXYZ")
        tags |= dict(zip(names, map(_xyz, PRIMARIES[primaries]), strict=True))
        tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    at = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", at + len(content), len(value))
        content += value
    head = struct.pack(">I4sI", at + len(content), b"none", 0x02100000)
    head += b"mntr" + (b"GRAY" if primaries is None else b"RGB ") + b"XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(round(65536 * part) for part in _D50))
    return head.ljust(128, b"\0") + table + content


def _xyz(parts: Sequence[float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * part) for part in parts))


def _description(text: bytes) -> bytes:
    packed = b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(78)
    return packed + bytes(-len(packed) % 4)
