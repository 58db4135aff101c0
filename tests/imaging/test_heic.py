"""HEIC files: read and written by the extra `heic`, turned by boxes, bounded by their streams."""

import builtins
import struct
from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.examine import examine
from paintgraph.imaging.files.formats import hevc
from paintgraph.imaging.files.formats.header import read_header
from paintgraph.imaging.files.metadata import described, reduced
from paintgraph.imaging.samples import quantise
from paintgraph.tests.imaging.files import exif_block
from paintgraph.tests.private_photo import COPYRIGHT, SECRETS, private_photo

pillow_heif = pytest.importorskip("pillow_heif")

ROWS, COLUMNS = np.mgrid[:61, :83]
COLOURS = np.stack([COLUMNS * 3, ROWS * 4, ROWS + COLUMNS], axis=2).astype(np.uint8)


def _saved(samples: Any = COLOURS, **options: Any) -> bytes:
    file = BytesIO()
    options = {"quality": 95, "chroma": 444, **options}
    pillow_heif.from_pillow(Pillow.fromarray(samples)).save(file, **options)
    return file.getvalue()


def _off(one: Any, other: Any) -> int:
    return int(np.abs(quantise(one).astype(int) - other).max())


@pytest.mark.parametrize("channels", [3, 4])
def test_what_is_written_is_read(channels: int) -> None:
    alpha = (COLUMNS * 3).astype(np.uint8)
    samples = COLOURS if channels == 3 else np.dstack([COLOURS, alpha])

    found = decode(encode(samples.astype(np.float32) / np.float32(255), format="HEIC"))

    assert (found.format, found.is_lossy, found.depth) == ("HEIC", True, 8)
    assert found.image.shape == (1, 61, 83, channels)
    assert _off(found.image[0], samples) <= 4


def test_a_lower_quality_is_smaller() -> None:
    noise = np.random.default_rng(2).random((1, 64, 64, 3), np.float32)

    low, high = (encode(noise, format="HEIC", quality=quality) for quality in (20, 90))

    assert len(low) < len(high)


def test_a_picture_that_was_taken_upright_is_turned_once() -> None:
    found = decode(_saved(exif=exif_block(6, "Maker")))

    assert found.image.shape == (1, 83, 61, 3)
    assert _off(found.image[0], np.rot90(COLOURS, -1)) <= 4
    assert found.orientation == 6
    again = decode(encode(found.image, format="HEIC", **described(found.metadata)))
    assert again.image.shape == found.image.shape
    assert b"Maker" in (again.exif or b"")


@pytest.mark.parametrize("kept", ["keep", "private", "none"])
def test_it_tells_what_other_formats_tell(kept: Any) -> None:
    photo = decode(private_photo())

    data = encode(photo.image, format="HEIC", **described(reduced(photo.metadata, kept)))

    said = decode(data).metadata
    assert said["icc"]
    assert said["dpi"] == [300, 300]
    assert (SECRETS[0] in data) == (kept == "keep")
    assert (COPYRIGHT in data) == (kept != "none")


def test_tiles_are_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow_heif.options, "GRID_TILE_SIZE", 64)
    samples = np.tile(COLOURS, (3, 2, 1))

    data = _saved(samples)

    assert b"grid" in data
    assert _off(decode(data).image[0], samples) <= 6


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data, real = _saved(), builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "pillow_heif":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)

    for act in (
        lambda: decode(data),
        lambda: encode(np.zeros((2, 3, 3), np.float32), format="HEIC"),
    ):
        with pytest.raises(PictureError) as error:
            act()
        assert error.value.code == "missing_library"
        assert str(error.value).endswith(
            "HEIC pictures need the package pillow-heif, which is not installed; allowed are the "
            "other formats. Install paintgraph[heic]."
        )


def test_a_stream_that_is_larger_than_its_box_says_is_refused() -> None:
    data = _saved(np.zeros((512, 512, 3), np.uint8))
    boxes = data.replace(struct.pack(">II", 512, 512), struct.pack(">II", 64, 64))
    assert boxes != data

    with pytest.raises(PictureError, match="it names two sizes"):
        examine(boxes)


def test_a_stream_may_not_bring_sizes_of_its_own() -> None:
    record = bytes(21) + b"\3\0"
    unit = bytes([33 << 1, 1, 0])

    with pytest.raises(PictureError, match="whose size may change within it"):
        hevc.sizes(record, struct.pack(">I", len(unit)) + unit)


def test_too_many_pixels_are_refused_by_the_head() -> None:
    with pytest.raises(PictureError) as error:
        examine(_saved(), max_pixels=5000)

    assert error.value.code == "too_many_pixels"


@given(st.data())
def test_a_damaged_head_is_an_error_or_a_head(draw: st.DataObject) -> None:
    data = bytearray(_WHOLE)
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(8, len(data) - 1))] ^= draw.draw(st.integers(1, 255))
    cut = draw.draw(st.integers(0, 40))

    with suppress(PictureError):  # and nothing else
        read_header(bytes(data[: len(data) - cut]))


_WHOLE = _saved(COLOURS[:16, :16])


def test_of_several_pictures_the_main_one_is_read_and_that_is_told() -> None:
    several, one = BytesIO(), BytesIO()
    file = pillow_heif.from_pillow(Pillow.fromarray(COLOURS))
    file.add_from_pillow(Pillow.fromarray(COLOURS[::-1]))
    file.save(several, quality=95, chroma=444)
    clear = Pillow.fromarray(np.dstack([COLOURS, COLOURS[..., 0]]))
    pillow_heif.from_pillow(clear).save(one, quality=95, chroma=444)  # its alpha is no other one

    found = decode(several.getvalue())

    assert _off(found.image[0], COLOURS) <= 4
    (told,) = found.remarks
    assert told.startswith("the HEIC file holds 2 pictures, of which its main one is read.")
    assert decode(one.getvalue()).remarks == ()
