from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.canvas import Anchor, Padding, canvas_size, padding_to, parse_ratio

sides = st.integers(1, 5000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16:9", Fraction(16, 9)),
        (" 4 / 5 ", Fraction(4, 5)),
        ("1.5", Fraction(3, 2)),
        ("2x1", 2),
        ("2.39:1", Fraction(239, 100)),
    ],
)
def test_a_ratio_is_read_as_people_write_it(text: str, expected: Fraction) -> None:
    assert parse_ratio(text) == expected


@pytest.mark.parametrize("text", ["", "wide", "0:3", "3:0", "-1", "1:2:3", "1e9", "٣:٢", "nan"])
def test_what_is_no_ratio_is_told(text: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_ratio(text)

    assert caught.value.code == "bad_ratio"
    assert caught.value.message == (
        f"ratio is {text!r}; allowed is width:height such as 16:9, or a number above 0 such as "
        "1.5. Correct it."
    )


@given(sides, sides, st.fractions(Fraction(1, 20), 20, max_denominator=100))
def test_a_ratio_takes_the_smallest_canvas_that_holds_the_picture(
    width: int, height: int, ratio: Fraction
) -> None:
    new_width, new_height = canvas_size(width, height, ratio=ratio)

    assert new_width >= width
    assert new_height >= height
    assert new_width == width or new_height == height
    assert abs(new_width - new_height * ratio) <= max(Fraction(1), ratio) / 2


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((800, 600, None), (800, 600)),
        ((800, 0, None), (800, 427)),
        ((0, 600, None), (640, 600)),
        ((0, 0, None), (640, 427)),
        ((960, 0, Fraction(16, 9)), (960, 540)),
        ((0, 540, Fraction(16, 9)), (960, 540)),
        ((960, 960, Fraction(16, 9)), (960, 960)),
    ],
)
def test_what_is_not_given_follows(
    asked: tuple[int, int, Fraction | None], expected: tuple[int, int]
) -> None:
    assert canvas_size(640, 427, *asked) == expected


@pytest.mark.parametrize("asked", [(300, 200), (640, 426), (639, 427), (300, 0)])
def test_a_canvas_smaller_than_the_picture_is_refused(asked: tuple[int, int]) -> None:
    with pytest.raises(ContractError) as caught:
        canvas_size(640, 427, *asked)

    assert caught.value.code == "target_too_small"
    assert caught.value.message == (
        f"the size asked for is {asked[1] or 427}x{asked[0]} but the picture is 427x640 (height x "
        "width); allowed is at least the picture's size. Ask for more, or scale the picture down "
        "first with ImageScale."
    )


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("center", Padding(5, 2, 5, 3)),
        ("left", Padding(0, 2, 10, 3)),
        ("right", Padding(10, 2, 0, 3)),
        ("top", Padding(5, 0, 5, 5)),
        ("bottom", Padding(5, 5, 5, 0)),
        ("top_left", Padding(0, 0, 10, 5)),
        ("top_right", Padding(10, 0, 0, 5)),
        ("bottom_left", Padding(0, 5, 10, 0)),
        ("bottom_right", Padding(10, 5, 0, 0)),
    ],
)
def test_the_picture_lies_where_its_anchor_says(anchor: Anchor, expected: Padding) -> None:
    assert padding_to(20, 30, 30, 35, anchor) == expected
