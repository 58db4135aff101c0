"""The node that pads a picture for outpainting the way graphs made in ComfyUI expect."""

from typing import Annotated, NamedTuple

import numpy as np

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.geometry.fading import outpaint_mask
from paintgraph.imaging.geometry.padding import Padding, pad_image
from paintgraph.imaging.limits import check_pixels
from paintgraph.nodes.sockets import Image, Mask

Distance = Annotated[int, Range(0, 16384, "px", step=8), "Added on this side."]


class Padded(NamedTuple):
    """A larger picture, and the mask of what is new in it."""

    image: Image
    mask: Mask


@node(title="Pad Image for Outpainting", category="image")
def image_pad_for_outpaint(
    image: Image,
    left: Distance = 0,
    top: Distance = 0,
    right: Distance = 0,
    bottom: Distance = 0,
    feathering: Annotated[
        int, Range(0, 16384, "px"), "How far the mask reaches softly into the picture."
    ] = 40,
) -> Padded:
    """Put a picture on a larger grey canvas, with a mask that reaches softly into the picture.

    So the rim of the picture is repainted a little; PadForOutpaint keeps every old pixel. Half a
    side of the picture or more is too much feathering: none is used then. New pixels are opaque.
    """
    batch, height, width = image.shape[:3]
    padding = Padding(left, top, right, bottom)
    check_pixels(width + left + right, height + top + bottom, batch)
    mask = outpaint_mask(width, height, padding, feathering)
    canvas = pad_image(image, padding, "colour")
    return Padded(canvas, np.broadcast_to(mask, canvas.shape[:3]))
