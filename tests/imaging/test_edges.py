import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.edges import canny
from paintgraph.tests.strategies import images

SIDE = 24


def step(height: float, *, across: bool = True) -> Image:
    """A picture that is black up to its middle and brighter from there on."""
    image = np.zeros((1, SIDE, SIDE, 3), np.float32)
    image[:, :, SIDE // 2 :] = height
    return image if across else image.transpose(0, 2, 1, 3).copy()


def contrast(height: float) -> float:
    """The gradient's length at a step: Sobel's kernels on a row that a Gaussian of 1 px blurred."""
    weights = np.exp(-(np.arange(-2, 3) ** 2) / 2)
    weights /= weights.sum()
    return float(4 * height * (weights[2] + weights[1]))


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("height", [0.2, 0.25, 0.5, 0.75, 1])
def test_a_step_is_a_line_of_one_px_where_its_contrast_is_above_the_threshold(
    height: float, *, across: bool
) -> None:
    drawn = canny(step(height, across=across), 0.01, contrast(height) * 0.99)
    missed = canny(step(height, across=across), 0.01, contrast(height) * 1.01)

    lines = drawn[0] if across else drawn[0].T
    assert np.array_equal(lines.sum(axis=1), np.ones(SIDE))
    assert set(np.argmax(lines, axis=1)) <= {SIDE // 2 - 1, SIDE // 2}
    assert not missed.any()


@pytest.mark.parametrize("falls", [True, False])
def test_a_slanting_step_is_a_line_along_it(*, falls: bool) -> None:
    rows, columns = np.indices((SIDE, SIDE))
    bright = columns > rows if falls else columns + rows >= SIDE
    image = np.repeat(bright.astype(np.float32)[np.newaxis, ..., np.newaxis], 3, axis=3)

    lines = canny(image, 0.4, 0.8)[0][2:-2, 2:-2]

    distance = columns - rows - 0.5 if falls else columns + rows - SIDE + 0.5
    assert (np.abs(distance[2:-2, 2:-2][lines > 0]) < 1).all()
    assert lines.any(axis=1).all()


def test_a_faint_line_is_drawn_as_far_as_it_goes_on_from_a_strong_one() -> None:
    fading, faint = step(1), step(0.3)
    fading *= np.linspace(1, 0.3, SIDE, dtype=np.float32)[:, np.newaxis, np.newaxis]
    low, high = contrast(0.3) * 0.9, contrast(0.3) * 1.5

    assert canny(fading, low, high)[0].any(axis=1).all()
    assert not canny(faint, low, high).any()


@given(images(), st.floats(0.01, 0.5), st.floats(0, 0.49))
def test_more_is_drawn_with_lower_thresholds(image: Image, low: float, more: float) -> None:
    few, some, many = (
        canny(image, low, low + more),
        canny(image, low, low),
        canny(image, low / 2, low),
    )

    assert set(np.unique(many)) <= {0, 1}
    assert (few <= some).all()
    assert (some <= many).all()


@given(images(batch=1, channels=3))
def test_an_opaque_picture_has_the_lines_of_its_colours(image: Image) -> None:
    opaque = np.concatenate([image, np.ones((*image.shape[:3], 1), np.float32)], axis=3)

    assert np.array_equal(canny(image, 0.1, 0.2), canny(opaque, 0.1, 0.2))


def test_an_even_picture_has_no_lines() -> None:
    assert not canny(np.full((2, 9, 7, 3), 0.7, np.float32), 0.01, 0.01).any()
