"""Schedulers of diffusers for denoisers that were trained by flow matching.

There noise and picture are mixed in a straight line: a level of noise is the share of noise, 1 to
0. A model's levels are shifted towards noise: `shift * s / (1 + (shift - 1) * s)`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from paintgraph.models.errors import SamplerError, SamplingError
from paintgraph.models.families.diffusion.loading import Library

_EULER = "FlowMatchEulerDiscreteScheduler"
_HEUN = "FlowMatchHeunDiscreteScheduler"
_DEIS = "DEISMultistepScheduler"
_SOLVER = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}

CLASSES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    **dict.fromkeys(("euler", "ddim"), (_EULER, {})),
    "euler_ancestral": ("LTXEulerAncestralRFScheduler", {}),
    "heun": (_HEUN, {}),
    "lcm": ("FlowMatchLCMScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {**_SOLVER, "algorithm_type": "dpmsolver++"}),
    **dict.fromkeys(
        ("dpmpp_2m_sde", "dpmpp_2m_sde_gpu"),
        ("DPMSolverMultistepScheduler", {**_SOLVER, "algorithm_type": "sde-dpmsolver++"}),
    ),
    **dict.fromkeys(
        ("dpmpp_sde", "dpmpp_sde_gpu"),
        (
            "DPMSolverSinglestepScheduler",
            {**_SOLVER, "algorithm_type": "sde-dpmsolver++", "lower_order_final": True},
        ),
    ),
    "deis": (_DEIS, {**_SOLVER, "algorithm_type": "deis", "solver_type": "logrho"}),
    **dict.fromkeys(
        ("uni_pc", "uni_pc_bh2"), ("UniPCMultistepScheduler", {**_SOLVER, "solver_type": "bh2"})
    ),
}
"""Class and options of each sampler."""

_NEAREST = {
    **dict.fromkeys(("dpmpp_3m_sde", "dpmpp_3m_sde_gpu"), "dpmpp_2m_sde"),
    "lms": "dpmpp_2m",
    "dpm_2": "heun",
    "dpm_2_ancestral": "euler_ancestral",
    "ddpm": "euler_ancestral",
    "tcd": "lcm",
}
_BY_CLASS = {
    "karras": "use_karras_sigmas",
    "exponential": "use_exponential_sigmas",
    "beta": "use_beta_sigmas",
}
"""Schedules that the class works out, between the model's most and least noise."""

_TIMESTEPS = 1000
_TOKENS = 4096
"""Of a picture of 1024 x 1024 px: what models whose shift depends on the size are taken for."""

_MOST_NOISE = 1 - 1e-6
"""Solvers take the logarithm of signal to noise, so that they need a little signal."""


class FlowSchedulers:
    """Makes fresh schedulers for one denoiser; `schedule` are the options of its own.

    Attributes:
        shift: by which its levels are shifted.
    """

    def __init__(self, library: Library, schedule: Mapping[str, Any]) -> None:
        self._torch = library.torch
        self._diffusers = library.diffusers
        self._own = getattr(self._diffusers, _EULER).from_config(dict(schedule))
        config = self._own.config
        self._mu: float | None = None
        self.shift = float(config.shift)
        if config.use_dynamic_shifting:
            few, many = config.base_image_seq_len, config.max_image_seq_len
            slope = (config.max_shift - config.base_shift) / (many - few)
            self._mu = config.base_shift + slope * (_TOKENS - few)
            is_plain = config.time_shift_type == "linear"
            self.shift = self._mu if is_plain else math.exp(self._mu)

    def levels(self, schedule: str, steps: int) -> list[float]:
        """The levels of noise before each of so many steps of a schedule by name."""
        options: dict[str, Any] = {opt: name == schedule for name, opt in _BY_CLASS.items()}
        if steps == 1:  # whose level is the first one, and cannot be stretched to be the last
            options["shift_terminal"] = None
        scheduler = getattr(self._diffusers, _EULER).from_config(self._own.config, **options)
        scheduler.set_timesteps(sigmas=_shares(schedule, steps), mu=self._mu)
        return [min(level, 1.0) for level in scheduler.sigmas[:-1].tolist()]  # rounding goes beyond

    def through(self, sampler: str, levels: Sequence[float]) -> Any:
        """A scheduler that goes through these levels, and then to 0.

        Raises SamplerError for a sampler that does not know flow matching, SamplingError for levels
        above 1.
        """
        check_flow_sampler(sampler)
        if levels[0] > 1:
            raise SamplingError(
                f"sigmas begin at {levels[0]:g}; a model that was trained by flow matching knows 1 "
                "to 0. Take them from BasicScheduler."
            )
        name, options = CLASSES[sampler]
        scheduler = getattr(self._diffusers, name)(num_train_timesteps=_TIMESTEPS, **options)
        scheduler.set_timesteps(len(levels))
        if "use_flow_sigmas" in options:
            levels = [min(level, _MOST_NOISE) for level in levels]
        last = levels[-1] if name == _DEIS else 0.0  # which does not go to 0
        sigmas = self._torch.tensor([*levels, last])
        timesteps = sigmas[:-1] * _TIMESTEPS
        if name == _HEUN:
            sigmas = self._torch.cat([sigmas[:1], _twice(sigmas[1:-1]), sigmas[-1:]])
            timesteps = self._torch.cat([timesteps[:1], _twice(timesteps[1:])])
        scheduler.sigmas, scheduler.timesteps = sigmas, timesteps
        return scheduler


def check_flow_sampler(name: str) -> None:
    """Raise SamplerError for a sampler that does not know flow matching, with the nearest one."""
    if name in _NEAREST:
        raise SamplerError(
            f"sampler is '{name}', which diffusers does not have for models that were "
            f"trained by flow matching; allowed are {', '.join(sorted(CLASSES))}. "
            f"'{_NEAREST[name]}' comes nearest."
        )


def _shares(schedule: str, steps: int) -> list[float]:
    """How much noise there is before each step, not shifted yet."""
    if schedule in ("simple", "sgm_uniform"):
        return [1 - step / steps for step in range(steps)]
    if schedule == "ddim_uniform":
        return [(step * (_TIMESTEPS // steps) + 1) / _TIMESTEPS for step in reversed(range(steps))]
    least = 1 / _TIMESTEPS
    return [1 - (1 - least) * step / max(steps - 1, 1) for step in range(steps)]


def _twice(tensor: Any) -> Any:
    return tensor.repeat_interleave(2)
