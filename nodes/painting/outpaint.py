"""Nodes that make room for continuing a picture past its edges."""

from typing import Annotated, Literal, NamedTuple

import numpy as np

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.arrays import check_pixels, match_pair
from paintgraph.imaging.geometry.canvas import (
    Anchor,
    Padding,
    canvas_size,
    outpaint_mask,
    pad_image,
    pad_mask,
    padding_from_fraction,
    padding_to,
    parse_ratio,
)
from paintgraph.nodes.sockets import Image, Mask

Distance = Annotated[
    int, Range(0, 16384, "px"), "Exact distance on this side; 0 follows from sides and fraction."
]
TargetSide = Annotated[int, Range(0, 16384, "px"), "A side of the canvas; 0 follows from the rest."]
Fill = Literal["edge", "mirror", "grey"]
NewArea = Annotated[Fill, "What the new area holds until it is painted."]
Avoid = Annotated[
    Mask | None,
    "What an engine never copies, such as the main object; comes out at the size of the canvas.",
]
Sides = list[Literal["left", "top", "right", "bottom"]]


class Canvas(NamedTuple):
    """A larger picture, the mask of what is new in it, and what is not to be copied."""

    image: Image
    mask: Mask
    avoid: Mask


@node(
    title="Pad for Outpaint",
    category="inpaint",
    keywords=("extend", "expand", "uncrop", "larger canvas", "border"),
    see_also={
        "ImagePadForOutpaint": "Lets the rim be repainted softly, as graphs of ComfyUI have it.",
        "PadToSize": "For a canvas of an exact size or ratio.",
    },
)
def pad_for_outpaint(
    image: Image,
    sides: Annotated[
        Sides, "Sides to extend by the fraction; left and right if nothing else is named."
    ] = (),  # type: ignore[assignment] # frozen
    fraction: Annotated[
        float, Range(0.001, 8), "Of the picture's width (left, right) or height (top, bottom)."
    ] = 1 / 3,
    left: Distance = 0,
    top: Distance = 0,
    right: Distance = 0,
    bottom: Distance = 0,
    fill: NewArea = "edge",
    mask: Mask | None = None,
    avoid: Avoid = None,
) -> Canvas:
    """Put a picture on a larger canvas; the mask selects what is new.

    Each named side grows by the fraction (rounded down, at least 1 px) of the original picture; an
    exact distance wins over it. A mask that is given stays selected. New pixels are opaque.
    """
    height, width = image.shape[1:3]
    padding = _padding(width, height, sides, fraction, Padding(left, top, right, bottom))
    check_pixels(
        width + padding.left + padding.right, height + padding.top + padding.bottom, len(image)
    )
    return _canvas(image, mask, avoid, padding, fill)


@node(
    title="Pad to Size",
    category="inpaint",
    keywords=("extend", "expand", "aspect ratio", "larger canvas", "border"),
    see_also={"PadForOutpaint": "For distances, or parts of the sides."},
)
def pad_to_size(
    image: Image,
    width: TargetSide = 0,
    height: TargetSide = 0,
    ratio: Annotated[
        str, "Width to height, such as 16:9 or 1.5, for what width and height leave open."
    ] = "",
    anchor: Annotated[Anchor, "Where the picture lies on the canvas."] = "center",
    fill: NewArea = "edge",
    mask: Mask | None = None,
    avoid: Avoid = None,
) -> Canvas:
    """Put a picture on a canvas of an exact size or ratio; the mask selects what is new.

    A ratio alone takes the smallest canvas that holds the picture. A mask that is given stays
    selected. New pixels are opaque. A canvas smaller than the picture is an error.
    """
    old_height, old_width = image.shape[1:3]
    given = parse_ratio(ratio) if ratio else None
    size = canvas_size(old_width, old_height, width, height, given)
    check_pixels(*size, len(image))
    padding = padding_to(old_width, old_height, *size, anchor)
    return _canvas(image, mask, avoid, padding, fill)


def _canvas(
    image: Image, mask: Mask | None, avoid: Mask | None, padding: Padding, fill: Fill
) -> Canvas:
    nothing = np.broadcast_to(np.float32(0), (1, *image.shape[1:3]))
    image, selected = match_pair(image, nothing if mask is None else mask)
    if avoid is not None:
        image, avoid = match_pair(image, avoid, second_name="avoid")
    canvas = pad_image(image, padding, "colour" if fill == "grey" else fill)
    # Zeros that nobody writes take no memory; one number for all would be copied by the socket.
    avoided: Mask = np.zeros(canvas.shape[:3], np.float32)
    if avoid is not None and avoid.any():
        # Where a large area is painted block by block, a later one may copy from the ones before.
        avoided = pad_mask(avoid, padding, selected=False)
    return Canvas(canvas, pad_mask(selected, padding), avoided)


def _padding(width: int, height: int, sides: Sides, fraction: float, exact: Padding) -> Padding:
    if not sides and not any(exact):
        sides = ["left", "right"]
    named = padding_from_fraction(width, height, sides, fraction)
    return Padding(*(given or by_fraction for given, by_fraction in zip(exact, named, strict=True)))


Added = Annotated[int, Range(0, 16384, "px", step=8), "Added on this side."]


class Padded(NamedTuple):
    """A larger picture, and the mask of what is new in it."""

    image: Image
    mask: Mask


@node(
    title="Pad Image for Outpainting",
    category="inpaint",
    keywords=("extend", "expand", "uncrop", "larger canvas", "border"),
    see_also={"PadForOutpaint": "Keeps every old pixel, and takes parts of the sides."},
)
def image_pad_for_outpaint(
    image: Image,
    left: Added = 0,
    top: Added = 0,
    right: Added = 0,
    bottom: Added = 0,
    feathering: Annotated[
        int, Range(0, 16384, "px"), "How far the mask reaches softly into the picture."
    ] = 40,
) -> Padded:
    """Put a picture on a larger grey canvas, with a mask that reaches softly into the picture.

    So the rim of the picture is repainted a little; PadForOutpaint keeps every old pixel. Half a
    side of the picture or more is too much feathering: none is used then. Where the picture has
    alpha, new pixels are half transparent.
    """
    batch, height, width = image.shape[:3]
    padding = Padding(left, top, right, bottom)
    check_pixels(width + left + right, height + top + bottom, batch)
    mask = outpaint_mask(width, height, padding, feathering)
    margins = ((0, 0), (top, bottom), (left, right), (0, 0))
    canvas = np.pad(image, margins, constant_values=0.5)
    return Padded(canvas, np.broadcast_to(mask, canvas.shape[:3]))
