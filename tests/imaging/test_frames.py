"""One frame of an animation, or one page of a file, read as a picture of its own."""

from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.samples import quantise

COUNT = 4
FORMATS = ("GIF", "PNG", "WEBP", "TIFF")
_COLOURS = [(250, 10, 10), (10, 250, 10), (10, 10, 250), (90, 90, 90)]


def _frames() -> list[Pillow.Image]:
    """Plain grounds, each with a square at a place of its own, so that much stays from one on."""
    found = []
    for place, colour in enumerate(_COLOURS):
        samples = np.full((12, 16, 3), 200, np.uint8)
        samples[3:9, 3 * place : 3 * place + 4] = colour
        found.append(Pillow.fromarray(samples))
    return found


def _saved(form: str, pictures: list[Pillow.Image], **options: Any) -> bytes:
    file = BytesIO()
    options = {"lossless": True, **options} if form == "WEBP" else options
    pictures[0].save(file, form, save_all=True, append_images=pictures[1:], **options)
    return file.getvalue()


def _samples(data: bytes, frame: int) -> NDArray[np.uint8]:
    return quantise(decode(data, frame=frame).image[0]).astype(np.uint8)


@pytest.mark.parametrize("form", FORMATS)
def test_each_frame_is_read_as_it_is_seen(form: str) -> None:
    data = _saved(form, _frames())

    for number, frame in enumerate(_frames(), start=1):
        assert np.array_equal(_samples(data, number), np.asarray(frame)), number


def test_frames_that_are_drawn_over_others_show_them() -> None:
    clear = [Pillow.new("RGBA", (16, 12)) for _ in range(3)]
    for place, frame in enumerate(clear):
        frame.paste(_COLOURS[place], (5 * place, 0, 5 * place + 4, 12))
    data = _saved("PNG", clear, blend=1, disposal=0)

    seen = [_samples(data, number)[0, [1, 6, 11], 3].tolist() for number in (1, 2, 3)]

    assert seen == [[255, 0, 0], [255, 255, 0], [255, 255, 255]]


def test_the_picture_for_programs_without_animation_is_no_frame() -> None:
    frames = _frames()
    data = _saved("PNG", frames, default_image=True)

    assert np.array_equal(_samples(data, 1), np.asarray(frames[1]))


def test_pages_have_sizes_depths_and_descriptions_of_their_own() -> None:
    first = Pillow.fromarray(np.zeros((5, 4, 3), np.uint8))
    second = Pillow.fromarray(np.full((7, 9), 40_000, np.uint16))
    data = _saved("TIFF", [first, second])

    found = decode(data, frame=2)

    assert (found.image.shape, found.depth) == ((1, 7, 9, 3), 16)
    assert (quantise(found.image, 16) == 40_000).all()
    assert decode(data, frame=1).image.shape == (1, 5, 4, 3)


@pytest.mark.parametrize("form", FORMATS)
def test_a_frame_must_be_chosen_and_be_there(form: str) -> None:
    data = _saved(form, _frames())

    with pytest.raises(PictureError) as none:
        decode(data, frame=0)
    with pytest.raises(PictureError) as beyond:
        decode(data, frame=COUNT + 1)

    assert (none.value.code, str(none.value)) == (
        "animated_picture",
        (
            "picture: has 4 frames or pages; allowed is one. Save the one you want as a picture "
            "of its own, or choose it: --frame 1 to 4, or `frame` of LoadImage."
        ),
    )
    assert (beyond.value.code, str(beyond.value)) == (
        "no_such_frame",
        "picture: has 4 frames or pages; frame 5 is none of them. Choose one from 1 to 4.",
    )


@pytest.mark.parametrize("form", [*FORMATS, "JPEG", "BMP", "AVIF"])
def test_a_picture_of_one_frame_is_its_first(form: str) -> None:
    file = BytesIO()
    _frames()[0].save(file, form)
    data = file.getvalue()

    assert np.array_equal(decode(data, frame=1).image, decode(data).image)
    with pytest.raises(PictureError, match="has one frame; frame 2 is none of them") as error:
        decode(data, frame=2)
    assert error.value.code == "no_such_frame"


def test_an_animated_avif_is_refused_whatever_is_chosen() -> None:
    data = _saved("AVIF", _frames())

    with pytest.raises(PictureError) as error:
        decode(data, frame=2)

    assert str(error.value).endswith("Save the one you want as a picture of its own.")


@given(st.sampled_from(FORMATS), st.integers(1, COUNT), st.data())
def test_a_damaged_frame_is_an_error_or_a_picture(
    form: str, frame: int, draw: st.DataObject
) -> None:
    data = bytearray(_saved(form, _frames()))
    at = draw.draw(st.integers(8, len(data) - 1))
    data[at] ^= draw.draw(st.integers(1, 255))

    with suppress(PictureError):  # and nothing else
        decode(bytes(data), frame=frame, max_pixels=10_000)


def test_lossy_frames_are_known_as_such() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (2, 12, 16, 3), np.uint8)
    pictures = [Pillow.fromarray(each) for each in noise]
    clear = [each.convert("RGBA") for each in pictures]
    clear[1].putalpha(120)
    lossy = [_saved("WEBP", each, lossless=False) for each in (pictures, clear)]

    assert [decode(each, frame=2).is_lossy for each in lossy] == [True, True]
    assert not decode(_saved("WEBP", pictures), frame=2).is_lossy
    assert all(a != b for a, b in pairwise(lossy))
