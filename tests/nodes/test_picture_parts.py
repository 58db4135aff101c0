import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.nodes.pictures.parts import (
    image_composite_masked,
    image_crop,
    join_image_with_alpha,
    paste_back,
)
from paintgraph.tests.nodes.bench import Bench, use
from paintgraph.tests.nodes.bench import given as as_value
from paintgraph.tests.strategies import images, images_with_masks

places = st.integers(0, 14)
offsets = st.integers(-14, 14)


def _numbered(height: int, width: int) -> Image:
    count = height * width
    plane = np.arange(count, dtype=np.float32).reshape(1, height, width, 1) / count
    return np.repeat(plane, 3, axis=3)


@given(images(), st.integers(1, 20), st.integers(1, 20), places, places)
def test_crop_takes_what_there_is(image: Image, width: int, height: int, x: int, y: int) -> None:
    left, top = min(x, image.shape[2] - 1), min(y, image.shape[1] - 1)

    cropped = image_crop(image, width, height, x, y)

    assert np.array_equal(image[:, top : top + height, left : left + width], cropped)


@given(images_with_masks(), st.integers(0, 3))
def test_paste_back_undoes_crop_to_mask(
    bench: Bench, given_: tuple[Image, Mask], margin: int
) -> None:
    image, mask = given_
    nodes = {
        "part": use("CropToMask", image=image, mask=mask, margin=margin),
        "it": Node(
            "PasteBack",
            {
                "image": as_value(image),
                "part": Link("part", "image"),
                "left": Link("part", "left"),
                "top": Link("part", "top"),
            },
        ),
    }
    ran = bench.run(nodes)

    assert ran.array().tobytes() == image.tobytes()
    assert ran.array("part").shape[:3] == ran.array("part", 1).shape
    assert ran.array("part", 1).sum() == pytest.approx(mask.sum())


def test_crop_to_mask_keeps_a_margin(bench: Bench) -> None:
    image, mask = _numbered(6, 9), np.zeros((1, 6, 9), np.float32)
    mask[0, 2:4, 3] = 0.5
    ran = bench.node("CropToMask", image=image, mask=mask, margin=1)

    assert np.array_equal(image[:, 1:5, 2:5], ran.array())
    assert [ran.value(output=place).data for place in (2, 3)] == [2, 1]


def test_an_empty_mask_leaves_the_picture_whole_with_a_warning(bench: Bench) -> None:
    image = _numbered(4, 5)
    ran = bench.node("CropToMask", image=image, mask=np.zeros((1, 4, 5), np.float32))

    assert np.array_equal(image, ran.array())
    assert ran.warnings == [
        "The mask selects nothing, so the picture stays whole. Select something."
    ]


def test_crop_to_mask_refuses_another_size(bench: Bench) -> None:
    ran = bench.node("CropToMask", image=_numbered(4, 5), mask=np.zeros((1, 5, 4), np.float32))

    assert ran.fault == (
        "size_mismatch",
        (
            "node 'it' (CropToMask): image is 4x5 but mask is 5x4 (height x width); both must have "
            "the same size. Scale mask to the size of image with ScaleMask, or crop both to "
            "one box."
        ),
    )


@given(images_with_masks(), places, places, st.data())
def test_composite_changes_nothing_where_the_mask_is_0(
    given_: tuple[Image, Mask], x: int, y: int, data: st.DataObject
) -> None:
    source, mask = given_
    below = data.draw(images(batch=len(source)))
    height, width = below.shape[1:3]
    weights = np.zeros((len(source), y + source.shape[1], x + source.shape[2]), np.float32)
    weights[:, y:, x:] = mask
    weights = np.pad(weights, ((0, 0), (0, height), (0, width)))[:, :height, :width]

    composed = image_composite_masked(below, source, x, y, mask=mask)

    assert composed.shape == below.shape
    assert np.array_equal(below[weights == 0], composed[weights == 0])


def test_composite_brings_source_and_mask_to_size() -> None:
    below = np.zeros((2, 4, 6, 3), np.float32)
    source, mask = np.ones((1, 2, 3, 4), np.float32), np.ones((1, 1, 1), np.float32)

    assert image_composite_masked(below, source, resize_source=True, mask=mask).min() == 1
    assert image_composite_masked(below, source, 4, 3).sum() == 2 * 2 * 3


