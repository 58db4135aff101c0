"""Nodes that turn and mirror pictures and masks."""

from typing import Annotated, Literal

import numpy as np

from paintgraph.engine.node.declaration import OneOf, Output, node
from paintgraph.imaging.samples import turned
from paintgraph.nodes.pictures.resizing import Picture
from paintgraph.nodes.sockets import IMAGE, MASK, Array

Turned = Annotated[Array, OneOf((IMAGE, MASK)), Output("image", follows=("image",))]
_ORIENTATIONS = {"none": 1, "90 degrees": 6, "180 degrees": 3, "270 degrees": 8}


@node(title="Rotate Image", category="image/size", keywords=("turn", "rotate mask", "orientation"))
def image_rotate(
    image: Annotated[Picture, "A picture or a mask; the result is the like."],
    rotation: Annotated[
        Literal["none", "90 degrees", "180 degrees", "270 degrees"], "Clockwise."
    ] = "none",
) -> Turned:
    """Turn a picture or a mask by quarters; no pixel changes."""
    return np.stack([turned(each, _ORIENTATIONS[rotation]) for each in image])


@node(title="Flip Image", category="image/size", keywords=("mirror", "flip mask", "reverse"))
def image_flip(
    image: Annotated[Picture, "A picture or a mask; the result is the like."],
    flip_method: Annotated[
        Literal["x-axis: vertically", "y-axis: horizontally"],
        "Upside down, or left to right.",
    ] = "x-axis: vertically",
) -> Turned:
    """Mirror a picture or a mask; no pixel changes."""
    axis = 1 if flip_method.startswith("x") else 2
    return np.ascontiguousarray(np.flip(image, axis))
