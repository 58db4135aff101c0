import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from paintgraph.benchmarks.filling import plain_blur
from paintgraph.imaging.fill.blur import blur_into
from paintgraph.imaging.fill.copying import copy_nearest

HEIGHT, WIDTH = 427, 640


def photo(name: str, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.float32]:
    pixels = cv2.resize(getattr(data, name)(), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(pixels, np.float32) / np.float32(255)


def hole_of(kind: str, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.bool_]:
    hole = np.zeros((height, width), np.bool_)
    if kind == "small":
        hole[height // 2 : height // 2 + 20, width // 2 : width // 2 + 30] = True
    elif kind == "large":
        hole[height // 6 : -height // 6, width // 5 : -width // 5] = True
    elif kind == "side":
        hole[:, -width // 4 :] = True
    elif kind == "frame":
        hole[...] = True
        hole[height // 5 : -height // 5, width // 5 : -width // 5] = False
    else:
        hole[::61] = True
        hole[:, ::53] = True
        hole[100:140, 90:150] = True
    return hole


def levels_apart(picture: NDArray[np.float32], hole: NDArray[np.bool_]) -> float:
    """The largest difference from the plain form, in 8-bit levels."""
    started = picture.copy()
    started[hole] = copy_nearest(picture, hole)
    return float(np.abs(blur_into(picture, hole) - plain_blur(started, hole)[hole]).max() * 255)


@pytest.mark.parametrize("kind", ["small", "large", "side", "frame", "lines"])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_the_result_is_that_of_the_plain_form(name: str, kind: str) -> None:
    assert levels_apart(photo(name), hole_of(kind)) <= 2


@pytest.mark.parametrize("kind", ["large", "side", "frame"])
def test_a_larger_picture_takes_the_same_look(kind: str) -> None:
    assert levels_apart(photo("astronaut", 896, 1152), hole_of(kind, 896, 1152)) <= 2


def test_what_lies_in_the_hole_is_never_looked_at() -> None:
    picture, hole = photo("coffee"), hole_of("frame")
    other = picture.copy()
    other[hole] = 1 - other[hole]

    assert np.array_equal(blur_into(picture, hole), blur_into(other, hole))
