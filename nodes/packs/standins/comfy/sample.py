"""Stand-in for `comfy.sample`: noise, and what is sampled from it by our own loop."""

from collections.abc import Callable, Sequence
from typing import Any

from paintgraph.models.denoising.noise import draw_noise, generator_for
from paintgraph.models.networks.facts import LATENTS
from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.handles import Model, Sampler
from paintgraph.nodes.packs.standins.comfy.samplers import KSampler
from paintgraph.nodes.packs.standins.comfy.samplers import sample as sample_through


def prepare_noise(latent_image: Any, seed: int, noise_inds: Sequence[int] | None = None) -> Any:
    """The noise that a seed draws for latents, as samplers draw it; see `LATENT`'s batch_index."""
    import torch

    shape, numbers = latent_image.shape, [int(each) for each in noise_inds or ()]
    return draw_noise(torch, generator_for(torch, seed), shape, numbers)


def fix_empty_latent_channels(model: Model, latent_image: Any, *_: Any, **__: Any) -> Any:
    """Empty latents with as many channels as a MODEL's have; all others as they are."""
    channels = LATENTS[model.value.family].channels
    if latent_image.shape[1] == channels or latent_image.any():
        return latent_image
    return latent_image[:, :1].repeat(1, channels, 1, 1)


def sample(
    model: Model,
    noise: Any,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: list[Any],
    negative: list[Any],
    latent_image: Any,
    denoise: float = 1.0,
    disable_noise: bool = False,
    start_step: int | None = None,
    last_step: int | None = None,
    force_full_denoise: bool = False,
    noise_mask: Any = None,
    sigmas: Any = None,
    callback: Callable[..., Any] | None = None,
    disable_pbar: bool = False,
    seed: int | None = None,
) -> Any:
    """Latents `[B, C, h, w]` after some steps of a schedule; see `comfy.samplers.KSampler`."""
    sampler = KSampler(model, steps, None, sampler_name, scheduler, denoise)
    return sampler.sample(
        noise * 0 if disable_noise else noise,
        positive,
        negative,
        cfg,
        latent_image,
        start_step,
        last_step,
        force_full_denoise,
        noise_mask,
        sigmas,
        callback,
        seed=seed,
    )


def sample_custom(
    model: Model,
    noise: Any,
    cfg: float,
    sampler: Sampler,
    sigmas: Any,
    positive: list[Any],
    negative: list[Any],
    latent_image: Any,
    noise_mask: Any = None,
    callback: Callable[..., Any] | None = None,
    disable_pbar: bool = False,
    seed: int | None = None,
) -> Any:
    """Latents `[B, C, h, w]` after going through some levels of noise."""
    return sample_through(
        *(model, noise, positive, negative, cfg, None, sampler, sigmas),
        latent_image=latent_image,
        denoise_mask=noise_mask,
        callback=callback,
        seed=seed,
    )


__getattr__ = names_of("comfy.sample")
