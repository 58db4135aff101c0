"""How much of a picture is cut out around a hole for an engine, and the size that it works at."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import Box, grow_box
from paintgraph.imaging.geometry.resize import scale_to_fit

ContextMode: TypeAlias = Literal["auto", "field", "margin", "percent"]

_LEAST_MARGIN = 64
# Of the side of a square as large as the hole. With more, PatchMatch copies whole objects into
# the hole; with less, it has too little to continue.
_SHARE = 0.5
_LARGEST: dict[ContextMode, float] = {"field": 1, "margin": 16384, "percent": 10_000}
_CELL = 64
_TARGET = 1024
_MOST_ROUNDS = 256


@dataclass(frozen=True, slots=True)
class ContextRule:
    """What is cut out around a hole.

    `auto` keeps half the side of a square as large as the hole on each side, at least 64 px, and
    has no use for the amount. `margin` keeps that many px, `percent` that part of the hole's
    longer side. `field` is the respective field of Fooocus: 0 is a square about the hole with 15 %
    around it, 1 the whole picture, between them as much of its width and height.
    """

    mode: ContextMode = "auto"
    amount: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an amount that the mode has no meaning for."""
        if self.mode == "auto":
            return
        largest = _LARGEST.get(self.mode)
        if largest is None:
            raise ContractError(
                f"context is {self.mode!r}; allowed are auto, {', '.join(_LARGEST)}.",
                code="bad_context",
            )
        if not 0 <= self.amount <= largest:
            unit = {"field": "", "margin": " px", "percent": " %"}[self.mode]
            raise ContractError(
                f"the context's amount is {self.amount:g}; allowed with '{self.mode}' is 0 to "
                f"{largest:g}{unit}. Choose one of these, or another kind of context.",
                code="bad_context",
            )

    def around(self, hole: Box, width: int, height: int) -> Box:
        """The box that is cut out around a hole, within a picture of `width` x `height` px."""
        if self.mode == "field":
            return field_box(hole, width, height, self.amount)
        return grow_box(hole, self._margin(hole), width, height)

    def _margin(self, hole: Box) -> int:
        if self.mode == "margin":
            return round(self.amount)
        if self.mode == "percent":
            return math.ceil(max(hole.width, hole.height) * self.amount / 100)
        return max(_LEAST_MARGIN, round(_SHARE * math.isqrt(hole.width * hole.height)))


def field_box(hole: Box, width: int, height: int, field: float) -> Box:
    """The crop of Fooocus for a hole and its respective field, 0 to 1; never shifted, only cut.

    A square with 15 % around the hole grows, the shorter side first, until both of its sides are
    at least `field` times those of the picture. The hole always lies inside.
    """
    if field >= 1:
        return Box(0, 0, width, height)
    box = _square(hole, width, height)
    while box.height < field * height or box.width < field * width:
        is_high, is_wide = box.height == height, box.width == width
        taller = (box.height < box.width or is_wide) and not is_high
        wider = (box.height >= box.width or is_high) and not is_wide
        box = Box(
            max(box.left - wider, 0),
            max(box.top - taller, 0),
            min(box.right + wider, width),
            min(box.bottom + taller, height),
        )
    return box


def _square(hole: Box, width: int, height: int) -> Box:
    # In the hole's first and last px, both inside, as Fooocus counts them.
    last_column, last_row = hole.right - 1, hole.bottom - 1
    middle_row, middle_column = (hole.top + last_row) // 2, (hole.left + last_column) // 2
    half = max((last_row - hole.top) // 2, (last_column - hole.left) // 2)
    half = int(1.15 * half)
    # Halves of a small hole are rounded down to less than the hole: it is added again.
    return Box(
        max(min(middle_column - half, hole.left), 0),
        max(min(middle_row - half, hole.top), 0),
        min(max(middle_column + half + 1, hole.right), width),
        min(max(middle_row + half + 1, hole.bottom), height),
    )


def fit_working_size(
    width: int, height: int, most_side: int, least_side: int = 1, multiple: int = 1
) -> tuple[int, int]:
    """Width and height of about the same proportion, both multiples of `multiple`.

    The longer side is at most `most_side`, and at least `least_side` where the two do not
    contradict each other.
    """
    longest = max(width, height)
    side = min(max(longest, least_side), most_side)
    fitted = scale_to_fit(width, height, side, side, enlarge=True)
    most = max(multiple, most_side // multiple * multiple)
    fitted_width, fitted_height = (
        min(most, max(multiple, math.floor(length / multiple + 0.5) * multiple))
        for length in fitted
    )
    return fitted_width, fitted_height


def megapixel_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of about one megapixel, as Fooocus works on a crop.

    The root of the area, rounded up to a multiple of 64, becomes 1024; where it is that already
    the size stays. Else both sides become multiples of 64.
    """
    for _ in range(_MOST_ROUNDS):
        measure = _CELL * math.ceil(math.sqrt(width * height) / _CELL)
        if measure == _TARGET:
            break
        width, height = (
            max(_CELL, _CELL * round(length * (_TARGET / measure) / _CELL))
            for length in (width, height)
        )
    return width, height
