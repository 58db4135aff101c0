"""Nodes that change how a chosen network is used; nothing is loaded."""

from dataclasses import replace
from typing import Annotated, Literal

from paintgraph.engine.node.declaration import Range, node
from paintgraph.models.networks.choosing import with_patch
from paintgraph.models.networks.facts import flux_shift
from paintgraph.models.sampling.values import Patch, UnionType
from paintgraph.nodes.sampling_sockets import ControlNet, Denoiser, TextEncoder

Shift = Annotated[float, Range(0, 100), "More keeps to large shapes for longer; 1: as they are."]
ZeroSnr = Annotated[bool, "Whether its noise ends in nothing but noise (zero terminal SNR)."]
Side = Annotated[int, Range(16, 16384, unit="px")]


@node(
    name="CLIPSetLastLayer",
    title="CLIP Set Last Layer",
    category="conditioning",
    keywords=("clip skip",),
)
def clip_set_last_layer(
    clip: TextEncoder,
    stop_at_clip_layer: Annotated[
        int,
        Range(-24, -1),
        "The layer whose output counts, from the last one: -2 is 'clip skip 2'.",
    ] = -1,
) -> TextEncoder:
    """Read a prompt with fewer layers of CLIP, as some models were trained."""
    return replace(clip, last_layer=stop_at_clip_layer)


@node(
    title="Differential Diffusion",
    category="sampling/models",
    keywords=("soft mask", "gradual", "inpaint"),
)
def differential_diffusion(
    model: Denoiser,
    strength: Annotated[float, Range(0, 1), "0: the mask counts as hard, 1: all of it is soft."] = (
        1.0
    ),
) -> Denoiser:
    """Let a soft mask say when each part begins to change: half selected, half of the steps."""
    return with_patch(model, Patch("differential", (strength,)))


@node(
    title="Model Sampling: Noise",
    category="sampling/models",
    keywords=("v-prediction", "zero terminal SNR", "LCM"),
)
def model_sampling_discrete(
    model: Denoiser,
    sampling: Annotated[
        Literal["eps", "v_prediction", "lcm"],
        "What the model predicts: noise (eps, lcm) or velocity, where its file does not say so.",
    ] = "eps",
    zsnr: ZeroSnr = False,  # noqa: FBT002
) -> Denoiser:
    """Say what a model of Stable Diffusion 1, 2 or XL was trained to predict."""
    kind = "v_prediction" if sampling == "v_prediction" else "epsilon"
    changed = with_patch(model, Patch(kind))
    return with_patch(changed, Patch("zero_snr")) if zsnr else changed


@node(
    name="ModelSamplingSD3",
    title="Model Sampling: Shift (SD3)",
    category="sampling/models",
    keywords=("shift", "flow matching"),
    see_also={
        "ModelSamplingFlux": "Works the shift out of the picture's size.",
        "ModelSamplingAuraFlow": "The same with another default.",
    },
)
def model_sampling_sd3(model: Denoiser, shift: Shift = 3.0) -> Denoiser:
    """Set how the noise of a model trained by flow matching is spread over the steps."""
    return with_patch(model, Patch("shift", (shift,)))


@node(
    name="ModelSamplingAuraFlow",
    title="Model Sampling: Shift (Aura Flow)",
    category="sampling/models",
    keywords=("shift", "flow matching", "Qwen-Image"),
    see_also={"ModelSamplingSD3": "The same with another default."},
)
def model_sampling_aura_flow(model: Denoiser, shift: Shift = 1.73) -> Denoiser:
    """Set how the noise of a model trained by flow matching is spread over the steps."""
    return with_patch(model, Patch("shift", (shift,)))


@node(
    title="Model Sampling: Shift (FLUX)",
    category="sampling/models",
    keywords=("shift", "flow matching"),
    see_also={"ModelSamplingSD3": "Takes the shift itself."},
)
def model_sampling_flux(
    model: Denoiser,
    max_shift: Annotated[float, Range(0, 100), "For 1024x1024 px."] = 1.15,
    base_shift: Annotated[float, Range(0, 100), "For 256x256 px."] = 0.5,
    width: Annotated[Side, "Of the picture."] = 1024,
    height: Annotated[Side, "Of the picture."] = 1024,
) -> Denoiser:
    """Spread the noise of a model trained by flow matching by a picture's size, as FLUX.1 does."""
    return with_patch(model, Patch("shift", (flux_shift(base_shift, max_shift, width, height),)))


@node(
    name="SetUnionControlNetType",
    title="Set Union ControlNet Type",
    category="conditioning/controlnet",
    keywords=("union", "promax"),
)
def set_union_control_net_type(
    control_net: ControlNet,
    type: Annotated[  # noqa: A002 - the name that graphs have
        Literal["auto", UnionType],
        "What the picture shows; auto serves other networks only, which take one kind.",
    ] = "auto",
) -> ControlNet:
    """Say what kind of picture a ControlNet is given that was trained for several kinds."""
    return replace(control_net, union_type="" if type == "auto" else type)
