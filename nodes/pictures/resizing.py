"""The node that changes the size of a picture or a mask, in any of several ways."""

import math
from typing import Annotated, NamedTuple

from paintgraph.engine.node.declaration import Forms, OneOf, Output, Range, node
from paintgraph.nodes.pictures.size import MEGAPIXEL, Crop, HowSampled, scaled_sides, stretched
from paintgraph.nodes.sockets import IMAGE, MASK, Array

Picture = Annotated[Array, OneOf((IMAGE, MASK))]
Side = Annotated[int, Range(0, 8192, "px"), "0 follows from the other side."]
Length = Annotated[int, Range(0, 8192, "px"), "The other side follows; 0 keeps the size."]


class ByFactor(NamedTuple):
    """Both sides are multiplied."""

    multiplier: Annotated[float, Range(0.01, 8, step=0.01), "2 doubles both sides."] = 1.0


class ToSides(NamedTuple):
    """Both sides are given."""

    width: Side = 512
    height: Side = 512
    crop: Crop = "center"


class ToLonger(NamedTuple):
    """The longer side is given."""

    longer_size: Length = 512


class ToShorter(NamedTuple):
    """The shorter side is given."""

    shorter_size: Length = 512


class ToWidth(NamedTuple):
    """The width is given."""

    width: Side = 512


class ToHeight(NamedTuple):
    """The height is given."""

    height: Side = 512


class ToPixels(NamedTuple):
    """The number of pixels is given."""

    megapixels: Annotated[float, Range(0.01, 16, step=0.01), "1 is 1024 x 1024 px."] = 1.0


class ToMatch(NamedTuple):
    """The size is that of another picture or mask."""

    match: Annotated[Picture, "What has the size."]
    crop: Crop = "center"


class ToMultiple(NamedTuple):
    """Both sides are divisible by a number."""

    multiple: Annotated[int, Range(1, 8192, "px"), "What both sides are divisible by."] = 8


Way = (
    ByFactor | ToSides | ToLonger | ToShorter | ToWidth | ToHeight | ToPixels | ToMatch | ToMultiple
)
_WAYS = {
    "scale by multiplier": ByFactor,
    "scale dimensions": ToSides,
    "scale longer dimension": ToLonger,
    "scale shorter dimension": ToShorter,
    "scale width": ToWidth,
    "scale height": ToHeight,
    "scale total pixels": ToPixels,
    "match size": ToMatch,
    "scale to multiple": ToMultiple,
}


@node(
    title="Resize Image/Mask",
    category="image/size",
    keywords=("shrink", "enlarge", "scale"),
    see_also={
        "ImageScale": "Averages what shrinks with the method auto; for a width and height.",
        "ScaleMask": "Fits a mask to its picture.",
    },
)
def resize_image_mask_node(
    input: Annotated[Picture, "A picture or a mask; the result is the like."],  # noqa: A002 - ComfyUI's name
    resize_type: Annotated[Way, Forms(_WAYS), "How the new size is found."],
    scale_method: HowSampled = "area",
) -> Annotated[Array, OneOf((IMAGE, MASK)), Output("resized", follows=("input",))]:
    """Change the size of a picture or a mask.

    By "scale to multiple" each side becomes the next smaller one that is divisible, if there is
    one; proportions stay, and what reaches beyond is cut off on both sides alike.
    """
    width, height = _size(resize_type, input)
    return stretched(input, width, height, scale_method, cuts=_cuts(resize_type))


def _size(way: Way, array: Array) -> tuple[int, int]:
    """The new width and height (px) of an array `[B, H, W, ...]`."""
    height, width = array.shape[1:3]
    longer, shorter = max(width, height), min(width, height)
    factor = 1.0
    match way:
        case ToSides():
            return scaled_sides(array, way.width, way.height)
        case ToWidth():
            return scaled_sides(array, way.width, 0)
        case ToHeight():
            return scaled_sides(array, 0, way.height)
        case ToMatch():
            return way.match.shape[2], way.match.shape[1]
        case ToMultiple():
            return _divisible(width, way.multiple), _divisible(height, way.multiple)
        case ByFactor():
            factor = way.multiplier
        case ToLonger():
            factor = (way.longer_size or longer) / longer
        case ToShorter():
            factor = (way.shorter_size or shorter) / shorter
        case ToPixels():
            factor = math.sqrt(way.megapixels * MEGAPIXEL / (width * height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _cuts(way: Way) -> bool:
    """Whether the longer side is cut off; one that follows from the other leaves nothing to cut."""
    match way:
        case ToSides():
            return way.crop == "center" and way.width > 0 and way.height > 0
        case ToMatch():
            return way.crop == "center"
    return isinstance(way, ToMultiple)


def _divisible(side: int, multiple: int) -> int:
    """The next smaller side that is divisible; one that has none stays."""
    return side // multiple * multiple or side
