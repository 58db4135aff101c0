"""Nodes that combine masks, and turn them into pictures and back."""

from typing import Annotated, Literal

from paintgraph.engine.node.declaration import Conversion, node
from paintgraph.imaging.masks import algebra as masks
from paintgraph.nodes.sockets import Image, Mask


@node(
    title="Invert Mask",
    category="mask/combine",
    keywords=("opposite", "select the rest", "negative"),
)
def invert_mask(mask: Mask) -> Mask:
    """Select what was not selected."""
    return masks.invert(mask)


@node(
    title="Combine Masks",
    category="mask/combine",
    keywords=("union", "add", "subtract", "intersect", "multiply", "arithmetic"),
    see_also={"MaskComposite": "For a mask at a place on another, as graphs of ComfyUI have it."},
)
def combine_masks(
    first: Mask,
    second: Mask,
    operation: Annotated[
        masks.Operation,
        "In either; in both; in the first only; in exactly one; for soft masks the product, and "
        "the sum up to 1.",
    ] = "union",
) -> Mask:
    """Make one selection of two."""
    return masks.combine(first, second, operation)


@node(
    title="Mask to Image",
    category="mask",
    keywords=("convert",),
    converts=(Conversion("mask", "mask", "image", means="white is selected"),),
)
def mask_to_image(mask: Mask) -> Image:
    """A grey picture of a mask: white is selected."""
    return masks.to_image(mask)


@node(
    title="Image to Mask",
    category="mask/select",
    keywords=("convert", "channel", "luminance"),
    converts=(
        Conversion("image", "image", "mask", (("channel", "luminance"),), "white is selected"),
    ),
    see_also={
        "LoadImageMask": "Reads the file, too, and fits the mask to its picture.",
        "MaskFromAlpha": "Selects what is transparent.",
    },
)
def image_to_mask(
    image: Image,
    channel: Annotated[
        Literal["red", "green", "blue", "alpha", "luminance"], "What says how much is selected."
    ] = "red",
) -> Mask:
    """A mask from one channel of a picture: bright is selected."""
    return masks.from_image(image, channel)
