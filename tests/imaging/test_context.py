import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.canvas import Padding, padding_from_fraction
from paintgraph.imaging.geometry.context import (
    ContextMode,
    ContextRule,
    field_box,
    fit_working_size,
    megapixel_size,
)
from paintgraph.imaging.geometry.regions import Box, grow_box

RATIO = 0.3
"""Of an outpaint that names its sides only, in Fooocus."""


def outpainted(width: int, height: int, *sides: str) -> tuple[int, int, Box]:
    """Size of the padded picture, and the box of what is new (with what lies between)."""
    added = padding_from_fraction(width, height, sides, RATIO)  # type: ignore[arg-type]
    wide = width + added.left + added.right
    high = height + added.top + added.bottom
    return wide, high, _new(added, wide, high)


def _new(added: Padding, width: int, height: int) -> Box:
    across, down = added.top or added.bottom, added.left or added.right
    if (across and down) or (added.left and added.right) or (added.top and added.bottom):
        return Box(0, 0, width, height)
    return Box(
        width - added.right if added.right else 0,
        height - added.bottom if added.bottom else 0,
        added.left or width,
        added.top or height,
    )


LEFT_BOTTOM = outpainted(1152, 896, "left", "bottom")
LEFT = outpainted(1152, 896, "left")
TOP = outpainted(1152, 896, "top")
ALL = outpainted(1152, 896, "left", "top", "right", "bottom")
RIGHT = outpainted(512, 512, "right")
MIDDLE = (1152, 896, Box(500, 400, 600, 460))
CORNER = (1152, 896, Box(0, 0, 64, 64))
LARGE = (2048, 1536, Box(1000, 700, 1100, 800))
MOST = (1000, 1000, Box(100, 100, 900, 900))

# Of a picture: its size, the first box (rows a to b, columns c to d), the field, the grown box,
# whether a super-resolution comes first, the size of the model (height, width).
VECTORS = [
    ((1497, 1164), LEFT_BOTTOM, (0, 1164, 0, 1497), 0.618, (0, 1164, 0, 1497), (896, 1152)),
    ((1497, 1164), LEFT_BOTTOM, (0, 1164, 0, 1497), 1, (0, 1164, 0, 1497), (896, 1152)),
    ((1497, 896), LEFT, (0, 896, 0, 687), 0.618, (0, 896, 0, 926), (1024, 1024)),
    ((1497, 896), LEFT, (0, 896, 0, 687), 1, (0, 896, 0, 1497), (768, 1280)),
    ((1152, 1164), TOP, (0, 795, 0, 1152), 0.618, (0, 795, 0, 1152), (832, 1216)),
    ((1152, 1164), TOP, (0, 795, 0, 1152), 1, (0, 1164, 0, 1152), (1024, 1024)),
    ((1842, 1432), ALL, (0, 1432, 0, 1842), 0, (0, 1432, 0, 1842), (896, 1152)),
    ((1842, 1432), ALL, (0, 1432, 0, 1842), 0.618, (0, 1432, 0, 1842), (896, 1152)),
    ((665, 512), RIGHT, (0, 512, 295, 665), 0.618, (0, 512, 254, 665), (1088, 896)),
    ((1152, 896), MIDDLE, (373, 486, 493, 606), 0, (373, 486, 493, 606), (1024, 1024)),
    ((1152, 896), MIDDLE, (373, 486, 493, 606), 0.618, (74, 785, 193, 906), (1024, 1024)),
    ((1152, 896), MIDDLE, (373, 486, 493, 606), 1, (0, 896, 0, 1152), (896, 1152)),
    ((1152, 896), CORNER, (0, 67, 0, 67), 0.618, (0, 711, 0, 712), (1024, 1024)),
    ((2048, 1536), LARGE, (693, 806, 993, 1106), 0.618, (117, 1382, 416, 1683), (1024, 1024)),
    ((1000, 1000), MOST, (41, 958, 41, 958), 1, (0, 1000, 0, 1000), (1000, 1000)),
]


@pytest.mark.parametrize(("size", "case", "first", "field", "grown", "model"), VECTORS)
def test_the_field_and_the_size_are_those_of_fooocus(  # noqa: PLR0913 - a row of the table
    size: tuple[int, int],
    case: tuple[int, int, Box],
    first: tuple[int, int, int, int],
    field: float,
    grown: tuple[int, int, int, int],
    model: tuple[int, int],
) -> None:
    width, height, hole = case
    begun = field_box(hole, width, height, 0)
    box = ContextRule("field", field).around(hole, width, height)

    assert (width, height) == size
    assert (begun.top, begun.bottom, begun.left, begun.right) == first
    assert (box.top, box.bottom, box.left, box.right) == grown
    assert megapixel_size(box.width, box.height) == model[::-1]