@pytest.mark.parametrize("channels", [3, 4])
def test_what_is_transparent_in_the_source_shows_the_destination(channels: int) -> None:
    below = np.full((1, 1, 3, channels), 1, np.float32)
    below[..., 1:3] = 0
    hidden_magenta = np.array([[[[1, 0, 1, 0], [0, 1, 0, 0.5], [0, 1, 0, 1]]]], np.float32)

    composed = image_composite_masked(below, hidden_magenta)

    expected: list[list[float]] = [[1, 0, 0, 1], [0.5, 0.5, 0, 1], [0, 1, 0, 1]]
    assert composed[0, 0].tolist() == [px[:channels] for px in expected]
    if channels == 3:
        assert np.array_equal(composed, paste_back(below, hidden_magenta))
    else:
        assert np.array_equal(hidden_magenta, paste_back(below, hidden_magenta))


@given(images_with_masks())
def test_join_with_alpha_keeps_colours(given_: tuple[Image, Mask]) -> None:
    image, mask = given_
    joined = join_image_with_alpha(image, mask)

    assert np.array_equal(image[..., :3], joined[..., :3])
    assert np.array_equal(1 - mask, joined[..., 3])


def test_a_part_of_other_facts_leaves_those_of_the_picture(bench: Bench) -> None:
    image = as_value(_numbered(4, 4), {"depth": 16})
    part = as_value(_numbered(2, 2), {"depth": 8})
    ran = bench.run({"it": Node("PasteBack", {"image": image, "part": part, "left": 1})})

    assert ran.value().facts == {"depth": 16}


def test_paste_back_cuts_off_what_sticks_out() -> None:
    image, part = np.zeros((1, 2, 2, 3), np.float32), np.ones((1, 2, 2, 3), np.float32)

    assert paste_back(image, part, 1, 1)[0, :, :, 0].tolist() == [[0, 0], [0, 1]]
    assert np.array_equal(image, paste_back(image, part, 2, 0))


@given(images(batch=1), images(batch=1), offsets, offsets)
def test_a_part_at_a_negative_place_is_cut_off_at_the_left_and_the_top(
    image: Image, part: Image, left: int, top: int
) -> None:
    """The same as on a canvas that is large enough, of which the picture is then cut out."""
    height, width = image.shape[1:3]
    image, part = image[..., :3], part[..., :3]
    canvas = np.zeros((1, height + 60, width + 60, 3), np.float32)
    canvas[:, 30 : 30 + height, 30 : 30 + width] = image
    canvas[:, 30 + top :, 30 + left :][:, : part.shape[1], : part.shape[2]] = part
    expected = canvas[:, 30 : 30 + height, 30 : 30 + width]

    assert np.array_equal(expected, paste_back(image, part, left, top))
    assert np.array_equal(expected, image_composite_masked(image, part, left, top))


@pytest.mark.parametrize(
    ("kind", "given_"),
    [
        ("PasteBack", {"left": -3, "top": -2}),
        ("ImageCompositeMasked", {"x": -3, "y": -2}),
        ("MaskComposite", {"x": -3, "y": -2}),
    ],
)
def test_nodes_take_negative_places(bench: Bench, kind: str, given_: dict[str, object]) -> None:
    below, above = np.zeros((1, 6, 8, 3), np.float32), np.ones((1, 4, 5, 3), np.float32)
    names = ("image", "part") if kind == "PasteBack" else ("destination", "source")
    if kind == "MaskComposite":
        below, above = below[..., 0], above[..., 0]
        given_ = {**given_, "operation": "add"}
    placed = bench.node(kind, **dict(zip(names, (below, above), strict=True)), **given_).array()

    expected = np.zeros((6, 8), np.float32)
    expected[:2, :2] = 1
    assert np.array_equal(expected, placed[0] if placed.ndim == 3 else placed[0, ..., 0])


def test_blending_brings_the_second_picture_to_the_size_of_the_first(bench: Bench) -> None:
    below = np.zeros((2, 6, 6, 3), np.float32)
    above = np.zeros((1, 6, 18, 3), np.float32)
    above[:, :, 6:12] = 1  # its middle: the rest is cut off

    blended = bench.node("ImageBlend", image1=below, image2=above, blend_mode="screen")

    assert blended.array().shape == (2, 6, 6, 3)
    assert np.allclose(blended.array(), 0.5)
