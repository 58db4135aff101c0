"""The way from noise to a picture: a scheduler of diffusers, and how much noise there is on it.

What is sampled, x, is `signal * latents + noise * n` with noise n of variance 1. Schedulers of
diffusers differ in what they call it: some let x grow with its noise (signal 1), others keep its
variance (signal² + noise² = 1), flow matching goes in a straight line (signal + noise = 1).
"""

import inspect
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from paintgraph.models.denoising.requests import Steps
from paintgraph.models.denoising.schedulers import Schedulers
from paintgraph.models.families.diffusion.loading import Library
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import Sigmas

Form: TypeAlias = Literal["growing", "kept", "straight"]

_GROWING = {
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "LMSDiscreteScheduler",
}
_NEARLY = 1 - 1e-4
_LMS_ORDER = 4


class Level(NamedTuple):
    """How much of latents and of noise there is in what is sampled."""

    signal: float
    noise: float

    @property
    def sigma(self) -> float:
        """Noise to signal; infinite where there is no signal."""
        return self.noise / self.signal if self.signal else float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The steps of one run.

    Attributes:
        scheduler: at the first of them.
        form: what x is; see the module.
        prediction: what the denoiser predicts.
        levels: before each evaluation of the scheduler's timesteps, and after the last.
        first, last: the evaluations that are run, `last` not included.
        per_step: evaluations of one step.
        starts_from_noise: whether x begins as noise alone.
        ends_clean: whether the last evaluation gives what it takes for the picture.
        shift: by which the levels of flow matching were shifted.
    """

    scheduler: Any
    form: Form
    prediction: str
    levels: tuple[Level, ...]
    first: int
    last: int
    per_step: int
    starts_from_noise: bool
    ends_clean: bool
    shift: float = 1.0

    @property
    def steps(self) -> int:
        """How many steps are run."""
        return -(-(self.last - self.first) // self.per_step)

    def progress(self, evaluation: int) -> float:
        """How far noise has gone before an evaluation, 0 to 1, as models count it."""
        if self.form == "straight":
            sigma = self.levels[evaluation].noise
            return 1 - sigma / (self.shift + (1 - self.shift) * sigma)
        known = int(self.scheduler.config.num_train_timesteps) - 1
        return 1 - float(self.scheduler.timesteps[evaluation]) / known

    def begin(self, latents: Any, noise: Any | None) -> Any:
        """What is sampled at first: latents with noise, or without any for those that have it."""
        level = self.levels[self.first]
        if noise is None:
            return level.signal * latents
        if self.starts_from_noise:
            return noise * getattr(self.scheduler, "init_noise_sigma", 1.0)
        return self.noised(latents, noise, self.first)

    def noised(self, latents: Any, noise: Any | None, evaluation: int) -> Any:
        """Latents with as much noise as there is before an evaluation."""
        level = self.levels[evaluation]
        return level.signal * latents + (0 if noise is None else level.noise * noise)

    def seen(self, x: Any, evaluation: int) -> Any:
        """What is sampled, as the denoiser sees it."""
        if self.form == "straight":
            return x
        return self.scheduler.scale_model_input(x, self.scheduler.timesteps[evaluation])

    def clean(self, x: Any, predicted: Any, evaluation: int) -> Any:
        """What the latents are without noise, by what the denoiser predicted of x."""
        level = self.levels[evaluation]
        if self.prediction == "flow":
            return x - level.noise * predicted
        if self.prediction == "epsilon":
            return (x - level.noise * predicted) / level.signal
        size = float((level.signal**2 + level.noise**2) ** 0.5)
        return (level.signal * x / size - level.noise * predicted) / size

    def latents_of(self, x: Any) -> Any:
        """What is sampled, after the last evaluation, in the unit of latents."""
        return x if self.ends_clean else x / (self.levels[self.last].signal or 1)

    def step(self, predicted: Any, x: Any, evaluation: int, generator: Any) -> Any:
        """What is sampled next, by what was predicted of x; some draw noise."""
        known = inspect.signature(self.scheduler.step).parameters
        options: dict[str, Any] = {"generator": generator} if "generator" in known else {}
        if "order" in known:  # of LMS, which counts evaluations that were left out
            options["order"] = min(evaluation - self.first + 1, _LMS_ORDER)
        timestep = self.scheduler.timesteps[evaluation]
        return self.scheduler.step(predicted, timestep, x, **options, return_dict=False)[0]


def chart(library: Library, loaded: LoadedDenoiser, sampler: str, steps: Steps | Sigmas) -> Course:
    """The course of a denoiser.

    There is at least one step to run. Raises SamplerError for a sampler that does not go with the
    denoiser or with the levels.
    """
    schedulers = Schedulers(library, loaded)
    if isinstance(steps, Steps):
        begin, end = steps.begin, steps.finish
        scheduler = schedulers.named(sampler, steps.schedule, steps.total)
        leaves_noise = steps.leaves_noise and end < steps.total
        starts_from_noise = begin == 0
    else:
        begin, end = 0, len(steps) - 1
        scheduler = schedulers.through(sampler, steps)
        leaves_noise = steps[-1] > 0
        starts_from_noise = steps[0] >= _most_noise(scheduler) * _NEARLY
    order = int(scheduler.order)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(order * begin)
    form = _form(scheduler, loaded)
    levels = _levels(scheduler, form)
    last = min(order * end, len(scheduler.timesteps))
    ends_clean = not leaves_noise and levels[last].noise > 0
    return Course(
        scheduler,
        form,
        loaded.prediction,
        levels,
        first=order * begin,
        last=order * (end - 1) + 1 if ends_clean else last,
        per_step=order,
        starts_from_noise=starts_from_noise and form != "straight",
        ends_clean=ends_clean,
        shift=schedulers.shift,
    )


def _form(scheduler: Any, loaded: LoadedDenoiser) -> Form:
    if loaded.prediction == "flow":
        return "straight"
    return "growing" if type(scheduler).__name__ in _GROWING else "kept"


def _levels(scheduler: Any, form: Form) -> tuple[Level, ...]:
    count = len(scheduler.timesteps)
    if not hasattr(scheduler, "sigmas"):
        shares = [float(scheduler.alphas_cumprod[int(t)]) for t in scheduler.timesteps]
        return (*(Level(share**0.5, (1 - share) ** 0.5) for share in shares), Level(1.0, 0.0))
    sigmas = [float(sigma) for sigma in scheduler.sigmas[: count + 1]]
    if hasattr(scheduler, "sigmas_interpol"):
        # Those with odd numbers lie between two steps, where the classes keep them differently.
        shift = "Ancestral" in type(scheduler).__name__
        between = scheduler.sigmas_interpol
        sigmas = [
            float(between[i - shift]) if i % 2 and i < count else sigma
            for i, sigma in enumerate(sigmas)
        ]
    return tuple(_level(sigma, form) for sigma in sigmas)


def _level(sigma: float, form: Form) -> Level:
    if form == "growing":
        return Level(1.0, sigma)
    if form == "straight":
        return Level(1 - sigma, sigma)
    signal = 1 / (1 + sigma**2) ** 0.5
    return Level(signal, sigma * signal)


def _most_noise(scheduler: Any) -> float:
    """The sigma from which on a model sees noise alone."""
    if not hasattr(scheduler, "alphas_cumprod"):
        return 1.0
    share = float(scheduler.alphas_cumprod[-1])
    return float(((1 - share) / share) ** 0.5) if share else float("inf")
