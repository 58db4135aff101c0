"""Nodes that choose noise, levels of noise, sampler and guidance one by one."""

from dataclasses import replace
from typing import Annotated, NamedTuple

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, node
from paintgraph.models.denoising import sigmas as levels
from paintgraph.models.denoising.requests import SampleRequest
from paintgraph.models.denoising.samplers import Samplers
from paintgraph.models.sampling import values
from paintgraph.nodes.sampling.samplers import (
    PACKAGES,
    Cfg,
    Denoise,
    Negative,
    Positive,
    SamplerOption,
    ScheduleOption,
    Seed,
    Start,
    StepCount,
)
from paintgraph.nodes.sampling_sockets import (
    Conditioning,
    Denoiser,
    Guider,
    Latent,
    Noise,
    SamplerChoice,
    Sigmas,
)
from paintgraph.nodes.showing import showing

Most = Annotated[float, Range(0, 5000), "How much noise there is at first; 14.6 is all."]
Least = Annotated[float, Range(0, 5000), "How much noise there is before the last step."]


class Sampled(NamedTuple):
    """The latents after sampling, and what they were taken for without noise."""

    output: Latent
    denoised_output: Latent


class Halves(NamedTuple):
    """Levels of noise before and after a step."""

    high_sigmas: Sigmas
    low_sigmas: Sigmas


@node(title="Random Noise", category="sampling/parts", keywords=("seed",))
def random_noise(noise_seed: Seed = 0) -> Noise:
    """Noise that a seed draws."""
    return values.Noise(noise_seed)


@node(title="No Noise", category="sampling/parts", keywords=("disable",))
def disable_noise() -> Noise:
    """No noise is added: for latents that still have some, or for levels that rise."""
    return values.Noise(None)


@node(name="KSamplerSelect", title="Choose Sampler", category="sampling/parts")
def k_sampler_select(sampler_name: SamplerOption = "euler") -> SamplerChoice:
    """Choose the method that removes noise."""
    return values.SamplerChoice(sampler_name)


@node(
    title="Levels of Noise by Name",
    category="sampling/parts",
    keywords=("scheduler", "sigmas", "steps"),
    packages=PACKAGES,
    see_also={"KarrasScheduler": "Takes the most and the least noise by number."},
)
def basic_scheduler(
    context: Context,
    model: Denoiser,
    scheduler: ScheduleOption = "simple",
    steps: StepCount = 20,
    denoise: Denoise = 1.0,
) -> Sigmas:
    """How much noise there is before each step and after the last, as the model was trained."""
    return context.service(Samplers).sigmas(model, scheduler, steps, denoise)


@node(
    name="SDTurboScheduler",
    title="Levels of Noise for SD Turbo",
    category="sampling/parts",
    keywords=("scheduler", "sigmas", "turbo", "lightning"),
    packages=PACKAGES,
)
def sd_turbo_scheduler(
    context: Context,
    model: Denoiser,
    steps: Annotated[int, Range(1, 10), "How many of ten equal steps are run."] = 1,
    denoise: Denoise = 1.0,
) -> Sigmas:
    """Levels of noise for models that sample in few steps."""
    return context.service(Samplers).turbo_sigmas(model, steps, denoise)


@node(
    title="Levels of Noise (Karras)",
    category="sampling/parts",
    keywords=("scheduler", "sigmas"),
    see_also={"BasicScheduler": "Takes the most and the least noise from the model."},
)
def karras_scheduler(
    steps: StepCount = 20,
    sigma_max: Most = 14.614642,
    sigma_min: Least = 0.0291675,
    rho: Annotated[float, Range(0, 100), "Larger: more of the steps at little noise."] = 7.0,
) -> Sigmas:
    """Levels of noise that lie closer together the less there is, by Karras and others."""
    return levels.karras(steps, sigma_max, sigma_min, rho)


@node(
    title="Levels of Noise (Exponential)",
    category="sampling/parts",
    keywords=("scheduler", "sigmas"),
    see_also={"PolyexponentialScheduler": "Falls faster at first, or later."},
)
def exponential_scheduler(
    steps: StepCount = 20, sigma_max: Most = 14.614642, sigma_min: Least = 0.0291675
) -> Sigmas:
    """Levels of noise that fall by equal factors."""
    return levels.exponential(steps, sigma_max, sigma_min)


