"""Inputs that say how a diffusion model samples; every one has a default that a user can leave."""

from typing import Annotated, Literal

from paintgraph.engine.node.declaration import MULTILINE, Range, Resource
from paintgraph.models.families.diffusion.sampling import MOST_STEPS
from paintgraph.models.families.diffusion.schedulers import SamplerName, ScheduleName
from paintgraph.models.inpainting.protocols import Fill, InpaintRequest
from paintgraph.nodes.resource_names import LORAS, PAINTER, VAE

Painter = Annotated[
    list[str],
    Resource(PAINTER, found_by=("engine", "prompt")),
    "What engine stands for, filled in before a run.",
]
NegativePrompt = Annotated[str, MULTILINE, "What not to paint, for models that read it."]
Steps = Annotated[int, Range(1, MOST_STEPS), "Steps of a diffusion model: more are slower."]
Guidance = Annotated[
    float, Range(0, 100), "How closely a model follows the prompt; 0: as it is usually asked to."
]
Strength = Annotated[
    float, Range(0.01, 1), "How much of what lies under the mask is replaced: 0.5 improves details."
]
FillChoice = Annotated[
    Literal["auto", Fill],
    "What a model is shown under the mask; auto: what is there below full strength, else blur.",
]
Sampler = Annotated[SamplerName, "How a model removes noise; auto: as it came."]
Scheduler = Annotated[ScheduleName, "How the noise is spread over the steps; auto: as it came."]
Images = Annotated[int, Range(1, 32), "How many pictures a model paints, with seed, seed + 1, ..."]
Loras = Annotated[
    str, Resource(LORAS), "LoRAs with their weights, divided by commas, such as ink:0.8, grain."
]
Vae = Annotated[str, Resource(VAE), "A VAE in place of the model's own."]
ClipSkip = Annotated[
    int, Range(0, 12), "Which layer of CLIP counts, from the last (1); 0: as the model wants it."
]
DisableInitialLatent = Annotated[
    bool, "Start from noise alone, so that below full strength nothing shows through."
]

_FULL = 0.99


def fill_for(choice: Literal["auto", Fill], strength: float) -> Fill:
    """What a model is shown under the mask: below full strength it works on what is there."""
    if choice != "auto":
        return choice
    return InpaintRequest().fill if strength > _FULL else "keep"
