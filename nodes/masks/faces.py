"""Nodes that select faces, by a small model: on purpose, or so that none is copied."""

from typing import Annotated, Any, Literal, NamedTuple

from paintgraph.engine.graph.sockets import LIST, Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, node
from paintgraph.imaging.geometry.boxes import (
    Boxes,
    clamp_boxes,
    fill_boxes,
    fill_ellipses,
    sort_by_score,
    widen_boxes,
)
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.selectors import Selectors
from paintgraph.nodes.boxes import Found
from paintgraph.nodes.facts import FACES_AVOIDED
from paintgraph.nodes.masks.files import MaskFile, load_mask_if_any
from paintgraph.nodes.masks.finding import OnNothing, tell_nothing
from paintgraph.nodes.resource_names import FACE_FINDER, FACE_MODEL, NO_FACE_FINDER, FacesChoice
from paintgraph.nodes.sockets import Image, Mask

_PACKAGES = ("onnxruntime", "opencv-python")
_THRESHOLD, _GROW = 0.3, 0.3
_MOST = 0.5  # of a picture: where faces are more of it, too little else is left to copy


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
    packages=_PACKAGES,
    see_also={
        "MaskFromModel": "Selects whole people, or whatever the subject is.",
        "MaskToAvoid": "For what is never copied: does without a model where none is there.",
    },
)
def mask_from_faces(
    context: Context,
    image: Image,
    model: Annotated[
        str, Resource(FACE_MODEL), "The model that finds; 'paintgraph models list' lists them."
    ] = "centerface",
    threshold: Annotated[
        float, Range(0.05, 1, step=0.01), "A face is one if its score is above: lower finds more."
    ] = _THRESHOLD,
    grow: Annotated[
        float,
        Range(0, 2, step=0.05),
        "How much larger the selection is than a face, as a part of it: 0.3 also takes the hair.",
    ] = _GROW,
    shape: Annotated[Literal["ellipse", "box"], "What is selected around each."] = "ellipse",
    on_nothing: OnNothing = "warn",
) -> MaskedFaces:
    """Select the faces in a picture (CenterFace): one ellipse for each; masks are 0 or 1.

    Faces from about 10 px on are found, from the front and the side, in at most 1600 px of a
    picture's longer side. Of a batch every picture is searched for itself.
    """
    batch, height, width = image.shape[:3]
    boxes = _find(context, model, image, threshold, grow)
    tell_nothing(context, "faces", boxes.items.tolist(), batch, on_nothing)
    fill = fill_ellipses if shape == "ellipse" else fill_boxes
    mask = fill(boxes, batch, width, height)
    inside = clamp_boxes(boxes, width, height)
    return MaskedFaces(mask, inside, inside.scores.tolist(), len(inside))


@node(
    title="Mask to Avoid",
    category="mask/select",
    keywords=("never copied", "optional mask", "face detection", "outpaint"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    see_also={
        "LoadMaskIfAny": "Looks for no faces.",
        "MaskFromFaces": "Selects faces by the model that is named.",
    },
)
def mask_to_avoid(
    context: Context,
    size_of: Annotated[Image, "The picture that the mask is for."],
    image: MaskFile = None,
    faces: Annotated[
        FacesChoice, "Where no mask is given: faces are selected, or nothing is."
    ] = "avoid",
    face_finder: Annotated[
        list[str],
        Resource(FACE_FINDER, found_by=("faces",)),
        "The model in its exact version: leave it empty, it is filled in before a run.",
    ] = (),  # type: ignore[assignment] # as all lists in graphs
) -> Mask:
    """Select what is never copied: by a mask as LoadMaskIfAny reads it; without one, the faces.

    Without a mask, and without a model that finds faces on this machine, nothing is selected. Nor
    is it in a picture of which faces are more than half, as little else could be copied there.
    """
    is_wanted = image is None and faces == "avoid"
    if not is_wanted or tuple(face_finder) in ((), NO_FACE_FINDER):
        return load_mask_if_any(context, size_of, image)
    batch, height, width = size_of.shape[:3]
    boxes = _find(context, face_finder[0], size_of, _THRESHOLD, _GROW)
    mask = fill_ellipses(boxes, batch, width, height)
    is_avoided = mask.mean(axis=(1, 2)) <= _MOST
    mask[~is_avoided] = 0
    told = {FACES_AVOIDED: int(is_avoided[boxes.items].sum())}
    return Value(mask, told)  # type: ignore[return-value] # with facts


def _find(context: Context, model: str, image: Image, threshold: float, grow: float) -> Boxes:
    """The faces in each picture, each so much larger, the surest first."""
    selectors = context.service(Selectors)
    found = selectors.faces(ModelRef.parse(model), image, threshold, context.listening)
    return sort_by_score(widen_boxes(found, grow))
