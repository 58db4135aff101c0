"""The data contract: what passes unchanged, and what is refused in which words."""

import numpy as np
import pytest
from hypothesis import given

from paintgraph.imaging.arrays import (
    Image,
    Mask,
    check_image,
    check_mask,
    check_same_size,
    freeze,
    match_batch,
    validate_image,
    validate_mask,
)
from paintgraph.imaging.errors import ContractError
from paintgraph.tests.strategies import images, images_with_masks, masks


def refusal(error: pytest.ExceptionInfo[ContractError]) -> tuple[str, str]:
    return error.value.code, str(error.value)


@given(images_with_masks())
def test_arrays_that_obey_the_contract_pass_uncopied(pair: tuple[Image, Mask]) -> None:
    image, mask = pair

    assert check_image(image) is image
    assert check_mask(mask) is mask


def test_a_writeable_array_is_frozen_in_place() -> None:
    image = np.zeros((1, 2, 3, 3), np.float32)

    assert check_image(image) is image
    assert not image.flags.writeable


def test_validation_leaves_an_array_writeable() -> None:
    image, mask = np.zeros((1, 2, 3, 3), np.float32), np.zeros((1, 2, 3), np.float32)

    assert validate_image(image) is image
    assert validate_mask(mask) is mask
    assert image.flags.writeable
    assert mask.flags.writeable


def test_a_view_of_a_whole_array_freezes_the_array() -> None:
    picture = np.zeros((2, 3, 3), np.float32)
    image = check_image(picture[np.newaxis])

    assert np.shares_memory(image, picture)
    assert not picture.flags.writeable


def test_a_view_of_a_part_is_copied() -> None:
    batch = np.zeros((5, 2, 3, 3), np.float32)
    image = check_image(batch[:1])

    assert not np.shares_memory(image, batch)
    assert batch.flags.writeable


def test_a_view_of_a_frozen_array_is_not_copied() -> None:
    batch = freeze(np.zeros((5, 2, 3, 3), np.float32))

    assert np.shares_memory(check_image(batch[:1]), batch)


def test_a_read_only_view_of_writeable_memory_is_made_safe() -> None:
    batch = np.zeros((5, 2, 3), np.float32)
    view = batch[:2]
    view.flags.writeable = False
    mask = check_mask(view)
    batch[:] = 1

    assert mask.max() == 0


def test_memory_of_immutable_bytes_is_not_copied() -> None:
    mask = np.frombuffer(bytes(24), np.float32).reshape(1, 2, 3)

    assert np.shares_memory(check_mask(mask), mask)


def test_other_floats_and_orders_become_contiguous_float32() -> None:
    image = check_image(np.full((1, 3, 2, 3), 0.5, np.float64).swapaxes(1, 2))

    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    assert image.shape == (1, 2, 3, 3)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            [0.0],
            (
                "photo: is of type list; allowed is a numpy float32 array "
                "[batch, height, width, 3 or 4 channels]. Convert it first."
            ),
        ),
        (
            np.zeros((1, 2, 2, 3), np.uint8),
            (
                "photo: samples are uint8; allowed is float32, 0 to 1. "
                "Divide by the largest code value (255 or 65535)."
            ),
        ),
        (
            np.zeros((1, 0, 2, 3), np.float32),
            (
                "photo: shape is [1, 0, 2, 3], which holds no pixel; "
                "allowed is at least 1 along every axis. Check the node that made it."
            ),
        ),
        (
            np.zeros((1, 2, 2, 2), np.float32),
            (
                "photo: shape is [1, 2, 2, 2]; allowed is [batch, height, width, 3 or 4 channels]. "
                "Add the missing axes, or drop the channels beyond alpha."
            ),
        ),
        (
            np.full((1, 1, 1, 3), np.nan, np.float32),
            (
                "photo: holds NaN or infinity; allowed are finite values from 0 to 1. "
                "Check the node that made it."
            ),
        ),
        (
            np.array([[[[-0.5, 0, 1.5]]]], np.float32),
            "photo: values go from -0.5 to 1.5; allowed is 0 to 1. Scale or clip them first.",
        ),
    ],
)
def test_a_broken_image_is_refused(array: object, message: str) -> None:
    with pytest.raises(ContractError) as error:
        check_image(array, "photo")

    assert refusal(error) == ("bad_array", message)


def test_a_mask_of_wrong_rank_is_refused() -> None:
    with pytest.raises(ContractError) as error:
        check_mask(np.zeros((2, 2), np.float32))

    assert refusal(error) == (
        "bad_array",
        (
            "mask: shape is [2, 2]; allowed is [batch, height, width]. "
            "Add a batch axis, or take one channel."
        ),
    )


@given(images(size=(2, 3)), masks(size=(2, 3)))
def test_equal_sizes_pass(image: Image, mask: Mask) -> None:
    check_same_size(image, mask)


def test_different_sizes_are_refused() -> None:
    with pytest.raises(ContractError) as error:
        check_same_size(np.zeros((1, 512, 768, 3)), np.zeros((1, 512, 512)))

    assert refusal(error) == (
        "size_mismatch",
        (
            "image is 512x768 but mask is 512x512 (height x width); both must have the same size. "
            "Scale mask to the size of image with ScaleMask, or crop both to one box."
        ),
    )


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 3), (3, 1), (3, 3)])
def test_a_batch_of_one_is_repeated(first: int, second: int) -> None:
    image, mask = match_batch(
        np.zeros((first, 2, 2, 3), np.float32), np.ones((second, 2, 2), np.float32)
    )

    assert image.shape[0] == mask.shape[0] == max(first, second)
    assert mask.min() == 1


def test_different_batches_are_refused() -> None:
    with pytest.raises(ContractError) as error:
        match_batch(np.zeros((2, 1, 1, 3), np.float32), np.zeros((3, 1, 1), np.float32))

    assert refusal(error) == (
        "size_mismatch",
        (
            "image has a batch of 2 but mask one of 3; allowed are equal batches or a batch of 1. "
            "Give 1 or 2 masks."
        ),
    )
