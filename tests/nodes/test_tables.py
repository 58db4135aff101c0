"""Lists that are tables of numbers, such as boxes and points, are known for wrong before a run."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.imaging.errors import ContractError
from paintgraph.nodes import build_registry
from paintgraph.nodes.boxes import box_of, boxes_of, numbers_of
from paintgraph.nodes.pictures.colour import mask_from_color

TABLES = [
    pytest.param(declared, id=f"{declaration.spec.id}.{declared.name}")
    for declaration in build_registry()
    for declared in declaration.spec.inputs
    if declared.columns
]


def test_boxes_and_points_are_tables() -> None:
    assert {"MaskFromBox.box", "SegmentPoints.points", "SegmentBoxes.boxes"} <= {
        case.id for case in TABLES
    }


@pytest.mark.parametrize("declared", TABLES)
@given(data=st.data())
def test_only_whole_rows_are_taken(declared: InputSpec, data: st.DataObject) -> None:
    size = len(declared.columns)
    numbers = data.draw(st.lists(st.integers(0, 900), max_size=4 * size))
    rows, left = divmod(len(numbers), size)
    most = declared.most_rows or rows
    may_be_empty = not declared.required or declared.most_rows is None
    fits = not left and rows <= most and bool(rows or may_be_empty)

    got = canonical(declared, numbers)

    assert isinstance(got, Wrong) is not fits
    if fits:
        by_rows = [numbers[at : at + size] for at in range(0, len(numbers), size)]
        assert canonical(declared, by_rows) == got == tuple(numbers)
    else:
        assert got.code == "wrong_length"


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([1, 2, 3], "box has 3 numbers; allowed are 4: left, top, right, bottom. Give e.g. 120,80"),
        ([[1, 2, 3]], "an entry of box is a list of 3; allowed is a whole number."),
        (["a", 2, 3, 4], "an entry of box is 'a'; allowed is a whole number."),
    ],
)
def test_what_is_allowed_is_told(numbers: list[Any], message: str) -> None:
    (box,) = (case.values[0] for case in TABLES if case.id == "MaskFromBox.box")

    got = canonical(box, numbers)  # type: ignore[arg-type] # the type of a parameter is object

    assert isinstance(got, Wrong)
    assert got.message.startswith(message)


def test_a_table_that_is_too_long_tells_how_long_it_may_be() -> None:
    (points,) = (case.values[0] for case in TABLES if case.id == "MaskFromColor.points")
    many = [1] * 202

    got = canonical(points, many)  # type: ignore[arg-type] # as above

    assert isinstance(got, Wrong)
    assert got.message == "points has 202 numbers, 2 for each: x, y; allowed are 200. Give fewer."
    with pytest.raises(ContractError, match="points has 101 points; allowed are 100"):
        mask_from_color(np.zeros((1, 4, 4, 3), np.float32), points=many)  # as one by a link


def test_lists_that_come_by_links_are_looked_at_when_they_come() -> None:
    with pytest.raises(ContractError, match="box has 3 numbers; allowed are 4"):
        box_of([1, 2, 3], 60, 40)
    with pytest.raises(ContractError, match="boxes has 3 numbers; allowed are 4 for each box"):
        boxes_of([1, 2, 3], 1)
    with pytest.raises(ContractError, match="points has 'a'; allowed are numbers of px"):
        numbers_of([1, "a"], "points")
