"""Text in PNG files, and chunks that must not be trusted."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions import texts as texts_module
from paintgraph.imaging.files.descriptions.texts import add_text, read_text
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats import parts
from paintgraph.imaging.files.formats.parts import make_chunk
from paintgraph.imaging.files.metadata import Metadata, left_out, read_exif, read_icc, reduced
from paintgraph.tests.imaging.files import SRGB, exif_block, png_file

PNG = png_file([bytes([1, 2])], width=2, depth=8, colour=0)

printable = st.characters(min_codepoint=33, max_codepoint=126)
keys = st.text(printable, min_size=1, max_size=79)
values = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50)


@given(st.dictionaries(keys, values, max_size=4))
def test_texts_survive(texts: dict[str, str]) -> None:
    assert read_text(add_text(PNG, texts)) == texts


def test_a_text_of_the_same_key_is_replaced_and_others_stay() -> None:
    data = add_text(add_text(PNG, {"prompt": "old", "workflow": "kept"}), {"prompt": "neu ✓"})

    assert read_text(data) == {"prompt": "neu ✓", "workflow": "kept"}


def test_nothing_but_text_changes() -> None:
    data = add_text(PNG, {"prompt": "{}"})

    assert parts.keep(data, {b"IHDR", b"IDAT", b"IEND"}) == PNG


def test_packed_texts_are_read() -> None:
    packed = zlib.compress("größer".encode())
    new = [
        make_chunk(b"zTXt", b"old\0\0" + zlib.compress("grö".encode("latin-1"))),
        make_chunk(b"iTXt", b"new\0\1\0de\0neu\0" + packed),
    ]

    assert read_text(parts.insert(PNG, new)) == {"old": "grö", "new": "größer"}


@pytest.mark.parametrize("packed", [zlib.compress(bytes((8 << 20) + 1)), b"nonsense"])
def test_a_text_that_unpacks_to_too_much_is_refused(packed: bytes) -> None:
    data = parts.insert(PNG, [make_chunk(b"zTXt", b"bomb\0\0" + packed)])
    with pytest.raises(PictureError) as error:
        read_text(data)

    assert (error.value.code, str(error.value)) == (
        "text_too_long",
        (
            "text 'bomb': is damaged or makes the texts of the file longer than 8 MiB; "
            "allowed is up to that. Save the picture without it."
        ),
    )


@pytest.mark.parametrize("key", ["", "k" * 80, "new\nline", "ключ"])
def test_a_key_that_png_cannot_hold_is_refused(key: str) -> None:
    with pytest.raises(PictureError) as error:
        add_text(PNG, {key: "text"})

    assert str(error.value) == (
        f"text key {key[:79]!r}: is no PNG keyword; allowed are 1 to 79 printable Latin-1 "
        "characters. Choose another key."
    )


def test_a_text_with_nul_is_refused() -> None:
    with pytest.raises(PictureError) as error:
        add_text(PNG, {"key": "a\0b"})

    assert str(error.value) == (
        "text 'key': holds a NUL character; allowed is any other. Remove it."
    )


def test_only_png_files_have_chunks() -> None:
    with pytest.raises(PictureError) as error:
        read_text(b"BM")

    assert str(error.value) == (
        "picture: is no PNG file; only PNG files have chunks. Encode it as PNG first."
    )


def test_endless_chunks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MAX_CHUNKS", 2)
    with pytest.raises(PictureError, match="more than 2 chunks"):
        read_text(PNG)


def test_a_jpeg_profile_in_parts_is_joined_in_order() -> None:
    head = b"ICC_PROFILE\0"
    parts = [
        b"\xff\xe2" + (16 + len(part)).to_bytes(2, "big") + head + bytes([number, 2]) + part
        for number, part in ((2, SRGB[100:]), (1, SRGB[:100]))
    ]

    assert read_icc(b"\xff\xd8\xff" + b"".join(parts) + b"\0\0", "JPEG") == SRGB


def test_a_bmp_file_has_neither_profile_nor_exif() -> None:
    assert (read_icc(b"BM", "BMP"), read_exif(b"BM", "BMP")) == (None, None)


def test_a_file_without_metadata_has_none() -> None:
    assert (read_icc(PNG, "PNG"), read_exif(PNG, "PNG")) == (None, None)


def test_texts_of_a_picture_are_kept_but_for_graphs_of_its_making() -> None:
    texts = {"parameters": "a cat", "Copyright": "© Ann", "Comment": "größer ✓"}
    graphs = dict.fromkeys(("paintgraph", "repaint", "prompt", "workflow"), "{}")
    metadata = decode(add_text(PNG, texts | graphs)).metadata

    assert metadata["texts"] == texts
    assert read_text(encode(np.zeros((1, 1, 3), np.float32), **metadata)) == texts


def test_damaged_texts_are_dropped() -> None:
    new = [
        make_chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes((8 << 20) + 1))),
        make_chunk(b"tEXt", b"\0no key"),
        make_chunk(b"tEXt", b"nul\0a\0b"),
        make_chunk(b"tEXt", b"exif:Orientation\x006"),
        make_chunk(b"tEXt", b"Title\0kept"),
    ]

    assert decode(parts.insert(PNG, new)).metadata["texts"] == {"Title": "kept"}


def test_texts_that_unpack_to_too_much_are_not_unpacked_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unpacked: list[bytes] = []

    def refuse(packed: bytes, _: int) -> None:
        unpacked.append(packed)

    monkeypatch.setattr(texts_module, "unpack_text", refuse)
    bombs = [make_chunk(b"zTXt", b"bomb\0\0" + bytes(9))] * 1000

    assert decode(parts.insert(PNG, bombs)).metadata == {}
    assert len(unpacked) == 8


def test_private_keeps_what_is_seen_and_who_holds_the_rights() -> None:
    right = exif_block(None, None, rights="Ann")
    facts = {
        "depth": 16,
        "icc": SRGB,
        "colour": b"gAMA",
        "dpi": [300, 300],
        "repaint": {"seam_ratio": 1},
        "exif": exif_block(None, "Maker", rights="Ann"),
        "xmp": b"<x>",
        "iptc": b"\x1c",
        "comment": "told",
        "texts": {"Copyright": "Ann", "parameters": "a cat"},
    }
    seen = {name: facts[name] for name in ("depth", "icc", "colour", "dpi", "repaint")}

    assert reduced(facts, "keep") == facts
    assert reduced(facts, "private") == {**seen, "exif": right, "texts": {"Copyright": "Ann"}}
    assert reduced(facts, "none") == seen
    assert reduced({"exif": exif_block(None, "Maker")}, "private") == {}
    assert reduced({"exif": b"damaged"}, "private") == {}


def test_what_has_no_place_of_its_own_takes_anothers() -> None:
    texts = {"Copyright": "Ann", "Comment": "told", "parameters": "a cat"}
    image = np.zeros((1, 1, 3), np.float32)
    for form in ("JPEG", "WEBP", "TIFF"):
        metadata = decode(encode(image, format=form, texts=texts)).metadata
        assert metadata["exif"] == exif_block(None, None, "Ann")
        assert metadata.get("comment", "told") == "told"


def test_what_is_left_out_is_told() -> None:
    said: Metadata = {"texts": {"Copyright": "Ann", "parameters": "a cat"}, "iptc": b"records"}

    assert left_out(said, "JPEG") == (
        "JPEG has no place for the picture's texts (parameters). PNG has."
    )
    assert left_out(said, "PNG") == ("PNG has no place for the picture's IPTC. JPEG and TIFF have.")
    assert left_out({"xmp": bytes(70_000)}, "JPEG") == (
        "JPEG has no place for the picture's XMP, which is long. PNG, TIFF and WebP have."
    )
    assert left_out({"texts": {"Copyright": "Ann", "Comment": "told"}}, "JPEG") == ""
