"""The node that selects what words name: finding and selecting as one."""

from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import LIST, Result, Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import node
from paintgraph.models.roles import phrases_of
from paintgraph.nodes.boxes import Found
from paintgraph.nodes.masks.detect_from_text import (
    BoxThreshold,
    GrowBoxes,
    MostDetections,
    MostOverlap,
    OnNothing,
    Order,
    TextModel,
    TextThreshold,
    Words,
)
from paintgraph.nodes.masks.segment import (
    Choice,
    PointModel,
    Separate,
    SmallestHole,
    SmallestIsland,
)
from paintgraph.nodes.sockets import IMAGE, Image, Mask


class MaskedByText(NamedTuple):
    """What the words name."""

    mask: Annotated[Mask, "All of it together, one mask for each picture."]
    masks: Separate
    boxes: Found
    scores: Annotated[Any, LIST, "How sure the model is of each box, 0 to 1."]
    labels: Annotated[Any, LIST, "The words that each box fits."]
    count: Annotated[  # type: ignore[assignment] # tuples have a method of this name
        int, "How many objects were found, in all pictures together."
    ]
    preview: Annotated[Image, "The picture with boxes, labels and scores drawn on it."]


@node(
    title="Mask from Text",
    category="mask/select",
    keywords=("select by text", "segment by words", "find objects", "prompt"),
    heavy=True,
    outputs=MaskedByText,
    see_also={
        "DetectFromText": "Gives boxes with scores and labels.",
        "MaskFromWriting": "Selects written words, whatever they say.",
    },
)
def mask_from_text(
    context: Context,
    image: Image,
    prompt: Words,
    text_model: TextModel = "grounding-dino-tiny",
    segment_model: PointModel = "sam_vit_b",
    box_threshold: BoxThreshold = 0.3,
    text_threshold: TextThreshold = 0.25,
    max_detections: MostDetections = 0,
    max_overlap: MostOverlap = 1.0,
    grow_boxes: GrowBoxes = 0,
    choose: Choice = "one",
    fill_holes: SmallestHole = 0,
    remove_islands: SmallestIsland = 0,
    order: Order = "score",
    on_nothing: OnNothing = "warn",
) -> Result:
    """Select what words name: DetectFromText finds boxes, SegmentBoxes the object in each.

    If nothing is found the mask is empty, the count is 0 and the job has a warning; or it fails,
    where `on_nothing` says so.
    """
    phrases_of(prompt)  # a fault is this node's, not that of one which it expands into
    given = Value(image, context.facts("image"))
    picture = replace(given, key=IMAGE.digest(given) if IMAGE.digest else "")
    expand = {
        "found": Node(
            "DetectFromText",
            {
                "image": picture,
                "prompt": prompt,
                "model": text_model,
                "box_threshold": box_threshold,
                "text_threshold": text_threshold,
                "max_detections": max_detections,
                "max_overlap": max_overlap,
                "grow_boxes": grow_boxes,
                "order": order,
                "on_nothing": on_nothing,
            },
        ),
        "selected": Node(
            "SegmentBoxes",
            {
                "image": picture,
                "boxes": Link("found", "boxes"),
                "model": segment_model,
                "choose": choose,
                "fill_holes": fill_holes,
                "remove_islands": remove_islands,
            },
        ),
        "drawn": Node("DrawBoxes", {"image": picture, "boxes": Link("found", "boxes")}),
    }
    links = {name: Link("found", name) for name in ("boxes", "scores", "labels", "count")}
    links |= {name: Link("selected", name) for name in ("mask", "masks")}
    links["preview"] = Link("drawn", "image")
    return Result([links[name] for name in MaskedByText._fields], expand=expand)
