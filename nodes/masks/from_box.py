"""The node that selects an object in a box, without any weights."""

from typing import Annotated, Literal

import numpy as np

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks.selection import select_in_box
from paintgraph.nodes.box_inputs import box_of
from paintgraph.nodes.sockets import Array, Image, Mask


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
    area = box_of(box, width, height)
    if select == "object":
        return select_in_box(image, area, iterations)
    mask: Array = np.zeros(image.shape[:3], np.float32)
    mask[:, area.top : area.bottom, area.left : area.right] = 1
    return mask
