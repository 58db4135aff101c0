from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.geometry.sampling import Method, sample
from paintgraph.tests.strategies import images, sizes

METHODS: tuple[Method, ...] = get_args(Method)


@pytest.mark.parametrize("method", METHODS)
@given(image=images(batch=2), size=sizes())
def test_the_result_has_the_size_and_stays_in_range(
    method: Method, image: Image, size: tuple[int, int]
) -> None:
    sampled = sample(image, size[1], size[0], method)

    assert sampled.shape == (2, *size, image.shape[3])
    assert sampled.dtype == np.float32
    assert 0 <= sampled.min() <= sampled.max() <= 1
    alone = [sample(image[item : item + 1], size[1], size[0], method) for item in (0, 1)]
    assert np.array_equal(np.concatenate(alone), sampled)


@pytest.mark.parametrize("method", METHODS)
@given(image=images(channels=4), size=sizes())
def test_hidden_colours_change_nothing_that_is_seen(
    method: Method, image: Image, size: tuple[int, int]
) -> None:
    image = image.copy()
    image[..., 3] *= np.arange(image.shape[2]) % 2
    other = image.copy()
    other[..., :3][image[..., 3] == 0] = 1

    one, two = (sample(each, size[1], size[0], method) for each in (image, other))

    assert np.array_equal(one[..., 3], two[..., 3])
    assert np.array_equal(one * (one[..., 3:] > 0), two * (two[..., 3:] > 0))


@pytest.mark.parametrize("method", METHODS)
@given(image=images(channels=3), size=sizes())
def test_what_is_opaque_is_scaled_alike_with_alpha_and_without(
    method: Method, image: Image, size: tuple[int, int]
) -> None:
    opaque = np.concatenate([image, np.ones_like(image[..., :1])], axis=3)

    sampled = sample(opaque, size[1], size[0], method)

    assert np.array_equal(sample(image, size[1], size[0], method), sampled[..., :3])
    assert (sampled[..., 3] == 1).all()


@pytest.mark.parametrize("method", METHODS)
@given(code=st.integers(0, 255), share=st.integers(1, 255), size=sizes())
def test_what_is_flat_stays_flat_whatever_its_alpha(
    method: Method, code: int, share: int, size: tuple[int, int]
) -> None:
    flat = np.full((1, 7, 9, 4), code / 255, np.float32)
    flat[..., 3] = share / 255
    flat[:, 3, :, 3] = 1

    colours = sample(flat, size[1], size[0], method)[..., :3]

    assert colours == pytest.approx(code / 255, abs=1e-5)
