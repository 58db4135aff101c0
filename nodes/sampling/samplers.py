"""Nodes that take the noise out of latents, step by step."""

from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, Similar, node
from paintgraph.models.denoising.noise import LARGEST_SEED
from paintgraph.models.denoising.requests import (
    SIMILAR,
    SampleRequest,
    SamplerName,
    ScheduleName,
    Steps,
)
from paintgraph.models.denoising.samplers import Samplers
from paintgraph.models.families.diffusion.sampling import MOST_STEPS
from paintgraph.models.sampling import values
from paintgraph.nodes.sampling_sockets import Conditioning, Denoiser, Latent
from paintgraph.nodes.showing import showing

PACKAGES = ("torch", "diffusers")

Seed = Annotated[
    int,
    Range(-1, LARGEST_SEED),
    Resource("seed"),
    "Equal seeds give equal noise; -1: random.",
]
StepCount = Annotated[
    int, Range(1, MOST_STEPS), "How many steps: more are slower, and finer up to a point."
]
Cfg = Annotated[
    float,
    Range(0, 100),
    "How far it goes from the negative prompt; 1 leaves that out, and takes half the time.",
]
SamplerOption = Annotated[
    SamplerName, Similar(SIMILAR), "The method that removes noise in each step."
]
ScheduleOption = Annotated[
    ScheduleName, Similar(SIMILAR), "How the noise is spread over the steps."
]
Denoise = Annotated[
    float,
    Range(0, 1),
    "1 paints anew; below, the picture keeps so much that only the last steps are run.",
]
Positive = Annotated[Conditioning, "What is to be painted."]
Negative = Annotated[Conditioning, "What is not to be painted."]
Start = Annotated[Latent, "What is sampled: an empty latent, or a picture that is to be repainted."]
Switch: TypeAlias = Literal["enable", "disable"]


@node(
    name="KSampler",
    title="KSampler",
    category="sampling",
    keywords=("generate", "denoise", "img2img", "inpaint"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={
        "KSamplerAdvanced": "Runs some of the steps, and may leave noise.",
        "SamplerCustomAdvanced": "Takes its noise, guidance and levels of noise from other nodes.",
    },
)
def k_sampler(
    context: Context,
    model: Denoiser,
    seed: Seed = 0,
    steps: StepCount = 20,
    cfg: Cfg = 8.0,
    sampler_name: SamplerOption = "euler",
    scheduler: ScheduleOption = "simple",
    *,
    positive: Positive,
    negative: Negative,
    latent_image: Start,
    denoise: Denoise = 1.0,
) -> Latent:
    """Take the noise out of latents step by step, towards one prompt and away from another.

    What a noise mask does not select stays as it is.
    """
    guider = values.Guider(model, positive, negative, cfg)
    plan = Steps(steps, scheduler, denoise)
    return sampled(context, guider, latent_image, values.Noise(seed), sampler_name, plan)


@node(
    name="KSamplerAdvanced",
    title="KSampler (Advanced)",
    category="sampling",
    keywords=("generate", "denoise", "refiner", "steps"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={"KSampler": "Runs all of the steps, or the last ones at a denoise below 1."},
)
def k_sampler_advanced(
    context: Context,
    model: Denoiser,
    add_noise: Annotated[Switch, "disable goes on with latents that have noise in them."] = (
        "enable"
    ),
    noise_seed: Seed = 0,
    steps: StepCount = 20,
    cfg: Cfg = 8.0,
    sampler_name: SamplerOption = "euler",
    scheduler: ScheduleOption = "simple",
    *,
    positive: Positive,
    negative: Negative,
    latent_image: Start,
    start_at_step: Annotated[int, Range(0, 10000), "The first step that is run, from 0."] = 0,
    end_at_step: Annotated[int, Range(0, 10000), "The first step that is no longer run."] = 10000,
    return_with_leftover_noise: Annotated[
        Switch, "disable removes all noise in the last step that is run."
    ] = "disable",
) -> Latent:
    """Run some of the steps, such as the first with one model and the others with another.

    What the first of two such nodes leaves noisy, the second goes on with, its own noise off.
    """
    guider = values.Guider(model, positive, negative, cfg)
    noise = values.Noise(noise_seed if add_noise == "enable" else None)
    leaves_noise = return_with_leftover_noise == "enable"
    plan = Steps(steps, scheduler, 1.0, start_at_step, end_at_step, leaves_noise)
    return sampled(context, guider, latent_image, noise, sampler_name, plan)


def sampled(
    context: Context,
    guider: values.Guider,
    latent: values.Latent,
    noise: values.Noise,
    sampler_name: str,
    steps: Steps,
) -> values.Latent:
    """The latents after these steps; mask and numbers of the batch are those of the start."""
    request = SampleRequest(guider, latent, noise, values.SamplerChoice(sampler_name), steps)
    found = context.service(Samplers).sample(request, showing(context))
    return replace(latent, samples=found.samples)
