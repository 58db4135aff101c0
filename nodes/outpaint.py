"""The node that makes room for continuing a picture past its edges."""

from typing import Annotated, Literal, NamedTuple

import numpy as np

from engine.declaration import Range, node
from imaging.arrays import match_pair
from imaging.limits import check_pixels
from imaging.padding import Padding, pad_image, pad_mask, padding_from_fraction
from nodes.sockets import Image, Mask

Distance = Annotated[
    int, Range(0, 16384, "px"), "Exact distance on this side; 0 follows from sides and fraction."
]
Sides = list[Literal["left", "top", "right", "bottom"]]


class Canvas(NamedTuple):
    """A larger picture, and the mask of what is new in it."""

    image: Image
    mask: Mask


@node(title="Pad for Outpaint", category="image")
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
    fill: Annotated[
        Literal["edge", "mirror", "grey"], "What the new area holds until it is painted."
    ] = "edge",
    mask: Mask | None = None,
) -> Canvas:
    """Put a picture on a larger canvas; the mask selects what is new.

    Each named side grows by the fraction (rounded down, at least 1 px) of the original picture; an
    exact distance wins over it. A mask that is given stays selected. New pixels are opaque.
    """
    height, width = image.shape[1:3]
    padding = _padding(width, height, sides, fraction, Padding(left, top, right, bottom))
    if mask is None:
        mask = np.zeros((1, height, width), np.float32)
    image, mask = match_pair(image, mask)
    canvas = pad_image(image, padding, "colour" if fill == "grey" else fill)
    return Canvas(canvas, pad_mask(mask, padding))


def _padding(width: int, height: int, sides: Sides, fraction: float, exact: Padding) -> Padding:
    if not sides and not any(exact):
        sides = ["left", "right"]
    named = padding_from_fraction(width, height, sides, fraction)
    padding = Padding(
        *(given or by_fraction for given, by_fraction in zip(exact, named, strict=True))
    )
    check_pixels(
        width + padding.left + padding.right,
        height + padding.top + padding.bottom,
    )
    return padding
