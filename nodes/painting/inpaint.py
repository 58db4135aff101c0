"""Nodes that paint what a mask selects."""

from typing import Annotated, NamedTuple

from paintgraph.engine.graph.formats.native import SEED_MAXIMUM
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import MULTILINE, Range, Resource, node
from paintgraph.imaging.arrays import check_pixels, match_pair
from paintgraph.imaging.blend.stitching import Stitch
from paintgraph.imaging.colour_names import colour_shares
from paintgraph.imaging.fill.guess import FillMethod
from paintgraph.imaging.fill.guess import fill as fill_hole
from paintgraph.imaging.geometry.canvas import GREY
from paintgraph.imaging.geometry.context import ContextRule
from paintgraph.imaging.masks.algebra import soften
from paintgraph.models.catalogue.names import AUTO
from paintgraph.models.inpainting.choosing import Quality
from paintgraph.models.inpainting.protocols import InpaintRequest, Sampling
from paintgraph.models.inpainting.repaint import Geometry
from paintgraph.nodes.painting.cutting import Crop, CropAmount, Feather, MatchChoice, StitchChoice
from paintgraph.nodes.painting.painting import Choice, paint_all, painter_of
from paintgraph.nodes.painting.sampling_inputs import (
    ClipSkip,
    DisableInitialLatent,
    FillChoice,
    Guidance,
    Images,
    Loras,
    NegativePrompt,
    Painter,
    Sampler,
    Scheduler,
    Steps,
    Strength,
    Vae,
    fill_for,
)
from paintgraph.nodes.resource_names import COLOUR, COLOUR_WORDS, ENGINE
from paintgraph.nodes.sockets import Image, Mask
from paintgraph.nodes.turning import turned_with

Seed = Annotated[
    int, Range(-1, SEED_MAXIMUM), Resource("seed"), "Equal seeds give equal pictures; -1: random."
]
Engine = Annotated[
    str,
    Resource(ENGINE),
    "What paints: surroundings continues what is there, by fsr what is thin as scratches and "
    "writing, by patchmatch the rest; telea is quick; lama and migan erase, other models paint "
    "what the prompt says.",
]
Avoid = Annotated[
    Mask | None, "What an engine that copies never copies from, such as the main object."
]
QualityChoice = Annotated[
    Quality,
    "How often patchmatch paints a hole inside the picture: fast once; good with less and with "
    "more around it, of which the better one is kept; best in six ways.",
]
InSteps = Annotated[bool, "Paint a large area block by block at full size: sharper and slower."]


def _matched(image: Image, mask: Mask, images: int, feather: int) -> tuple[Image, Mask]:
    """Picture and mask, softened, of one batch size, of which so many repaints may be made."""
    image, mask = match_pair(image, mask)
    check_pixels(image.shape[2], image.shape[1], len(image) * images)
    return image, soften(mask, feather, "inward") if feather else mask


@node(
    title="Fill Masked",
    category="inpaint",
    keywords=("erase", "plain colour", "heal", "first guess"),
)
def fill_masked(
    image: Image,
    mask: Mask,
    fill: Annotated[FillMethod, "What the selected area is filled with."] = "edge",
    seed: Seed = 0,
    colour: Annotated[
        str, Resource(COLOUR), f"What colour fills with: {COLOUR_WORDS}; nothing: mid grey."
    ] = "",
) -> Image:
    """Fill what is selected quickly, without an engine: a first guess for one, or a plain colour.

    What is not selected stays as it is.
    """
    shares = colour_shares(colour) if colour else GREY
    return fill_hole(image, mask, fill, max(seed, 0), shares)


class Repainted(NamedTuple):
    """A repainted picture, and how much of each of its px is new."""

    image: Image
    mask: Mask


@node(
    title="Inpaint Sampler",
    category="inpaint",
    keywords=(
        "erase",
        "remove object",
        "heal",
        "repair",
        "retouch",
        "generative fill",
        "content aware fill",
        "repaint",
    ),
    version="2",
    heavy=True,
    packages=(
        "pypatchmatch",
        "opencv-python",
        "numpy",
        "onnxruntime",
        "torch",
        "diffusers",
        "transformers",
    ),
)
def inpaint_sampler(
    context: Context,
    image: Image,
    mask: Mask,
    engine: Engine = AUTO,
    prompt: Annotated[str, MULTILINE, "What to paint, for engines that read prompts."] = "",
    negative_prompt: NegativePrompt = "",
    steps: Steps = 30,
    guidance: Guidance = 0.0,
    strength: Strength = 1.0,
    seed: Seed = 0,
    images: Images = 1,
    feather: Feather = 0,
    avoid: Avoid = None,
    crop: Crop = "auto",
    crop_amount: CropAmount = 0.0,
    fill: FillChoice = "auto",
    stitch: StitchChoice = "strict",
    match: MatchChoice = "colour",
    in_steps: InSteps = False,  # noqa: FBT002
    quality: QualityChoice = "good",
    sampler: Sampler = "auto",
    scheduler: Scheduler = "auto",
    loras: Loras = "",
    vae: Vae = "",
    clip_skip: ClipSkip = 0,
    disable_initial_latent: DisableInitialLatent = False,  # noqa: FBT002
    painter: Painter = (),  # type: ignore[assignment] # as all lists in graphs
) -> Repainted:
    """Paint what is selected; a pixel that is not selected never changes.

    Where the mask is 1 all is new, where it is between 0 and 1 it says how much. Transparency goes
    on from around a hole; new canvas stays opaque. An empty mask gives the picture unchanged, with
    a warning. The output mask says how much of each px is new: with `stitch: ramp` an engine that
    generates may also change the 31 px around the selection.
    """
    image, mask = _matched(image, turned_with(context, image, mask), images, feather)
    if not (stitching := Stitch(stitch, match)).weights(mask).any():
        context.warn("The mask selects nothing, so the picture stays as it is. Select something.")
        return Repainted(image, mask)
    how = Sampling(
        sampler=sampler,
        scheduler=scheduler,
        clip_skip=clip_skip,
        disable_initial_latent=disable_initial_latent,
    )
    choice = Choice(painter[0] if painter else engine, prompt, loras, vae, how)
    request = InpaintRequest(
        seed=seed,
        prompt=prompt,
        negative_prompt=negative_prompt,
        steps=steps,
        guidance_scale=guidance,
        strength=strength,
        fill=fill_for(fill, strength),
    )
    rule = ContextRule(crop, crop_amount)
    geometry = Geometry(context=rule, stitch=stitching, in_steps=in_steps, quality=quality)
    paints = painter_of(context, choice)
    return Repainted(*paint_all(context, image, mask, paints, request, geometry, images, avoid))
