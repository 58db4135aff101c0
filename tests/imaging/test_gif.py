"""GIF files of one frame: palettes, transparency, and a frame that is smaller than the canvas."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.formats import gif
from paintgraph.tests.imaging.files import pillow_file

SAMPLES = np.random.default_rng(2).integers(0, 256, (12, 20, 3), np.uint8)


def gif_file(colours: int = 16, **options: Any) -> bytes:
    return pillow_file(Pillow.fromarray(SAMPLES).quantize(colours), "GIF", **options)


def codes(data: bytes) -> Any:
    return np.rint(decode(data).image[0] * 255).astype(int)


def framed(data: bytes, canvas: tuple[int, int], place: tuple[int, int]) -> bytes:
    """The file with its frame elsewhere in another canvas."""
    at = data.index(b",", 13 + (3 << (data[10] & 7) + 1))
    sizes = b"".join(side.to_bytes(2, "little") for side in canvas)
    corner = b"".join(side.to_bytes(2, "little") for side in place)
    return data[:6] + sizes + data[10 : at + 1] + corner + data[at + 5 :]


@pytest.mark.parametrize("colours", [2, 16, 256])
@pytest.mark.parametrize("options", [{}, {"interlace": 1}, {"transparency": 1}])
def test_samples_are_those_of_pillow(colours: int, options: dict[str, Any]) -> None:
    data = gif_file(colours, **options)
    mode = "RGBA" if options.get("transparency") else "RGB"
    with Pillow.open(BytesIO(data)) as picture:
        expected = np.asarray(picture.convert(mode))

    assert codes(data).shape == expected.shape
    assert (codes(data) == expected).all()


def test_grey_that_is_transparent_in_one_value() -> None:
    data = pillow_file(Pillow.fromarray(SAMPLES[..., 0]), "GIF", transparency=int(SAMPLES[0, 0, 0]))

    assert ((codes(data)[..., 3] == 0) == (SAMPLES[..., 0] == SAMPLES[0, 0, 0])).all()


def test_what_lies_outside_the_frame_is_transparent() -> None:
    inside = codes(gif_file())

    picture = codes(framed(gif_file(), (30, 25), (4, 6)))

    assert picture.shape == (25, 30, 4)
    assert (picture[6:18, 4:24, :3] == inside).all()
    assert picture[..., 3].sum() == 255 * 12 * 20
    assert (picture[6:18, 4:24, 3] == 255).all()


def test_a_frame_beyond_the_canvas_makes_it_larger() -> None:
    assert codes(framed(gif_file(), (5, 5), (4, 6))).shape == (18, 24, 4)


def test_a_comment_is_read() -> None:
    assert decode(gif_file(comment=b"by me")).metadata["comment"] == "by me"


def test_a_missing_end_is_no_damage() -> None:
    assert (codes(gif_file()[:-1]) == codes(gif_file())).all()


def test_no_cut_changes_a_pixel_unseen() -> None:
    data = gif_file()

    for end in range(6, len(data) - 1):
        with pytest.raises(PictureError):
            decode(data[:end])


def test_pixels_that_end_early_are_damage() -> None:
    """Though every block has its end."""
    data = gif_file(256)
    at = data.index(b",", 13 + (3 << (data[10] & 7) + 1)) + 11
    assert data[at] > 40
    short = data[:at] + b"\x28" + data[at + 1 : at + 41] + b"\0;"

    assert gif.read(short).frames == 1
    with pytest.raises(PictureError, match="cannot be decoded"):
        decode(short)
