"""Nodes that make, cut and scale masks, and put them onto each other."""

from typing import Annotated, Literal, NamedTuple

import numpy as np

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.arrays import check_pixels
from paintgraph.imaging.blend import composite
from paintgraph.imaging.geometry import canvas
from paintgraph.imaging.geometry.canvas import Padding
from paintgraph.imaging.geometry.regions import Box, crop, selected_box
from paintgraph.imaging.geometry.resize import resize
from paintgraph.nodes.pictures.parts import Offset, Place
from paintgraph.nodes.pictures.size import ScaledSide, scaled_sides
from paintgraph.nodes.sockets import Image, Mask
from paintgraph.nodes.turning import turned_with, warn_if_unsure

Side = Annotated[int, Range(1, 16384, "px"), "A side of the mask."]
Fade = Annotated[int, Range(0, 16384, "px"), "Over how much of this side it fades."]


@node(
    title="Solid Mask",
    category="mask",
    keywords=("select all", "select nothing", "empty mask", "blank"),
)
def solid_mask(
    value: Annotated[float, Range(0, 1, step=0.01), "1 selects all, 0 nothing."] = 1.0,
    width: Side = 512,
    height: Side = 512,
) -> Mask:
    """Make a mask of one value."""
    check_pixels(width, height)
    return np.full((1, height, width), value, np.float32)


@node(
    title="Crop Mask",
    category="mask/part",
    keywords=("cut", "trim"),
    see_also={"ImageCrop": "Cuts pictures."},
)
def crop_mask(
    mask: Mask, x: Place = 0, y: Place = 0, width: Side = 512, height: Side = 512
) -> Mask:
    """Cut a part out of a mask; what would lie outside it is cut off, at least 1 px stays."""
    old_height, old_width = mask.shape[1:3]
    left, top = min(x, old_width - 1), min(y, old_height - 1)
    return crop(mask, Box(left, top, min(left + width, old_width), min(top + height, old_height)))


@node(
    title="Scale Mask",
    category="mask/part",
    keywords=("resize",),
    see_also={
        "ImageScale": "Scales pictures.",
        "ResizeImageMaskNode": "Has more ways to say the size.",
    },
)
def scale_mask(
    mask: Mask,
    width: ScaledSide = 0,
    height: ScaledSide = 0,
    size_of: Annotated[
        Image | None, "A picture that the mask is to fit; width and height do not count then."
    ] = None,
    method: Annotated[
        Literal["bilinear", "nearest", "area"],
        "How new pixels come from old ones: bilinear gives soft edges, nearest keeps hard ones, "
        "area averages what shrinks.",
    ] = "bilinear",
) -> Mask:
    """Scale a mask to the size of a picture, or to a width and height.

    A side of 0 keeps the proportions; a mask keeps its size if both are 0.
    """
    if size_of is not None:
        height, width = size_of.shape[1:3]
    width, height = scaled_sides(mask, width, height)
    return resize(mask, width, height, method)


@node(
    title="Turn Mask with Image", category="mask/part", keywords=("rotate", "EXIF", "orientation")
)
def turn_mask_with_image(
    context: Context,
    mask: Mask,
    size_of: Annotated[Image, "The picture that the mask is for, as LoadImage gives it."],
) -> Mask:
    """Turn a mask with its picture, if it was made before EXIF turned that one.

    Its size tells, or its proportions where it has another size; with a warning if it is turned,
    and where nothing tells.
    """
    turned = turned_with(context, size_of, mask, "size_of", any_size=True)
    warn_if_unsure(context, size_of, turned, "size_of")
    return turned


@node(
    title="Composite Masks",
    category="mask/combine",
    keywords=("add", "subtract", "multiply", "union"),
    see_also={"CombineMasks": "For masks of one size; soft ones stay soft."},
)
def mask_composite(
    destination: Annotated[Mask, "The mask below; it keeps its size."],
    source: Annotated[Mask, "The mask above, at its own size."],
    x: Offset = 0,
    y: Offset = 0,
    operation: Annotated[
        composite.Operation, "How the two are combined; and, or and xor make hard masks of them."
    ] = "multiply",
) -> Mask:
    """Combine a mask with another one that lies on a part of it."""
    return composite.place_mask(destination, source, x, y, operation)


@node(
    title="Feather Mask",
    category="mask/shape",
    keywords=("fade", "soft edge", "blur"),
    see_also={"SoftenMask": "Softens the outline of what is selected."},
)
def feather_mask(
    mask: Mask, left: Fade = 0, top: Fade = 0, right: Fade = 0, bottom: Fade = 0
) -> Mask:
    """Let a mask fade out towards the sides of the picture; SoftenMask softens its contour."""
    return canvas.fade_sides(mask, Padding(left, top, right, bottom))


class Bounds(NamedTuple):
    """The box of what is selected: right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int
    is_empty: bool


@node(title="Mask Bounds", category="mask", keywords=("bounding box", "box of mask", "extent"))
def mask_bounds(mask: Mask) -> Bounds:
    """The box around all that is above 0, in px; all numbers are 0 if nothing is.

    The masks of a batch have one box together.
    """
    box = selected_box(mask)
    if box is None:
        return Bounds(0, 0, 0, 0, 0, 0, is_empty=True)
    return Bounds(*box, box.width, box.height, is_empty=False)
