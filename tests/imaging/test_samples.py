"""Code values: every one of them survives, and halves truncate at 8 bits."""

import numpy as np
import pytest

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.samples import quantise, to_image, turned
from paintgraph.tests.imaging.files import SEEN


@pytest.mark.parametrize(("depth", "kind"), [(8, "u1"), (16, "u2")])
def test_every_code_value_survives(depth: int, kind: str) -> None:
    codes = np.arange(1 << depth).astype(kind).reshape(1, -1)

    assert np.array_equal(quantise(to_image(codes), depth)[0, ..., 0], codes)


def test_eight_bits_truncate_and_sixteen_round() -> None:
    half = np.array([0.5, 0.99999], np.float32)

    assert quantise(half, 8).tolist() == [127, 254]
    assert quantise(half, 16).tolist() == [32768, 65534]


def test_strips_join_to_the_whole() -> None:
    image = np.linspace(0, 1, 3 * 700 * 701, dtype=np.float32).reshape(1, 700, 701, 3)

    codes = np.floor(image.astype(np.float64) * 255 + 1e-3)

    assert np.abs(quantise(image) - codes).max() <= 1  # at the bound itself, for want of digits
    assert np.mean(quantise(image) != codes) < 1e-4
    assert np.array_equal(quantise(image)[0, 600], quantise(image[0, 600]))


def test_another_depth_is_refused() -> None:
    with pytest.raises(PictureError) as error:
        quantise(np.zeros((1, 1, 1, 3), np.float32), 12)

    assert str(error.value) == ("depth: is 12 bits per sample; allowed are 8 and 16. Choose one.")


@pytest.mark.parametrize(("orientation", "seen"), SEEN.items())
def test_each_orientation_is_turned(orientation: int, seen: list[list[int]]) -> None:
    assert turned(np.array([[1, 2, 3], [4, 5, 6]]), orientation).tolist() == seen
