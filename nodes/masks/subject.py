"""Nodes that select the subject of a picture: by a model, or without any in a box."""

from typing import Annotated, Literal, NamedTuple

import numpy as np

from paintgraph.engine.graph.sockets import Result, Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, Rows, node
from paintgraph.imaging.masks.selection import select_in_box
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.selectors import Category, Selectors
from paintgraph.nodes.boxes import BOX, box_of
from paintgraph.nodes.resource_names import MASK_MODEL
from paintgraph.nodes.sockets import Array, BackgroundRemover, Image, Mask

_PACKAGES = ("rembg", "onnxruntime", "pillow")


class Selected(NamedTuple):
    """What the model selects."""

    mask: Mask


class Remover(NamedTuple):
    """The model that is chosen."""

    bg_model: BackgroundRemover


@node(
    title="Mask from Model",
    category="mask/select",
    keywords=("select subject", "foreground", "remove background", "person", "rembg"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    outputs=Selected,
    see_also={
        "RemoveBackground": "Takes the model from a loader, as graphs of ComfyUI have it.",
        "MaskFromFaces": "Selects faces alone.",
    },
)
def mask_from_model(
    context: Context,
    image: Image,
    model: Annotated[
        str,
        Resource(MASK_MODEL),
        "The model that looks for the subject; 'auto' is the best that is on this machine.",
    ] = "auto",
    category: Annotated[
        Category, "Which clothes u2net_cloth_seg selects; full are those of the whole body."
    ] = "any",
) -> Result:
    """Select the subject of a picture by a model of rembg: a soft mask of 8 bits.

    The model sees red, green and blue in 8 bits; alpha is left out, and what is clear is grey.
    ThresholdMask, CleanMask and InvertMask do the rest.
    """
    return _selected(context, model, image, category)


@node(title="Load Background Removal Model", category="loaders", keywords=("rembg", "foreground"))
def load_background_removal_model(
    bg_removal_name: Annotated[
        str,
        Resource(MASK_MODEL),
        "A model of rembg; 'paintgraph models list' lists them. birefnet.safetensors, which "
        "ComfyUI's templates name, is birefnet-general.",
    ],
) -> Remover:
    """Choose a model that finds the subject of a picture; it is loaded when it is needed."""
    return Remover(bg_removal_name)


@node(
    title="Remove Background",
    category="mask/select",
    keywords=("select subject", "foreground", "background remover", "rembg"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    outputs=Selected,
    see_also={"MaskFromModel": "Takes the model by its name, without a loader."},
)
def remove_background(
    context: Context,
    bg_removal_model: Annotated[BackgroundRemover, "Finds the subject."],
    image: Image,
) -> Result:
    """Select the subject of a picture, as MaskFromModel does; the picture stays as it is.

    JoinImageWithAlpha makes clear what is not selected, once InvertMask has turned the mask.
    """
    return _selected(context, bg_removal_model, image)


def _selected(context: Context, model: str, image: Image, category: Category = "any") -> Result:
    """The mask of what stands out; it has 8 bits."""
    selectors = context.service(Selectors)
    mask = selectors.subject(ModelRef.parse(model), image, category, context.listening)
    return Result([Value(mask, {"depth": 8})])


@node(
    title="Mask from Box",
    category="mask/select",
    keywords=("select in box", "rectangle", "GrabCut", "object"),
    heavy=True,
    packages=("opencv-python",),
    see_also={
        "MaskFromBoxes": "Selects whole boxes, any number of them.",
        "SegmentBoxes": "Selects the object in each box by a model.",
        "MaskFromStrokes": "Takes rough strokes over the object, and corrects a mask.",
    },
)
def mask_from_box(
    image: Image,
    box: Annotated[
        list[int], Rows(BOX, most=1), "Where it is, in px; right and bottom are exclusive."
    ],
    select: Annotated[
        Literal["object", "box"], "The object in the box, or the whole box."
    ] = "object",
    iterations: Annotated[int, Range(1, 20), "More find finer outlines, slower."] = 5,
) -> Mask:
    """Select the object in a box, separated from the rest by its colours (GrabCut).

    Background that shows through it is not selected. Where no object stands out from the rest,
    the whole box is selected.
    """
    height, width = image.shape[1:3]
    area = box_of(box, width, height)
    if select == "object":
        return select_in_box(image, area, iterations)
    mask: Array = np.zeros(image.shape[:3], np.float32)
    mask[:, area.top : area.bottom, area.left : area.right] = 1
    return mask