@st.composite
def holes(draw: st.DrawFn, most: int = 300) -> tuple[int, int, Box]:
    """Width and height of a picture, and a hole in it."""
    width, height = draw(st.integers(1, most)), draw(st.integers(1, most))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return width, height, Box(left, top, right, bottom)


RULES = st.one_of(
    st.just(ContextRule()),
    st.floats(0, 1).map(lambda field: ContextRule("field", field)),
    st.floats(0, 16384).map(lambda margin: ContextRule("margin", margin)),
    st.floats(0, 10_000).map(lambda percent: ContextRule("percent", percent)),
)


@given(holes(), RULES)
@example((512, 512, Box(300, 200, 310, 210)), ContextRule("field", 0))
def test_the_context_contains_the_hole(case: tuple[int, int, Box], rule: ContextRule) -> None:
    width, height, hole = case

    box = rule.around(hole, width, height)

    assert 0 <= box.left <= hole.left
    assert 0 <= box.top <= hole.top
    assert hole.right <= box.right <= width
    assert hole.bottom <= box.bottom <= height


@pytest.mark.parametrize("field", [0, 0.01, 0.3])
@pytest.mark.parametrize("side", range(1, 40))
def test_the_context_contains_a_square_hole_of_any_size(side: int, field: float) -> None:
    """Fooocus's halves miss the last row and column of squares of an even side up to 14 px."""
    hole = Box(50, 60, 50 + side, 60 + side)

    box = ContextRule("field", field).around(hole, 200, 200)

    assert box.left <= hole.left
    assert box.top <= hole.top
    assert box.right >= hole.right
    assert box.bottom >= hole.bottom


@given(holes(), st.floats(0, 1))
def test_a_field_lies_in_the_picture_and_is_as_large_as_asked(
    case: tuple[int, int, Box], field: float
) -> None:
    width, height, hole = case

    box = field_box(hole, width, height, field)

    assert grow_box(box, 0, width, height) == box
    assert box.width >= min(width, field * width)
    assert box.height >= min(height, field * height)


@pytest.mark.parametrize(
    ("mode", "amount", "expected"),
    [
        ("margin", 0, Box(200, 300, 300, 320)),
        ("margin", 7, Box(193, 293, 307, 327)),
        ("percent", 50, Box(150, 250, 350, 370)),
        ("percent", 10_000, Box(0, 0, 1000, 400)),
        ("auto", 0, Box(136, 236, 364, 384)),
    ],
)
def test_a_margin_is_px_or_a_part_of_the_longer_side(
    mode: ContextMode, amount: float, expected: Box
) -> None:
    assert ContextRule(mode, amount).around(Box(200, 300, 300, 320), 1000, 400) == expected


@pytest.mark.parametrize(
    ("mode", "amount", "allowed"),
    [
        ("field", 1.5, "0 to 1"),
        ("field", -0.1, "0 to 1"),
        ("margin", 20_000, "0 to 16384 px"),
        ("percent", -1, "0 to 10000 %"),
        ("percent", float("nan"), "0 to 10000 %"),
    ],
)
def test_an_amount_out_of_range_is_refused(mode: ContextMode, amount: float, allowed: str) -> None:
    with pytest.raises(ContractError) as caught:
        ContextRule(mode, amount)

    assert caught.value.message == (
        f"the context's amount is {amount:g}; allowed with '{mode}' is {allowed}. "
        "Choose one of these, or another kind of context."
    )
    assert caught.value.code == "bad_context"


def test_an_unknown_kind_of_context_is_refused() -> None:
    with pytest.raises(ContractError, match="context is 'far'; allowed are auto, field, margin"):
        ContextRule("far", 1)  # type: ignore[arg-type]


@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.integers(16, 1024),
    st.integers(1, 1024),
    st.sampled_from([1, 8, 16]),
)
def test_a_working_size_is_a_multiple_and_within_its_bounds(
    width: int, height: int, most: int, least: int, multiple: int
) -> None:
    size = fit_working_size(width, height, most, least, multiple)

    assert all(length % multiple == 0 and 0 < length <= most for length in size)
    if max(width, height) <= most:
        assert max(size) >= min(max(width, height), most // multiple * multiple) - multiple
    assert max(size) >= min(least, most) - multiple


def test_the_proportions_of_a_working_size_are_those_of_the_part() -> None:
    assert fit_working_size(300, 200, 1024) == (300, 200)
    assert fit_working_size(3000, 2000, 1024) == (1024, 683)
    assert fit_working_size(300, 200, 1024, 512, 8) == (512, 344)
    assert fit_working_size(5, 3000, 512, 512, 8) == (8, 512)
