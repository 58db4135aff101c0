"""Samplers and noise schedules by the names of ComfyUI and Fooocus, as schedulers of diffusers.

Source of the mapping: https://huggingface.co/docs/diffusers/api/schedulers/overview
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from paintgraph.models.errors import SamplerError

SamplerName: TypeAlias = Literal[
    "auto",
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
    "ddpm",
    "ddim",
    "plms",
    "lcm",
    "tcd",
    "deis",
    "uni_pc",
    "uni_pc_bh2",
]
"""How noise is removed; "auto" is what the model came with."""

ScheduleName: TypeAlias = Literal[
    "auto", "normal", "karras", "exponential", "sgm_uniform", "simple", "ddim_uniform", "beta"
]
"""How much noise is left after each step; "auto" is what the model came with."""

AUTO = "auto"

CLASSES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm_2": ("KDPM2DiscreteScheduler", {}),
    "dpm_2_ancestral": ("KDPM2AncestralDiscreteScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    **dict.fromkeys(
        ("dpmpp_sde", "dpmpp_sde_gpu"),
        ("DPMSolverSinglestepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    ),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    **dict.fromkeys(
        ("dpmpp_2m_sde", "dpmpp_2m_sde_gpu"),
        ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    ),
    "ddpm": ("DDPMScheduler", {}),
    "ddim": ("DDIMScheduler", {}),
    "plms": ("PNDMScheduler", {"skip_prk_steps": True}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
    "deis": ("DEISMultistepScheduler", {"algorithm_type": "deis", "solver_type": "logrho"}),
    # bh1, which ComfyUI has for the first, ends in no numbers (NaN) after few steps.
    **dict.fromkeys(("uni_pc", "uni_pc_bh2"), ("UniPCMultistepScheduler", {"solver_type": "bh2"})),
}
"""Class and options of each sampler; the rest comes from the model's own scheduler."""

_SIGMAS = {
    "karras": "use_karras_sigmas",
    "exponential": "use_exponential_sigmas",
    "beta": "use_beta_sigmas",
}
_SPACINGS = {
    "normal": "linspace",
    "sgm_uniform": "trailing",
    "simple": "trailing",
    "ddim_uniform": "leading",
}
_FLOW = "FlowMatchEulerDiscreteScheduler"


def make_scheduler(
    diffusers: Any,
    own: Any,
    sampler: str = AUTO,
    schedule: str = AUTO,
) -> Any:
    """A fresh scheduler for one run of a model whose own scheduler is `own`.

    Raises SamplerError for one that the model cannot be sampled with.
    """
    if type(own).__name__.startswith("FlowMatch"):
        return _flow_scheduler(diffusers, own, sampler, schedule)
    name, options = CLASSES.get(sampler, (type(own).__name__, {}))
    kind = type(own) if sampler == AUTO else getattr(diffusers, name)
    return kind.from_config(own.config, **options, **_spaced(kind, sampler, schedule))


def _flow_scheduler(diffusers: Any, own: Any, sampler: str, schedule: str) -> Any:
    """Flow matching has another noise than the rest, so only its own samplers go with it."""
    if sampler not in (AUTO, "euler"):
        raise SamplerError(
            f"sampler is '{sampler}', but this model was trained by flow matching; "
            "allowed are auto, euler. Choose one of them."
        )
    kind = type(own) if sampler == AUTO else getattr(diffusers, _FLOW)
    plain = schedule if schedule in _SIGMAS else AUTO  # its plain one is all of the others
    return kind.from_config(own.config, **_spaced(kind, sampler, plain))


def _spaced(kind: Any, sampler: str, schedule: str) -> dict[str, Any]:
    """The options of a scheduler class for a schedule; every other one is switched off."""
    if schedule == AUTO:
        return {}
    known = {one for one in (*_SIGMAS, *_SPACINGS) if _option(one) in _parameters(kind)}
    if schedule not in known:
        allowed = ", ".join(sorted(known)) or "none but auto"
        raise SamplerError(
            f"scheduler is '{schedule}'; with sampler '{sampler}' of this model allowed are auto, "
            f"{allowed}. Choose one of them, or another sampler."
        )
    options: dict[str, Any] = {_SIGMAS[one]: one == schedule for one in _SIGMAS if one in known}
    if schedule in _SPACINGS:
        options["timestep_spacing"] = _SPACINGS[schedule]
    return options


def _option(schedule: str) -> str:
    return _SIGMAS.get(schedule, "timestep_spacing")


def _parameters(kind: Any) -> set[str]:
    return set(kind.__init__.__wrapped__.__code__.co_varnames)
