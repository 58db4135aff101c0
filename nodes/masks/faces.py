"""The node that selects faces, by a small model."""

from typing import Annotated, Any, Literal, NamedTuple

from paintgraph.engine.graph.sockets import LIST
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, node
from paintgraph.imaging.geometry.boxes import (
    clamp_boxes,
    fill_boxes,
    fill_ellipses,
    sort_by_score,
    widen_boxes,
)
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.selectors import Selectors
from paintgraph.nodes.boxes import Found
from paintgraph.nodes.masks.finding import OnNothing, tell_nothing
from paintgraph.nodes.resource_names import FACE_MODEL
from paintgraph.nodes.sockets import Image, Mask


class MaskedFaces(NamedTuple):
    """The faces that were found."""

    mask: Annotated[Mask, "All of them together, one mask for each picture."]
    boxes: Found
    scores: Annotated[Any, LIST, "How sure the model is of each, 0 to 1."]
    count: Annotated[  # type: ignore[assignment] # tuples have a method of this name
        int, "How many faces there are, in all pictures together."
    ]


@node(
    title="Mask from Faces",
    category="mask/select",
    keywords=("face detection", "anonymise", "people", "privacy", "CenterFace"),
    lane="device",
    heavy=True,
    packages=("onnxruntime", "opencv-python"),
    see_also={"MaskFromModel": "Selects whole people, or whatever the subject is."},
)
def mask_from_faces(
    context: Context,
    image: Image,
    model: Annotated[
        str, Resource(FACE_MODEL), "The model that finds; 'paintgraph models list' lists them."
    ] = "centerface",
    threshold: Annotated[
        float, Range(0.05, 1, step=0.01), "A face is one if its score is above: lower finds more."
    ] = 0.3,
    grow: Annotated[
        float,
        Range(0, 2, step=0.05),
        "How much larger the selection is than a face, as a part of it: 0.3 also takes the hair.",
    ] = 0.3,
    shape: Annotated[Literal["ellipse", "box"], "What is selected around each."] = "ellipse",
    on_nothing: OnNothing = "warn",
) -> MaskedFaces:
    """Select the faces in a picture (CenterFace): one ellipse for each; masks are 0 or 1.

    Faces from about 10 px on are found, from the front and the side, in at most 1600 px of a
    picture's longer side. Of a batch every picture is searched for itself.
    """
    batch, height, width = image.shape[:3]
    selectors = context.service(Selectors)
    found = selectors.faces(ModelRef.parse(model), image, threshold, context.listening)
    boxes = sort_by_score(widen_boxes(found, grow))
    tell_nothing(context, "faces", boxes.items.tolist(), batch, on_nothing)
    fill = fill_ellipses if shape == "ellipse" else fill_boxes
    mask = fill(boxes, batch, width, height)
    inside = clamp_boxes(boxes, width, height)
    return MaskedFaces(mask, inside, inside.scores.tolist(), len(inside))
