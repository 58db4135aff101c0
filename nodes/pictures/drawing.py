"""The node that draws on pictures."""

from typing import Annotated

import numpy as np

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.blend.drawing import draw_boxes as draw
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.nodes.boxes import GivenBoxes, boxes_of
from paintgraph.nodes.sockets import Image


@node(title="Draw Boxes", category="image", packages=("pillow",))
def draw_boxes(
    image: Image,
    boxes: GivenBoxes,
    labels: Annotated[
        list[str], "A text for each box, in the same order, instead of what was found with it."
    ] = (),  # type: ignore[assignment] # frozen
    thickness: Annotated[int, Range(1, 256, "px"), "Of the frames."] = 2,
) -> Image:
    """Draw a frame inside each box, with its label; all other pixels stay as they are.

    What lies outside the picture is cut off.
    """
    found = boxes_of(boxes, len(image))
    repeated = 1 if isinstance(boxes, Boxes) else len(image)  # numbers are boxes in each picture
    count = len(found) // repeated
    if len(labels) > count:
        raise ContractError(
            f"there are {len(labels)} labels for {count} boxes; allowed is one for each box. "
            "Drop labels, or add boxes.",
            code="bad_box",
        )
    told = [*labels, *[""] * (count - len(labels))] * repeated if labels else _told(found)
    drawn = []
    for item, picture in enumerate(image):
        here = found.of_item(item)
        texts = [text for text, of in zip(told, found.items, strict=True) if of == item]
        drawn.append(draw(picture[np.newaxis], list(here.outlines()), texts, thickness))
    return np.concatenate(drawn)


def _told(found: Boxes) -> list[str]:
    """The label of each box with its score; of boxes that were given as numbers nothing."""
    scores = found.scores.tolist()
    return [f"{w} {s:.2f}" if w else "" for w, s in zip(found.labels, scores, strict=True)]
