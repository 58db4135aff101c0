"""Pictures that are bombs, cut off, something else, or of unusual kinds; in every way to send one.

And what graphs may call a picture: files outside, addresses inside.
"""

import base64
import json
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from paintgraph.tests.api.hostile.asking import FORM, Hostile, graph, part, post

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_HTML = b"<!doctype html><script>alert(1)</script>"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_head(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    fields = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", fields)


def _bomb(side: int = 19_000) -> bytes:
    """A black picture of one bit a sample, tiny when packed."""
    packer = zlib.compressobj(9)
    row = bytes(side // 8 + 1)
    data = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    return _png_head(side, side, 1, 0) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _text_bomb() -> bytes:
    """A small picture with a packed text of 200 MB."""
    text = b"a\0\0" + zlib.compress(b"\0" * 200_000_000, 9)
    end = _chunk(b"IDAT", zlib.compress(b"\0" * 4)) + _chunk(b"IEND", b"")
    return _png_head(1, 1) + _chunk(b"zTXt", text) + end


def _file(kind: str, mode: str = "RGB", size: tuple[int, int] = (16, 12), **options: Any) -> bytes:
    file = BytesIO()
    Image.new(mode, size, 1).save(file, kind, **options)
    return file.getvalue()


def _deep() -> bytes:
    file = BytesIO()
    Image.fromarray(np.full((12, 16), 40_000, np.uint16)).save(file, "PNG")
    return file.getvalue()


def _bmp(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 12, 0, 0, 54) + head + bytes(12)


def _larger_inside() -> bytes:
    """An AVIF file of 16x12 whose stream has 4000x3000, which a decoder would make room for."""
    data = bytearray(_file("AVIF", size=(4000, 3000)))
    struct.pack_into(">II", data, data.index(b"ispe") + 8, 16, 12)
    return bytes(data)


def _ends_in_an_empty_box() -> bytes:
    """A HEIC file whose index ends with a box of links without a byte."""

    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + name + content

    first = bytes(4)  # the version and flags of a box
    entry = box(b"infe", b"\2\0\0\0" + b"\0\1\0\0hvc1\0")
    size = box(b"ispe", first + struct.pack(">II", 8, 8))
    link = box(b"ipma", first + struct.pack(">IHBB", 1, 1, 1, 1))
    index = (
        box(b"pitm", first + b"\0\1"),
        box(b"iinf", first + b"\0\1" + entry),
        box(b"iloc", first + b"\x44\0\0\0"),
        box(b"iprp", box(b"ipco", size) + link),
        box(b"iref", b""),
    )
    return box(b"ftyp", b"heic\0\0\0\0heicmif1") + box(b"meta", first + b"".join(index))


_TIFF_LOOP = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HI", 0, 8)
_TIFF_HUGE = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 65535)
_PLAIN = _file("PNG")

REFUSED: dict[str, Callable[[], bytes]] = {
    "a bomb of 361 million pixels": _bomb,
    "60,000 x 60,000 by its header": lambda: _png_head(60_000, 60_000),
    "2^31 x 2^31 by its header": lambda: _png_head(2**31 - 1, 2**31 - 1),
    "a header of no size": lambda: _png_head(0, 0) + _chunk(b"IEND", b""),
    "a BMP of a negative size": lambda: _bmp(-5, -5),
    "a BMP of a huge size": lambda: _bmp(2**31 - 1, 2**31 - 1),
    "a head of a PNG": lambda: _PLAIN[:20],
    "the first bytes of a PNG": lambda: _PLAIN[:8],
    "the first bytes of a JPEG": lambda: b"\xff\xd8\xff",
    "the first bytes of a WebP": lambda: b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    "a TIFF that is a circle": lambda: _TIFF_LOOP,
    "a TIFF of 65,535 fields": lambda: _TIFF_HUGE,
    "an SVG": lambda: _SVG,
    "a GIF of 65,535 x 65,535": lambda: b"GIF89a" + b"\xff" * 4 + _file("GIF", "P")[10:],
    "a GIF of endless blocks": lambda: _file("GIF", "P")[:-2] + b"\1\0" * 2_000_000,
    "an AVIF whose pixels are larger than it says": _larger_inside,
    "a HEIC that ends in an empty box": _ends_in_an_empty_box,
    "an AVIF of endless boxes": lambda: _file("AVIF")[:32] + b"\0\0\0\x08free" * 100_000,
    "a page": lambda: _HTML,
    "a PDF": lambda: _file("PDF"),
    "an EPS": lambda: _file("EPS"),
    "an ICO": lambda: _file("ICO"),
    "a PPM": lambda: _file("PPM"),
    "a script with a picture behind it": lambda: b"GIF89a/*" + _PLAIN,
    "a page with a picture behind it": lambda: _HTML + _PLAIN,
    "an archive": lambda: b"PK\x03\x04" + bytes(200),
    "a program": lambda: b"\x7fELF" + bytes(200),
    "nothing": lambda: b"",
    "NULs": lambda: bytes(100_000),
}

RUN: dict[str, tuple[Callable[[], bytes], str]] = {
    "a CMYK": (lambda: _file("JPEG", "CMYK"), ""),
    "a 16-bit grey": (_deep, "succeeded"),
    "a palette": (lambda: _file("PNG", "P"), "succeeded"),
    "one bit": (lambda: _file("PNG", "1"), "succeeded"),
    "grey with alpha": (lambda: _file("PNG", "LA"), "succeeded"),
    "a float TIFF": (lambda: _file("TIFF", "F"), ""),
    "a signed TIFF": (lambda: _file("TIFF", "I"), ""),
    "a GIF": (lambda: _file("GIF", "P"), "succeeded"),
    "an AVIF": (lambda: _file("AVIF"), "succeeded"),
    "one pixel": (lambda: _file("PNG", size=(1, 1)), "succeeded"),
    "one row of 65,000": (lambda: _file("PNG", size=(65_000, 1)), "succeeded"),
    "a page behind the picture": (lambda: _PLAIN + _HTML, ""),
    "an archive behind the picture": (lambda: _file("JPEG") + b"PK\x03\x04" + bytes(99), ""),
    "cut in its data": (lambda: _file("PNG", size=(500, 500))[:-60], ""),
    "cut in its data, JPEG": (lambda: _file("JPEG", size=(500, 500))[:700], ""),
    "a flipped bit": (lambda: _PLAIN[:60] + bytes([_PLAIN[60] ^ 1]) + _PLAIN[61:], ""),
    "a packed text of 200 MB": (_text_bomb, ""),
    "three frames": (
        lambda: _file("TIFF", save_all=True, append_images=[Image.new("RGB", (16, 12))] * 2),
        "",
    ),
    "a strange profile": (lambda: _file("PNG", icc_profile=b"\xff" * 5000), ""),
}
"""Pictures that are taken, and how a job with them ends; nothing: well or not, but it ends."""

NAMES = {
    "a file above": "../jobs.sqlite",
    "a file far above": "../" * 40 + "etc/passwd",
    "an absolute path": "/etc/passwd",
    "a process": "/proc/self/environ",
    "a file above in escapes": "%2e%2e/jobs.sqlite",
    "back-slashes": "..\\..\\jobs.sqlite",
    "a suffix and a path": "../../etc/passwd [output]",
    "a NUL": "photo.png\0.txt",
    "a link that leads out": "link.png",
    "a folder that leads out": "way/passwd",
    "a link in a circle": "circle.png",
    "a folder": ".",
    "nothing": "",
    "10,000 letters": "x" * 10_000,
    "10,000 folders": "x/" * 2000 + "y",
    "an address of a file": "file:///etc/passwd",
    "FTP": "ftp://localhost/a.png",
    "a digest with a path": "sha256:../../jobs.sqlite",
    "a digest with a long path": "sha256:" + "../" * 21 + "x",
    "a digest that is not there": "sha256:" + "0" * 64,
    "a digest in capitals": "sha256:" + "A" * 64,
    "an upload with a path": "/v1/images/../../jobs.sqlite",
    "data that is text": "data:text/html;base64," + base64.b64encode(_HTML).decode(),
    "data that is no base64": "data:image/png;base64,!!!!",
    "data without base64": "data:image/png,%89PNG",
    "data of 100,000 parameters": "data:image/png" + ";a=b" * 100_000 + ";base64,",
    "a picture of the wrong alphabet": base64.urlsafe_b64encode(b"\xff\xd8\xff\xfe" * 50).decode(),
    "tildes": "~root/.ssh/id_rsa",
    "variables": "$HOME/.profile",
}

ADDRESSES = [
    "127.0.0.1", "127.1", "127.0.0.1.", "0.0.0.0", "0",  # noqa: S104 - asked for, not bound
    "[::1]", "[::]", "localhost", "localhost.",
    "LOCALHOST", "a.localhost", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "100.64.0.1", "0x7f000001", "0x7f.1", "2130706433", "017700000001", "0177.0.0.1",
    "127.0.0.1%00.example.com", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[fe80::1]", "[fc00::1]",
    "[fe80::1%25eth0]", "[2001:0:7f00:1::]", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    "metadata.google.internal.", "user:pw@127.0.0.1", "example.com@127.0.0.1",
    "127.0.0.1#.example.com",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "", "a..b", "-", "x" * 300 + ".com", "[::1", "127.0.0.1:99999",
    "127.0.0.1:-1", "127.0.0.1:22",
]  # fmt: skip


def loads(picture: str) -> dict[str, Any]:
    nodes = {"a": {"node": "LoadImage", "image": picture}}
    return {"nodes": nodes, "outputs": {"x": "${a.image}"}}


def _ways(name: str, make: Callable[[], bytes]) -> list[Hostile]:
    """A picture as an upload, in a form, as a data URL and in base64."""

    def text() -> str:
        return base64.b64encode(make()).decode()

    return [
        post(f"{name}, uploaded", "/v1/images", make, "image/png", 422),
        post(
            f"{name}, in a form",
            "/v1/recipes/erase_object",
            lambda: part("image", make(), "a.png") + b"--x--\r\n",
            FORM,
            422,
        ),
        graph(f"{name}, as data", lambda: loads(f"data:image/png;base64,{text()}"), 422),
        graph(f"{name}, in base64", lambda: loads(text()), 422),
    ]


def _fed(name: str, make: Callable[[], bytes], state: str) -> list[Hostile]:
    """A picture in a job, and by itself."""
    inline = "data:image/png;base64,"
    return [
        graph(
            f"{name}, in a job",
            lambda: loads(inline + base64.b64encode(make()).decode()),
            200,
            422,
            state=state or "succeeded failed",
        ),
        post(f"{name}, uploaded", "/v1/images", make, "image/png", 201, 422),
    ]


CORPUS = [
    *(hostile for name, make in REFUSED.items() for hostile in _ways(name, make)),
    *(hostile for name, (make, state) in RUN.items() for hostile in _fed(name, make, state)),
    post("an SVG as an SVG", "/v1/images", _SVG, "image/svg+xml", 415),
    post("a page as a GIF", "/v1/images", _HTML, "image/gif", 422),
    post("two files", "/v1/images", part("a", _PLAIN, "a") * 2 + b"--x--\r\n", FORM, 422),
    *(graph(f"{name} as a picture", loads(text), 422) for name, text in NAMES.items()),
    *(
        graph(
            f"the address {scheme} {address[:30]}",
            loads(f"{scheme}://{address}/latest/meta-data"),
            422,
        )
        for address in ADDRESSES
        for scheme in ("http", "https")
    ),
    post(
        "an address for a recipe",
        "/v1/recipes/outpaint",
        json.dumps({"image": "http://[::ffff:169.254.169.254]/"}).encode(),
        "application/json",
        422,
    ),
    graph(
        "1,000 addresses",
        {
            "nodes": {
                f"n{n}": {"node": "LoadImage", "image": f"http://127.0.0.1/{n}"}
                for n in range(1000)
            },
            "outputs": {"x": "${n0.image}"},
        },
        422,
        code="too_many_addresses",
    ),
]
