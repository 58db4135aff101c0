"""Nodes that select by what somebody drew roughly."""

from typing import Annotated

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks.strokes import select_by_strokes
from paintgraph.nodes.sockets import Image, Mask


@node(
    title="Mask from Strokes",
    category="mask/select",
    keywords=("scribble", "GrabCut", "quick selection", "correct mask", "refine", "object"),
    heavy=True,
    packages=("opencv-python",),
    see_also={
        "MaskFromBox": "Takes a box around the object.",
        "MaskFromOutline": "Takes points along the edge of the object.",
        "SnapMask": "Moves the outline of a rough mask to edges that are near.",
        "SegmentPoints": "Selects what points lie on by a model.",
    },
)
def mask_from_strokes(
    image: Image,
    wanted: Annotated[
        Mask, "Rough strokes over what is to be selected; above 0.5 they are sure, always."
    ],
    unwanted: Annotated[
        Mask | None, "Rough strokes over what is not to be selected; sure where wanted is not."
    ] = None,
    mask: Annotated[
        Mask | None, "A selection to correct; it changes only in parts that touch a stroke."
    ] = None,
    iterations: Annotated[int, Range(1, 20), "More find finer outlines, slower."] = 5,
) -> Mask:
    """Select what rough strokes lie on, separated from the rest by its colours (GrabCut).

    Or correct a selection: a stroke adds or takes away the part of the object that it lies on.
    """
    return select_by_strokes(image, wanted, unwanted, mask, iterations)
