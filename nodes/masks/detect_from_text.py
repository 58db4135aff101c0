"""Nodes that find what words name, and what is done with the boxes that come of it."""

from typing import Annotated, Any, Literal, NamedTuple

from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.sockets import LIST
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import MULTILINE, Conversion, Range, Resource, node
from paintgraph.imaging.geometry.boxes import (
    Boxes,
    clamp_boxes,
    fill_boxes,
    first_boxes,
    grow_boxes,
    sort_by_score,
    suppress_overlaps,
)
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.roles import phrases_of
from paintgraph.models.selectors import Selectors
from paintgraph.nodes.boxes import Found, GivenBoxes, boxes_of
from paintgraph.nodes.resource_names import TEXT_MODEL
from paintgraph.nodes.sockets import Image, Mask

MOST_DETECTIONS = 900

Words = Annotated[
    str, MULTILINE, "What to look for; several things are separated by commas or full stops."
]
TextModel = Annotated[
    str, Resource(TEXT_MODEL), "The model that finds; 'paintgraph models list' lists them."
]
BoxThreshold = Annotated[
    float, Range(0, 1, step=0.01), "A box is kept if its score is above this: lower finds more."
]
TextThreshold = Annotated[
    float, Range(0, 1, step=0.01), "Words whose score is above this become the box's label."
]
MostDetections = Annotated[
    int, Range(0, MOST_DETECTIONS), "Boxes in each picture, the first ones; 0 keeps all."
]
MostOverlap = Annotated[
    float,
    Range(0, 1, step=0.01),
    "Of two boxes that share more than this of their union the less sure one goes; 1 keeps all.",
]
GrowBoxes = Annotated[
    float, Range(-1024, 1024, "px"), "How far each side of a box moves out, or in if below 0."
]
Order = Annotated[
    Literal["score", "query"],
    "The surest first; or in the order in which the model happens to name them.",
]
OnNothing = Annotated[
    Literal["warn", "fail"], "What happens if nothing is found: a warning, or an error."
]


class Detected(NamedTuple):
    """What was found."""

    boxes: Found
    scores: Annotated[Any, LIST, "How sure the model is of each, 0 to 1."]
    labels: Annotated[Any, LIST, "The words that each fits."]
    count: Annotated[  # type: ignore[assignment] # tuples have a method of this name
        int, "How many boxes there are, in all pictures together."
    ]


@node(
    title="Detect from Text",
    category="mask/select",
    keywords=("find objects", "object detection", "Grounding DINO", "boxes from words"),
    lane="device",
    heavy=True,
    packages=("torch", "transformers", "groundingdino-py", "pillow"),
    see_also={"MaskFromText": "Gives the mask of what is named at once."},
)
def detect_from_text(
    context: Context,
    image: Image,
    prompt: Words,
    model: TextModel = "grounding-dino-tiny",
    box_threshold: BoxThreshold = 0.3,
    text_threshold: TextThreshold = 0.25,
    max_detections: MostDetections = 0,
    max_overlap: MostOverlap = 1.0,
    grow_boxes: GrowBoxes = 0,
    order: Order = "score",
    on_nothing: OnNothing = "warn",
) -> Detected:
    """Find what words name in a picture: boxes with scores and labels (Grounding DINO).

    The model sees red, green and blue in 8 bits; alpha is left out, and what is clear is grey.
    Boxes end at the picture's sides. Every picture of a batch is searched for itself.
    """
    phrases = phrases_of(prompt)
    found = context.service(Selectors).find(
        ModelRef.parse(model),
        image,
        phrases,
        (box_threshold, text_threshold),
        context.listening,
    )
    if order == "score":
        found = sort_by_score(found)
    found = first_boxes(suppress_overlaps(found, max_overlap), max_detections)
    boxes = _fitted(context, found, grow_boxes, image)
    _tell_nothing(context, boxes, len(image), phrases, box_threshold, on_nothing)
    return Detected(boxes, boxes.scores.tolist(), list(boxes.labels), len(boxes))


def _fitted(context: Context, found: Boxes, amount: float, image: Image) -> Boxes:
    """The boxes after growing, within the picture."""
    height, width = image.shape[1:3]
    boxes = clamp_boxes(grow_boxes(found, amount), width, height)
    if gone := len(found) - len(boxes):
        context.warn(
            f"{gone} of {len(found)} boxes hold nothing of the picture after growing by "
            f"{amount:g} px, so they are left out. Shrink them less."
        )
    return boxes


def _tell_nothing(
    context: Context,
    boxes: Boxes,
    batch: int,
    phrases: list[str],
    threshold: float,
    on_nothing: OnNothing,
) -> None:
    """Say in which pictures nothing was found; raises NodeError if that is to be an error."""
    empty = sorted(set(range(batch)) - set(boxes.items.tolist()))
    if not empty:
        return
    where = f" in picture {', '.join(map(str, empty))}" if batch > 1 else ""
    message = (
        f"nothing was found{where} for {', '.join(repr(phrase) for phrase in phrases)} with a "
        f"score above {threshold:g}. Use other words, or lower box_threshold."
    )
    if on_nothing == "fail":
        raise NodeError(message, code="nothing_found")
    context.warn(f"{message[0].upper()}{message[1:]}")


@node(
    title="Mask from Boxes",
    category="mask/select",
    keywords=("rectangle", "select area"),
    converts=(Conversion("boxes", "boxes", "mask", means="all in the boxes is selected"),),
    see_also={
        "MaskFromBox": "Selects the object in one box, without a model.",
        "SegmentBoxes": "Selects the object in each box, not the box.",
    },
)
def mask_from_boxes(image: Image, boxes: GivenBoxes) -> Mask:
    """Select all that lies in boxes, whatever it is; parts of px count as whole ones."""
    batch, height, width = image.shape[:3]
    return fill_boxes(boxes_of(boxes, batch), batch, width, height)
