"""The node that selects writing, by a small model."""

from typing import Annotated, Literal, NamedTuple

import numpy as np

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, node
from paintgraph.imaging.masks.writing import find_lines, mask_of_lines, mask_of_strokes
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.selectors import Selectors
from paintgraph.nodes.masks.finding import OnNothing, tell_nothing
from paintgraph.nodes.resource_names import WRITING_MODEL
from paintgraph.nodes.sockets import Image, Mask

_LEAST_SCORE = 0.5


class MaskedWriting(NamedTuple):
    """The writing that was found."""

    mask: Annotated[Mask, "All of it together, one mask for each picture."]
    count: Annotated[  # type: ignore[assignment] # tuples have a method of this name
        int, "How many lines there are, in all pictures together."
    ]


@node(
    title="Mask from Writing",
    category="mask/select",
    keywords=("text detection", "caption", "date", "subtitle", "watermark", "OCR"),
    lane="device",
    heavy=True,
    packages=("onnxruntime", "opencv-python"),
    see_also={"MaskFromText": "Selects what words name; this one selects written words."},
)
def mask_from_writing(
    context: Context,
    image: Image,
    model: Annotated[
        str, Resource(WRITING_MODEL), "The model that finds; 'paintgraph models list' lists them."
    ] = "ch_PP-OCRv4_det",
    threshold: Annotated[
        float,
        Range(0.05, 0.95, step=0.01),
        "What is as likely as this is writing: lower finds more.",
    ] = 0.3,
    grow: Annotated[
        float,
        Range(0, 2, step=0.05),
        "How much wider the selection is than a line on each side, as a part of its height.",
    ] = 0.1,
    select: Annotated[
        Literal["strokes", "lines"],
        "The strokes of the letters; or whole lines, for letters with a wide shadow.",
    ] = "strokes",
    on_nothing: OnNothing = "warn",
) -> MaskedWriting:
    """Select the lines of writing in a picture (PaddleOCR's detector); masks are 0 or 1.

    Lines may be turned, and of most scripts. Their strokes are told by how they differ from what is
    around them; where that is not clear a line is selected wholly. Of a batch every picture is
    searched for itself.
    """
    height, width = image.shape[1:3]
    selectors = context.service(Selectors)
    maps = selectors.writing(ModelRef.parse(model), image, context.listening)
    lines = [find_lines(likely, threshold, _LEAST_SCORE) for likely in maps]
    places = [item for item, each in enumerate(lines) for _ in each]
    tell_nothing(context, "writing", places, len(image), on_nothing)
    masks = []
    for item, (each, likely) in enumerate(zip(lines, maps, strict=True)):
        seen = likely.shape[0], likely.shape[1]
        masks.append(
            mask_of_strokes(image[item : item + 1], each, seen, grow)
            if select == "strokes"
            else mask_of_lines(each, seen, height, width, grow)
        )
    return MaskedWriting(np.concatenate(masks), len(places))
