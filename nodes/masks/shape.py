"""Nodes that move, soften and tidy the outline of a mask."""

from typing import Annotated, Literal

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks import algebra as masks
from paintgraph.imaging.masks import morphology
from paintgraph.nodes.sockets import Mask

Footprint = Annotated[Literal["square", "disk"], "Shape that the outline is moved with."]


@node(title="Erode / Dilate Mask", category="mask")
def erode_dilate_mask(
    mask: Mask,
    amount: Annotated[
        int, Range(-1024, 1024, "px"), "Above 0 the selection grows, below 0 it shrinks."
    ] = 0,
    footprint: Footprint = "square",
) -> Mask:
    """Move the outline of a selection outward or inward.

    What lies outside the picture never changes the result.
    """
    return morphology.erode_dilate(mask, amount, footprint)


@node(title="Soften Mask", category="mask")
def soften_mask(
    mask: Mask,
    radius: Annotated[int, Range(0, 1024, "px"), "Width of the soft edge."] = 8,
    direction: Annotated[
        Literal["inward", "outward", "both"], "Where the soft edge lies; inward selects no more."
    ] = "inward",
) -> Mask:
    """Give a selection a soft edge, so that what is painted fades into the picture."""
    return masks.soften(mask, radius, direction)


@node(title="Threshold Mask", category="mask")
def threshold_mask(
    mask: Mask, value: Annotated[float, Range(0, 1), "What is above it is selected."] = 0.5
) -> Mask:
    """Make a soft selection hard."""
    return masks.threshold(mask, value)


@node(title="Clean Mask", category="mask")
def clean_mask(
    mask: Mask,
    fill_holes: Annotated[
        int, Range(-1, 2**31 - 1, "px"), "Fill holes of up to this area; -1 fills all."
    ] = 0,
    remove_islands: Annotated[
        int, Range(0, 2**31 - 1, "px"), "Drop parts that are smaller than this area."
    ] = 0,
    keep_largest: Annotated[bool, "Drop all parts but the largest."] = False,  # noqa: FBT002
) -> Mask:
    """Fill holes in a selection and drop stray parts of it."""
    if fill_holes:
        mask = morphology.fill_holes(mask, max(fill_holes, 0))
    if remove_islands:
        mask = morphology.remove_islands(mask, remove_islands)
    return morphology.keep_largest(mask) if keep_largest else mask


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
