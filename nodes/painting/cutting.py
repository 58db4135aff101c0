"""Nodes that cut a part with its context out of a picture for an engine, and put it back."""

from typing import Annotated, Literal, NamedTuple

import numpy as np

from paintgraph.engine.graph.sockets import LIST
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Rows, node
from paintgraph.imaging.alpha import continue_colours
from paintgraph.imaging.arrays import match_batch, match_pair
from paintgraph.imaging.blend.composite import place_image
from paintgraph.imaging.blend.stitching import Match, Stitch, StitchMode, fit
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.fill.alpha import alpha_of_hole
from paintgraph.imaging.geometry.context import (
    ContextMode,
    ContextRule,
    fit_working_size,
    megapixel_size,
)
from paintgraph.imaging.geometry.regions import Box, paste, selected_box
from paintgraph.imaging.geometry.regions import crop as cut
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.masks.algebra import soften
from paintgraph.nodes.boxes import BOX, box_of
from paintgraph.nodes.painting.measuring import with_fit
from paintgraph.nodes.sockets import Image, Mask
from paintgraph.nodes.turning import turned_with

Crop = Annotated[
    ContextMode,
    "What of the picture is shown with a hole: field is a part of the picture, as in Fooocus, "
    "margin px and percent a part of the hole on each side.",
]
CropAmount = Annotated[
    float, Range(0, 16384), "Field 0 to 1, margin in px, percent of the hole's longer side."
]
Feather = Annotated[int, Range(0, 512, "px"), "Width of the soft edge, inside the selection."]
StitchChoice = Annotated[
    StitchMode,
    "Strict changes nothing outside the mask; ramp blends what was generated around it over 31 px, "
    "as Fooocus does.",
]
MatchChoice = Annotated[
    Match,
    "Colour undoes the shift of colours that an engine gave the surroundings, poisson also evens "
    "out what still differs along the border.",
]


class Cut(NamedTuple):
    """A part of a picture at its working size, its mask, and the box it was cut from."""

    image: Image
    mask: Mask
    box: Annotated[tuple[int, ...], LIST, "Left, top, right, bottom in px."]


@node(
    title="Crop for Inpaint",
    category="inpaint",
    keywords=("cut out", "context", "detail"),
    see_also={"CropToMask": "Cuts out the selection and a margin, at its own size."},
)
def crop_for_inpaint(
    context: Context,
    image: Image,
    mask: Mask,
    crop: Crop = "auto",
    crop_amount: CropAmount = 0.0,
    size: Annotated[
        Literal["keep", "side", "megapixel"],
        "Size of the part: its own, a longer side of so many px, or about one megapixel.",
    ] = "keep",
    side: Annotated[int, Range(64, 4096, "px"), "The longer side, for the size 'side'."] = 1024,
) -> Cut:
    """Cut out what a mask selects with the context that an engine needs; StitchInpaint undoes it.

    Other sizes than its own are multiples of 8 px; areas are averaged to shrink, and Lanczos
    enlarges. All pictures of a batch are cut to one box. A mask that selects nothing leaves them
    whole, with a warning.
    """
    image, mask = match_pair(image, turned_with(context, image, mask))
    height, width = image.shape[1:3]
    hole = selected_box(mask)
    if hole is None:
        context.warn("The mask selects nothing, so the picture stays whole. Select something.")
        box = Box(0, 0, width, height)
    else:
        box = ContextRule(crop, crop_amount).around(hole, width, height)
    new = _size(box, size, side)
    whole = cut(image, box)
    return Cut(resize(whole, *new), resize(cut(mask, box), *new), tuple(box))


class Stitched(NamedTuple):
    """The whole picture, and how much of each of its px is new."""

    image: Image
    mask: Mask


@node(
    title="Stitch Inpaint",
    category="inpaint",
    keywords=("paste back", "seamless"),
    see_also={"PasteBack": "Puts the part in as it is."},
)
def stitch_inpaint(
    context: Context,
    image: Annotated[Image, "The whole picture, as it was."],
    mask: Annotated[Mask, "What was to be repainted, at the picture's size."],
    painted: Annotated[Image, "The part that was painted, at any size."],
    box: Annotated[list[int], Rows(BOX, most=1), "Where it belongs, in px."],
    feather: Feather = 0,
    stitch: StitchChoice = "strict",
    match: MatchChoice = "colour",
) -> Stitched:
    """Put a painted part back where CropForInpaint cut it out, in the colours of the picture.

    A pixel where the output mask is 0 never changes; with `stitch: strict` that is the mask
    itself. A painted part without alpha takes on that of its surroundings.
    """
    image, mask = match_pair(image, turned_with(context, image, mask))
    image, painted = match_batch(image, painted, "image", "the painted part")
    image, mask = match_batch(image, mask)
    if feather:
        mask = soften(mask, feather, "inward")
    area = _whole_box(box, image)
    stitching = Stitch(stitch, match)
    weights = np.zeros_like(mask)
    inner = np.s_[:, area.top : area.bottom, area.left : area.right]
    weights[inner] = stitching.weights(mask)[inner]
    if not weights.any():
        context.warn("The mask selects nothing in the box, so the picture stays as it is.")
        return Stitched(image, weights)
    painted = resize(continue_colours(painted), area.width, area.height)
    part, shift = _fitted(image, mask, painted, inner, match)
    result = paste(image, place_image(image[inner], part, 0, 0, weights[inner]), area)
    measured = with_fit(image, result, weights, context.facts("image"), ring_shift=shift)
    return Stitched(measured, weights)  # type: ignore[arg-type] # with facts


def _fitted(
    image: Image, mask: Mask, painted: Image, inner: tuple[slice, ...], match: Match
) -> tuple[Image, float]:
    """The painted part in the colours of the picture, with its alpha, and how far it lies off."""
    known = continue_colours(image, mask)[inner]
    fits = [
        fit(*each, match, ring_is_painted=True)
        for each in zip(
            np.split(known, len(known)),
            np.split(mask[inner], len(known)),
            np.split(painted[..., :3], len(known)),
            strict=True,
        )
    ]
    part = np.concatenate([each.painted for each in fits])
    alpha = painted[..., 3:]
    if image.shape[3] > painted.shape[3]:
        alpha = alpha_of_hole(image, mask)[inner][..., np.newaxis]
    return np.concatenate([part, alpha], axis=3), max(each.shift or 0.0 for each in fits)


def _size(box: Box, size: str, side: int) -> tuple[int, int]:
    if size == "megapixel":
        return megapixel_size(box.width, box.height)
    if size == "side":
        return fit_working_size(box.width, box.height, side, side, 8)
    return box.width, box.height


def _whole_box(numbers: list[int], image: Image) -> Box:
    """The box, which must lie in the picture: else the part would be squeezed into what does."""
    height, width = image.shape[1:3]
    box = box_of(numbers, width, height)
    if tuple(numbers) != box:
        raise ContractError(
            f"box {','.join(map(str, numbers))} reaches beyond the picture of {height}x{width} px "
            "(height x width); allowed is a box inside it. Give the box that CropForInpaint gave.",
            code="bad_box",
        )
    return box