@node(
    title="Levels of Noise (Polyexponential)",
    category="sampling/parts",
    keywords=("scheduler", "sigmas"),
    see_also={"ExponentialScheduler": "Falls by equal factors."},
)
def polyexponential_scheduler(
    steps: StepCount = 20,
    sigma_max: Most = 14.614642,
    sigma_min: Least = 0.0291675,
    rho: Annotated[float, Range(0, 100), "Above 1: larger factors at first."] = 1.0,
) -> Sigmas:
    """Levels of noise that fall by factors that change."""
    return levels.exponential(steps, sigma_max, sigma_min, rho)


@node(
    title="Split Levels of Noise",
    category="sampling/parts",
    keywords=("sigmas", "steps"),
    see_also={"SplitSigmasDenoise": "Takes the share of the second part."},
)
def split_sigmas(
    sigmas: Sigmas,
    step: Annotated[int, Range(0, 10000), "How many steps the first part has."] = 0,
) -> Halves:
    """Split levels of noise after a step, for two samplers one after the other."""
    return Halves(*levels.split(sigmas, step))


@node(
    title="Split Levels of Noise by Denoise",
    category="sampling/parts",
    keywords=("sigmas", "steps"),
    see_also={"SplitSigmas": "Takes the number of steps of the first part."},
)
def split_sigmas_denoise(
    sigmas: Sigmas,
    denoise: Annotated[float, Range(0, 1), "The share of the steps that the second has."] = 1.0,
) -> Halves:
    """Split levels of noise so that the second part is as much as a denoise below 1 would run."""
    return Halves(*levels.split_by_denoise(sigmas, denoise))


@node(title="Reverse Levels of Noise", category="sampling/parts", keywords=("sigmas", "unsample"))
def flip_sigmas(sigmas: Sigmas) -> Sigmas:
    """Turn levels of noise round, so that euler adds the noise that it would have removed."""
    return levels.flip(sigmas)


@node(
    name="CFGGuider",
    title="Guidance by Two Prompts",
    category="sampling/parts",
    keywords=("cfg", "negative"),
    see_also={"BasicGuider": "For models that need no negative prompt."},
)
def cfg_guider(model: Denoiser, positive: Positive, negative: Negative, cfg: Cfg = 8.0) -> Guider:
    """A model, towards one prompt and away from another."""
    return values.Guider(model, positive, negative, cfg)


@node(
    title="Guidance by One Prompt",
    category="sampling/parts",
    see_also={"CFGGuider": "Also goes away from a negative prompt."},
)
def basic_guider(model: Denoiser, conditioning: Conditioning) -> Guider:
    """A model, towards a prompt."""
    return values.Guider(model, conditioning)


@node(
    title="Sampler with Levels of Noise",
    category="sampling",
    keywords=("generate", "denoise", "sigmas"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={
        "SamplerCustomAdvanced": "Takes noise and guidance from other nodes as well.",
    },
)
def sampler_custom(
    context: Context,
    model: Denoiser,
    *,
    add_noise: Annotated[bool, "Whether noise is added at first."] = True,
    noise_seed: Seed = 0,
    cfg: Cfg = 8.0,
    positive: Positive,
    negative: Negative,
    sampler: SamplerChoice,
    sigmas: Sigmas,
    latent_image: Start,
) -> Sampled:
    """Take the noise out of latents through levels of noise by number."""
    guider = values.Guider(model, positive, negative, cfg)
    noise = values.Noise(noise_seed if add_noise else None)
    return _sampled(context, SampleRequest(guider, latent_image, noise, sampler, sigmas))


@node(
    title="Sampler from Parts",
    category="sampling",
    keywords=("generate", "denoise", "sigmas", "guider", "Flux"),
    lane="device",
    heavy=True,
    packages=PACKAGES,
    see_also={
        "KSampler": "All in one.",
        "SamplerCustom": "Draws its noise and takes its prompts itself.",
    },
)
def sampler_custom_advanced(
    context: Context,
    noise: Noise,
    guider: Guider,
    sampler: SamplerChoice,
    sigmas: Sigmas,
    latent_image: Start,
) -> Sampled:
    """Take the noise out of latents with parts that other nodes choose."""
    return _sampled(context, SampleRequest(guider, latent_image, noise, sampler, sigmas))


def _sampled(context: Context, request: SampleRequest) -> Sampled:
    found = context.service(Samplers).sample(request, showing(context))
    latent = request.latent
    return Sampled(replace(latent, samples=found.samples), replace(latent, samples=found.denoised))
