"""Boxes as nodes take and give them: lists of four numbers."""

from paintgraph.imaging.blend.placing import visible_box
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import Box

_CORNERS = 4


def box_of(numbers: list[int], width: int, height: int) -> Box:
    """The part of a box that lies in a picture of `width` x `height` px."""
    if len(numbers) != _CORNERS:
        raise ContractError(
            f"box has {len(numbers)} numbers; allowed are 4: left, top, right, bottom in px. "
            "Give e.g. 120,80,300,260.",
            code="bad_box",
        )
    left, top, right, bottom = numbers
    inside = visible_box(width, height, Box(*numbers))
    if inside is None:
        raise ContractError(
            f"box {left},{top},{right},{bottom} holds no pixel of a picture of {height}x{width} px "
            "(height x width); left must be below right, top below bottom. Correct the box.",
            code="bad_box",
        )
    return inside
