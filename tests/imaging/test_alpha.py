"""Hidden colours never come to light, and what is opaque is as if there were no alpha."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.alpha import continue_colours, filter_visible, grey_where_clear
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.blend.effects import blur, overlay
from paintgraph.imaging.files.encode import preview_jpeg
from paintgraph.imaging.geometry.canvas import Padding, pad_image
from paintgraph.imaging.geometry.resize import Interpolation, resize
from paintgraph.tests.strategies import images

HEIGHT, WIDTH = 30, 40


def half(image: Image) -> Image:
    """Half of the picture selected, softly."""
    mask = np.zeros(image.shape[:3], np.float32)
    mask[:, :, image.shape[2] // 2 :] = 0.7
    return mask


def scaled(method: Interpolation, factor: float) -> Callable[[Image], Image]:
    def run(image: Image) -> Image:
        height, width = (max(1, round(side * factor)) for side in image.shape[1:3])
        return resize(image, width, height, method)

    return run


OPERATIONS: dict[str, Callable[[Image], Image]] = {
    **{
        f"{method} {factor}": scaled(method, factor)
        for method in get_args(Interpolation)
        for factor in (0.4, 1.7, 3)
    },
    "blur": lambda image: blur(image, 6),
    "blur around": lambda image: blur(image, 6, half(image)),
    "overlay": lambda image: overlay(image, half(image), (1, 0, 0), 0.6),
    "edge": lambda image: pad_image(image, Padding(3, 2, 5, 4), "edge"),
    "mirror": lambda image: pad_image(image, Padding(3, 2, 5, 4), "mirror"),
    "continued": continue_colours,
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def hiding(image: Image, colours: Image) -> Image:
    """The picture with other colours where it is clear."""
    hidden = np.where(image[..., 3:] == 0, colours[..., :3], image[..., :3])
    return np.concatenate([hidden, image[..., 3:]], axis=3)


@every_operation
@given(data=st.data())
def test_hidden_colours_may_be_anything(
    operation: Callable[[Image], Image], data: st.DataObject
) -> None:
    image = data.draw(images(channels=4))
    other = hiding(image, data.draw(images(size=image.shape[1:3], batch=len(image))))

    first, second = operation(image), operation(other)

    seen = first[..., 3] > 0
    assert np.array_equal(first[..., 3], second[..., 3])
    assert np.array_equal(first[seen], second[seen])


@every_operation
def test_grey_beside_hidden_magenta_stays_grey(operation: Callable[[Image], Image]) -> None:
    image = np.full((1, HEIGHT, WIDTH, 4), (0.5, 0.5, 0.5, 1), np.float32)
    image[:, :, : WIDTH // 2] = (1, 0, 1, 0)

    result = operation(image)

    seen = result[result[..., 3] > 0][:, :3]
    reddened = operation is OPERATIONS["overlay"]
    assert np.abs(seen[:, 1:] - seen[:, 1:2]).max() <= 1 / 255
    assert reddened or np.abs(seen - 0.5).max() <= 1 / 255


@every_operation
@given(image=images(channels=3))
def test_what_is_opaque_is_as_if_there_were_no_alpha(
    operation: Callable[[Image], Image], image: Image
) -> None:
    opaque = np.concatenate([image, np.ones_like(image[..., :1])], axis=3)

    result = operation(opaque)

    assert (result[..., 3] == 1).all()
    assert np.array_equal(operation(image), result[..., :3])


@given(images(channels=4))
def test_continued_colours_keep_what_is_seen_and_alpha(image: Image) -> None:
    continued = continue_colours(image)

    assert np.array_equal(image[..., 3], continued[..., 3])
    assert np.array_equal(image[image[..., 3] > 0], continued[image[..., 3] > 0])


def test_no_colour_is_continued_out_of_a_hole() -> None:
    image = np.array([[[[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]]]], np.float32)
    hole = np.array([[[1, 0, 0, 0]]], np.float32)

    assert continue_colours(image, hole)[0, 0, 1:3, :3].tolist() == [[0, 0, 1]] * 2
    assert (continue_colours(image, np.ones_like(hole))[0, 0, 1:3, :3] == 0.5).all()


def test_what_is_clear_looks_grey_and_the_rest_as_it_is() -> None:
    image = np.array([[[[1, 0, 0, 0.1], [1, 0, 1, 0]]]], np.float32)

    assert grey_where_clear(image).tolist() == [[[[1, 0, 0], [0.5, 0.5, 0.5]]]]


@given(images(channels=4, max_side=24), st.data())
def test_a_preview_shows_nothing_hidden(image: Image, data: st.DataObject) -> None:
    other = hiding(image, data.draw(images(size=image.shape[1:3], batch=len(image))))

    assert preview_jpeg(image, 7) == preview_jpeg(other, 7)


def test_alpha_too_small_for_any_file_is_none() -> None:
    image = np.zeros((1, 1, 2, 4), np.float32)
    image[0, 0, 1] = 1

    faded = filter_visible(image, lambda plane: plane * np.float32(1e-6))

    assert (faded[..., 3] == 0).all()
