"""A JPEG file without its end marker is read if all pixels are there, and only then."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.tests.imaging.files import pillow_file

_RNG = np.random.default_rng(3)
_NOISE = _RNG.integers(0, 256, (37, 43, 3), np.uint8)
_SMOOTH = np.linspace(0, 255, 37 * 43 * 3).reshape(37, 43, 3).astype(np.uint8)
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "baseline": ("RGB", {}),
    "no subsampling": ("RGB", {"subsampling": 0}),
    "grey": ("L", {}),
    "four inks": ("CMYK", {}),
    "progressive": ("RGB", {"progressive": True}),
    "progressive grey": ("L", {"progressive": True}),
    "restarts": ("RGB", {"restart_marker_blocks": 1}),
    "restarts of rows": ("RGB", {"restart_marker_rows": 1}),
    "progressive with restarts": ("RGB", {"progressive": True, "restart_marker_blocks": 2}),
    "with EXIF": ("RGB", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + b"\xff\xda" * 9}),
}


def jpeg(kind: str, samples: Any = _NOISE) -> bytes:
    mode, options = KINDS[kind]
    return pillow_file(Pillow.fromarray(samples).convert(mode), "JPEG", **options)


def pixels(data: bytes) -> bytes:
    """Decoded by Pillow alone, with an end marker."""
    with Pillow.open(BytesIO(data + b"\xff\xd9")) as picture:
        return picture.tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_end_marker_is_a_remark(kind: str, lost: int) -> None:
    data = jpeg(kind)

    whole, cut = decode(data), decode(data[:-lost])

    assert (whole.image == cut.image).all()
    assert (whole.remarks, len(cut.remarks)) == ((), 1)
    assert "no end marker" in cut.remarks[0]


@pytest.mark.parametrize("samples", [_NOISE, _SMOOTH], ids=["noise", "smooth"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_cut_changes_a_pixel_unseen(kind: str, samples: Any) -> None:
    """At every byte of the file: it is refused, or every pixel is that of the whole file."""
    data = jpeg(kind, samples)
    expected = pixels(data)
    accepted = []
    for end in range(3, len(data) - 2):
        try:
            decode(data[:end])
        except PictureError as error:
            assert error.code == "truncated_picture"  # noqa: PT017 - most cuts are refused
            continue
        accepted.append(end)
        assert pixels(data[:end]) == expected, end

    assert len(accepted) < 20


@pytest.mark.parametrize("padding", [b"\0" * 500, b"\0" * 5000])
def test_zeros_of_a_transfer_that_broke_off_are_no_pixels(padding: bytes) -> None:
    data = jpeg("baseline")

    assert decode(data[:-2] + padding).remarks
    with pytest.raises(PictureError, match="cut off or damaged"):
        decode(data[: len(data) // 2] + padding)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "progressive" not in kind])
def test_grey_in_the_place_of_missing_pixels_is_damage(kind: str) -> None:
    """A cut file to which something added an end marker; libjpeg fills the rest with grey."""
    data = jpeg(kind)

    with pytest.raises(PictureError, match="its pixels end early"):
        decode(data[: len(data) * 3 // 4] + b"\xff\xd9")


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_may_be_grey_at_its_end(kind: str) -> None:
    samples = _NOISE.copy()
    samples[16:, 16:] = 128

    assert decode(jpeg(kind, samples)).remarks == ()
