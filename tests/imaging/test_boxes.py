import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.boxes import (
    Boxes,
    boxes_of_numbers,
    check_boxes,
    clamp_boxes,
    fill_boxes,
    fill_ellipses,
    first_boxes,
    grow_boxes,
    joined,
    no_boxes,
    sort_by_score,
    suppress_overlaps,
    widen_boxes,
)


def found(*corners: tuple[float, ...], scores: tuple[float, ...] = (), item: int = 0) -> Boxes:
    """Boxes of one picture, labelled a, b, c ... in their order."""
    count = len(corners)
    return Boxes(
        np.asarray(corners, np.float32).reshape(-1, 4),
        np.asarray(scores or [1] * count, np.float32),
        tuple("abcdefgh"[:count]),
        np.full(count, item, np.int64),
    )


def test_boxes_grow_by_px_on_each_side_and_shrink_away() -> None:
    boxes = found((10, 20, 30, 25), (0, 0, 40, 40))

    assert grow_boxes(boxes, 3).corners.tolist() == [[7, 17, 33, 28], [-3, -3, 43, 43]]
    shrunk = grow_boxes(boxes, -2.5)
    assert shrunk.corners.tolist() == [[2.5, 2.5, 37.5, 37.5]]
    assert shrunk.labels == ("b",)


def test_boxes_end_at_the_sides_of_the_picture() -> None:
    boxes = found((-5, -6, 10, 20), (5, 5, 70, 50), (60, 5, 70, 9), (59.5, 0, 70, 1))

    inside = clamp_boxes(boxes, 60, 40)

    assert inside.corners.tolist() == [[0, 0, 10, 20], [5, 5, 60, 40], [59.5, 0, 60, 1]]
    assert inside.labels == ("a", "b", "d")


def test_the_surest_come_first_within_each_picture_and_equal_ones_stay_in_order() -> None:
    box = (0, 0, 1, 1)
    batch = joined(
        [
            found(box, box, box, scores=(0.25, 0.75, 0.25)),
            no_boxes(),
            found(box, box, scores=(0.5, 1)),
        ]
    )

    ordered = sort_by_score(batch)

    assert ordered.scores.tolist() == [0.75, 0.25, 0.25, 1, 0.5]
    assert ordered.labels == ("b", "a", "c", "b", "a")
    assert ordered.items.tolist() == [0, 0, 0, 2, 2]


def test_the_first_boxes_of_each_picture_are_kept() -> None:
    box = (0, 0, 1, 1)
    batch = joined([found(box, box, box), found(box)])

    assert first_boxes(batch, 2).labels == ("a", "b", "a")
    assert first_boxes(batch, 0) is batch


def test_of_overlapping_boxes_the_surer_one_stays() -> None:
    # Of 10 x 10 px each: a and b share 8 of 12 columns, a and c 5 of 15, b and c 3 of 17.
    boxes = found((0, 0, 10, 10), (2, 0, 12, 10), (-5, 0, 5, 10), scores=(0.5, 0.75, 0.25))

    assert suppress_overlaps(boxes, 0.7).labels == ("a", "b", "c")
    assert suppress_overlaps(boxes, 0.6).labels == ("b", "c")
    assert suppress_overlaps(boxes, 0.17).labels == ("b",)
    assert suppress_overlaps(boxes, 1) is boxes


def test_boxes_of_two_pictures_never_suppress_each_other() -> None:
    batch = joined([found((0, 0, 10, 10)), found((0, 0, 10, 10))])

    assert len(suppress_overlaps(batch, 0)) == 2


sides = st.floats(0, 50, width=32)


