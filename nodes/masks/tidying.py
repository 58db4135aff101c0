"""Nodes that grow masks step by step and tidy them, one job each."""

from typing import Annotated

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks import morphology
from paintgraph.nodes.sockets import Mask

MOST_AREA = 2**31 - 1


@node(title="Grow Mask", category="mask")
def grow_mask(
    mask: Mask,
    expand: Annotated[
        int, Range(-16384, 16384, "px"), "Above 0 the selection grows, below 0 it shrinks."
    ] = 0,
    tapered_corners: Annotated[  # noqa: FBT002 - the name and order that graphs made elsewhere use
        bool, "Grow in steps up, down, left and right only, so that corners are cut."
    ] = True,
) -> Mask:
    """Move the outline of a selection; ErodeDilateMask does so by round and square shapes.

    The sides of the picture neither eat the selection nor let it grow.
    """
    return morphology.erode_dilate(mask, expand, "diamond" if tapered_corners else "square")


@node(title="Fill Mask Holes", category="mask")
def fill_mask_holes(
    mask: Mask,
    max_area: Annotated[
        int, Range(-1, MOST_AREA, "px"), "Holes of up to this area; -1 fills all, 0 none."
    ] = -1,
) -> Mask:
    """Select the holes in a selection; what reaches the side of the picture is no hole."""
    return morphology.fill_holes(mask, max(max_area, 0)) if max_area else mask


@node(title="Remove Mask Islands", category="mask")
def remove_mask_islands(
    mask: Mask,
    min_area: Annotated[int, Range(0, MOST_AREA, "px"), "Smaller parts are dropped."] = 64,
) -> Mask:
    """Drop the stray parts of a selection; parts that touch at a corner are one."""
    return morphology.remove_islands(mask, min_area)
