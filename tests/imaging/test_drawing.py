import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.blend.effects import draw_boxes
from paintgraph.imaging.geometry.regions import Box
from paintgraph.tests.strategies import images


@st.composite
def any_boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(-20, 20)), draw(st.integers(-20, 20))
    return Box(left, top, left + draw(st.integers(1, 30)), top + draw(st.integers(1, 30)))


def test_a_frame_lies_inside_its_box() -> None:
    drawn = draw_boxes(np.ones((1, 7, 8, 3), np.float32), [Box(1, 1, 7, 6)], thickness=1)

    expected = """
        ........
        .######.
        .#....#.
        .#....#.
        .#....#.
        .######.
        ........"""
    changed = ["".join(".#"[int(x)] for x in row) for row in (drawn[0] != 1).any(axis=2)]
    assert changed == expected.split()


@given(images(), st.lists(any_boxes(), max_size=4), st.integers(1, 40))
def test_what_is_outside_of_all_boxes_stays(image: Image, boxes: list[Box], thickness: int) -> None:
    inside = np.zeros(image.shape[1:3], np.bool_)
    for left, top, right, bottom in boxes:
        inside[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True

    drawn = draw_boxes(image, boxes, thickness=thickness)

    assert np.array_equal(image[:, ~inside], drawn[:, ~inside])


def test_a_label_is_written_from_the_upper_left_corner() -> None:
    image = np.full((1, 60, 80, 4), 0.5, np.float32)
    image[..., 3] = 0
    box = Box(10, 20, 70, 50)

    plain, labelled = draw_boxes(image, [box]), draw_boxes(image, [box], ["cat"])

    rows, columns = np.nonzero((plain != labelled)[0].any(axis=2))
    assert (rows.min(), columns.min()) >= (20, 10)
    assert rows.max() < 40
    assert columns.max() < 50
    assert labelled[0, rows, columns, 3].min() == 1
    assert labelled.min() >= 0
    assert labelled.max() <= 1


def test_a_label_that_leaves_the_picture_is_cut() -> None:
    image = np.zeros((1, 12, 12, 3), np.float32)
    boxes = [Box(-5, -5, 9, 9), Box(8, 8, 40, 40), Box(50, 50, 60, 60)]

    drawn = draw_boxes(image, boxes, ["a long label", "two\nlines", "outside"])

    assert drawn.shape == image.shape
    assert not np.array_equal(drawn, draw_boxes(image, boxes))


def test_no_label_and_an_empty_one_are_equal() -> None:
    image = np.zeros((1, 30, 30, 3), np.float32)
    box = Box(2, 2, 28, 28)

    assert np.array_equal(draw_boxes(image, [box]), draw_boxes(image, [box], [" "]))