@given(st.lists(st.tuples(sides, sides, sides, sides, st.floats(0, 1, width=32)), max_size=12))
def test_what_stays_overlaps_little_and_what_goes_overlaps_something_surer(
    numbers: list[tuple[float, ...]],
) -> None:
    corners = [(x, y, x + w + 1, y + h + 1) for x, y, w, h, _ in numbers]
    boxes = Boxes(
        np.asarray(corners, np.float32).reshape(-1, 4),
        np.asarray([n[4] for n in numbers], np.float32),
        tuple(map(str, range(len(numbers)))),
        np.zeros(len(numbers), np.int64),
    )

    kept = {int(label) for label in suppress_overlaps(boxes, 0.5).labels}

    margin = 1e-3
    for one in kept:
        assert all(_share(corners[one], corners[other]) <= 0.5 + margin for other in kept - {one})
    for gone in set(range(len(numbers))) - kept:
        assert any(
            _share(corners[gone], corners[other]) >= 0.5 - margin
            and boxes.scores[other] >= boxes.scores[gone]
            for other in kept
        )


def _share(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    wide = min(first[2], second[2]) - max(first[0], second[0])
    high = min(first[3], second[3]) - max(first[1], second[1])
    common = max(wide, 0) * max(high, 0)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (first, second)]
    return common / (sum(areas) - common)


def test_numbers_are_boxes_in_every_picture() -> None:
    boxes = boxes_of_numbers([1, 2, 3, 4, 0, 0, 9.5, 9], batch=2)

    assert boxes.corners.tolist() == [[1, 2, 3, 4], [0, 0, 9.5, 9]] * 2
    assert boxes.items.tolist() == [0, 0, 1, 1]
    assert boxes.labels == ("",) * 4
    assert len(boxes_of_numbers([])) == 0


@pytest.mark.parametrize("numbers", [[1, 2, 3], [4, 0, 4, 9], [9, 0, 4, 9], [0, 9, 4, 2]])
def test_numbers_that_are_no_boxes_are_refused(numbers: list[float]) -> None:
    with pytest.raises(ContractError, match=r"allowed are 4 for each box|holds no pixel"):
        boxes_of_numbers(numbers)


def test_a_mask_selects_every_px_that_a_box_reaches() -> None:
    batch = joined([found((1.2, 0, 2.1, 1)), found((-4, 1, 2, 90))])

    mask = fill_boxes(batch, 2, 4, 3)

    assert mask[0].tolist() == [[0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert mask[1].tolist() == [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]


def test_checked_boxes_are_read_only_and_checked_once() -> None:
    checked = check_boxes(found((0, 0, 1, 1)))

    assert not checked.corners.flags.writeable
    assert check_boxes(checked) is checked


@pytest.mark.parametrize(
    "bad",
    [
        "a box",
        Boxes(np.zeros((2, 4), np.float32), np.zeros(1, np.float32), ("", ""), np.zeros(2, int)),
        found((0, 0, np.nan, 1)),
    ],
)
def test_what_are_no_boxes_is_refused(bad: object) -> None:
    with pytest.raises(ContractError, match="allowed are"):
        check_boxes(bad)


def test_boxes_are_plain_data() -> None:
    (told,) = found((0, 1, 2.5, 3), scores=(0.5,), item=1).to_json()

    assert told == {"box": [0, 1, 2.5, 3], "score": 0.5, "label": "a", "picture": 1}


def test_an_ellipse_touches_the_sides_of_its_box_and_stays_in_it() -> None:
    boxes = boxes_of_numbers([10, 20, 41, 41])

    ellipse, box = (fill(boxes, 1, 60, 60)[0] for fill in (fill_ellipses, fill_boxes))

    assert set(np.unique(ellipse)) == {0, 1}
    assert not (ellipse > box).any()
    for axis in (0, 1):
        assert np.array_equal(ellipse.any(axis=axis), box.any(axis=axis))
    assert ellipse.sum() / box.sum() == pytest.approx(np.pi / 4, rel=0.03)


def test_what_of_an_ellipse_is_outside_is_cut_off() -> None:
    mask = fill_ellipses(boxes_of_numbers([-20, -20, 20, 20]), 1, 30, 30)[0]

    assert mask[0, 0]
    assert not mask[:, 21:].any()


def test_widened_boxes_keep_their_middle_and_grow_by_a_part_of_themselves() -> None:
    wider = widen_boxes(boxes_of_numbers([10, 20, 30, 60]), 0.5)

    assert wider.corners.tolist() == [[5, 10, 35, 70]]
