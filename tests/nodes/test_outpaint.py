import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask, freeze
from paintgraph.imaging.geometry.canvas import Anchor, Side
from paintgraph.nodes.painting.outpaint import Fill, pad_for_outpaint, pad_to_size
from paintgraph.tests.nodes.bench import Bench
from paintgraph.tests.strategies import images, masks

SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")
FILLS = ("edge", "mirror", "grey")


def blank(height: int, width: int) -> Image:
    return np.zeros((1, height, width, 3), np.float32)


@given(
    images(),
    st.lists(st.sampled_from(SIDES)),
    st.floats(0.001, 8),
    st.tuples(*[st.integers(0, 9)] * 4),
    st.sampled_from(FILLS),
)
def test_the_old_area_is_bit_equal_and_the_mask_is_exactly_the_new_one(
    image: Image,
    sides: list[str],
    fraction: float,
    exact: tuple[int, int, int, int],
    fill: str,
) -> None:
    canvas = pad_for_outpaint(image, sides, fraction, *exact, fill=fill)  # type: ignore[arg-type]

    batch, height, width, channels = image.shape
    named = sides if sides or any(exact) else ["left", "right"]
    left, top, right, bottom = (
        given or (max(1, _floored(fraction, along)) if side in named else 0)
        for side, given, along in zip(SIDES, exact, (width, height) * 2, strict=True)
    )
    old = (slice(None), slice(top, top + height), slice(left, left + width))
    assert canvas.image.shape == (batch, top + height + bottom, left + width + right, channels)
    assert canvas.image[old].tobytes() == image.tobytes()
    new = np.ones(canvas.image.shape[:3], np.float32)
    new[old] = 0
    assert np.array_equal(new, canvas.mask)
    assert (canvas.image[new == 1][:, 3:] == 1).all()


def _floored(fraction: float, length: int) -> int:
    """What is meant by a fraction that people write, such as 0.35 or 1/3."""
    rounded = round(fraction * length)
    return rounded if abs(rounded - fraction * length) < 1e-3 else int(fraction * length)


@pytest.mark.parametrize(
    ("width", "added"), [(900, 300), (901, 300), (902, 300), (903, 301), (2, 1), (1, 1)]
)
def test_a_third_is_rounded_down_but_never_to_nothing(width: int, added: int) -> None:
    canvas = pad_for_outpaint(blank(5, width), ["left"])

    assert canvas.image.shape == (1, 5, width + added, 3)


def test_left_and_right_are_extended_if_nothing_is_named() -> None:
    assert pad_for_outpaint(blank(30, 60)).image.shape == (1, 30, 100, 3)


def test_each_side_takes_a_fraction_of_its_own_direction() -> None:
    assert pad_for_outpaint(blank(30, 60), list(SIDES), 0.5).image.shape == (1, 60, 120, 3)
    assert pad_for_outpaint(blank(30, 60), ["top"], 0.1).image.shape == (1, 33, 60, 3)


def test_a_side_that_is_named_twice_is_extended_once() -> None:
    assert pad_for_outpaint(blank(30, 60), ["top", "top"]).image.shape == (1, 40, 60, 3)


def test_exact_distances_win_and_the_rest_follows_from_what_is_named() -> None:
    assert pad_for_outpaint(blank(30, 60), top=7).image.shape == (1, 37, 60, 3)
    assert pad_for_outpaint(blank(30, 60), ["left"], left=3, bottom=4).image.shape == (1, 34, 63, 3)
    assert pad_for_outpaint(blank(30, 60), ["left"], right=5).image.shape == (1, 30, 85, 3)


def test_new_canvas_shows_edge_mirror_or_grey() -> None:
    row = np.array([[[[0.1] * 3, [0.2] * 3]]], np.float32)
    shown = {
        fill: pad_for_outpaint(row, left=2, fill=fill).image[0, 0, :, 0]  # type: ignore[arg-type]
        for fill in FILLS
    }

    assert shown["edge"] == pytest.approx([0.1, 0.1, 0.1, 0.2])
    assert shown["mirror"] == pytest.approx([0.2, 0.1, 0.1, 0.2])
    assert shown["grey"] == pytest.approx([0.5, 0.5, 0.1, 0.2])


