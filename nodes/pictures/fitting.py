"""Nodes that scale a picture to a size that follows from its own proportions."""

import math
from typing import Annotated, Literal

from paintgraph.engine.node.declaration import Range, node
from paintgraph.nodes.pictures.size import MEGAPIXEL, HowSampled, stretched
from paintgraph.nodes.sockets import Image


@node(
    title="Scale Image to Total Pixels",
    category="image/size",
    keywords=("megapixels", "resize", "shrink", "enlarge"),
    see_also={
        "ImageScale": "Scales to a width and height.",
        "FluxKontextImageScale": "Chooses among the sizes of FLUX.1 Kontext.",
    },
)
def image_scale_to_total_pixels(
    image: Image,
    upscale_method: HowSampled = "nearest-exact",
    megapixels: Annotated[float, Range(0.01, 16, step=0.01), "1 is 1024 x 1024 px."] = 1.0,
    resolution_steps: Annotated[
        int, Range(1, 256, "px"), "Both sides become multiples of this."
    ] = 1,
) -> Image:
    """Scale a picture to about as many pixels as asked for, whatever it has; proportions stay."""
    height, width = image.shape[1:3]
    scale_by = math.sqrt(megapixels * MEGAPIXEL / (width * height))
    width, height = (
        max(1, round(side * scale_by / resolution_steps)) * resolution_steps
        for side in (width, height)
    )
    return stretched(image, width, height, upscale_method)


@node(
    title="Scale Image to Max Dimension",
    category="image/size",
    keywords=("longest side", "resize", "shrink"),
    see_also={"ImageScale": "Scales to a width and height."},
)
def image_scale_to_max_dimension(
    image: Image,
    upscale_method: Annotated[
        Literal["area", "lanczos", "bilinear", "nearest-exact", "bicubic"],
        "How new pixels come from old ones; area averages to shrink and repeats to enlarge.",
    ] = "area",
    largest_size: Annotated[
        int, Range(0, 16384, "px"), "The longer side; 0 keeps the picture's size."
    ] = 512,
) -> Image:
    """Scale a picture up or down until its longer side has a length; proportions stay."""
    height, width = image.shape[1:3]
    longer = max(width, height)
    width, height = (
        max(1, round(side / longer * (largest_size or longer))) for side in (width, height)
    )
    return stretched(image, width, height, upscale_method)


_KONTEXT_SIDES = (
    *(672, 688, 720, 752, 800, 832, 880, 944, 1024),
    *(1104, 1184, 1248, 1328, 1392, 1456, 1504, 1568),
)
_KONTEXT_SIZES = tuple(zip(_KONTEXT_SIDES, reversed(_KONTEXT_SIDES), strict=True))
"""Widths and heights (px) of the pictures that FLUX.1 Kontext was trained with."""


@node(
    title="Scale Image for FLUX Kontext",
    category="image/size",
    keywords=("resize",),
    see_also={"ImageScaleToTotalPixels": "Scales to any number of pixels."},
)
def flux_kontext_image_scale(image: Image) -> Image:
    """Scale a picture to the size nearest in proportions that FLUX.1 Kontext was trained with.

    Of 17 sizes of about a megapixel; what does not fit is cut off on both sides alike.
    """
    height, width = image.shape[1:3]
    ratio = width / height
    width, height = min(_KONTEXT_SIZES, key=lambda size: abs(size[0] / size[1] - ratio))
    return stretched(image, width, height, "lanczos", cuts=True)
