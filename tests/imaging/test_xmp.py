"""XMP, IPTC and comments go along, less what is untrue of a result or holds a picture."""

import base64
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions import iptc, xmp
from paintgraph.imaging.files.descriptions.texts import read_text
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats import parts, tiff
from paintgraph.imaging.files.formats.parts import make_chunk
from paintgraph.imaging.files.metadata import reduced
from paintgraph.tests.imaging.files import exif_block, pillow_file, png_file

GREY = np.full((6, 8, 3), 90, np.uint8)
IMAGE = np.zeros((1, 2, 3), np.float32)
FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP", "TIFF")
JPEG_TEXT = base64.b64encode(pillow_file(GREY, "JPEG")).decode()
LINES = "word\n" * 50
PNG = png_file([bytes([1, 2])], width=2, depth=8, colour=0)

SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpGImg": "http://ns.adobe.com/xap/1.0/g/img/",
    "GImage": "http://ns.google.com/photos/1.0/image/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "my": "http://example.com/my/",
}


def packet(inside: str, attributes: str = "", names: dict[str, str] | None = None) -> bytes:
    """A packet of properties: elements inside a description, and attributes of it."""
    declared = " ".join(f'xmlns:{n}="{uri}"' for n, uri in (names or SPACES).items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta {declared}><rdf:RDF><rdf:Description rdf:about=""{attributes}>'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


TITLE = '<dc:title><rdf:Alt><rdf:li xml:lang="de">größer &gt; 3</rdf:li></rdf:Alt></dc:title>'
RIGHTS = '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Ann</rdf:li></rdf:Alt></dc:rights>'


def records(*named: tuple[int, int, bytes]) -> bytes:
    return b"".join(
        bytes([0x1C, record, number]) + len(value).to_bytes(2, "big") + value
        for record, number, value in named
    )


BY_LINE, NOTICE = (2, 80, b"Ann"), (2, 116, b"(c) Ann")


def test_a_packet_without_fault_stays_byte_for_byte() -> None:
    whole = packet(TITLE + RIGHTS, " dc:format='image/jpeg' GPano:UsePanoramaViewer=\"True\"")

    assert xmp.cleaned(whole) == whole


@pytest.mark.parametrize(
    "property",
    [
        "<tiff:Orientation>6</tiff:Orientation>",
        "<tiff:ImageWidth>160</tiff:ImageWidth>",
        "<exif:PixelYDimension>120</exif:PixelYDimension>",
        f"<xmp:Thumbnails><rdf:Alt><rdf:li>{JPEG_TEXT}</rdf:li></rdf:Alt></xmp:Thumbnails>",
        f"<my:any><rdf:Bag><rdf:li xmpGImg:image='{JPEG_TEXT}'/></rdf:Bag></my:any>",
        f"<GImage:Data>{JPEG_TEXT}</GImage:Data>",
        "<GCamera:MicroVideo>1</GCamera:MicroVideo>",
        f"<my:Preview>\n {JPEG_TEXT}</my:Preview>",
        f"<my:Preview my:deep='{JPEG_TEXT}'/>",
        "<my:Preview my:deep='>'><rdf:li>data:image/webp;base64,UklGR</rdf:li></my:Preview>",
        "<GImage:Empty/>",
        f"<my:Json>{LINES}{{'preview': '{JPEG_TEXT}'}}</my:Json>",
        '<q:ImageWidth xmlns:q="http://ns.adobe.com/tiff/1.0/">9</q:ImageWidth>',
    ],
)
def test_a_property_that_is_untrue_or_a_picture_is_cut_out(property: str) -> None:  # noqa: A002
    assert xmp.cleaned(packet(f"{TITLE}{property}{RIGHTS}")) == packet(TITLE + RIGHTS)
    assert xmp.cleaned(packet(property)) is None


@pytest.mark.parametrize(
    "attribute",
    [
        " tiff:Orientation='6'",
        '\n  exif:PixelXDimension = "160"',
        f' my:any="{JPEG_TEXT}"',
        ' GCamera:MicroVideoOffset="9"',
    ],
)
def test_an_attribute_that_is_untrue_or_a_picture_is_cut_out(attribute: str) -> None:
    before, after = " dc:format=\" tiff:Orientation='6' > \"", " my:more='1'"
    whole = packet("", before + attribute + after)

    assert xmp.cleaned(whole) == packet("", before + after)
    assert xmp.cleaned(packet("", attribute)) is None


@pytest.mark.parametrize(
    "whole",
    [
        b"no packet",
        packet(TITLE)[:-60],
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + packet(TITLE),
        packet("<my:a>" * 500 + "</my:a>" * 500),
        packet(TITLE + "<my:a/>" * 200_000),
        b"",
        packet(""),
        packet(TITLE).decode().encode("utf-16"),
    ],
    ids=["text", "cut", "entities", "deep", "long", "empty", "says nothing", "utf-16"],
)
def test_a_packet_that_cannot_be_read_is_dropped(whole: bytes) -> None:
    assert xmp.cleaned(whole) is None


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_packet_is_cut_or_dropped(data: st.DataObject) -> None:
    whole = bytearray(packet(f"{TITLE}<GImage:Data>{JPEG_TEXT}</GImage:Data>", " my:a='1'"))
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
        whole[at] = data.draw(st.integers(0, 255))
    once = xmp.cleaned(bytes(whole))

    assert once is None or xmp.cleaned(once) == once


def jpeg_with(marker: int, *contents: bytes) -> bytes:
    """A JPEG file with segments of that marker."""
    data = pillow_file(GREY, "JPEG")
    new = [bytes([255, marker]) + (len(c) + 2).to_bytes(2, "big") + c for c in contents]
    return data[:2] + b"".join(new) + data[2:]


def raw_profile(kind: str, content: bytes) -> bytes:
    """A text chunk as ImageMagick writes it."""
    lines = "\n".join(content.hex()[at : at + 72] for at in range(0, 2 * len(content), 72))
    text = f"\n{kind}\n{len(content):8}\n{lines}\n".encode()
    return make_chunk(b"tEXt", f"Raw profile type {kind}".encode() + b"\0" + text)


WHOLE = packet(TITLE + RIGHTS)
XMP_FILES = {
    "PNG": parts.insert(PNG, [make_chunk(b"iTXt", xmp.KEY.encode() + bytes(5) + WHOLE)]),
    "PNG, raw": parts.insert(PNG, [raw_profile("xmp", WHOLE)]),
    "PNG, raw APP1": parts.insert(PNG, [raw_profile("APP1", xmp.PREFIX + WHOLE)]),
    "JPEG": jpeg_with(0xE1, xmp.PREFIX + WHOLE),
    "WEBP": pillow_file(GREY, "WEBP", xmp=WHOLE),
    "TIFF": encode(IMAGE, format="TIFF", xmp=WHOLE),
}


@pytest.mark.parametrize("source", XMP_FILES)
@pytest.mark.parametrize("form", FORMATS)
def test_a_packet_goes_from_each_format_to_each(source: str, form: Format) -> None:
    data = encode(IMAGE, format=form, **decode(XMP_FILES[source]).metadata)

    with Pillow.open(BytesIO(data)) as picture:
        assert picture.info["xmp"] == WHOLE
    assert decode(data).metadata == {"xmp": WHOLE}


def test_a_packet_too_long_for_jpeg_is_left_out() -> None:
    long = packet(f"<my:a>{'b' * 70_000}</my:a>")

    assert decode(encode(IMAGE, format="JPEG", xmp=long)).metadata == {}
    assert decode(encode(IMAGE, format="TIFF", xmp=long)).metadata == {"xmp": long}


BLOCKS = b"8BIM\x04\x0c\0\0\0\0\0\x0athumbnail!" + b"8BIM\x04\x04\3abc\0\0\0\x08"
IPTC_FILES = {
    "JPEG": jpeg_with(0xED, iptc.PHOTOSHOP + BLOCKS + records(BY_LINE)),
    "PNG, raw": parts.insert(PNG, [raw_profile("iptc", records(BY_LINE))]),
    "PNG, raw blocks": parts.insert(PNG, [raw_profile("8bim", BLOCKS + records(BY_LINE))]),
    "TIFF": encode(IMAGE, format="TIFF", iptc=records(BY_LINE)),
}


@pytest.mark.parametrize("source", IPTC_FILES)
@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_iptc_goes_along_without_photoshops_thumbnail(source: str, form: Format) -> None:
    data = encode(IMAGE, format=form, **decode(IPTC_FILES[source]).metadata)

    assert decode(data).metadata == {"iptc": records(BY_LINE)}
    assert b"thumbnail!" not in data


def test_previews_in_iptc_are_dropped() -> None:
    whole = records((1, 90, b"\x1b%G"), BY_LINE, (2, 202, b"preview"), (8, 10, b"all"), NOTICE)

    assert iptc.cleaned(whole) == records((1, 90, b"\x1b%G"), BY_LINE, NOTICE)
    assert iptc.cleaned(records((2, 202, b"preview"))) is None


def test_exif_of_imagemagicks_raw_profile_is_read() -> None:
    block = exif_block(6, "Maker")
    picture = decode(parts.insert(PNG, [raw_profile("exif", b"Exif\0\0" + block)]))

    assert picture.image.shape == (1, 2, 1, 3)
    assert picture.exif == exif_block(None, "Maker")
    assert "texts" not in picture.metadata


@pytest.mark.parametrize("text", [b"\nexif\n  3\nno hex", b"", b"\nexif\n", b"\n8bim\n 2\n3842"])
def test_a_damaged_raw_profile_is_dropped(text: bytes) -> None:
    chunk = make_chunk(b"tEXt", b"Raw profile type exif\0" + text)

    assert decode(parts.insert(PNG, [chunk])).metadata == {}


def test_comments_of_jpeg_go_along() -> None:
    picture = decode(jpeg_with(0xFE, "größer\0".encode(), b"gr\xf6\xdfer"))

    assert picture.metadata == {"comment": "größer\ngrößer"}
    assert decode(encode(IMAGE, format="JPEG", **picture.metadata)).metadata == picture.metadata
    assert read_text(encode(IMAGE, **picture.metadata)) == {"Comment": "größer\ngrößer"}
    assert decode(encode(IMAGE, format="JPEG", texts={"Comment": "a"})).metadata == {"comment": "a"}


def test_a_comment_or_text_that_holds_a_picture_is_dropped() -> None:
    text = f'{{"preview": "data:image/jpeg;base64,{JPEG_TEXT}"}}'

    digits = base64.b64decode(JPEG_TEXT).hex()

    assert decode(jpeg_with(0xFE, text.encode())).metadata == {}
    assert decode(jpeg_with(0xFE, digits.encode())).metadata == {}
    assert decode(encode(IMAGE, texts={"any": f"thumb {digits.upper()}"})).metadata == {}
    assert decode(encode(IMAGE, texts={"any": text, "Title": "a"})).metadata == {
        "texts": {"Title": "a"}
    }


@pytest.mark.parametrize(
    "said",
    [
        {"xmp": packet(RIGHTS)},
        {"xmp": packet("", ' dc:rights="© Ann"')},
        {"iptc": records(BY_LINE, (2, 116, "© Ann".encode()))},
        {"iptc": records((2, 116, "© Ann".encode("latin-1")))},
        {"texts": {"Copyright": "© Ann"}},
    ],
    ids=["xmp", "attribute", "iptc", "iptc in latin-1", "text"],
)
def test_who_holds_the_rights_is_kept_as_exif(said: dict[str, object]) -> None:
    kept = reduced(said | {"comment": "a"}, "private")
    block = Pillow.Exif()
    block.load(kept["exif"])

    assert block[33432].encode("latin-1").decode() == "© Ann"
    assert kept.keys() <= {"exif", "texts"}
    assert tiff.read_directory(kept["exif"]).fields.keys() == {33432}
    assert reduced(said, "none") == {}


def test_exif_counts_more_than_other_rights() -> None:
    facts = {"exif": exif_block(None, "Maker", "Ann"), "xmp": packet(RIGHTS)}

    assert reduced(facts, "private") == {"exif": exif_block(None, None, "Ann")}


@given(st.binary(max_size=200))
def test_any_bytes_are_iptc_or_nothing(data: bytes) -> None:
    with suppress(UnicodeDecodeError):
        iptc.rights(data)
    for start in (b"", b"8BIM\x04\x04", b"\x1c\x02\x50"):
        found = iptc.of_photoshop(start + data)
        once = iptc.cleaned(found or start + data)
        assert once is None or iptc.cleaned(once) == once
