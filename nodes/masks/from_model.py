"""The node that selects what stands out in a picture, by a model."""

from typing import Annotated, NamedTuple

from paintgraph.engine.graph.elements import Result
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Resource, node
from paintgraph.engine.recipes.binding import Binders
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.families.rembg.masks import Category, RembgMasks
from paintgraph.nodes.model_names import MASK_MODEL
from paintgraph.nodes.sockets import Image, Mask


class Selected(NamedTuple):
    """What the model selects."""

    mask: Mask


@node(
    title="Mask from Model",
    category="mask",
    lane="device",
    heavy=True,
    packages=("rembg", "onnxruntime", "pillow"),
    outputs=Selected,
)
def mask_from_model(
    context: Context,
    image: Image,
    model: Annotated[
        str, Resource(MASK_MODEL), "What looks for the subject; 'paintgraph models' lists them."
    ] = "isnet-general-use",
    category: Annotated[
        Category, "Which clothes u2net_cloth_seg selects; full are those of the whole body."
    ] = "any",
) -> Result:
    """Select the subject of a picture by a model of rembg: a soft mask of 8 bits.

    The model sees red, green and blue in 8 bits; alpha is left out. ThresholdMask, CleanMask and
    InvertMask do the rest.
    """
    bound = context.service(Binders).bind(MASK_MODEL, model)
    mask = context.service(RembgMasks).select(
        ModelRef.parse(bound),
        image,
        category,
        progress=context.progress,
        check=context.check,
        warn=context.warn,
    )
    return Result([Value(mask, {"depth": 8})])
