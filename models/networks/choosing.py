"""What files of networks stand for in graphs: values of their family, told by headers alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, get_args

from paintgraph.models.errors import CheckpointError, LoraError, ModelError, PipelineError
from paintgraph.models.families.checkpoints.describing import Description
from paintgraph.models.families.checkpoints.headers import encoder_width
from paintgraph.models.networks.encoders import encoders_of
from paintgraph.models.networks.facts import FLOW, takes_mask
from paintgraph.models.sampling.values import (
    Autoencoder,
    ControlNet,
    Denoiser,
    LoraUse,
    Patch,
    TextEncoder,
    UnionType,
)

WithLoras = TypeVar("WithLoras", Denoiser, TextEncoder)

_UNION_TYPES = get_args(UnionType)
_SD2_WIDTH = 1024
_REFINER_WIDTH = 1280
_UNSAID = {4: "sd1", 16: "flux"}
"""The family that a VAE alone is taken for, by the channels of its latents: those of several
families are built alike, and only samplers need to know."""

IN_WORDS = {
    "sd1": "Stable Diffusion 1",
    "sd2": "Stable Diffusion 2",
    "sdxl": "Stable Diffusion XL",
    "sdxl_refiner": "the refiner of Stable Diffusion XL",
    "sd3": "Stable Diffusion 3",
    "flux": "FLUX.1",
    "qwen_image": "Qwen-Image",
}
"""Families, for people."""


def denoiser(reference: str, described: Description) -> Denoiser:
    """The denoiser of a file or folder; raises CheckpointError where there is none."""
    described.check("denoiser")
    takes_mask(described)
    return Denoiser(reference, described.family or "")


def checkpoint_encoder(reference: str, described: Description) -> TextEncoder:
    """The text encoders of a checkpoint; whether it has them shows when they are used."""
    return TextEncoder((reference,), described.check("denoiser").family or "")


def autoencoder(reference: str, described: Description) -> Autoencoder:
    """The VAE of a file or folder; raises CheckpointError where there is none."""
    described.check("autoencoder")
    piece = described.contents.autoencoder
    if described.family is not None or piece is None:
        return Autoencoder(reference, described.family or "sd1")
    if piece.form != "vae":
        return Autoencoder(reference, "qwen_image")
    channels = piece.shapes["decoder.conv_in.weight"][1]
    if channels not in _UNSAID:
        raise CheckpointError(
            f"'{described.name}' is a VAE whose latents have {channels} channels; known are those "
            "with 4 and 16. Use one of the model's family."
        )
    return Autoencoder(reference, _UNSAID[channels])


def checkpoint_autoencoder(reference: str, described: Description) -> Autoencoder:
    """The VAE of a checkpoint; whether it has one shows when it is used."""
    return Autoencoder(reference, described.check("denoiser").family or "")


def control_net(reference: str, described: Description) -> ControlNet:
    """The ControlNet of a file or folder; raises CheckpointError where there is none."""
    return ControlNet(reference, described.check("control").family or "")


def check_family(denoiser: Denoiser, control: ControlNet) -> None:
    """Raise PipelineError for a ControlNet of another family."""
    if control.family != denoiser.family:
        raise unfit("ControlNet", control.source, control.family, denoiser)


def check_control(denoiser: Denoiser, control: ControlNet, described: Description) -> None:
    """Raise PipelineError for a ControlNet that cannot steer a denoiser as it is chosen."""
    check_family(denoiser, control)
    kinds = _UNION_TYPES[: _kinds(described)]
    if kinds and control.union_type not in kinds:
        chosen = f"'{control.union_type}' is chosen" if control.union_type else "none is chosen"
        raise PipelineError(
            f"ControlNet '{_name(control.source)}' was made for several kinds of pictures, and "
            f"{chosen}; allowed are {', '.join(kinds)}. Choose one with SetUnionControlNetType."
        )


def _kinds(described: Description) -> int:
    """How many kinds of pictures a ControlNet was made for, or 0 if there is nothing to choose."""
    piece = described.contents.control
    if piece is not None:
        return int(piece.shapes.get("task_embedding", (0,))[0])
    return int(described.config.get("num_control_type") or 0)


def text_encoder(files: Sequence[tuple[str, Description]], kind: str) -> TextEncoder:
    """The text encoders in files of their own, for a kind of models as ComfyUI names them.

    Raises CheckpointError if one of that kind is missing.
    """
    for _, described in files:
        described.check("encoders")
    family = _single_family(files[0][1]) if kind == "stable_diffusion" else kind
    encoders_of(files, family)
    return TextEncoder(tuple(reference for reference, _ in files), family)


def _single_family(described: Description) -> str:
    """The family that uses the only CLIP of a file alone."""
    clips = [p for p in described.contents.encoders.values() if p.form in ("clip", "open_clip")]
    width = encoder_width(clips[0]) if clips else 0
    if width == _SD2_WIDTH:
        return "sd2"
    return "sdxl_refiner" if width == _REFINER_WIDTH else "sd1"


def with_lora(
    value: WithLoras, reference: str, described: Description, strength: float
) -> WithLoras:
    """A denoiser or text encoder with a LoRA; raises LoraError for one of another family."""
    if not described.is_lora:
        described.check("lora")
    if described.family not in (None, value.family):
        raise unfit("LoRA", reference, described.family or "", value)
    if strength == 0:
        return value
    return replace(value, loras=(*value.loras, LoraUse(reference, strength)))


def unfit(what: str, reference: str, family: str, value: Denoiser | TextEncoder) -> ModelError:
    """The error for something that was made for another family."""
    source = value.source if isinstance(value, Denoiser) else value.sources[0]
    kind = LoraError if what == "LoRA" else PipelineError
    return kind(
        f"{what} '{_name(reference)}' is for {IN_WORDS[family]}, and model '{_name(source)}' is "
        f"{IN_WORDS[value.family]}. Use one that was made for the model's family."
    )


def with_patch(value: Denoiser, patch: Patch) -> Denoiser:
    """A denoiser that is sampled otherwise; raises PipelineError where its family cannot be so."""
    is_flow = value.family in FLOW
    if (patch.kind == "shift") != is_flow and patch.kind in _OF_NOISE:
        learnt = "flow matching" if is_flow else "noise in steps"
        wanted = "flow matching" if patch.kind == "shift" else "noise in steps"
        raise PipelineError(
            f"model '{_name(value.source)}' is {IN_WORDS[value.family]}, which was trained with "
            f"{learnt}; this node is for models trained with {wanted}. Take the node out."
        )
    return replace(value, patches=(*value.patches, patch))


_OF_NOISE = ("shift", "epsilon", "v_prediction", "zero_snr")


def _name(reference: str) -> str:
    return reference.partition("@")[0]
