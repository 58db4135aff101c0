"""What samplers have to know of a denoiser beside its weights, told without loading it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paintgraph.models.errors import CheckpointError
from paintgraph.models.families.checkpoints.describing import Description
from paintgraph.models.families.checkpoints.headers import input_channels
from paintgraph.models.networks.loaded import LatentFormat, Prediction
from paintgraph.models.sampling.values import Patch

_QWEN_MEAN = (
    *(-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508),
    *(0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921),
)
_QWEN_STD = (
    *(2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743),
    *(3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160),
)

LATENTS: Mapping[str, LatentFormat] = {
    "sd1": LatentFormat(4, 0.18215),
    "sd2": LatentFormat(4, 0.18215),
    "sdxl": LatentFormat(4, 0.13025),
    "sdxl_refiner": LatentFormat(4, 0.13025),
    "sd3": LatentFormat(16, 1.5305, 0.0609),
    "flux": LatentFormat(16, 0.3611, 0.1159),
    "qwen_image": LatentFormat(16, tuple(1 / each for each in _QWEN_STD), _QWEN_MEAN),
}
"""How the latents of each family are laid out."""

FLOW = ("sd3", "flux", "qwen_image")
"""Families that were trained by flow matching."""

_NOISE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "steps_offset": 1,
}
_DYNAMIC = {
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "use_dynamic_shifting": True,
}
SHIFTS: Mapping[str, Mapping[str, Any]] = {
    "sd3": {"num_train_timesteps": 1000, "shift": 3.0},
    "flux": {"num_train_timesteps": 1000, "shift": 3.0, **_DYNAMIC},
    "qwen_image": {"num_train_timesteps": 1000, "shift": 1.0, **_DYNAMIC},
}
"""The options of the noise schedules of families that were trained by flow matching."""

_UNSHIFTED = {"num_train_timesteps": 1000, "shift": 1.0}  # FLUX schnell
_MOST_CONFIG_BYTES = 2**20
_V_NAMES = ("v", "v_prediction", "v-prediction")


@dataclass(frozen=True, slots=True)
class Facts:
    """What `LoadedDenoiser` says of a network; see there."""

    prediction: Prediction
    latents: LatentFormat
    schedule: Mapping[str, Any]
    takes_mask: bool


def facts_of(described: Description) -> Facts:
    """What a model's folder, file and header say, in this order."""
    family = described.family or ""
    folder = described.source.folder if described.source else None
    schedule = read_json(folder / "scheduler" / "scheduler_config.json") if folder else {}
    vae = read_json(folder / "vae" / "config.json") if folder else {}
    prediction = _prediction(described, schedule)
    return Facts(
        prediction,
        _latents(family, vae),
        {**_schedule(described, prediction), **_plain(schedule)},
        takes_mask(described),
    )


def takes_mask(described: Description) -> bool:
    """Whether a denoiser was made for inpainting; raises CheckpointError for other further inputs.

    Beside its latents it then sees the masked ones and the mask.
    """
    family = described.family or ""
    if described.contents.denoiser is not None:
        channels = input_channels(described.contents.denoiser)
    else:
        source = described.source
        channels = int(source.denoiser.get("in_channels") or 0) if source else 0
    own, masked = _CHANNELS[family]
    if channels in (0, own):
        return False
    if channels == masked:
        return True
    or_masked = f", or {masked} for inpainting" if masked else ""
    raise CheckpointError(
        f"'{described.name}' takes {channels} channels; a denoiser of its family takes {own}"
        f"{or_masked}. Use one of these: those that look at depth, edges or a picture "
        "to edit are not sampled here."
    )


_CHANNELS: Mapping[str, tuple[int, int | None]] = {
    "sd1": (4, 9),
    "sd2": (4, 9),
    "sdxl": (4, 9),
    "sdxl_refiner": (4, 9),
    "sd3": (16, 33),
    "flux": (64, 384),
    "qwen_image": (64, None),
}


def with_patches(facts: Facts, patches: tuple[Patch, ...]) -> Facts:
    """The facts of a denoiser that is sampled otherwise; of several patches of a kind the last.

    Known here are "epsilon", "v_prediction", "zero_snr" and "shift"; the rest is the sampler's.
    """
    for patch in patches:
        if patch.kind in ("epsilon", "v_prediction"):
            prediction: Prediction = "epsilon" if patch.kind == "epsilon" else "v_prediction"
            schedule = {**facts.schedule, "prediction_type": prediction}
            facts = replace(facts, prediction=prediction, schedule=schedule)
        elif patch.kind == "zero_snr":
            schedule = {**facts.schedule, "rescale_betas_zero_snr": True}
            facts = replace(facts, schedule=schedule)
        elif patch.kind == "shift":
            schedule = {**facts.schedule, "shift": patch.values[0], "use_dynamic_shifting": False}
            facts = replace(facts, schedule=schedule)
    return facts


def flux_shift(base: float, most: float, width: int, height: int) -> float:
    """The shift of flow matching for a picture's size in px, as FLUX's is worked out.

    In between, its logarithm rises in line with the number of tokens, of 16 px each side, from
    `base` at 256 to `most` at 4096.
    """
    tokens = width * height / 256
    return math.exp(base + (most - base) * (tokens - 256) / (4096 - 256))


def _prediction(described: Description, schedule: Mapping[str, Any]) -> Prediction:
    """What the denoiser predicts: as options or a folder say, the file, what lies beside it.

    No header tells versions 2 for 512 px from those for 768: there ordinary files are taken for the
    latter, which are more common.
    """
    if described.family in FLOW:
        return "flow"
    said = described.options.get("prediction") or schedule.get("prediction_type")
    said = said or described.about.get("modelspec.prediction_type") or _beside(described.path)
    if said is not None:
        return "v_prediction" if str(said) in _V_NAMES else "epsilon"
    if "v_pred" in described.marks:
        return "v_prediction"
    return "v_prediction" if described.family == "sd2" and not takes_mask(described) else "epsilon"


def _beside(path: Path) -> str | None:
    """What the original code's configuration says, `NAME.yaml` beside the file `NAME`."""
    import yaml

    config = path.with_suffix(".yaml")
    try:
        with config.open("rb") as file:
            found = yaml.safe_load(file.read(_MOST_CONFIG_BYTES))
        said = found["model"]["params"].get("parameterization", "eps")
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return str(said)


def _latents(family: str, vae: Mapping[str, Any]) -> LatentFormat:
    usual = LATENTS[family]
    mean, spread = vae.get("latents_mean"), vae.get("latents_std")
    if isinstance(mean, list) and isinstance(spread, list):
        return replace(usual, factor=tuple(1 / each for each in spread), shift=tuple(mean))
    factor, shift = vae.get("scaling_factor"), vae.get("shift_factor")
    if not isinstance(factor, int | float):
        return usual
    return replace(usual, factor=float(factor), shift=float(shift or 0.0))


def _schedule(described: Description, prediction: Prediction) -> dict[str, Any]:
    family = described.family or ""
    if family in FLOW:
        piece = described.contents.denoiser
        is_schnell = family == "flux" and piece is not None and not _is_guided(piece.shapes)
        return dict(_UNSHIFTED if is_schnell else SHIFTS[family])
    zero_snr = {"rescale_betas_zero_snr": True} if "ztsnr" in described.marks else {}
    return {**_NOISE, "prediction_type": prediction, **zero_snr}


def _is_guided(shapes: Mapping[str, Any]) -> bool:
    return any("guidance" in name for name in shapes)


def _plain(schedule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schedule.items() if not name.startswith("_")}


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file of JSON; empty if there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
