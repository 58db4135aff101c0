"""Nodes that change the size of a picture."""

from typing import Annotated, Literal, NamedTuple

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.arrays import check_pixels
from paintgraph.imaging.geometry.regions import crop_evenly, crop_to_ratio
from paintgraph.imaging.geometry.resize import Interpolation, resize
from paintgraph.imaging.geometry.sampling import Method, sample
from paintgraph.nodes.sockets import Array, Image

MEGAPIXEL = 1024 * 1024
"""As ComfyUI counts them."""

WithAuto = Literal["nearest-exact", "bilinear", "area", "bicubic", "lanczos", "auto"]
HowSampled = Annotated[Method, "How new pixels come from old ones."]
HowScaled = Annotated[WithAuto, "How new pixels come from old ones; auto always averages."]
Crop = Annotated[Literal["disabled", "center"], "Cut the longer side off instead of stretching."]
ScaledSide = Annotated[int, Range(0, 16384, "px"), "0 follows from the other side."]
Antialias = Annotated[
    bool,
    "Average what shrinks, at the picture's depth; without it the numbers are ComfyUI's.",
]


@node(
    title="Scale Image",
    category="image/size",
    keywords=("resize", "shrink", "enlarge", "width and height"),
    see_also={
        "ImageScaleBy": "Scales by a factor.",
        "ImageScaleToMaxDimension": "Scales to a longer side.",
        "ImageScaleToTotalPixels": "Scales to a number of pixels.",
        "ResizeImageMaskNode": "Has these ways to say the size, and more, for masks, too.",
        "ScaleMask": "Scales masks.",
    },
)
def image_scale(
    image: Image,
    upscale_method: HowScaled = "nearest-exact",
    width: ScaledSide = 512,
    height: ScaledSide = 512,
    crop: Crop = "disabled",  # the name that graphs made elsewhere use
    antialias: Antialias = False,  # noqa: FBT002
) -> Image:
    """Scale a picture to a width and height; a side of 0 keeps the proportions.

    No side is 0 at the end: a picture keeps its size if both are 0.
    """
    sides = scaled_sides(image, width, height)
    # A side that follows from the other is rounded: ComfyUI cuts what that is off, mostly nothing.
    cuts_rounded = not (antialias or upscale_method == "auto")
    cuts = crop == "center" and (min(width, height) > 0 or cuts_rounded)
    return stretched(image, *sides, upscale_method, cuts=cuts, antialias=antialias)


@node(
    title="Scale Image By",
    category="image/size",
    keywords=("resize", "shrink", "enlarge", "factor"),
    see_also={"ImageScale": "Scales to a width and height."},
)
def image_scale_by(
    image: Image,
    upscale_method: HowScaled = "nearest-exact",
    scale_by: Annotated[float, Range(0.01, 8, step=0.01), "2 doubles both sides."] = 1.0,
    antialias: Antialias = False,  # noqa: FBT002
) -> Image:
    """Scale both sides of a picture by a factor; each stays at least 1 px long."""
    old_height, old_width = image.shape[1:3]
    width, height = (max(1, round(side * scale_by)) for side in (old_width, old_height))
    return stretched(image, width, height, upscale_method, antialias=antialias)


class ImageSize(NamedTuple):
    """How large a picture is, in px, and how many there are."""

    width: int
    height: int
    batch_size: int


@node(title="Get Image Size", category="image/size", keywords=("width and height", "dimensions"))
def get_image_size(image: Image) -> ImageSize:
    """The width and height of a picture in px, and how many there are in its batch."""
    batch, height, width = image.shape[:3]
    return ImageSize(width, height, batch)


def stretched(
    image: Array,
    width: int,
    height: int,
    method: WithAuto,
    *,
    cuts: bool = False,
    antialias: bool = False,
) -> Array:
    """The picture at another size; it `cuts` the longer side off instead of stretching."""
    check_pixels(width, height, len(image))
    if method == "auto" or antialias:
        part = crop_to_ratio(image, width, height) if cuts else image
        return resize(part, width, height, _interpolation(method))
    part = crop_evenly(image, width, height) if cuts else image
    return sample(part, width, height, method)


def _interpolation(method: WithAuto) -> Interpolation:
    return "nearest" if method == "nearest-exact" else method


def scaled_sides(array: Array, width: int, height: int) -> tuple[int, int]:
    """The width and height of pictures or masks `[B, H, W, ...]` once scaled; 0 follows.

    Raises ContractError if that is too large.
    """
    old_height, old_width = array.shape[1:3]
    if width == height == 0:
        return old_width, old_height
    width = width or max(1, round(old_width * height / old_height))
    height = height or max(1, round(old_height * width / old_width))
    check_pixels(width, height, len(array))
    return width, height
