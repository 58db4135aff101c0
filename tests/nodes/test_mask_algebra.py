from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.masks.algebra import Channel, Operation
from paintgraph.nodes.masks.algebra import combine_masks, image_to_mask, invert_mask, mask_to_image
from paintgraph.tests.nodes.bench import Bench
from paintgraph.tests.strategies import images, masks, sizes

OPERATIONS: tuple[Operation, ...] = get_args(Operation)
CHANNELS: tuple[Channel, ...] = get_args(Channel)


@st.composite
def mask_pairs(draw: st.DrawFn) -> tuple[Mask, Mask]:
    size = draw(sizes())
    return draw(masks(size=size, batch=2)), draw(masks(size=size, batch=2))


@given(masks())
def test_inverting_twice_gives_the_mask_again(mask: Mask) -> None:
    assert invert_mask(invert_mask(mask)) == pytest.approx(mask, abs=1e-7)


@given(masks(kind="hard"))
def test_inverting_a_hard_mask_twice_gives_every_bit_again(mask: Mask) -> None:
    assert np.array_equal(mask, invert_mask(invert_mask(mask)))
    assert np.array_equal(mask == 1, invert_mask(mask) == 0)


@given(mask_pairs())
def test_the_order_matters_for_subtracting_only(pair: tuple[Mask, Mask]) -> None:
    first, second = pair
    for operation in ("union", "intersect", "exclude"):
        assert np.array_equal(
            combine_masks(first, second, operation),
            combine_masks(second, first, operation),
        )


@given(masks())
def test_combining_a_mask_with_itself_nothing_and_all(mask: Mask) -> None:
    nothing, everything = np.zeros_like(mask), np.ones_like(mask)

    assert np.array_equal(mask, combine_masks(mask, mask))
    assert np.array_equal(mask, combine_masks(mask, nothing))
    assert np.array_equal(everything, combine_masks(mask, everything))
    assert np.array_equal(mask, combine_masks(mask, mask, "intersect"))
    assert np.array_equal(nothing, combine_masks(mask, nothing, "intersect"))
    assert np.array_equal(mask, combine_masks(mask, everything, "intersect"))
    assert np.array_equal(nothing, combine_masks(mask, mask, "subtract"))
    assert np.array_equal(mask, combine_masks(mask, nothing, "subtract"))
    assert np.array_equal(nothing, combine_masks(mask, mask, "exclude"))
    assert np.array_equal(invert_mask(mask), combine_masks(mask, everything, "exclude"))


@given(mask_pairs())
def test_de_morgan_holds(pair: tuple[Mask, Mask]) -> None:
    first, second = pair

    assert np.array_equal(
        invert_mask(combine_masks(first, second)),
        combine_masks(invert_mask(first), invert_mask(second), "intersect"),
    )


def test_operations_on_hard_masks_are_those_of_sets() -> None:
    first = np.array([[[1, 1, 0, 0]]], np.float32)
    second = np.array([[[1, 0, 1, 0]]], np.float32)

    combined = {o: combine_masks(first, second, o)[0, 0].tolist() for o in OPERATIONS}

    assert combined == {
        "union": [1, 1, 1, 0],
        "intersect": [1, 0, 0, 0],
        "subtract": [0, 1, 0, 0],
        "exclude": [0, 1, 1, 0],
        "multiply": [1, 0, 0, 0],
        "add": [1, 1, 1, 0],
    }


def test_a_batch_of_one_serves_every_other() -> None:
    one = np.zeros((1, 2, 2), np.float32)
    three = np.ones((3, 2, 2), np.float32)

    for operation in OPERATIONS:
        assert combine_masks(one, three, operation).shape == (3, 2, 2)
        assert combine_masks(three, one, operation).shape == (3, 2, 2)


def test_masks_of_two_sizes_are_refused(bench: Bench) -> None:
    ran = bench.node(
        "CombineMasks",
        first=np.zeros((1, 4, 5), np.float32),
        second=np.zeros((1, 6, 5), np.float32),
    )

    assert ran.fault == (
        "size_mismatch",
        (
            "node 'it' (CombineMasks): first is 4x5 but second is 6x5 (height x width); both must "
            "have the same size. Scale one of them with ScaleMask, or crop both to one box."
        ),
    )


def test_batches_that_do_not_fit_are_refused(bench: Bench) -> None:
    ran = bench.node(
        "CombineMasks",
        first=np.zeros((2, 4, 5), np.float32),
        second=np.zeros((3, 4, 5), np.float32),
    )

    assert ran.fault == (
        "size_mismatch",
        (
            "node 'it' (CombineMasks): first has a batch of 2 but second one of 3; allowed are "
            "equal batches or a batch of 1. Give 1 or 2 of second."
        ),
    )


@given(masks())
def test_a_mask_comes_back_from_its_picture(mask: Mask) -> None:
    picture = mask_to_image(mask)

    assert picture.shape == (*mask.shape, 3)
    for channel in ("red", "green", "blue"):
        assert np.array_equal(mask, image_to_mask(picture, channel))
    assert image_to_mask(picture, "luminance") == pytest.approx(mask, abs=1e-6)


@given(images(channels=4))
def test_each_channel_becomes_a_mask(image: Image) -> None:
    for index, channel in enumerate(("red", "green", "blue", "alpha")):
        assert np.array_equal(
            image[..., index],
            image_to_mask(image, channel),  # type: ignore[arg-type] # one of them
        )


def test_a_picture_without_alpha_is_opaque() -> None:
    assert (image_to_mask(np.zeros((2, 3, 4, 3), np.float32), "alpha") == 1).all()


def test_luminance_weighs_the_colours_as_the_eye_does() -> None:
    colours = np.array([[[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]]], np.float32)

    assert image_to_mask(colours, "luminance")[0, 0] == pytest.approx([0.299, 0.587, 0.114, 1])
