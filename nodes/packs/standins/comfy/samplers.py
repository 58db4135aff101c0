"""Stand-in for `comfy.samplers`: names, levels of noise, and what samples, by our own loop."""

from collections.abc import Callable
from typing import Any, ClassVar

from paintgraph.models.denoising.requests import SAMPLERS, SCHEDULES, SampleRequest, Steps
from paintgraph.models.denoising.samplers import Samplers
from paintgraph.models.sampling import values
from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.arrays import array_of, latents_of, mask_of, numbers_of
from paintgraph.nodes.packs.sampling.conditionings import from_pairs
from paintgraph.nodes.packs.sampling.guiders import Guider as CFGGuider
from paintgraph.nodes.packs.sampling.handles import Model, ModelSampling, Sampler
from paintgraph.nodes.packs.sampling.running import sampled
from paintgraph.nodes.packs.sampling.services import served

__all__ = ["CFGGuider"]

KSAMPLER_NAMES = SAMPLER_NAMES = [*SAMPLERS]
SCHEDULER_NAMES = [*SCHEDULES]
SCHEDULER_HANDLERS: dict[str, Any] = dict.fromkeys(SCHEDULES)
"""Those that packs add are choices; there is no way to sample by them."""


def sampler_object(name: str) -> Sampler:
    """The sampler of a name."""
    return Sampler(values.SamplerChoice(name))


def calculate_sigmas(model_sampling: ModelSampling, scheduler_name: str, steps: int) -> Any:
    """The levels of noise of so many steps of a schedule, for a MODEL's "model_sampling"."""
    import torch

    denoiser = model_sampling.value
    levels = served(Samplers, lambda own, _: own.sigmas(denoiser, scheduler_name, steps, 1.0))
    return torch.tensor(levels)


class KSampler:
    """Samples with a MODEL so many steps of a schedule."""

    SAMPLERS = SAMPLER_NAMES
    SCHEDULERS = SCHEDULER_NAMES
    DISCARD_PENULTIMATE_SIGMA_SAMPLERS: ClassVar[set[str]] = set()

    def __init__(
        self,
        model: Model,
        steps: int,
        device: Any = None,
        sampler: str | None = None,
        scheduler: str | None = None,
        denoise: float | None = None,
        model_options: Any = None,
    ) -> None:
        self.model = model
        self.steps = steps
        self.sampler = sampler or SAMPLERS[0]
        self.scheduler = scheduler or SCHEDULES[0]
        self.denoise = denoise

    @property
    def sigmas(self) -> Any:
        """The levels of noise that it goes through."""
        import torch

        denoise = 1.0 if self.denoise is None else self.denoise
        asked = self.model.value, self.scheduler, self.steps, denoise
        return torch.tensor(served(Samplers, lambda own, _: own.sigmas(*asked)))

    def sample(
        self,
        noise: Any,
        positive: list[Any],
        negative: list[Any],
        cfg: float,
        latent_image: Any = None,
        start_step: int | None = None,
        last_step: int | None = None,
        force_full_denoise: bool = False,
        denoise_mask: Any = None,
        sigmas: Any = None,
        callback: Callable[..., Any] | None = None,
        disable_pbar: bool = False,
        seed: int | None = None,
    ) -> Any:
        """Latents `[B, C, h, w]` after some of the steps, or after levels of noise by number.

        `noise` is a tensor of their shape; zeros are none. `seed` draws what is added on the way.
        """
        latents = array_of(noise) * 0 if latent_image is None else latents_of(latent_image)
        denoise = 1.0 if self.denoise is None else self.denoise
        leaves_noise = not force_full_denoise
        steps: Steps | values.Sigmas = Steps(
            self.steps, self.scheduler, denoise, start_step or 0, last_step, leaves_noise
        )
        if sigmas is not None:
            end = None if last_step is None else last_step + 1
            steps = numbers_of(sigmas)[start_step:end]
        request = SampleRequest(
            values.Guider(self.model.value, from_pairs(positive), from_pairs(negative), float(cfg)),
            values.Latent(latents, None if denoise_mask is None else mask_of(denoise_mask)),
            values.Noise(seed or 0),
            values.SamplerChoice(self.sampler),
            steps,
            array_of(noise),
        )
        return sampled(request, callback)


def sample(
    model: Model,
    noise: Any,
    positive: list[Any],
    negative: list[Any],
    cfg: float,
    device: Any,
    sampler: Sampler,
    sigmas: Any,
    model_options: Any = None,
    latent_image: Any = None,
    denoise_mask: Any = None,
    callback: Callable[..., Any] | None = None,
    disable_pbar: bool = False,
    seed: int | None = None,
) -> Any:
    """Latents `[B, C, h, w]` after going through some levels of noise."""
    guider = CFGGuider(model)
    guider.set_conds(positive, negative)
    guider.set_cfg(cfg)
    latents = noise * 0 if latent_image is None else latent_image
    return guider.sample(noise, latents, sampler, sigmas, denoise_mask, callback, seed=seed)


__getattr__ = names_of("comfy.samplers")
