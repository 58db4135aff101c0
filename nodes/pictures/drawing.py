"""Nodes that draw boxes and masks on pictures, and show masks."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np

from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.graph.graph import NOTHING_SAID
from paintgraph.engine.graph.sockets import LIST, Effect, Result
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import OneOf, Output, Range, Resource, Rows, node
from paintgraph.imaging.arrays import check_pixels
from paintgraph.imaging.blend.batches import plain, take
from paintgraph.imaging.blend.composite import lay_over, with_channels
from paintgraph.imaging.blend.effects import draw_boxes as draw
from paintgraph.imaging.blend.effects import overlay
from paintgraph.imaging.colour_names import colour_shares, parse_colour
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.boxes import Boxes, joined
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.masks.algebra import to_image
from paintgraph.nodes.boxes import (
    BOUNDING_BOX,
    BOX,
    BOXES,
    GivenBoxes,
    boxes_of,
    boxes_of_mappings,
)
from paintgraph.nodes.pictures.files import encode_with_facts, read_picture
from paintgraph.nodes.resource_names import COLOUR, COLOUR_WORDS
from paintgraph.nodes.sockets import Image, Mask


@node(
    title="Draw Boxes",
    category="image/draw",
    keywords=("show boxes", "annotate", "rectangle", "label"),
    packages=("pillow",),
    see_also={"DrawBBoxes": "Labels boxes with scores, and needs no picture, as in ComfyUI."},
)
def draw_boxes(
    image: Image,
    boxes: GivenBoxes,
    labels: Annotated[
        list[str], "A text for each box, in the same order, instead of what was found with it."
    ] = (),  # type: ignore[assignment] # frozen
    thickness: Annotated[int, Range(1, 256, "px"), "Thickness of the frames."] = 2,
) -> Image:
    """Draw a frame inside each box, with its label; all other pixels stay as they are.

    What lies outside the picture is cut off.
    """
    found = boxes_of(boxes, len(image))
    repeated = 1 if isinstance(boxes, Boxes) else len(image)  # numbers are boxes in each picture
    count = len(found) // repeated
    if len(labels) > count:
        raise ContractError(
            f"there are {len(labels)} labels for {count} boxes; allowed is one for each box. "
            "Drop labels, or add boxes.",
            code="bad_box",
        )
    told = [*labels, *[""] * (count - len(labels))] * repeated if labels else _told(found)
    return _drawn(image, found, told, thickness)


@node(
    name="DrawBBoxes",
    title="Draw Bounding Boxes",
    category="image/draw",
    keywords=("show boxes", "annotate", "rectangle"),
    packages=("pillow",),
    see_also={"DrawBoxes": "Takes other labels, and frames of any thickness."},
)
def draw_bboxes(
    bboxes: Annotated[
        Any,
        OneOf((BOXES, BOUNDING_BOX, LIST)),
        Rows(BOX),
        "What was found, here or by a node of ComfyUI; or numbers of px for each box, right and "
        "bottom exclusive.",
    ],
    image: Annotated[
        Image | None, "Without one a black canvas that holds the boxes, 640 x 640 px or larger."
    ] = None,
) -> Annotated[Image, Output("out_image")]:
    """Draw a frame inside each box, with its label and score, as ComfyUI's node of this name.

    DrawBoxes takes other labels and frames of any thickness.
    """
    found, count = _found(bboxes, None if image is None else len(image))
    if image is None:
        sides = found.corners.max(axis=0, initial=0)[2:]
        width, height = (max(_CANVAS, math.ceil(side)) for side in sides.tolist())
        check_pixels(width, height, count)
        image = plain(width, height, count, (0, 0, 0))
    return _drawn(take(image, count), found, _told(found), thickness=2)


def _found(given: Any, batch: int | None) -> tuple[Boxes, int]:
    """The boxes of each picture, and how many pictures they are drawn on.

    A single picture is repeated where there are lists for more.
    """
    if isinstance(given, Boxes):
        count = batch or int(given.items.max(initial=0)) + 1
        return boxes_of(given, count), count
    if isinstance(given, list | tuple) and all(isinstance(each, int | float) for each in given):
        return boxes_of(given, batch or 1), batch or 1
    every = boxes_of_mappings(given)
    if len(every) == 1:
        every *= batch or 1
    if batch not in (None, 1, len(every)):
        raise ContractError(
            f"there are lists of boxes for {len(every)} pictures, but the batch has {batch}; "
            "allowed is one list for each picture, or one for all. Use boxes that were found in "
            "these pictures.",
            code="bad_box",
        )
    return joined(every), len(every)


def _drawn(image: Image, found: Boxes, told: Sequence[str], thickness: int) -> Image:
    """The pictures with the boxes of each, and the text of each box."""
    drawn = []
    for item, picture in enumerate(image):
        here = found.of_item(item)
        texts = [text for text, of in zip(told, found.items, strict=True) if of == item]
        drawn.append(draw(picture[np.newaxis], list(here.outlines()), texts, thickness))
    return np.concatenate(drawn)


def _told(found: Boxes) -> list[str]:
    """The label of each box with its score; of boxes that were given as numbers nothing."""
    scores = found.scores.tolist()
    return [f"{w} {s:.2f}" if w else "" for w, s in zip(found.labels, scores, strict=True)]


_CANVAS = 640  # px

OverlayColour = Annotated[
    str, Resource(COLOUR), f"Laid over what the mask selects; {COLOUR_WORDS}."
]
Opacity = Annotated[float, Range(0, 1, step=0.05), "How opaque the colour is where the mask is 1."]


@node(
    title="Overlay Mask",
    category="image/draw",
    keywords=("show mask", "highlight selection"),
    see_also={"PreviewMask": "Shows it and passes nothing on."},
)
def overlay_mask(
    image: Image, mask: Mask, colour: OverlayColour = "red", opacity: Opacity = 0.6
) -> Image:
    """Lay a colour over the part of a picture that a mask selects."""
    return overlay(image, mask, colour_shares(colour), opacity)


@node(
    title="Preview Mask",
    category="mask",
    keywords=("show mask", "view selection"),
    is_target=True,
    see_also={
        "MaskPreview": "Shows it alone, in black and white.",
        "OverlayMask": "Passes on what this one shows.",
    },
)
def preview_mask(
    context: Context,
    image: Image,
    mask: Mask,
    colour: OverlayColour = "red",
    opacity: Opacity = 0.6,
) -> Result:
    """Show which part of a picture a mask selects."""
    return Result(effects=_shown(context, overlay(image, mask, colour_shares(colour), opacity)))


class PreviewedMask(NamedTuple):
    """What was shown."""

    mask: Annotated[Mask, "The same mask."]


@node(
    title="Preview Mask Alone",
    category="mask",
    keywords=("show mask", "view selection"),
    is_target=True,
    outputs=PreviewedMask,
    see_also={"PreviewMask": "Shows it on its picture."},
)
def mask_preview(context: Context, mask: Mask) -> Result:
    """Show a mask in black and white; PreviewMask shows it on its picture."""
    return Result([mask], effects=_shown(context, to_image(mask)))


class Painted(NamedTuple):
    """A picture with strokes on it, and the strokes."""

    image: Image
    mask: Annotated[Mask, "How opaque the strokes are: what was painted is selected."]


_Side = Annotated[int, Range(64, 4096, "px", 64), "Of the canvas that there is without an image."]


@node(
    title="Painter",
    category="image/draw",
    keywords=("brush", "draw by hand", "paint mask", "scribble"),
    lane="io",
)
def painter(
    context: Context,
    image: Annotated[
        Image | None, "What is painted on; without one a canvas of the colour and size below."
    ] = None,
    mask: Annotated[
        str,
        Resource("picture"),
        "A picture of the strokes on a clear ground, as an editor's canvas uploads it; nothing: no "
        "strokes.",
    ] = "",
    width: _Side = 512,
    height: _Side = 512,
    bg_color: Annotated[str, Resource(COLOUR), f"Of the canvas; {COLOUR_WORDS}."] = "#000000",
) -> Painted:
    """Lay strokes that were painted by hand over a picture or an empty canvas.

    Strokes of another size are stretched. On every picture of a batch they are the same.
    """
    below = plain(width, height, 1, parse_colour(bg_color)) if image is None else image
    if not mask:
        return Painted(below, np.zeros(below.shape[:3], np.float32))
    strokes = with_channels(read_picture(context, mask).image, 4)
    strokes = resize(strokes, below.shape[2], below.shape[1], "bilinear")
    return Painted(lay_over(below, strokes, 0, 0), np.repeat(strokes[..., 3], len(below), axis=0))


def _shown(context: Context, images: Image) -> list[Effect]:
    """The files that show pictures made of masks."""
    blobs = context.service(Blobs)
    files = [
        blobs.put(encode_with_facts(picture, "png", {"depth": 8}, NOTHING_SAID))
        for picture in images
    ]
    return [Effect(file, "mask", ".png", "temp") for file in files]
