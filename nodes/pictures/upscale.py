"""Nodes that enlarge pictures with a model."""

from typing import Annotated

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Resource, node
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.upscalers import Upscalers
from paintgraph.nodes.resource_names import UPSCALE_MODEL
from paintgraph.nodes.sockets import Image, Upscaler


@node(title="Load Upscale Model", category="loaders", keywords=("super resolution", "ESRGAN"))
def upscale_model_loader(
    model_name: Annotated[
        str,
        Resource(UPSCALE_MODEL),
        "The model, by the name of its file; 'paintgraph models list' lists them.",
    ],
) -> Upscaler:
    """Choose a model that enlarges pictures; it is loaded when a picture is to be enlarged."""
    return model_name


@node(
    title="Upscale Image (using Model)",
    category="image/size",
    keywords=("enlarge", "super resolution", "ESRGAN", "sharpen"),
    lane="device",
    heavy=True,
    packages=("torch", "spandrel"),
)
def image_upscale_with_model(
    context: Context,
    upscale_model: Annotated[Upscaler, "Says how large the picture becomes, such as 4 times."],
    image: Image,
) -> Image:
    """Enlarge a picture with a model (by spandrel), tile by tile; ImageScale gives the final size.

    The model sees colours alone; alpha is resized.
    """
    reference = ModelRef.parse(upscale_model)
    return context.service(Upscalers).upscale(reference, image, context.listening)
