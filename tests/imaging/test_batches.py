import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, check_pixels
from paintgraph.imaging.blend.batches import collage, fitted, join, plain, regroup, take
from paintgraph.imaging.errors import ContractError
from paintgraph.tests.strategies import images


@given(st.data(), images())
def test_join_keeps_the_first_and_brings_the_second_to_its_size(
    data: st.DataObject, first: Image
) -> None:
    second = data.draw(images())

    joined = join(first, second)

    assert joined.shape[1:3] == first.shape[1:3]
    assert len(joined) == len(first) + len(second)
    assert np.array_equal(first, joined[: len(first), ..., : first.shape[3]])
    assert joined.shape[3] == max(first.shape[3], second.shape[3])
    if second.shape[1:3] == first.shape[1:3]:
        assert np.array_equal(second, joined[len(first) :, ..., : second.shape[3]])


def test_join_cuts_the_longer_side_of_the_second() -> None:
    first, second = np.zeros((1, 2, 2, 3), np.float32), np.zeros((1, 2, 6, 3), np.float32)
    second[:, :, 2:4] = 1

    assert (join(first, second)[1] == 1).all()


@given(st.lists(images(size=(2, 3), channels=3), min_size=1, max_size=4), st.integers(1, 5))
def test_regroup_keeps_every_picture_in_order(batches: list[Image], size: int) -> None:
    regrouped = regroup(batches, size)

    assert np.array_equal(np.concatenate(batches), np.concatenate(regrouped))
    assert {len(batch) for batch in regrouped[:-1]} <= {size}
    assert 1 <= len(regrouped[-1]) <= size


def test_pictures_of_different_sizes_cannot_be_one_batch() -> None:
    batches = [np.zeros((1, 2, side, 3), np.float32) for side in (4, 3)]
    message = (
        "pictures of one batch are 2x3, 2x4 (height x width); all must have one size. Use "
        "ImageScale on them, or a batch_size of 1."
    )

    assert len(regroup(batches, 1)) == 2
    with pytest.raises(ContractError, match=f"^{re.escape(message)}$"):
        regroup(batches, 2)


@given(images(), st.integers(1, 7))
def test_take_begins_again_where_there_are_fewer(image: Image, batch: int) -> None:
    taken = take(image, batch)

    assert len(taken) == batch
    assert all(np.array_equal(taken[item], image[item % len(image)]) for item in range(batch))


def test_small_pictures_do_not_grow_beyond_what_a_result_may_have() -> None:
    large, small = np.zeros((1, 1000, 1000, 3), np.float32), np.zeros((101, 1, 1, 3), np.float32)

    with pytest.raises(ContractError, match="would be 101 pictures of 1000x1000"):
        take(large, 101)
    with pytest.raises(ContractError, match="would be 101 pictures of 1000x1000"):
        fitted(small, large, "bilinear")


def test_plain_is_opaque_and_of_one_colour() -> None:
    assert plain(2, 1, 1, (255, 0, 51)).tolist() == [[[[1, 0, np.float32(0.2)]] * 2]]


def test_too_many_pixels_are_refused() -> None:
    check_pixels(10_000, 10_000)
    message = (
        "the result would be 2 pictures of 20000x5000 (height x width); allowed are 100 million "
        "px in all. Ask for less."
    )
    with pytest.raises(ContractError, match=f"^{re.escape(message)}$"):
        check_pixels(5_000, 20_000, 2)


@given(
    st.lists(images(), min_size=1, max_size=4),
    st.integers(0, 5),
    st.integers(0, 3),
    st.integers(8, 20),
)
def test_a_collage_has_a_cell_for_each_picture_and_the_colour_around(
    given_images: list[Image], columns: int, margin: int, side: int
) -> None:
    navy = np.array((0, 0, 128), np.float32) / np.float32(255)

    sheet = collage(given_images, side, side, (0, 0, 128), columns, margin)

    count = sum(len(each) for each in given_images)
    rows, across = (length // side for length in sheet.shape[1:3])
    assert sheet.shape == (1, rows * side, across * side, 3)
    assert (rows - 1) * across < count <= rows * across
    assert across <= (columns or count)
    cells = sheet.reshape(rows, side, across, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    assert (cells[count:] == navy).all()
    framed = cells.copy()
    framed[:, margin : side - margin, margin : side - margin] = navy
    assert (framed == navy).all()


def test_margins_without_room_are_told() -> None:
    with pytest.raises(ContractError, match=r"margin is 5 px .* 4 px at most"):
        collage([np.zeros((1, 2, 2, 3), np.float32)], 10, 12, (0, 0, 0), 0, 5)
