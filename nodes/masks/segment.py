"""Nodes that select what boxes and points point at, by Segment Anything."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from paintgraph.engine.graph.sockets import LIST, Blocked, Result, Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, Rows, node
from paintgraph.imaging.arrays import MOST_PIXELS, match_pair
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.boxes import Boxes, clamp_boxes
from paintgraph.imaging.masks import morphology
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.roles import Candidates, Prompt
from paintgraph.models.selectors import Selectors
from paintgraph.nodes.boxes import BOX, POINT, GivenBoxes, box_of, boxes_of, points_of
from paintgraph.nodes.masks.shape import MOST_AREA
from paintgraph.nodes.resource_names import POINT_MODEL
from paintgraph.nodes.sockets import Array, Image, Mask

_HARD = {"depth": 8}
"""Masks of 0 and 1 need no more bits, whatever the picture has."""

PointModel = Annotated[
    str, Resource(POINT_MODEL), "The model that selects; 'paintgraph models list' lists them."
]
Choice = Annotated[
    Literal["one", "best", "all"],
    "One mask for each prompt; or the best of three that it may mean; or all three.",
]
SmallestHole = Annotated[
    int, Range(0, MOST_AREA, "px"), "Holes of up to this area in a mask are selected, too."
]
SmallestIsland = Annotated[
    int, Range(0, MOST_AREA, "px"), "Separate parts of a mask that are smaller are dropped."
]

Separate = Annotated[
    Mask,
    "One mask for each object; a single empty one if there is none. Not there if they had more "
    "than 100 million px together.",
]


class Segmented(NamedTuple):
    """What is selected."""

    mask: Annotated[Mask, "All of it together, one mask for each picture."]
    masks: Separate
    scores: Annotated[Any, LIST, "How good the model thinks that each of the masks is."]


@node(
    title="Segment Boxes",
    category="mask/select",
    keywords=("Segment Anything", "SAM", "select in box", "object"),
    lane="device",
    heavy=True,
    packages=("torch", "transformers", "segment-anything", "pillow", "opencv-python"),
    outputs=Segmented,
    see_also={
        "MaskFromBox": "Selects the object in one box, without a model.",
        "MaskFromBoxes": "Selects whole boxes, without a model.",
    },
)
def segment_boxes(
    context: Context,
    image: Image,
    boxes: GivenBoxes,
    model: PointModel = "sam_vit_b",
    choose: Choice = "one",
    fill_holes: SmallestHole = 0,
    remove_islands: SmallestIsland = 0,
) -> Result:
    """Select the object in each box (Segment Anything); masks are 0 or 1.

    The model sees red, green and blue in 8 bits; alpha is left out, and what is clear is grey. What
    it worked out of a picture is kept, so that other boxes on it are quick. Without a box nothing
    is selected.
    """
    batch, height, width = image.shape[:3]
    inside = _inside(boxes_of(boxes, batch), width, height)
    prompts = [
        [Prompt(box=(*corners,)) for corners in inside.of_item(item).corners.tolist()]
        for item in range(batch)
    ]
    return _selected(context, image, model, prompts, choose, (fill_holes, remove_islands))


@node(
    title="Segment Points",
    category="mask/select",
    keywords=("Segment Anything", "SAM", "click to select", "select by points", "object"),
    lane="device",
    heavy=True,
    packages=("torch", "transformers", "segment-anything", "pillow", "opencv-python"),
    outputs=Segmented,
    see_also={"MaskFromStrokes": "Takes rough strokes instead of points, without a model."},
)
def segment_points(
    context: Context,
    image: Image,
    points: Annotated[list[int], Rows(POINT), "Points in px of what is to be selected."] = (),  # type: ignore[assignment] # frozen
    avoid: Annotated[list[int], Rows(POINT), "Points in px of what is not to be selected."] = (),  # type: ignore[assignment] # frozen
    box: Annotated[list[int], Rows(BOX, most=1), "A box around it in px, or nothing."] = (),  # type: ignore[assignment] # frozen
    mask: Annotated[Mask | None, "A selection that is to be made better."] = None,
    model: PointModel = "sam_vit_b",
    choose: Choice = "best",
    fill_holes: SmallestHole = 0,
    remove_islands: SmallestIsland = 0,
) -> Result:
    """Select the object that points, a box and a mask point at, all together (Segment Anything).

    One point may mean a whole, a part of it or a part of that: `choose` says which masks come. In
    a batch the same is pointed at in every picture.
    """
    height, width = image.shape[1:3]
    wanted = points_of(points, "points", width, height)
    unwanted = points_of(avoid, "avoid", width, height)
    corners = box_of(box, width, height) if box else None
    if not wanted and corners is None and mask is None:
        raise ContractError(
            "nothing says what is to be selected; needed is a point in points, a box or a mask. "
            "Give one.",
            code="bad_prompt",
        )
    if mask is not None:
        image, mask = match_pair(image, mask)
    prompts = [
        [
            Prompt(
                wanted + unwanted,
                (True,) * len(wanted) + (False,) * len(unwanted),
                corners,
                None if mask is None else mask[item],
            )
        ]
        for item in range(len(image))
    ]
    return _selected(context, image, model, prompts, choose, (fill_holes, remove_islands))


def _selected(
    context: Context,
    image: Image,
    model: str,
    prompts: Sequence[Sequence[Prompt]],
    choose: Choice,
    smallest: tuple[int, int],
) -> Result:
    """The outputs of `Segmented`: of each prompt one mask, or all that it may mean."""
    batch, height, width = image.shape[:3]
    count = (3 if choose == "all" else 1) * sum(len(of_item) for of_item in prompts)
    separately = count * height * width <= MOST_PIXELS

    def collect(found: Iterable[tuple[int, Candidates]]) -> Result:
        together: Array = np.zeros((batch, height, width), np.float32)
        masks: list[Array] = []
        scores: list[float] = []
        is_found = False
        for item, candidates in found:
            is_found |= bool(candidates.masks.any())
            tidied = _tidied(candidates.masks.astype(np.float32), *smallest)
            np.maximum(together[item], tidied[candidates.best], out=together[item])
            kept = range(len(tidied)) if choose == "all" else [candidates.best]
            scores += [float(candidates.scores[place]) for place in kept]
            if separately:
                masks += [tidied[place].copy() for place in kept]
        if is_found and not together.any():
            context.warn("All that was found is dropped by remove_islands. Use a smaller area.")
        if not separately:
            return Result([Value(together, _HARD), _too_many(count, height, width), scores])
        separate = np.stack(masks) if masks else np.zeros((1, height, width), np.float32)
        return Result([Value(together, _HARD), Value(separate, _HARD), scores])

    if not count:
        return collect(())
    return context.service(Selectors).select(
        ModelRef.parse(model),
        image,
        prompts,
        collect,
        context.listening,
        several=choose != "one",
    )


def _too_many(count: int, height: int, width: int) -> Blocked:
    """What takes the place of masks that would fill the memory."""
    return Blocked(
        f"{count} masks of {height}x{width} px (height x width) are more than "
        f"{MOST_PIXELS // 10**6} million px, so there is only the mask of all of them together. "
        "Use fewer, or a smaller picture, where each is needed."
    )


def _tidied(masks: Array, hole: int, island: int) -> Array:
    if hole:
        masks = morphology.fill_holes(masks, hole)
    return morphology.remove_islands(masks, island) if island else masks


def _inside(boxes: Boxes, width: int, height: int) -> Boxes:
    """The parts of boxes that lie in the picture; raises ContractError if one has none."""
    inside = clamp_boxes(boxes, width, height)
    if len(inside) < len(boxes):
        places = range(len(boxes))
        lost = next(n for n in places if not len(clamp_boxes(boxes.take([n]), width, height)))
        shown = ",".join(f"{number:g}" for number in boxes.corners[lost].tolist())
        raise ContractError(
            f"box {lost} is {shown}, which holds no pixel of a picture of {height}x{width} px "
            "(height x width). Correct the box.",
            code="bad_box",
        )
    return inside
