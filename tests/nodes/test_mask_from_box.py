import numpy as np
import pytest

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.nodes.masks.subject import mask_from_box
from paintgraph.tests.nodes.bench import Bench


def red_square() -> Image:
    """A flat grey picture of 60x80 px with a red square at 30..50, 20..40."""
    image = np.full((1, 60, 80, 3), 0.5, np.float32)
    image[:, 20:40, 30:50] = (0.9, 0.05, 0.05)
    return image


def selected(box: tuple[int, int, int, int], height: int = 60, width: int = 80) -> Mask:
    left, top, right, bottom = box
    mask = np.zeros((1, height, width), np.float32)
    mask[:, top:bottom, left:right] = 1
    return mask


def test_the_object_in_the_box_is_selected() -> None:
    mask = mask_from_box(red_square(), [22, 14, 58, 47])

    assert np.array_equal(selected((30, 20, 50, 40)), mask)


def test_the_whole_box_is_selected_on_demand() -> None:
    mask = mask_from_box(red_square(), [22, 14, 58, 47], select="box")

    assert np.array_equal(selected((22, 14, 58, 47)), mask)


def test_where_no_object_can_be_told_the_box_is_selected() -> None:
    flat = np.full((1, 60, 80, 3), 0.5, np.float32)

    assert np.array_equal(selected((10, 10, 30, 30)), mask_from_box(flat, [10, 10, 30, 30]))


@pytest.mark.parametrize("select", ["object", "box"])
def test_a_box_that_reaches_out_of_the_picture_is_clipped(select: str) -> None:
    out = mask_from_box(red_square(), [-100, -5, 1000, 2**70], select=select)  # type: ignore[arg-type]
    inside = mask_from_box(red_square(), [0, 0, 80, 60], select=select)  # type: ignore[arg-type]

    assert np.array_equal(inside, out)


def test_each_picture_of_a_batch_has_its_own_object() -> None:
    moved = np.roll(red_square(), (3, -2), axis=(1, 2))
    mask = mask_from_box(np.concatenate([red_square(), moved]), [22, 14, 58, 47])

    assert np.array_equal(selected((30, 20, 50, 40)), mask[:1])
    assert np.array_equal(selected((28, 23, 48, 43)), mask[1:])


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_the_smallest_pictures_have_boxes_too(size: tuple[int, int]) -> None:
    height, width = size
    image = np.random.default_rng(0).uniform(0, 1, (1, height, width, 4)).astype(np.float32)

    assert (mask_from_box(image, [0, 0, width, height]) == 1).all()


@pytest.mark.parametrize(
    "box",
    [(50, 10, 50, 20), (50, 10, 40, 20), (10, 20, 20, 10), (80, 0, 90, 10), (-9, -9, 0, 0)],
)
def test_a_box_without_a_pixel_is_refused(bench: Bench, box: tuple[int, int, int, int]) -> None:
    ran = bench.node("MaskFromBox", image=red_square(), box=list(box))

    assert ran.fault == (
        "bad_box",
        (
            f"node 'it' (MaskFromBox): box {','.join(map(str, box))} holds no pixel of a picture "
            "of 60x80 px (height x width); left must be below right, top below bottom. "
            "Correct the box."
        ),
    )
