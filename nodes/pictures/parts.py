"""Nodes that cut parts out of pictures and put pictures onto each other."""

from typing import Annotated, NamedTuple

import numpy as np

from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, Rows, node
from paintgraph.imaging.alpha import on_colour
from paintgraph.imaging.arrays import check_same_size, match_pair
from paintgraph.imaging.blend import composite
from paintgraph.imaging.blend.batches import fitted, take
from paintgraph.imaging.blend.modes import Mode, blend
from paintgraph.imaging.colour_names import colour_shares
from paintgraph.imaging.geometry.canvas import parse_ratio
from paintgraph.imaging.geometry.regions import (
    Box,
    box_of_ratio,
    crop,
    grow_box,
    selected_box,
)
from paintgraph.imaging.geometry.sampling import sample
from paintgraph.nodes.boxes import BOX, box_of
from paintgraph.nodes.resource_names import COLOUR, COLOUR_WORDS
from paintgraph.nodes.sockets import Image, Mask
from paintgraph.nodes.turning import turned_with

Side = Annotated[int, Range(1, 16384, "px"), "Cut off where the picture ends."]
Place = Annotated[int, Range(0, 16384, "px"), "From the left (x) or the top (y) side."]
Offset = Annotated[
    int,
    Range(-16384, 16384, "px"),
    "From the left (x) or the top (y) side; what reaches beyond a side is cut off.",
]


@node(
    title="Crop Image",
    category="image/part",
    keywords=("cut", "trim"),
    see_also={
        "CropToMask": "Cuts out what a mask selects.",
        "CropToRatio": "Cuts to proportions, around a box or mask.",
        "CropMask": "Cuts masks.",
    },
)
def image_crop(
    image: Image, width: Side = 512, height: Side = 512, x: Place = 0, y: Place = 0
) -> Image:
    """Cut a part out of a picture.

    What would lie outside the picture is cut off; at least 1 px of it stays.
    """
    old_height, old_width = image.shape[1:3]
    left, top = min(x, old_width - 1), min(y, old_height - 1)
    return crop(image, Box(left, top, min(left + width, old_width), min(top + height, old_height)))


class Part(NamedTuple):
    """A part of a picture and its mask, and where it was."""

    image: Image
    mask: Mask
    left: int
    top: int


@node(
    title="Crop to Mask",
    category="image/part",
    keywords=("cut out", "zoom to selection", "trim"),
    see_also={
        "ImageCrop": "Cuts at a place in px.",
        "CropForInpaint": "Cuts out as much as an engine needs, at its size.",
    },
)
def crop_to_mask(
    context: Context,
    image: Image,
    mask: Mask,
    margin: Annotated[int, Range(0, 16384, "px"), "Kept around what is selected."] = 32,
) -> Part:
    """Cut out the part of a picture that a mask selects, with a margin; PasteBack undoes it.

    All pictures of a batch are cut to one box. A mask that selects nothing leaves them whole, with
    a warning.
    """
    mask = turned_with(context, image, mask)
    check_same_size(image, mask)
    height, width = image.shape[1:3]
    selected = selected_box(mask)
    if selected is None:
        context.warn("The mask selects nothing, so the picture stays whole. Select something.")
        selected = Box(0, 0, width, height)
    box = grow_box(selected, margin, width, height)
    return Part(crop(image, box), crop(mask, box), box.left, box.top)


@node(
    title="Crop to Ratio",
    category="image/part",
    keywords=("aspect ratio", "crop around face", "passport photo", "portrait", "square"),
    see_also={"ImageCrop": "Cuts at a place in px."},
)
def crop_to_ratio(
    context: Context,
    image: Image,
    ratio: Annotated[str, "Width to height, such as 4:5, 35:45 or 1.5."] = "1:1",
    box: Annotated[
        list[int],
        Rows(BOX, most=1),
        "What the part is placed by, such as a face, in px; right and bottom are exclusive.",
    ] = (),  # type: ignore[assignment] # frozen
    mask: Annotated[
        Mask | None, "Without a box what this selects, and without both the middle of the picture."
    ] = None,
    share: Annotated[
        float,
        Range(0, 1, step=0.01),
        "How much of the part's height it takes; 0: the part is as large as the picture allows.",
    ] = 0.0,
    across: Annotated[
        float, Range(0, 1, step=0.01), "Where its middle lies in the part, from the left."
    ] = 0.5,
    down: Annotated[float, Range(0, 1, step=0.01), "The same from the top."] = 0.5,
) -> Part:
    """Cut out a part in some proportions around a box or what a mask selects; PasteBack undoes it.

    The part stays within the picture, and moves or becomes smaller for that; PadToSize makes
    pictures larger instead. All pictures of a batch are cut to one box.
    """
    height, width = image.shape[1:3]
    selection = np.zeros((1, height, width), np.float32)
    if mask is not None:
        selection = turned_with(context, image, mask)
        check_same_size(image, selection)
    around = box_of(box, width, height) if box else selected_box(selection)
    part = box_of_ratio(width, height, parse_ratio(ratio), around, share, (across, down))
    _, selection = match_pair(image, selection)
    return Part(crop(image, part), crop(selection, part), part.left, part.top)


