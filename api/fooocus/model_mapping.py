"""What paints, and how: FooocusAPI's names of models and numbers as inputs of our recipes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import PurePath
from typing import Any, get_args

from paintgraph.api.fooocus.fields import DEFAULT_LORA, STEPS, GenerateFields, Performance
from paintgraph.api.services.parts import ServerParts
from paintgraph.base.words import shorten
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.names import AUTO
from paintgraph.models.families.diffusion.sampling import MOST_STEPS, SamplerName, ScheduleName

_OWN_VAE = "Default (model)"
_NO_MODEL = frozenset({"", "None"})
_NAMED = 10
_SUFFIXES = (".safetensors", ".ckpt", ".pth", ".onnx", ".pt")


@dataclass(slots=True)
class Painting:
    """Inputs of a recipe, and what its user should know of them."""

    inputs: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def chosen(fields: GenerateFields, parts: ServerParts) -> Painting:
    """How a request is painted; looks at files, so call it in a thread."""
    painting = Painting()
    engine, is_named = _engine(fields, parts, painting.warnings)
    painting.inputs = {"engine": engine, "prompt": prompt_of(fields)}
    if engine not in parts.engine_names.models.choices(Kind.GENERATE):
        return painting
    painting.inputs |= {
        "negative_prompt": fields.negative_prompt,
        "steps": _steps(fields, painting.warnings),
        "guidance": fields.guidance_scale,
        "loras": _loras(fields, parts, painting.warnings, is_named=is_named),
        "vae": _vae(fields, parts, painting.warnings),
        "disable_initial_latent": fields.inpaint_disable_initial_latent,
    }
    if is_named:  # defaults of the original go with its models
        painting.inputs["clip_skip"] = fields.clip_skip
    painting.inputs |= _sampler(fields, painting.warnings, is_named=is_named)
    return painting


def _sampler(fields: GenerateFields, warnings: list[str], *, is_named: bool) -> dict[str, str]:
    """Sampler and scheduler; a schedule goes with the sampler that it was chosen for."""
    chosen: dict[str, str] = {}
    for name, known, given in (
        ("sampler", get_args(SamplerName), fields.sampler_name),
        ("scheduler", get_args(ScheduleName), fields.scheduler_name),
    ):
        if given not in known:
            warnings.append(
                f"{name}_name '{shorten(given)}' is not known here; that of the model is."
            )
            break
        if is_named or f"{name}_name" in fields.model_fields_set:
            chosen[name] = given
    return chosen


def prompt_of(fields: GenerateFields) -> str:
    """What goes into the hole comes first, before what the picture shows as a whole."""
    parts = (fields.inpaint_additional_prompt.strip(), fields.prompt.strip())
    return "\n".join(part for part in parts if part)


def find_model(parts: ServerParts, wanted: str, *kinds: Kind) -> str | None:
    """The catalogue's name of what a client calls by a file's name, or by ours."""
    stem = PurePath(wanted).stem if wanted.endswith(_SUFFIXES) else wanted
    for entry in chain.from_iterable(map(parts.engine_names.models.entries, kinds)):
        files = {PurePath(file.path).name for file in entry.files}
        if entry.name in (wanted, stem) or wanted in files:
            return entry.name
    return None


def _engine(fields: GenerateFields, parts: ServerParts, warnings: list[str]) -> tuple[str, bool]:
    """What paints, and whether it is what was asked for."""
    wanted = fields.base_model_name
    if wanted == AUTO or wanted in parts.engine_names.models.choices(Kind.FILL):
        return wanted, True
    named = find_model(parts, wanted, Kind.GENERATE, Kind.ERASE)
    if named is not None and parts.engine_names.fault(named) is None:
        return named, True
    others = parts.engine_names.models.choices(Kind.GENERATE)
    there = next((name for name in others if parts.engine_names.fault(name) is None), None)
    if there is not None:
        warnings.append(f"The model '{shorten(wanted)}' is not on this server; '{there}' paints.")
        return there, False
    warnings.append(
        f"The model '{shorten(wanted)}' is not on this server, nor is any that paints what a "
        "prompt says: what surrounds the area is continued into it. 'paintgraph models list' names "
        "models, 'paintgraph models pull' gets one."
    )
    return AUTO, False


def _steps(fields: GenerateFields, warnings: list[str]) -> int:
    """Steps that are really taken; of a schedule only the last part counts below full strength."""
    performance = fields.performance_selection
    if performance not in STEPS:
        warnings.append(
            f"performance_selection '{performance}' needs a model of its own; 'Speed' is used."
        )
        performance = Performance.SPEED
    wanted = fields.overwrite_step if fields.overwrite_step > 0 else STEPS[performance]
    strength = 1.0 if fields.outpaint_selections else fields.inpaint_strength
    return max(1, min(MOST_STEPS, int(wanted / max(strength, 1 / MOST_STEPS))))


def _loras(
    fields: GenerateFields, parts: ServerParts, warnings: list[str], *, is_named: bool
) -> str:
    found: list[str] = []
    missing: list[str] = []
    for lora in fields.loras:
        if not lora.enabled or lora.model_name in _NO_MODEL:
            continue
        if lora.model_name == DEFAULT_LORA and not is_named:
            continue  # made for the original's model only
        name = _present(parts, Kind.LORA, lora.model_name)
        if name is not None:
            found.append(f"{name}:{lora.weight:g}")
        elif lora.model_name != DEFAULT_LORA:
            missing.append(lora.model_name)
    _tell_missing("LoRA", missing, warnings)
    return ", ".join(found)


def _vae(fields: GenerateFields, parts: ServerParts, warnings: list[str]) -> str:
    if fields.vae_name in (*_NO_MODEL, _OWN_VAE):
        return ""
    name = _present(parts, Kind.VAE, fields.vae_name)
    _tell_missing("VAE", [] if name else [fields.vae_name], warnings)
    return name or ""


def _present(parts: ServerParts, kind: Kind, wanted: str) -> str | None:
    name = find_model(parts, wanted, kind)
    return name if name is not None and parts.engine_names.models.fault(name) is None else None


def _tell_missing(kind: str, missing: Sequence[str], warnings: list[str]) -> None:
    if missing:
        shown = ", ".join(f"'{shorten(name)}'" for name in missing[:_NAMED])
        warnings.append(f"Not on this server, so left out: {kind} {shown}.")
