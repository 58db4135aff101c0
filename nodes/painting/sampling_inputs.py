"""Inputs that say how a diffusion model samples; every one has a default that a user can leave."""

from typing import Annotated, Literal

from paintgraph.engine.node.declaration import MULTILINE, Range, Resource
from paintgraph.models.families.diffusion.sampling import MOST_STEPS, SamplerName, ScheduleName
from paintgraph.models.inpainting.protocols import Fill, InpaintRequest
from paintgraph.nodes.resource_names import LORAS, PAINTER, VAE

Painter = Annotated[
    list[str],
    Resource(PAINTER, found_by=("engine", "prompt")),
    "The engine in its exact version: leave it empty, it is filled in before a run.",
]
NegativePrompt = Annotated[str, MULTILINE, "What not to paint, for models that use it."]
Steps = Annotated[
    int,
    Range(1, MOST_STEPS),
    "How many steps a diffusion model takes: more are slower, and finer up to a point.",
]
Guidance = Annotated[
    float, Range(0, 100), "How closely a model follows the prompt; 0: the model's own default."
]
Strength = Annotated[
    float,
    Range(0.01, 1),
    "How much of what lies under the mask is replaced: 1 paints anew, 0.5 keeps shapes and "
    "improves details.",
]
FillChoice = Annotated[
    Literal["auto", Fill],
    "What a model sees under the mask when it begins: keep is what is there, the others fill it "
    "first; auto: blur at full strength, keep below.",
]
Sampler = Annotated[
    SamplerName, "The method that removes noise in each step; auto: the one in the model's files."
]
Scheduler = Annotated[
    ScheduleName, "How the noise is spread over the steps; auto: as set in the model's files."
]
Images = Annotated[int, Range(1, 32), "How many pictures are painted, with seed, seed + 1, ..."]
Loras = Annotated[
    str, Resource(LORAS), "LoRAs with their weights, separated by commas, such as ink:0.8, grain."
]
Vae = Annotated[str, Resource(VAE), "A VAE in place of the model's own; empty: the model's own."]
ClipSkip = Annotated[
    int,
    Range(0, 12),
    "Which layer of CLIP is used, counted from the last (1); 0: the model's own default.",
]
DisableInitialLatent = Annotated[
    bool,
    "Start from noise alone instead of the picture under the mask, so that below full strength "
    "nothing of it shows through.",
]

_FULL = 0.99


def fill_for(choice: Literal["auto", Fill], strength: float) -> Fill:
    """What a model sees under the mask: below full strength it works on what is there."""
    if choice != "auto":
        return choice
    return InpaintRequest().fill if strength > _FULL else "keep"
