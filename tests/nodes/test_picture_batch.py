import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.imaging.arrays import Image
from paintgraph.nodes.pictures.batch import (
    empty_image,
    image_batch,
    image_from_batch,
    repeat_image_batch,
)
from paintgraph.nodes.pictures.size import get_image_size, image_scale_by
from paintgraph.tests.nodes.bench import Bench, use
from paintgraph.tests.strategies import images


@given(images(), st.integers(1, 4))
def test_repeat_is_one_whole_batch_after_the_other(image: Image, amount: int) -> None:
    assert np.array_equal(np.concatenate([image] * amount), repeat_image_batch(image, amount))


@given(images(), st.integers(0, 5), st.integers(1, 5))
def test_image_from_batch_takes_what_there_is(image: Image, index: int, length: int) -> None:
    first = min(index, len(image) - 1)

    assert np.array_equal(image[first : first + length], image_from_batch(image, index, length))


@given(images(batch=2), images(size=(3, 4), batch=1))
def test_a_batch_is_taken_apart_again(image: Image, other: Image) -> None:
    both = image_batch(image, other)

    taken = image_from_batch(both, 0, 2)
    assert np.array_equal(image, taken[..., : image.shape[3]])
    assert image_from_batch(both, 2, 1).shape[1:3] == image.shape[1:3]


def test_rebatch_gives_a_list(bench: Bench) -> None:
    nodes = {
        "one": use("EmptyImage", width=2, height=2, batch_size=3),
        "it": Node("RebatchImages", {"images": Link("one", 0), "batch_size": 2}),
        "each": Node("GetImageSize", {"image": Link("it", 0)}),
    }
    ran = bench.run(nodes)

    (elements,) = ran.outcome.results["it"].slots
    assert [element.data.shape for element in elements if isinstance(element, Value)] == [
        (2, 2, 2, 3),
        (1, 2, 2, 3),
    ]
    assert len(ran.outcome.results["each"].slots[0]) == 2


def test_empty_image_has_the_colour_of_its_number() -> None:
    assert empty_image(2, 1, 1, 0xFF0033)[0, 0, 0].tolist() == [1, 0, np.float32(0.2)]
    assert empty_image().shape == (1, 512, 512, 3)


def test_too_many_pixels_are_refused(bench: Bench) -> None:
    assert bench.node("EmptyImage", width=16384, height=16384, batch_size=4096).fault == (
        "too_many_pixels",
        (
            "node 'it' (EmptyImage): the result would be 4096 pictures of 16384x16384 (height x "
            "width); allowed are 100 million px in all. Ask for less."
        ),
    )


@pytest.mark.parametrize(
    ("factor", "expected"), [(1, (6, 9)), (2, (12, 18)), (0.5, (3, 4)), (0.01, (1, 1))]
)
def test_scale_by_scales_both_sides(factor: float, expected: tuple[int, int]) -> None:
    image = np.full((2, 6, 9, 3), 0.5, np.float32)

    assert image_scale_by(image, "nearest-exact", factor).shape == (2, *expected, 3)


@given(images())
def test_scale_by_1_changes_nothing_and_the_size_is_told(image: Image) -> None:
    assert np.array_equal(image, image_scale_by(image))
    assert get_image_size(image) == (image.shape[2], image.shape[1], image.shape[0])
