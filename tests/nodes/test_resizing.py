"""Resizing pictures and masks in any of several ways."""

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes import build_registry
from paintgraph.nodes.pictures.resizing import (
    ByFactor,
    ToHeight,
    ToLonger,
    ToMatch,
    ToMultiple,
    ToPixels,
    ToShorter,
    ToSides,
    ToWidth,
    Way,
    resize_image_mask_node,
)
from paintgraph.tests.nodes.bench import Bench, given, use

REGISTRY = build_registry()
TALL = np.linspace(0, 1, 10 * 6, dtype=np.float32).reshape(1, 10, 6)


@pytest.mark.parametrize(
    ("way", "size"),
    [
        (ByFactor(0.5), (5, 3)),
        (ByFactor(0.01), (1, 1)),
        (ToSides(3, 8, "disabled"), (8, 3)),
        (ToSides(3, 0), (5, 3)),
        (ToSides(0, 0), (10, 6)),
        (ToLonger(5), (5, 3)),
        (ToLonger(0), (10, 6)),
        (ToShorter(12), (20, 12)),
        (ToWidth(12), (20, 12)),
        (ToHeight(20), (20, 12)),
        (ToPixels(0.01), (132, 79)),
        (ToMatch(np.zeros((1, 4, 7, 3), np.float32)), (4, 7)),
        (ToMultiple(4), (8, 4)),
        (ToMultiple(8), (8, 6)),
        (ToMultiple(1), (10, 6)),
    ],
    ids=repr,
)
def test_each_way_finds_its_size(way: Way, size: tuple[int, int]) -> None:
    mask = resize_image_mask_node(TALL, way)
    image = resize_image_mask_node(np.stack([TALL] * 3, axis=3), way, "bilinear")

    assert mask.shape == (1, *size)
    assert image.shape == (1, *size, 3)


@for_all(height=st.integers(1, 40), width=st.integers(1, 40), multiple=st.integers(1, 50))
def test_both_sides_become_divisible_where_they_can(height: int, width: int, multiple: int) -> None:
    sides = resize_image_mask_node(np.zeros((1, height, width), np.float32), ToMultiple(multiple))

    for new, old in zip(sides.shape[1:], (height, width), strict=True):
        assert old - multiple < new <= old
        assert new % multiple == 0 or old < multiple


def test_the_longer_side_is_cut_off_on_both_sides_alike() -> None:
    rows = np.repeat(np.array([0, 0, 1, 1, 1, 1, 0, 0], np.float32)[:, None], 4, axis=1)[None]

    assert (resize_image_mask_node(rows, ToSides(4, 4, "center")) == 1).all()
    assert (resize_image_mask_node(rows, ToSides(4, 4, "disabled")) != 1).any()
    assert (resize_image_mask_node(rows, ToMatch(np.zeros((1, 4, 4), np.float32))) == 1).all()


@pytest.mark.parametrize(("kind", "code"), [("InvertMask", ""), ("ImageInvert", "type_mismatch")])
def test_the_result_is_the_like_of_the_input(kind: str, code: str) -> None:
    name = "mask" if kind == "InvertMask" else "image"
    mask = dict.fromkeys(["input", "resize_type.match"], Link("mask", 0))
    nodes = {
        "mask": use("SolidMask", width=4, height=4),
        "it": Node("ResizeImageMaskNode", {"resize_type": "match size", **mask}),
        "reader": Node(kind, {name: Link("it", 0)}),
    }

    problems = check(Graph(nodes, outputs={"it": Link("reader", 0)}), REGISTRY).problems

    assert [problem.code for problem in problems] == [code] * bool(code)


def test_a_run_keeps_what_is_known_of_a_picture_and_misses_what_is_not_given(bench: Bench) -> None:
    image = given(np.stack([TALL] * 3, axis=3), {"depth": 16, "icc": b"profile"})
    way = Node("PrimitiveString", {"value": "match size"})
    nodes = {
        "it": Node("ResizeImageMaskNode", {"input": image, "resize_type": "scale width"}),
        "way": way,
        "other": Node("ResizeImageMaskNode", {"input": image, "resize_type": Link("way", 0)}),
    }
    ran = bench.run(nodes)

    assert ran.array().shape == (1, 853, 512, 3)
    assert ran.value().facts == {"depth": 16, "icc": b"profile"}
    assert ran.fault[1] == (
        "node 'other' (ResizeImageMaskNode): resize_type is 'match size', but resize_type.match is "
        "not given. Link or write a value there."
    )
