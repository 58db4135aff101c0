"""What looks like its surroundings is told from blur, lattices and strange textures."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.likeness import measure_unlikeness

_HOLE = np.s_[:, 100:180, 100:180]


@pytest.fixture(scope="module")
def gravel() -> Image:
    samples: NDArray[np.uint8] = data.gravel()  # type: ignore[no-untyped-call]
    grey = samples[:280, :280].astype(np.float32) / np.float32(255)
    return np.repeat(grey[np.newaxis, ..., np.newaxis], 3, axis=3)


def _mask() -> Mask:
    mask = np.zeros((1, 280, 280), np.float32)
    mask[_HOLE] = 1
    return mask


def _unlikeness(picture: Image, inside: Image) -> float:
    painted = picture.copy()
    painted[_HOLE] = inside
    return measure_unlikeness(painted, _mask(), 1 - _mask())


def test_another_part_of_the_texture_is_nearly_as_alike_as_the_truth(gravel: Image) -> None:
    truth = _unlikeness(gravel, gravel[_HOLE])

    assert _unlikeness(gravel, gravel[:, 190:270, 190:270]) < 2 * truth + 0.5


def test_blur_and_lattices_are_unlike(gravel: Image) -> None:
    blurred = cv2.GaussianBlur(gravel[0], (0, 0), 3)[np.newaxis][_HOLE]
    lattice = np.tile(gravel[:, 90:100, 90:100], (1, 8, 8, 1))
    other = _unlikeness(gravel, gravel[:, 190:270, 190:270])

    assert _unlikeness(gravel, np.asarray(blurred)) > 1.5 * other
    assert _unlikeness(gravel, lattice) > 1.5 * other


def test_what_is_not_known_is_not_compared_with(gravel: Image) -> None:
    spoilt = gravel.copy()
    spoilt[:, :, 180:] = 0
    spoilt[:, ::2, 180:] = 1
    known = 1 - _mask()
    known[:, :, 180:] = 0
    with_it = measure_unlikeness(spoilt, _mask(), 1 - _mask())

    assert measure_unlikeness(spoilt, _mask(), known) < with_it


def test_without_anything_to_compare_it_is_no_number_above_zero(gravel: Image) -> None:
    nothing = np.zeros_like(_mask())

    assert measure_unlikeness(gravel, nothing, 1 - nothing) == 0
    assert measure_unlikeness(gravel, 1 - nothing, nothing) == 0
