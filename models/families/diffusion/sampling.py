"""What is asked of a diffusion engine, checked, as arguments and a scheduler of diffusers.

Samplers and noise schedules have the names of ComfyUI and Fooocus. Source of the mapping:
https://huggingface.co/docs/diffusers/api/schedulers/overview
"""

import inspect
import math
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from paintgraph.base.listening import Listening
from paintgraph.models.errors import SamplerError, SamplingError
from paintgraph.models.families.diffusion.third_order import third_order
from paintgraph.models.inpainting.protocols import InpaintRequest, Sampling

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
    "dpmpp_3m_sde",
    "dpmpp_3m_sde_gpu",
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
    **dict.fromkeys(
        ("dpmpp_3m_sde", "dpmpp_3m_sde_gpu"),
        (
            "DPMSolverMultistepScheduler",
            {
                "algorithm_type": "sde-dpmsolver++",
                "solver_order": 3,
                "solver_type": "heun",
                "lower_order_final": False,
            },
        ),
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


def class_of(diffusers: Any, sampler: str) -> Any:
    """The class of schedulers of a sampler in `CLASSES`."""
    name, options = CLASSES[sampler]
    return third_order(diffusers) if options.get("solver_order") == 3 else getattr(diffusers, name)


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
    kind, options = type(own), {}
    if sampler != AUTO:
        kind, options = class_of(diffusers, sampler), dict(CLASSES[sampler][1])
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
    known = schedules_of(kind)
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


def schedules_of(kind: Any) -> set[str]:
    """The schedules by name that a class of schedulers has itself."""
    return {one for one in (*_SIGMAS, *_SPACINGS) if _option(one) in _parameters(kind)}


def _option(schedule: str) -> str:
    return _SIGMAS.get(schedule, "timestep_spacing")


def _parameters(kind: Any) -> set[str]:
    return set(kind.__init__.__wrapped__.__code__.co_varnames)


MOST_STEPS = 500
"""Models know 1000 levels of noise; schedulers that begin one later fail near that number."""

_MANY = 10**6
"""Tokenizers without a limit of their own claim one far above this."""


def check_request(request: InpaintRequest) -> None:
    """Raise SamplingError for numbers out of range."""
    if not 1 <= request.steps <= MOST_STEPS:
        raise SamplingError(
            f"steps is {request.steps}; allowed are 1 to {MOST_STEPS}. 30 is usual."
        )
    if not math.isfinite(request.guidance_scale) or request.guidance_scale < 0:
        raise SamplingError(
            f"guidance is {request.guidance_scale}; allowed are 0 (what the model is used with) "
            "and more. 4 to 8 is usual."
        )
    if not 0 < request.strength <= 1:
        raise SamplingError(
            f"strength is {request.strength}; allowed is above 0, which would change nothing, to "
            "1. 0.5 improves details, 1 paints anew."
        )
    if int(request.steps * request.strength) < 1:
        raise SamplingError(
            f"strength {request.strength} of {request.steps} steps leaves no step; their product "
            "has to be 1 or more. Raise one of them."
        )


def arguments(
    pipe: Any, request: InpaintRequest, sampling: Sampling, listening: Listening
) -> dict[str, Any]:
    """The pipeline's arguments for a request; warns of what it has no use for."""
    known = inspect.signature(type(pipe).__call__).parameters
    options: dict[str, Any] = {
        "prompt": request.prompt,
        "num_inference_steps": request.steps,
        **_guidance(pipe, known, request),
    }
    if "strength" in known:
        options["strength"] = request.strength
    elif request.strength < 1:
        listening.warn("This model knows no strength; it paints anew.")
    if request.negative_prompt:
        if "negative_prompt" in known:
            options["negative_prompt"] = request.negative_prompt
        else:
            listening.warn("This model reads no negative prompt.")
    if sampling.clip_skip and "clip_skip" in known:
        options["clip_skip"] = _clip_skip(pipe, sampling.clip_skip)
    for name in ("prompt", "negative_prompt"):
        text = getattr(request, name)
        if text and name in options:
            _warn_if_cut(pipe, known, text, name.replace("_", " "), listening)
    return options


def _guidance(pipe: Any, known: Any, request: InpaintRequest) -> dict[str, Any]:
    scale = request.guidance_scale
    denoiser = getattr(pipe, "transformer", None)
    is_distilled = denoiser is not None and bool(denoiser.config.get("guidance_embeds"))
    if "true_cfg_scale" in known and not is_distilled:
        # It is guided only where there is something to be guided away from.
        negative = {} if request.negative_prompt else {"negative_prompt": " "}
        return negative | ({"true_cfg_scale": scale} if scale else {})
    return {"guidance_scale": scale} if scale and "guidance_scale" in known else {}


def _clip_skip(pipe: Any, layer: int) -> int | None:
    """How many layers diffusers has to skip: it counts from what the model was made for."""
    usual = 1 if getattr(pipe, "text_encoder_2", None) is None else 2
    layers = int(pipe.text_encoder.config.num_hidden_layers)
    if layer > layers:
        raise SamplingError(
            f"clip_skip is {layer}, but the text encoder of this model has {layers} layers. "
            "1 or 2 is usual; 0 leaves it to the model."
        )
    return layer - usual if layer > usual else None


def _warn_if_cut(
    pipe: Any,
    known: Any,
    text: str,
    what: str,
    listening: Listening,
) -> None:
    """Warn of a text that is longer than any tokenizer of the pipeline has room for."""
    length = known.get("max_sequence_length")
    usual = int(length.default) if length is not None and length.default else 0
    best: tuple[int, int] | None = None
    for name, part in pipe.components.items():
        if not name.startswith("tokenizer") or part is None:
            continue
        limit = int(part.model_max_length)
        limit = limit if limit < _MANY else usual
        if limit and (best is None or limit > best[0]):
            best = limit, len(part(text, verbose=False).input_ids)
    if best is not None and best[1] > best[0]:
        listening.warn(
            f"The {what} has {best[1]} tokens, but the model reads the first {best[0]} only. "
            "Say less."
        )
