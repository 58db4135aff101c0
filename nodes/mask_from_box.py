"""The node that selects an object in a box, without any weights."""

from typing import Annotated, Literal

import numpy as np

from engine.declaration import Range, node
from imaging.errors import ContractError
from imaging.regions import Box
from imaging.selection import select_in_box
from nodes.sockets import Array, Image, Mask

_CORNERS = 4


@node(title="Mask from Box", category="mask", heavy=True, packages=("opencv-python",))
def mask_from_box(
    image: Image,
    box: Annotated[list[int], "Left, top, right, bottom in px; right and bottom are exclusive."],
    select: Annotated[
        Literal["object", "box"], "The object in the box, or the whole box."
    ] = "object",
    iterations: Annotated[int, Range(1, 20), "More find finer outlines, slower."] = 5,
) -> Mask:
    """Select the object in a box, told from the rest by its colours (GrabCut).

    Where no object can be told from the rest, the whole box is selected.
    """
    height, width = image.shape[1:3]
    area = _box(box, width, height)
    if select == "object":
        return select_in_box(image, area, iterations)
    mask: Array = np.zeros(image.shape[:3], np.float32)
    mask[:, area.top : area.bottom, area.left : area.right] = 1
    return mask


def _box(numbers: list[int], width: int, height: int) -> Box:
    """The part of a box that lies in the picture."""
    if len(numbers) != _CORNERS:
        raise ContractError(
            f"box has {len(numbers)} numbers; allowed are 4: left, top, right, bottom in px. "
            "Give e.g. 120,80,300,260.",
            code="bad_box",
        )
    left, top, right, bottom = numbers
    inside = Box(max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    if inside.width < 1 or inside.height < 1:
        raise ContractError(
            f"box {left},{top},{right},{bottom} holds no pixel of a picture of {height}x{width} px "
            "(height x width); left must be below right, top below bottom. Correct the box.",
            code="bad_box",
        )
    return inside