@given(masks(batch=2, size=(3, 4)))
def test_what_was_selected_stays_selected(mask: Image) -> None:
    canvas = pad_for_outpaint(blank(3, 4), right=2, mask=mask)

    assert canvas.image.shape[0] == 2
    assert np.array_equal(mask, canvas.mask[:, :, :4])
    assert (canvas.mask[:, :, 4:] == 1).all()


def test_a_mask_of_another_size_is_refused(bench: Bench) -> None:
    ran = bench.node("PadForOutpaint", image=blank(4, 5), mask=np.zeros((1, 5, 4), np.float32))

    assert ran.fault == (
        "size_mismatch",
        (
            "node 'it' (PadForOutpaint): image is 4x5 but mask is 5x4 (height x width); both must "
            "have the same size. Scale mask to the size of image with ScaleMask, or crop both to "
            "one box."
        ),
    )


def test_a_canvas_of_too_many_pixels_is_refused_before_it_is_made(bench: Bench) -> None:
    ran = bench.node("PadForOutpaint", image=blank(100, 6000), left=16384, bottom=16384)

    assert ran.fault == (
        "too_many_pixels",
        (
            "node 'it' (PadForOutpaint): the result would be 16484x22384 (height x width); allowed "
            "are 100 million px in all. Ask for less."
        ),
    )


@pytest.mark.parametrize("anchor", ["center", "left", "bottom_right"])
@given(images(), st.integers(0, 40), st.integers(0, 40), st.sampled_from(FILLS))
def test_a_canvas_of_an_exact_size_holds_the_picture_where_it_is_anchored(
    anchor: Anchor, image: Image, across: int, down: int, fill: Fill
) -> None:
    height, width = image.shape[1:3]
    canvas = pad_to_size(image, width + across, height + down, anchor=anchor, fill=fill)

    left = {"center": across // 2, "left": 0, "bottom_right": across}[anchor]
    top = {"center": down // 2, "left": down // 2, "bottom_right": down}[anchor]
    old = (slice(None), slice(top, top + height), slice(left, left + width))
    assert canvas.image.shape[1:3] == canvas.mask.shape[1:] == (height + down, width + across)
    assert canvas.image[old].tobytes() == image.tobytes()
    assert not canvas.mask[old].any()
    assert canvas.mask.sum() == len(image) * ((height + down) * (width + across) - height * width)


def test_a_ratio_extends_one_direction_only(bench: Bench) -> None:
    wide = bench.node("PadToSize", image=blank(100, 100), ratio="16:9").array()
    tall = bench.node("PadToSize", image=blank(100, 100), ratio="4:5").array()

    assert wide.shape == (1, 100, 178, 3)
    assert tall.shape == (1, 125, 100, 3)


def test_masks_come_along_onto_the_canvas() -> None:
    mask = np.zeros((1, 10, 10), np.float32)
    mask[:, 2:5, 3:7] = 0.5

    canvas = pad_to_size(blank(10, 10), 14, 12, mask=mask, avoid=mask)

    assert np.array_equal(mask, canvas.mask[:, 1:11, 2:12])
    assert np.array_equal(mask, canvas.avoid[:, 1:11, 2:12])
    assert not pad_to_size(blank(10, 10), 14, 12).avoid.any()


@pytest.mark.parametrize("avoid", [None, np.zeros((1, 10, 10), np.float32)])
def test_a_mask_of_nothing_to_avoid_is_not_copied(avoid: Mask | None) -> None:
    """Of a photo of 4000 x 3000 px each mask that is written takes 80 MB."""
    canvas = pad_to_size(blank(10, 10), 14, 12, avoid=avoid)
    assert canvas.avoid.shape == (1, 12, 14)
    assert freeze(canvas.avoid) is canvas.avoid


def test_a_size_below_the_pictures_is_refused(bench: Bench) -> None:
    ran = bench.node("PadToSize", image=blank(100, 100), width=90)

    assert ran.fault == (
        "target_too_small",
        (
            "node 'it' (PadToSize): the size asked for is 100x90 but the picture is 100x100 "
            "(height x width); allowed is at least the picture's size. Ask for more, or scale the "
            "picture down first with ImageScale."
        ),
    )


def test_a_canvas_of_too_many_px_is_refused(bench: Bench) -> None:
    ran = bench.node("PadToSize", image=blank(10, 10), width=16384, height=16384)

    assert ran.fault[0] == "too_many_pixels"
