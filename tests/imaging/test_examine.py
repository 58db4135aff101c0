"""What is examined and found readable can be decoded, and the other way round."""

import struct
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.examine import examine
from paintgraph.tests.imaging.corpus import CORPUS, WHOLE
from paintgraph.tests.imaging.files import TIFF_GREY, tiff_file


def verdict(data: bytes) -> str:
    """The code of the error that examining gives, or "" if the file can be read."""
    try:
        examine(data)
    except PictureError as error:
        return error.code
    return ""


def is_decoded(data: bytes) -> bool:
    try:
        decode(data)
    except PictureError:
        return False
    return True


def test_what_is_found_readable_is_decoded_and_nothing_else() -> None:
    wrong = [name for name, data in CORPUS.items() if (verdict(data) == "") != is_decoded(data)]

    assert wrong == []


def test_the_corpus_has_files_of_both_kinds() -> None:
    """Or the test above would say nothing."""
    readable = [name.split()[0] for name, data in CORPUS.items() if verdict(data) == ""]

    assert {kind: readable.count(kind) > 3 for kind in readable} == dict.fromkeys(
        ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "AVIF", "GIF"), True
    )
    assert len(readable) < len(CORPUS) / 2


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PNG of 3 frames", "animated_picture"),
        ("WEBP of 3 frames", "animated_picture"),
        ("TIFF of 3 frames", "animated_picture"),
        ("TIFF F ", "unsupported_picture"),
        ("TIFF I ", "unsupported_picture"),
        ("TIFF LAB ", "unsupported_picture"),
        ("TIFF of floats", "unsupported_picture"),
        ("GIF of 3 frames", "animated_picture"),
        ("AVIF of 3 frames", "animated_picture"),
    ],
)
def test_what_the_engine_refuses_is_named_before_it_is_decoded(name: str, code: str) -> None:
    assert verdict(CORPUS[name]) == code


@settings(max_examples=300)
@given(st.sampled_from(sorted(WHOLE)), st.floats(0, 1))
@example("JPEG RGB ", 0.999)
@example("WEBP RGB ", 0.999)
@example("TIFF RGB compression", 0.999)
@example("BMP RGB ", 0.999)
def test_a_file_that_is_cut_off_is_found_out(name: str, share: float) -> None:
    data = WHOLE[name]
    cut = data[: int(len(data) * share)]

    assert (verdict(cut) == "") == is_decoded(cut)


@settings(max_examples=500)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damage_is_an_error_or_none(name: str, data: st.DataObject) -> None:
    """Damage inside packed pixels shows when they are decoded; no file raises anything else."""
    damaged = bytearray(WHOLE[name])
    places = st.integers(0, min(len(damaged), 200) - 1) | st.integers(0, len(damaged) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=3)):
        damaged[place] = data.draw(st.integers(0, 255))

    found = verdict(bytes(damaged))

    assert found == "" or not is_decoded(bytes(damaged))


def test_pages_that_share_their_entries_do_not_take_minutes() -> None:
    """Each of 2,000 pages of 5,000 entries begins one entry after the page before it."""
    pages, entries = 2000, 5000
    begin = 8000  # so that no offset of a page equals the tag of an entry
    head = tiff_file(TIFF_GREY, bytes(2)).ljust(begin, b"\0")
    records = b"".join(
        struct.pack("<HHHIH", entries, tag + 1, 3, 1, 0)
        if tag < entries
        else struct.pack("<HIIH", entries, begin + 12 * (tag - entries + 1), 1, 0)
        for tag in range(entries + pages)
    )
    data = bytearray(head + records)
    struct.pack_into("<I", data, 8 + 2 + 12 * (len(TIFF_GREY) + 2), begin)
    begun = time.process_time()

    with pytest.raises(PictureError, match="it names too many pages"):
        examine(bytes(data))

    assert time.process_time() - begun < 5


@pytest.mark.parametrize(("kind", "count"), [(3, 1000), (4, 1000), (2, 5), (12, 1)])
def test_an_orientation_that_is_not_in_the_file_is_damage(kind: int, count: int) -> None:
    """Too many or too wide values make a place of what else would be the value."""
    data = bytearray(tiff_file({**TIFF_GREY, 274: 1}, bytes(2)))
    field = data.index(struct.pack("<HH", 274, 4))
    struct.pack_into("<HII", data, field + 2, kind, count, 1 << 24)

    assert verdict(bytes(data)) == "truncated_picture"
    assert not is_decoded(bytes(data))


@pytest.mark.parametrize("name", ["WEBP RGB ", "WEBP RGB lossless", "WEBP RGB exif"])
def test_a_webp_file_that_names_other_sizes_is_damage(name: str) -> None:
    """Or a signature that is none: all that shows before a pixel is decoded."""
    data = WHOLE[name]
    head = data.index(b"VP8L" if b"VP8L" in data else b"VP8 ") + 8
    for place in range(head, head + (1 if b"VP8L" in data else 10)):
        damaged = bytearray(data)
        damaged[place] ^= 0x10

        try:
            decode(bytes(damaged))
        except PictureError as error:
            if "its head" in str(error):
                assert verdict(bytes(damaged)) == "truncated_picture", place
