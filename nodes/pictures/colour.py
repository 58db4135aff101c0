"""Nodes that look at, change or spread the colours of a picture."""

from typing import Annotated

import numpy as np

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.blend import effects
from paintgraph.imaging.masks import selection
from paintgraph.nodes.sockets import Image, Mask


@node(title="Invert Image", category="image")
def image_invert(image: Image) -> Image:
    """Turn a picture into its negative; transparency stays."""
    return np.concatenate([1 - image[..., :3], image[..., 3:]], axis=3)


@node(title="Mask from Color Number", category="mask/convert")
def image_color_to_mask(
    image: Image,
    color: Annotated[
        int, Range(0, 0xFFFFFF), "As one number: red * 65536 + green * 256 + blue."
    ] = 0,
) -> Mask:
    """Select what has exactly one colour, once rounded to 8 bits."""
    return selection.select_colour(image, selection.split_colour(color), tolerance=0.5)


@node(title="Mask from Colour", category="mask/convert")
def mask_from_color(
    image: Image,
    colour: Annotated[str, "As #rrggbb: two hexadecimal digits each for red, green and blue."],
    tolerance: Annotated[
        int, Range(0, 255), "How far each channel may be off, in steps of 8 bits."
    ] = 16,
) -> Mask:
    """Select what has a colour, or nearly has it."""
    return selection.select_colour(image, selection.parse_colour(colour), tolerance)


@node(title="Mask from Alpha", category="mask/convert")
def mask_from_alpha(image: Image) -> Mask:
    """Select what is transparent, as LoadImage does; nothing in a picture without transparency."""
    return selection.select_transparent(image)


@node(title="Blur Image", category="image", packages=("opencv-python",))
def blur_image(
    image: Image,
    radius: Annotated[int, Range(0, 1024, "px"), "How far colours spread; 0 changes nothing."] = 16,
    avoid: Annotated[
        Mask | None, "What this selects does not mix into its surroundings, which spread into it."
    ] = None,
) -> Image:
    """Blur a picture; with a subject to avoid, so that no halo of it stays in the background."""
    return effects.blur(image, radius, avoid)
