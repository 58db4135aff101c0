"""Nodes that show a mask on its picture."""

from typing import Annotated, Literal

from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.graph.elements import Effect, Result
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.blend.blurring import overlay
from paintgraph.nodes.pictures.files import encode_with_facts
from paintgraph.nodes.sockets import Image, Mask

Colour = Annotated[
    Literal["red", "green", "blue", "magenta", "white", "black"],
    "Laid over what the mask selects.",
]
Opacity = Annotated[float, Range(0, 1, step=0.05), "Of the colour, where the mask is 1."]
_COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "magenta": (1, 0, 1),
    "white": (1, 1, 1),
    "black": (0, 0, 0),
}


@node(title="Overlay Mask", category="mask")
def overlay_mask(image: Image, mask: Mask, colour: Colour = "red", opacity: Opacity = 0.6) -> Image:
    """Lay a colour over the part of a picture that a mask selects."""
    return overlay(image, mask, _COLOURS[colour], opacity)


@node(title="Preview Mask", category="mask", is_target=True)
def preview_mask(
    context: Context, image: Image, mask: Mask, colour: Colour = "red", opacity: Opacity = 0.6
) -> Result:
    """Show which part of a picture a mask selects."""
    shown = overlay(image, mask, _COLOURS[colour], opacity)
    blobs = context.service(Blobs)
    files = [blobs.put(encode_with_facts(picture, "png", {"depth": 8})) for picture in shown]
    return Result(effects=[Effect(file, "mask", ".png", "temp") for file in files])
