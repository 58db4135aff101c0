"""What is asked of a sampler, checked before anything is loaded."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from paintgraph.models.errors import SamplerError, SamplingError
from paintgraph.models.families.diffusion.sampling import MOST_STEPS
from paintgraph.models.sampling.values import Array, Guider, Latent, Noise, SamplerChoice, Sigmas

SamplerName: TypeAlias = Literal[
    "euler",
    "euler_ancestral",
    "heun",
    "dpm_2",
    "dpm_2_ancestral",
    "lms",
    "dpmpp_sde",
    "dpmpp_sde_gpu",
    "dpmpp_2m",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu",
    "dpmpp_3m_sde",
    "dpmpp_3m_sde_gpu",
    "ddpm",
    "lcm",
    "tcd",
    "deis",
    "ddim",
    "uni_pc",
    "uni_pc_bh2",
]
"""How noise is removed, by ComfyUI's names: all that can begin and end at any step."""

ScheduleName: TypeAlias = Literal[
    "simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal"
]
"""How much noise is left after each step, by ComfyUI's names."""

SAMPLERS: tuple[str, ...] = tuple(sorted(get_args(SamplerName)))
SCHEDULES: tuple[str, ...] = get_args(ScheduleName)

MOST_LEVELS = 999
"""Models know 1000 levels of noise."""

SIMILAR: Mapping[str, str] = MappingProxyType(
    {
        "dpm_adaptive": "dpmpp_2m",
        "dpm_fast": "dpmpp_2m",
        "dpmpp_2m_cfg_pp": "dpmpp_2m",
        "dpmpp_2m_sde_heun": "dpmpp_2m_sde",
        "dpmpp_2m_sde_heun_gpu": "dpmpp_2m_sde_gpu",
        "dpmpp_2s_ancestral": "dpmpp_sde",
        "dpmpp_2s_ancestral_cfg_pp": "dpmpp_sde",
        "er_sde": "dpmpp_2m_sde",
        "euler_ancestral_cfg_pp": "euler_ancestral",
        "euler_cfg_pp": "euler",
        "gradient_estimation": "euler",
        "gradient_estimation_cfg_pp": "euler",
        "heunpp2": "heun",
        "ipndm": "lms",
        "ipndm_v": "lms",
        "plms": "lms",
        "res_multistep": "dpmpp_2m",
        "res_multistep_ancestral": "dpmpp_2m_sde",
        "res_multistep_ancestral_cfg_pp": "dpmpp_2m_sde",
        "res_multistep_cfg_pp": "dpmpp_2m",
        "sa_solver": "dpmpp_2m_sde",
        "sa_solver_pece": "dpmpp_2m_sde",
        "seeds_2": "dpmpp_sde",
        "seeds_3": "dpmpp_sde",
        "kl_optimal": "karras",
        "linear_quadratic": "sgm_uniform",
    }
)
"""What comes nearest to samplers and schedules of ComfyUI that there are not here."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of a schedule by name.

    Attributes:
        count: how many steps are run at `denoise` 1.
        schedule: see `ScheduleName`.
        denoise: below 1, the last `count` steps of a list of `count / denoise` are run, so that
            there is less noise at the start; 0 runs none.
        start, end: only the steps from `start` to before `end` of these are run.
        leaves_noise: with an `end` before the last step, what noise is left stays; else the last
            step that is run removes all of it.
    """

    count: int
    schedule: str = "normal"
    denoise: float = 1.0
    start: int = 0
    end: int | None = None
    leaves_noise: bool = False

    @property
    def total(self) -> int:
        """How many steps the list has of which the last are run."""
        return int(self.count / self.denoise) if self.denoise else 0

    @property
    def begin(self) -> int:
        """The first step of the list that is run."""
        return self.total - self.count + self.start

    @property
    def finish(self) -> int:
        """The first step of the list that is no longer run."""
        asked = self.count if self.end is None else min(self.end, self.count)
        return self.total - self.count + asked

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run."""
        return not self.denoise or self.begin >= self.finish


@dataclass(frozen=True, slots=True, eq=False)
class SampleRequest:
    """What is sampled: from which latents and noise, with which denoiser, conditions and steps.

    `drawn` `[B, C, h, w]` is the noise itself, where it is other than what the seed draws first;
    the seed still draws what is added on the way. Nothing but zeros is no noise.
    """

    guider: Guider
    latent: Latent
    noise: Noise
    sampler: SamplerChoice
    steps: Steps | Sigmas
    drawn: Array | None = None


def steps_of(steps: Steps | Sigmas) -> int:
    """How many steps are run, none below 1."""
    if not isinstance(steps, Steps):
        return len(steps) - 1
    return 0 if steps.is_empty else steps.finish - steps.begin


def check_request(request: SampleRequest) -> None:
    """Raise SamplingError for numbers out of range, SamplerError for names that there are not."""
    check_sampler(request.sampler.name)
    if not math.isfinite(request.guider.cfg):
        raise SamplingError(
            f"cfg is {request.guider.cfg}; allowed are numbers from 0 to 100. 7 is usual; 1 leaves "
            "the negative prompt out."
        )
    if not isinstance(request.steps, Steps):
        check_sigmas(request.steps)
        return
    check_steps(request.steps)


def check_steps(steps: Steps) -> None:
    """Raise SamplingError or SamplerError for steps that cannot be run."""
    check_schedule(steps.schedule)
    if not 1 <= steps.count <= MOST_STEPS:
        raise SamplingError(
            f"steps is {steps.count}; allowed are 1 to {MOST_STEPS}. 20 to 30 are usual."
        )
    if not 0 <= steps.denoise <= 1:
        raise SamplingError(
            f"denoise is {steps.denoise}; allowed are 0, which changes nothing, to 1, which paints "
            "anew. 0.5 keeps what is there and changes details."
        )
    if steps.total > MOST_LEVELS:
        raise SamplingError(
            f"{steps.count} steps at denoise {steps.denoise} are the last of {steps.total}; "
            f"a model knows {MOST_LEVELS}. Take fewer steps, or a larger denoise."
        )


def check_sigmas(sigmas: Sigmas) -> None:
    """Raise SamplingError for levels of noise that are no numbers, or more than models know."""
    for sigma in sigmas:
        if not math.isfinite(sigma) or sigma < 0:
            raise SamplingError(
                f"sigmas hold {sigma}; allowed are numbers from 0, falling. Take them from a "
                "scheduler such as BasicScheduler."
            )
    if len(sigmas) > MOST_LEVELS + 1:
        raise SamplingError(
            f"there are {len(sigmas)} sigmas; allowed are {MOST_LEVELS + 1}. Take fewer steps."
        )


def check_sampler(name: str) -> None:
    """Raise SamplerError for a sampler that there is not, with the one that comes nearest."""
    _check_name("sampler", name, SAMPLERS, "euler")


def check_schedule(name: str) -> None:
    """Raise SamplerError for a schedule that there is not, with the one that comes nearest."""
    _check_name("scheduler", name, SCHEDULES, "normal")


def _check_name(what: str, name: str, known: tuple[str, ...], usual: str) -> None:
    if name in known:
        return
    close = difflib.get_close_matches(name, known, 1)
    instead = SIMILAR.get(name) or (close[0] if close else usual)
    raise SamplerError(
        f"{what} is '{name}', which diffusers does not have in this form; allowed are "
        f"{', '.join(known)}. '{instead}' comes nearest."
    )
