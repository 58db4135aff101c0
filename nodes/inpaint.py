"""Nodes that paint what a mask selects."""

from typing import Annotated, Literal

from engine.binding import Binders
from engine.context import Context
from engine.declaration import MULTILINE, Range, Resource, node
from engine.formats.native import SEED_MAXIMUM
from imaging.arrays import match_pair
from imaging.fill import FillMethod, fill
from imaging.masks import soften
from models.inpainters import Inpainters
from models.protocols import InpaintRequest
from models.repaint import repaint
from nodes.sockets import Image, Mask

Seed = Annotated[
    int, Range(-1, SEED_MAXIMUM), Resource("seed"), "Equal seeds give equal pictures; -1: random."
]


@node(title="Fill Masked", category="inpaint")
def fill_masked(
    image: Image,
    mask: Mask,
    fill: Annotated[FillMethod, "What the selected area is filled with."] = "edge",
    seed: Seed = 0,
) -> Image:
    """Fill what is selected quickly, without an engine: a first guess for one, or a plain colour.

    What is not selected stays as it is.
    """
    return _fill(image, mask, fill, max(seed, 0))


_fill = fill


@node(
    title="Inpaint Sampler",
    category="inpaint",
    heavy=True,
    packages=("pypatchmatch", "opencv-python", "numpy"),
)
def inpaint_sampler(
    context: Context,
    image: Image,
    mask: Mask,
    engine: Annotated[
        Literal["auto", "patchmatch", "telea"],
        Resource("engine"),
        "What paints: patchmatch continues textures, telea mends thin scratches.",
    ] = "auto",
    prompt: Annotated[str, MULTILINE, "What to paint, for engines that read."] = "",
    seed: Seed = 0,
    feather: Annotated[
        int, Range(0, 512, "px"), "Width of the soft edge, inside the selection."
    ] = 0,
) -> Image:
    """Paint what is selected; a pixel that is not selected never changes.

    Where the mask is 1 all is new, where it is between 0 and 1 it says how much. Pictures may have
    any size. An empty mask gives the picture unchanged, with a warning.
    """
    image, mask = match_pair(image, mask)
    if not mask.any():
        context.warn("The mask selects nothing, so the picture stays as it is. Select something.")
        return image
    painter = context.service(Inpainters).get(engine)
    if prompt and painter.copies_surroundings:
        context.warn(
            f"The engine '{painter.name}' continues what surrounds the hole; it reads no prompt."
        )
    if feather:
        mask = soften(mask, feather, "inward")
    request = InpaintRequest(seed=_drawn(context, seed), prompt=prompt)
    return repaint(image, mask, painter, request, progress=context.progress, check=context.check)


def _drawn(context: Context, seed: int) -> int:
    """The seed; one that arrived by a link may still have to be drawn."""
    return seed if seed >= 0 else context.service(Binders).bind("seed", seed)
