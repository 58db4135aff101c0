"""Schedulers of diffusers for a denoiser: for steps by name, and through levels of noise by number.

A schedule that a class does not have itself is worked out by Euler's, and imposed. What was trained
by flow matching has schedulers of its own (`flow_schedulers`).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from paintgraph.models.denoising.flow_schedulers import FlowSchedulers
from paintgraph.models.denoising.requests import check_sampler
from paintgraph.models.errors import SamplerError
from paintgraph.models.families.diffusion.loading import Library
from paintgraph.models.families.diffusion.sampling import (
    CLASSES,
    class_of,
    make_scheduler,
    schedules_of,
)
from paintgraph.models.networks.loaded import Prediction
from paintgraph.models.sampling.values import Sigmas

_EULER = "EulerDiscreteScheduler"
_ANCESTRAL = "EulerAncestralDiscreteScheduler"
_BY_TIMESTEP = {"DDPMScheduler", "LCMScheduler", "TCDScheduler"}
_ANY_WAY = {"euler", "ddim"}
"""Samplers that also add noise: levels may rise."""

_UNEVEN = {("ddim", "normal"), ("ddpm", "normal")}
_OWN = {"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1}
"""What the schedulers of models have in common, beside their levels of noise."""

_OTHERS = {"use_exponential_sigmas": False, "use_beta_sigmas": False}


class Trained(Protocol):
    """How a denoiser was trained; see `LoadedDenoiser`."""

    @property
    def prediction(self) -> Prediction:
        """What it predicts."""

    @property
    def schedule(self) -> Mapping[str, Any]:
        """The options of its noise schedule."""


class Schedulers:
    """Makes fresh schedulers for one denoiser.

    Attributes:
        shift: by which levels of flow matching are shifted; 1 for other denoisers.
    """

    def __init__(self, library: Library, trained: Trained) -> None:
        self._diffusers = library.diffusers
        self._flow: FlowSchedulers | None = None
        self._own: Any = None
        self.shift = 1.0
        if trained.prediction == "flow":
            self._flow = FlowSchedulers(library, trained.schedule)
            self.shift = self._flow.shift
            return
        config = {**_OWN, **trained.schedule, "prediction_type": trained.prediction}
        self._own = self._diffusers.DDIMScheduler.from_config(config)

    def named(self, sampler: str, schedule: str, steps: int) -> Any:
        """A scheduler for so many steps of a schedule by name; raises SamplerError."""
        check_sampler(sampler)
        if self._flow is not None:
            return self._flow.through(sampler, self._flow.levels(schedule, steps))
        is_own = schedule in schedules_of(class_of(self._diffusers, sampler))
        # These go from each timestep down by equal steps, which "normal" does not have.
        is_own = is_own and (sampler, schedule) not in _UNEVEN
        scheduler = make_scheduler(
            self._diffusers, self._own, sampler if is_own else "euler", schedule
        )
        scheduler.set_timesteps(steps)
        return scheduler if is_own else self._imposed(sampler, scheduler.sigmas[:-1].tolist())

    def levels(self, schedule: str, steps: int) -> Sigmas:
        """The levels of noise of so many steps of a schedule, falling, and 0."""
        return tuple(self.named("euler", schedule, steps).sigmas.tolist())

    def through(self, sampler: str, sigmas: Sigmas) -> Any:
        """A scheduler that goes through these levels; one more follows if the last is not 0.

        Raises SamplerError for rising levels and a sampler that only goes down.
        """
        check_sampler(sampler)
        levels = [float(sigma) for sigma in (sigmas if sigmas[-1] > 0 else sigmas[:-1])]
        if sampler not in _ANY_WAY and any(after > before for before, after in pairwise(levels)):
            raise SamplerError(
                f"sigmas rise, and sampler '{sampler}' only goes down; allowed are "
                f"{', '.join(sorted(_ANY_WAY))}. Choose one of them, or leave FlipSigmas out."
            )
        if self._flow is not None:
            return self._flow.through(sampler, levels)
        return self._imposed(sampler, levels)

    def _imposed(self, sampler: str, sigmas: Sequence[float]) -> Any:
        """A scheduler that goes through these levels, and then to 0, instead of its own."""
        # Without eta, the step of DDIM is Euler's.
        sampler = "euler" if sampler == "ddim" else sampler
        name, options = CLASSES[sampler]
        kind = class_of(self._diffusers, sampler)
        if name not in (*_BY_TIMESTEP, _ANCESTRAL):
            options = {**options, **_OTHERS, "use_karras_sigmas": True}
            scheduler = kind.from_config(self._own.config, **options)
            # Classes work out their timesteps, and what lies between them, from what this gives.
            levels = np.array(sigmas, np.float32)
            scheduler._convert_to_karras = lambda *_, **__: levels  # noqa: SLF001
            scheduler.set_timesteps(len(sigmas))
            return scheduler
        scheduler = kind.from_config(self._own.config, **options)
        euler = getattr(self._diffusers, _EULER).from_config(self._own.config)
        euler.set_timesteps(sigmas=[*sigmas, 0.0])
        if name in _BY_TIMESTEP:
            scheduler.set_timesteps(timesteps=_whole(euler.timesteps.tolist(), sampler))
        else:
            scheduler.set_timesteps(len(sigmas))
            scheduler.sigmas, scheduler.timesteps = euler.sigmas, euler.timesteps
        return scheduler


def _whole(timesteps: Sequence[float], sampler: str) -> list[int]:
    """The trained timesteps that come nearest, each once, falling."""
    whole = [round(each) for each in timesteps]
    if any(after >= before for before, after in pairwise(whole)):
        raise SamplerError(
            f"sampler '{sampler}' knows whole timesteps only, and two of these levels of noise are "
            "the same one. Take fewer steps, or another sampler, such as euler."
        )
    return whole
