"""Turning and mirroring pictures and masks, and parts in some proportions."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.geometry.regions import Box, box_of_ratio
from paintgraph.nodes.pictures.turns import image_flip, image_rotate
from paintgraph.tests.nodes.bench import Bench
from paintgraph.tests.strategies import images, masks

TURNS: list[Any] = ["90 degrees", "270 degrees"]
FLIPS: list[Any] = ["x-axis: vertically", "y-axis: horizontally"]


@given(images() | masks(), st.sampled_from(TURNS))
def test_four_quarters_are_a_whole_turn(array: Image, quarter: Any) -> None:
    turned = array
    for _ in range(4):
        turned = image_rotate(turned, quarter)

    assert np.array_equal(turned, array)
    assert np.array_equal(image_rotate(image_rotate(array, "180 degrees"), "180 degrees"), array)
    assert np.array_equal(image_rotate(array, "none"), array)


@given(images() | masks(), st.sampled_from(FLIPS))
def test_a_flip_undoes_itself_and_both_are_half_a_turn(array: Image, flip: Any) -> None:
    assert np.array_equal(image_flip(image_flip(array, flip), flip), array)
    both = image_flip(image_flip(array, FLIPS[0]), FLIPS[1])
    assert np.array_equal(both, image_rotate(array, "180 degrees"))


def test_quarters_are_clockwise_and_flips_what_they_say() -> None:
    mask = np.array([[[1, 2, 3], [4, 5, 6]]], np.float32) / np.float32(6)

    assert (image_rotate(mask, "90 degrees") * 6).round().tolist() == [[[4, 1], [5, 2], [6, 3]]]
    assert (image_rotate(mask, "270 degrees") * 6).round().tolist() == [[[3, 6], [2, 5], [1, 4]]]
    assert (image_flip(mask, FLIPS[0]) * 6).round().tolist() == [[[4, 5, 6], [1, 2, 3]]]
    assert (image_flip(mask, FLIPS[1]) * 6).round().tolist() == [[[3, 2, 1], [6, 5, 4]]]


sides = st.integers(1, 60)
shares = st.floats(0, 1)


@given(sides, sides, sides, sides, shares, shares, shares, st.data())
def test_a_part_has_its_proportions_lies_inside_and_holds_its_box_where_it_can(  # noqa: PLR0913
    width: int,
    height: int,
    across: int,
    down: int,
    share: float,
    x: float,
    y: float,
    data: st.DataObject,
) -> None:
    ratio = Fraction(across, down)
    left, top = (data.draw(st.integers(0, side - 1)) for side in (width, height))
    right = data.draw(st.integers(left + 1, width))
    bottom = data.draw(st.integers(top + 1, height))
    box = Box(left, top, right, bottom)

    part = box_of_ratio(width, height, ratio, box, share, (x, y))

    assert 0 <= part.left < part.right <= width
    assert 0 <= part.top < part.bottom <= height
    assert abs(part.width - float(part.height * ratio)) <= max(1, float(ratio)) + 1e-9
    middle = box_of_ratio(width, height, ratio, box, share)
    if middle.width >= box.width + 2 and middle.height >= box.height + 2:
        assert middle.left <= box.left
        assert middle.right >= box.right
        assert middle.top <= box.top
        assert middle.bottom >= box.bottom


def test_a_part_is_placed_by_a_box_else_by_a_mask(bench: Bench) -> None:
    image = np.zeros((1, 40, 60, 3), np.float32)
    image[:, 10:20, 30:38] = 1
    mask = image[..., 0].copy()
    wanted = {"image": image, "ratio": "4:5", "share": 0.5, "mask": mask}

    by_mask = bench.node("CropToRatio", **wanted)
    by_box = bench.node("CropToRatio", **wanted, box=[0, 0, 8, 10])

    assert by_mask.array().shape == (1, 20, 16, 3)
    assert by_mask.array()[0, ..., 0].sum() == mask.sum()
    assert np.array_equal(by_mask.array(output=1), by_mask.array()[..., 0])
    assert [by_mask.value(output=place).data for place in (2, 3)] == [26, 5]
    assert [by_box.value(output=place).data for place in (2, 3)] == [0, 0]
    assert bench.node("CropToRatio", image=image, ratio="round").fault[0] == "bad_ratio"


def test_points_of_a_curve_come_in_pairs(bench: Bench) -> None:
    fault = bench.node("AdjustCurve", input=np.zeros((1, 2, 2), np.float32), points=[0, 0, 2]).fault

    assert fault == (
        "bad_curve",
        (
            "node 'it' (AdjustCurve): points has 3 numbers from 0 to 2; allowed are pairs of tones "
            "before and after, 0 to 1. Give e.g. 0,0,0.5,0.6,1,1."
        ),
    )


@pytest.mark.parametrize("kind", ["ImageRotate", "ImageFlip", "AdjustLevels"])
def test_a_mask_stays_a_mask(bench: Bench, kind: str) -> None:
    name = "input" if kind == "AdjustLevels" else "image"

    assert bench.node(kind, **{name: np.ones((1, 3, 5), np.float32)}).array().ndim == 3
