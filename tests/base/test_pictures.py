"""Texts in pictures: PNG and WebP of any maker, damaged and hostile ones."""

import io
import struct
import time
import tracemalloc
import zlib

import pytest

from paintgraph.base.pictures import MOST_TEXT_BYTES, is_picture, texts_of
from paintgraph.base.text.document import TextError

KEYS = ("prompt", "workflow")
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, content: bytes, checksum: int = 0) -> bytes:
    """A PNG chunk, with a checksum that is wrong."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png(*chunks: bytes) -> io.BytesIO:
    """A PNG file of these chunks between its head and its end."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return io.BytesIO(SIGNATURE + head + b"".join(chunks) + chunk(b"IEND", b""))


def webp(exif: bytes, prefix: bytes = b"") -> io.BytesIO:
    """A WebP file with an EXIF chunk, behind one of an odd length."""
    parts = b"VP8 " + struct.pack("<I", 3) + b"abc\0"
    parts += b"EXIF" + struct.pack("<I", len(prefix + exif)) + prefix + exif
    return io.BytesIO(b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts)


def exif(order: str, *texts: bytes) -> bytes:
    """An EXIF block with one directory of texts."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    at = 8 + 2 + 12 * len(texts) + 4
    entries = b""
    for tag, text in enumerate(texts, 0x010E):
        entries += struct.pack(f"{order}HHII", tag, 2, len(text), at)
        at += len(text)
    count = struct.pack(f"{order}H", len(texts))
    return mark + struct.pack(f"{order}I", 8) + count + entries + bytes(4) + b"".join(texts)


PIXELS = chunk(b"IDAT", b"no pixels at all")
TEXTS = {
    "tEXt": chunk(b"tEXt", b"prompt\0{}"),
    "zTXt": chunk(b"zTXt", b"prompt\0\0" + zlib.compress(b"{}")),
    "iTXt": chunk(b"iTXt", b"prompt\0\0\0en\0key\0{}"),
    "packed iTXt": chunk(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(b"{}")),
    "upper case": chunk(b"tEXt", b"Prompt\0{}"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_text_is_found_before_and_after_the_pixels(text: bytes, before: bool) -> None:  # noqa: FBT001
    file = png(text, PIXELS) if before else png(PIXELS, text)

    assert texts_of(file, KEYS) == {"prompt": "{}"}


def test_other_texts_are_passed_over_and_the_first_of_two_counts() -> None:
    one, other = chunk(b"tEXt", b"workflow\0one"), chunk(b"tEXt", b"workflow\0two")

    assert texts_of(png(chunk(b"tEXt", b"Author\0me"), one, other), KEYS) == {"workflow": "one"}


def test_utf8_is_read_where_png_wants_latin1() -> None:
    wrong, right = "é".encode(), "é".encode("latin-1")

    assert texts_of(png(chunk(b"tEXt", b"prompt\0" + wrong)), KEYS) == {"prompt": "é"}
    assert texts_of(png(chunk(b"tEXt", b"prompt\0" + right)), KEYS) == {"prompt": "é"}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_texts_of_a_webp_stand_in_its_exif(order: str, prefix: bytes) -> None:
    block = exif(order, b"Workflow:{1}\0", b"prompt: {2}\0", b"no key at all\0")

    assert texts_of(webp(block, prefix), KEYS) == {"workflow": "{1}", "prompt": " {2}"}


def test_a_cut_file_gives_what_came_before() -> None:
    whole = png(TEXTS["tEXt"], PIXELS, chunk(b"tEXt", b"workflow\0{}")).getvalue()
    block = webp(exif("<", b"prompt:{}\0")).getvalue()

    found = [texts_of(io.BytesIO(whole[:end]), KEYS) for end in range(len(whole))]
    assert {"prompt": "{}"} in found
    assert all(
        texts in ({}, {"prompt": "{}"}, {"prompt": "{}", "workflow": "{}"}) for texts in found
    )
    for end in range(len(block)):
        texts_of(io.BytesIO(block[:end]), KEYS)


def test_damaged_packing_ends_the_walk() -> None:
    damaged = chunk(b"zTXt", b"workflow\0\0" + b"no zlib")

    assert texts_of(png(TEXTS["tEXt"], damaged), KEYS) == {"prompt": "{}"}


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
def test_a_huge_text_is_refused_within_bounds(kind: str) -> None:
    content = {
        "tEXt": lambda: b"prompt\0" + bytes(100 * 2**20),
        "zTXt": lambda: b"prompt\0\0" + zlib.compress(bytes(100 * 2**20), 1),
        "iTXt": lambda: b"prompt\0\1\0\0\0" + zlib.compress(bytes(100 * 2**20), 1),
    }
    file = png(chunk(kind.encode(), content[kind]()))
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(TextError, match="longer than allowed"):
        texts_of(file, KEYS)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 3 * MOST_TEXT_BYTES
    assert time.process_time() - began < 2


def test_a_huge_text_of_another_key_does_no_harm() -> None:
    other = chunk(b"tEXt", b"Comment\0" + bytes(20 * 2**20))

    assert texts_of(png(other, TEXTS["tEXt"]), KEYS) == {"prompt": "{}"}


def test_many_texts_share_the_room() -> None:
    packed = zlib.compress(b"x" * (MOST_TEXT_BYTES // 2 + 1))
    both = [chunk(b"zTXt", key + b"\0\0" + packed) for key in (b"prompt", b"workflow")]

    with pytest.raises(TextError):
        texts_of(png(*both), KEYS)


def test_other_files_have_no_texts() -> None:
    for data in (b"", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WAVE", b"nodes: {}"):
        assert texts_of(io.BytesIO(data), KEYS) == {}
    assert is_picture(SIGNATURE)
    assert is_picture(b"\xff\xd8\xff\xe0")
    assert not is_picture(b'{"nodes": {}')
