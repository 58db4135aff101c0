"""Nodes that let a rough mask end where the picture has edges."""

from typing import Annotated

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks.pieces import snap_to_pieces
from paintgraph.nodes.sockets import Image, Mask


@node(
    title="Snap Mask",
    category="mask/shape",
    keywords=("superpixels", "SLIC", "edges", "rough selection", "correct mask"),
    heavy=True,
    packages=("scikit-image",),
    see_also={
        "MaskFromStrokes": "Finds the rest of an object that strokes lie on.",
        "MatteMask": "Makes the edge as soft as the picture shows it.",
    },
)
def snap_mask(
    image: Image,
    mask: Annotated[Mask, "A rough selection; above 0.5 is selected."],
    size: Annotated[
        int,
        Range(4, 256, "px"),
        "Side of a piece; the least thing that is told from what it is on.",
    ] = 16,
    share: Annotated[
        float,
        Range(0, 0.99, step=0.01),
        "A piece is selected if more than this part of it was; 0 takes all that are touched.",
    ] = 0.5,
) -> Mask:
    """Move the outline of a rough selection to edges of the picture that are near.

    The picture falls into small pieces of like colour (SLIC superpixels), and each of them is
    selected as a whole or not at all. What of a selection is thinner than a piece gets lost.
    """
    return snap_to_pieces(image, mask, size, share)
