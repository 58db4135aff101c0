"""The size of a larger canvas, and where a picture lies on it."""

import re
from fractions import Fraction
from typing import Literal, TypeAlias

from paintgraph.base.words import shorten
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.padding import Padding

Anchor: TypeAlias = Literal[
    "center",
    "left",
    "top",
    "right",
    "bottom",
    "top_left",
    "top_right",
    "bottom_left",
    "bottom_right",
]

_RATIO = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(?:[:/x](\d{1,6}(?:\.\d{1,6})?))?", re.ASCII)


def parse_ratio(text: str) -> Fraction:
    """Width divided by height, from text such as 16:9, 4/5, or 1.5."""
    found = _RATIO.fullmatch(text.strip().replace(" ", ""))
    across, down = (Fraction(part or 1) for part in found.groups()) if found else (0, 0)
    if not across or not down:
        raise ContractError(
            f"ratio is {shorten(text, 40)!r}; allowed is width:height such as 16:9, or a number "
            "above 0 such as 1.5. Correct it.",
            code="bad_ratio",
        )
    return Fraction(across) / Fraction(down)


def canvas_size(
    width: int, height: int, new_width: int = 0, new_height: int = 0, ratio: Fraction | None = None
) -> tuple[int, int]:
    """Width and height of the canvas for a picture of `width` x `height` px.

    A new side of 0 follows: from the other one by the ratio, or, if both are 0, so that the canvas
    is the smallest of that ratio which holds the picture. Without a ratio it stays. A canvas that
    is smaller than the picture is a ContractError.
    """
    if ratio is not None and not (new_width or new_height):
        if width >= height * ratio:
            new_width, new_height = width, max(height, round(width / ratio))
        else:
            new_width, new_height = max(width, round(height * ratio)), height
    elif ratio is not None:
        new_width = new_width or max(1, round(new_height * ratio))
        new_height = new_height or max(1, round(new_width / ratio))
    new_width, new_height = new_width or width, new_height or height
    if new_width < width or new_height < height:
        raise ContractError(
            f"the size asked for is {new_height}x{new_width} but the picture is {height}x{width} "
            "(height x width); allowed is at least the picture's size. Ask for more, or scale the "
            "picture down first with ImageScale.",
            code="target_too_small",
        )
    return new_width, new_height


def padding_to(
    width: int, height: int, new_width: int, new_height: int, anchor: Anchor = "center"
) -> Padding:
    """What is added on each side; `left` keeps the picture at the left, in the middle of height."""
    across, down = new_width - width, new_height - height
    places = anchor.split("_")
    left = 0 if "left" in places else across if "right" in places else across // 2
    top = 0 if "top" in places else down if "bottom" in places else down // 2
    return Padding(left, top, across - left, down - top)