@node(
    title="Paste Back",
    category="image/part",
    keywords=("put back", "uncrop", "insert"),
    see_also={
        "StitchInpaint": "Evens out size and colours of what an engine painted.",
        "ImageCompositeMasked": "Mixes through a mask at a place, as graphs of ComfyUI have it.",
    },
)
def paste_back(
    image: Image,
    part: Annotated[Image, "What is put there, at its own size."],
    left: Annotated[int, Range(-16384, 16384, "px"), "Where its left side lies."] = 0,
    top: Annotated[int, Range(-16384, 16384, "px"), "Where its upper side lies."] = 0,
    mask: Annotated[
        Mask | None, "How much of the part is seen, at its size; without one all is."
    ] = None,
) -> Image:
    """Put a part back into a picture, where CropToMask cut it out.

    Everything else stays bit for bit, also where the mask is 0. What lies outside the picture is
    cut off. The part's transparency takes the place of the picture's; on a picture without any, a
    transparent part lets the picture be seen.
    """
    return composite.place_image(image, part, left, top, mask)


@node(
    title="Composite Masked",
    category="image/part",
    keywords=("overlay", "paste", "layers", "merge pictures"),
    see_also={
        "PasteBack": "Undoes CropToMask and CropToRatio.",
        "PutBehind": "Puts a background behind what is transparent.",
        "ImageBlend": "Lays the whole over the whole, in blend modes.",
        "VAEDecode": "Makes the pictures whose pixels outside a mask are put back by this.",
    },
)
def image_composite_masked(
    destination: Annotated[Image, "The picture below; it keeps its size and channels."],
    source: Annotated[Image, "The picture above."],
    x: Offset = 0,
    y: Offset = 0,
    resize_source: Annotated[bool, "Bring the source to the destination's size."] = False,  # noqa: FBT002
    mask: Annotated[
        Mask | None, "How much of the source is seen, stretched to its size; without one all is."
    ] = None,
) -> Image:
    """Lay one picture over another at a place, through a mask; where that is 0 nothing changes.

    Where the source is transparent the destination is seen, as much as it is. The source and the
    mask are repeated, or cut, to as many pictures as the destination has.
    """
    batch, height, width = destination.shape[:3]
    if resize_source:
        source = sample(source[:batch], width, height, "bilinear")
    source = take(source, batch)
    if mask is not None:
        mask = sample(mask[:batch], source.shape[2], source.shape[1], "bilinear")
        mask = take(mask, batch)
    return composite.lay_over(destination, source, x, y, mask)


@node(
    title="Blend Images",
    category="image/part",
    keywords=("mix", "overlay", "layers", "multiply", "screen"),
    see_also={"ImageCompositeMasked": "Lays it at a place, through a mask."},
)
def image_blend(
    image1: Annotated[Image, "The picture below; it keeps its size and channels."],
    image2: Annotated[Image, "The picture above, brought to that size; what does not fit is cut."],
    blend_factor: Annotated[float, Range(0, 1, step=0.01), "How much of image2 is seen."] = 0.5,
    blend_mode: Annotated[
        Mode, "How image2 is seen through image1; difference takes its colours away."
    ] = "normal",
) -> Image:
    """Lay one picture over the whole of another, half transparent or in a blend mode.

    Where image2 is transparent image1 is seen, as much as it is.
    """
    return blend(image1, fitted(image2, image1, "bicubic"), blend_factor, blend_mode)


@node(
    title="Put Behind",
    category="image/part",
    keywords=("replace background", "new background", "layers"),
    see_also={
        "ImageCompositeMasked": "Lays a picture over another at a place.",
        "FlattenImage": "Puts one colour behind.",
    },
)
def put_behind(
    image: Annotated[Image, "The picture in front."],
    background: Annotated[Image, "What comes behind it, at the same size."],
    mask: Annotated[
        Mask | None, "What the background takes the place of; without one it only shows through."
    ] = None,
) -> Image:
    """Put a background behind what is transparent in a picture, and behind what a mask leaves.

    Before an opaque background the result is opaque; transparency of the background stays. What is
    opaque in the picture and not selected stays bit for bit.
    """
    return composite.put_behind(image, background, mask)


@node(
    title="Flatten Image",
    category="image/part",
    keywords=("background colour", "remove transparency", "remove alpha", "matte"),
    see_also={"PutBehind": "Puts a picture behind."},
)
def flatten_image(
    context: Context,
    image: Image,
    colour: Annotated[
        str, Resource(COLOUR), f"What comes behind the picture: {COLOUR_WORDS}."
    ] = "white",
) -> Image:
    """Lay a picture onto one colour, so that nothing is transparent any more.

    An opaque picture stays bit for bit.
    """
    flat = on_colour(image, colour_shares(colour))
    return Value(flat, context.facts("image"))  # type: ignore[return-value] # with all facts


@node(
    title="Join Image with Alpha",
    category="image/part",
    keywords=("transparent", "remove background", "apply mask", "cut out"),
)
def join_image_with_alpha(
    image: Image, alpha: Annotated[Mask, "What becomes transparent."]
) -> Image:
    """Make transparent what a mask selects; colours stay as they are, old transparency goes.

    A mask of another size is stretched to the picture's.
    """
    batch, height, width = image.shape[:3]
    alpha = take(sample(alpha[:batch], width, height, "bilinear"), batch)
    return np.concatenate([image[..., :3], 1 - alpha[..., np.newaxis]], axis=3)
