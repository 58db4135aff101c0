"""Nodes that move, soften and tidy the outline of a mask."""

from typing import Annotated, Literal

import numpy as np

from paintgraph.engine.node.context import ALONE, Context
from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks import algebra as masks
from paintgraph.imaging.masks import morphology
from paintgraph.nodes.sockets import Mask

MOST_AREA = 2**31 - 1
Footprint = Annotated[Literal["square", "disk"], "Shape that the outline is moved with."]
HoleArea = Annotated[
    float,
    Range(-1, MOST_AREA, "px"),
    "Fill holes of up to this area, or this part of what is selected if it is below 1; -1 fills "
    "all, 0 none.",
]
IslandArea = Annotated[
    float,
    Range(0, MOST_AREA, "px"),
    "Drop parts that are smaller than this area, or than this part of the largest if it is below "
    "1.",
]


@node(
    title="Erode / Dilate Mask",
    category="mask/shape",
    keywords=("grow", "shrink", "expand", "widen", "narrow"),
    see_also={"GrowMask": "Takes squares or cut corners, as graphs of ComfyUI expect."},
)
def erode_dilate_mask(
    mask: Mask,
    amount: Annotated[
        int, Range(-1024, 1024, "px"), "Above 0 the selection grows, below 0 it shrinks."
    ] = 0,
    footprint: Footprint = "square",
    *,
    context: Context = ALONE,
) -> Mask:
    """Move the outline of a selection outward or inward.

    What lies outside the picture never changes the result.
    """
    moved = morphology.erode_dilate(mask, amount, footprint)
    return _told(context, mask, moved, "Grow it less.", "Shrink it less.")


@node(
    title="Soften Mask",
    category="mask/shape",
    keywords=("blur mask", "soft edge", "feather", "smooth"),
    see_also={"FeatherMask": "Fades towards the sides of the picture, whatever is selected."},
)
def soften_mask(
    mask: Mask,
    radius: Annotated[int, Range(0, 1024, "px"), "Width of the soft edge."] = 8,
    direction: Annotated[
        Literal["inward", "outward", "both"], "Where the soft edge lies; inward selects no more."
    ] = "inward",
    *,
    context: Context = ALONE,
) -> Mask:
    """Give a selection a soft edge, so that what is painted fades into the picture."""
    soft = masks.soften(mask, radius, direction)
    cure = "Use a smaller radius, or the direction inward."
    return _told(context, mask, soft, cure, "Use a smaller radius.")


@node(title="Threshold Mask", category="mask/shape", keywords=("hard edge", "binary", "cut off"))
def threshold_mask(
    mask: Mask,
    value: Annotated[float, Range(0, 1, step=0.01), "What is above it is selected."] = 0.5,
    *,
    context: Context = ALONE,
) -> Mask:
    """Make a soft selection hard."""
    hard = masks.threshold(mask, value)
    return _told(context, mask, hard, "", f"Use a lower value, such as {mask.max() / 2:.2g}.")


@node(
    title="Clean Mask",
    category="mask/shape",
    keywords=("tidy", "noise", "specks", "smooth"),
    see_also={
        "FillMaskHoles": "Fills holes alone.",
        "RemoveMaskIslands": "Drops stray parts alone.",
    },
)
def clean_mask(
    mask: Mask,
    fill_holes: HoleArea = 0.0,
    remove_islands: IslandArea = 0.0,
    keep_largest: Annotated[bool, "Drop all parts but the largest."] = False,  # noqa: FBT002
    *,
    context: Context = ALONE,
) -> Mask:
    """Fill holes in a selection and drop stray parts of it."""
    clean = morphology.fill_holes(mask, max(fill_holes, 0)) if fill_holes else mask
    if remove_islands:
        clean = morphology.remove_islands(clean, remove_islands)
    clean = morphology.keep_largest(clean) if keep_largest else clean
    return _told(context, mask, clean, "Fill smaller holes only.", "Drop smaller parts only.")


@node(
    title="Grow Mask",
    category="mask/shape",
    keywords=("expand", "widen", "shrink", "dilate"),
    see_also={"ErodeDilateMask": "Takes squares or disks; the one for graphs of your own."},
)
def grow_mask(
    mask: Mask,
    expand: Annotated[
        int, Range(-16384, 16384, "px"), "Above 0 the selection grows, below 0 it shrinks."
    ] = 0,
    tapered_corners: Annotated[  # noqa: FBT002 - the name and order that graphs made elsewhere use
        bool, "Grow in steps up, down, left and right only, so that corners are cut."
    ] = True,
    *,
    context: Context = ALONE,
) -> Mask:
    """Move the outline of a selection; ErodeDilateMask does so by round and square shapes.

    The sides of the picture neither eat the selection nor let it grow.
    """
    moved = morphology.erode_dilate(mask, expand, "diamond" if tapered_corners else "square")
    return _told(context, mask, moved, "Grow it less.", "Shrink it less.")


@node(
    title="Fill Mask Holes",
    category="mask/shape",
    keywords=("close gaps",),
    see_also={"CleanMask": "Fills holes and drops stray parts at once."},
)
def fill_mask_holes(mask: Mask, max_area: HoleArea = 0.1, *, context: Context = ALONE) -> Mask:
    """Select the holes in a selection; what reaches the side of the picture is no hole.

    With a part instead of an area the whole picture is never selected.
    """
    filled = morphology.fill_holes(mask, max(max_area, 0)) if max_area else mask
    return _told(context, mask, filled, "Fill smaller holes only.", "")


@node(
    title="Remove Mask Islands",
    category="mask/shape",
    keywords=("specks", "noise", "small parts"),
    see_also={"CleanMask": "Drops stray parts and fills holes at once."},
)
def remove_mask_islands(
    mask: Mask, min_area: IslandArea = 0.01, *, context: Context = ALONE
) -> Mask:
    """Drop the stray parts of a selection; parts that touch at a corner are one.

    With a part instead of an area the largest always stays.
    """
    kept = morphology.remove_islands(mask, min_area)
    return _told(context, mask, kept, "", "Drop smaller parts only.")


def _told(context: Context, before: Mask, after: Mask, if_all: str, if_nothing: str) -> Mask:
    """The mask after a change; warns, with a cure, if it selects all or nothing only since then."""
    axes = (1, 2)
    is_lost = before.any(axis=axes) & ~after.any(axis=axes)
    is_full = ~before.all(axis=axes) & after.all(axis=axes)
    for found, what, cure in (
        (is_full, "the whole picture", if_all),
        (is_lost, "nothing", if_nothing),
    ):
        if found.any():
            places = ", ".join(map(str, np.flatnonzero(found)))
            where = f" of picture {places}" if len(after) > 1 else ""
            context.warn(f"The mask{where} selects {what} after this, and did not before. {cure}")
    return after
