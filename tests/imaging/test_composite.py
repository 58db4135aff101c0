import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.composite import (
    blend_into,
    lay_over,
    place_image,
    put_behind,
    with_channels,
)
from paintgraph.imaging.errors import ContractError
from paintgraph.tests.strategies import images, images_with_masks


def composite(original: Image, painted: Image, mask: Mask) -> Image:
    return place_image(original, painted, 0, 0, mask)


@given(images_with_masks(), st.data())
def test_composite_keeps_every_bit_outside_and_takes_all_where_selected(
    pair: tuple[Image, Mask], data: st.DataObject
) -> None:
    image, mask = pair
    batch, height, width, channels = image.shape
    painted = data.draw(images(size=(height, width), batch=batch, channels=channels))

    result = composite(image, painted, mask)

    assert np.array_equal(image[mask == 0], result[mask == 0])
    assert np.array_equal(painted[mask == 1], result[mask == 1])
    assert 0 <= result.min() <= result.max() <= 1
    alone = [composite(image[[item]], painted[[item]], mask[[item]]) for item in range(batch)]
    assert np.array_equal(np.concatenate(alone), result)


@given(images_with_masks(), st.data())
def test_opaque_pictures_are_blended_linearly(
    pair: tuple[Image, Mask], data: st.DataObject
) -> None:
    image, mask = pair
    image = image[..., :3]
    painted = data.draw(images(size=image.shape[1:3], batch=len(image), channels=3))

    share = mask[..., np.newaxis]
    expected = image * (1 - share) + painted * share
    assert expected == pytest.approx(composite(image, painted, mask), abs=1e-6)


@given(images_with_masks())
def test_painting_the_same_changes_nothing(pair: tuple[Image, Mask]) -> None:
    image, mask = pair

    result = composite(image, image, mask)

    visible = np.ones(image.shape[:3]) if image.shape[3] == 3 else image[..., 3]
    assert np.array_equal(image[visible > 0], result[visible > 0])


def test_hidden_colours_do_not_show_in_the_blend() -> None:
    hidden_green = np.array([[[[0, 1, 0, 0]]]], np.float32)
    red = np.array([[[[1, 0, 0]]]], np.float32)

    result = composite(hidden_green, red, np.full((1, 1, 1), 0.5, np.float32))

    assert result.ravel().tolist() == [1, 0, 0, 0.5]


def over(above: Image, below: Image, weights: Mask) -> Image:
    """Porter and Duff's formula, where nothing is seen the colour is 0."""
    front, back = (with_channels(each, 4).astype(np.float64) for each in (above, below))
    share = front[..., 3:] * weights[..., np.newaxis]
    rest = back[..., 3:] * (1 - share)
    alpha = share + rest
    colours = (front[..., :3] * share + back[..., :3] * rest) / np.where(alpha > 0, alpha, 1)
    return np.concatenate([colours, alpha], axis=3).astype(np.float32)


@given(images_with_masks(), st.data())
def test_a_part_with_alpha_is_laid_over(pair: tuple[Image, Mask], data: st.DataObject) -> None:
    image, mask = pair
    part = data.draw(images(size=image.shape[1:3], batch=len(image), channels=4))

    result = lay_over(image, part, 0, 0, mask)

    assert result.shape == image.shape
    expected = over(part, image, mask)
    seen = expected[..., 3] > 0
    assert np.allclose(expected[seen], with_channels(result, 4)[seen], atol=1e-5)
    assert np.array_equal(image[part[..., 3] == 0], result[part[..., 3] == 0])
    if image.shape[3] == 3:
        assert np.array_equal(result, composite(image, part, mask)), "no alpha, so laid over"


@given(images_with_masks(), st.data())
def test_a_background_lies_under_all_that_is_transparent(
    pair: tuple[Image, Mask], data: st.DataObject
) -> None:
    image, mask = pair
    background = data.draw(images(size=image.shape[1:3], batch=len(image)))

    result = put_behind(image, background, mask)

    expected = over(image, background, 1 - mask)
    seen = expected[..., 3] > 0
    assert result.shape[3] == max(image.shape[3], background.shape[3])
    assert np.allclose(expected[seen], with_channels(result, 4)[seen], atol=1e-5)
    kept = (with_channels(image, 4)[..., 3] == 1) & (mask == 0)
    assert np.array_equal(image[kept][:, :3], result[kept][:, :3])
    if background.shape[3] == 3:
        assert (with_channels(result, 4)[..., 3] == 1).all()


def test_one_mask_and_one_original_serve_a_batch() -> None:
    original = np.zeros((1, 2, 2, 3), np.float32)
    painted = np.ones((3, 2, 2, 3), np.float32)

    result = composite(original, painted, np.ones((1, 2, 2), np.float32))

    assert np.array_equal(painted, result)


def test_every_weight_is_that_share_of_the_painted() -> None:
    original = np.zeros((1, 1000, 1, 3), np.float32)
    mask = np.linspace(0, 1, 1000, dtype=np.float32).reshape(1, 1000, 1)

    result = composite(original, np.ones_like(original), mask)

    assert mask == pytest.approx(result[..., 0])


def test_sizes_must_agree() -> None:
    image = np.zeros((1, 2, 2, 3), np.float32)

    with pytest.raises(ContractError, match="the part is 2x2 but mask is 3x2"):
        composite(image, image, np.zeros((1, 3, 2), np.float32))


def test_alpha_cannot_be_blended_into_opaque_pixels() -> None:
    with pytest.raises(ContractError, match="Give both the same channels"):
        blend_into(
            np.zeros((1, 1, 3), np.float32),
            np.zeros((1, 1, 4), np.float32),
            np.ones((1, 1), np.float32),
        )
