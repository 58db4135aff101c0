"""Nodes that let ControlNets act with conditions."""

from dataclasses import replace
from typing import Annotated, NamedTuple

from paintgraph.engine.node.declaration import Range, node
from paintgraph.models.latents.holes import fitted_mask
from paintgraph.models.sampling.values import ControlUse
from paintgraph.nodes.sampling_sockets import Autoencoder, Conditioning, ControlNet
from paintgraph.nodes.sockets import Image, Mask

Strength = Annotated[float, Range(0, 10, step=0.01), "0 is without it, 1 as it was trained."]
Start = Annotated[
    float, Range(0, 1, step=0.001), "The part of sampling after which it begins to act."
]
End = Annotated[float, Range(0, 1, step=0.001), "The part of sampling after which it ends."]
Picture = Annotated[Image, "What it is steered by, such as edges or a pose; any size."]


class Controlled(NamedTuple):
    """Conditions with one more ControlNet."""

    positive: Conditioning
    negative: Conditioning


@node(
    name="ControlNetApply",
    title="Apply ControlNet (Old)",
    category="conditioning/controlnet",
    keywords=("pose", "depth", "edges", "canny", "scribble"),
    see_also={
        "ControlNetApplyAdvanced": "Takes both conditions, and acts for a part of the steps."
    },
)
def control_net_apply(
    conditioning: Conditioning,
    control_net: ControlNet,
    image: Picture,
    strength: Strength = 1.0,
) -> Conditioning:
    """Steer what is painted by a picture, with a ControlNet.

    Negative conditions that no ControlNet acts on are steered alike.
    """
    use = ControlUse(control_net, image[..., :3], strength, acts_on_negative=True)
    return _with(conditioning, use)


@node(
    name="ControlNetApplyAdvanced",
    title="Apply ControlNet",
    category="conditioning/controlnet",
    keywords=("pose", "depth", "edges", "canny", "scribble"),
    see_also={
        "ControlNetApply": "Takes one condition, and acts during all steps.",
        "ControlNetInpaintingAliMamaApply": "For ControlNets that inpaint.",
    },
)
def control_net_apply_advanced(
    positive: Conditioning,
    negative: Conditioning,
    control_net: ControlNet,
    image: Picture,
    strength: Strength = 1.0,
    start_percent: Start = 0.0,
    end_percent: End = 1.0,
    vae: Annotated[Autoencoder | None, "For ControlNets that steer in latents."] = None,
) -> Controlled:
    """Steer what is painted by a picture, with a ControlNet, for a part of the steps."""
    use = ControlUse(control_net, image[..., :3], strength, start_percent, end_percent, None, vae)
    return Controlled(_with(positive, use), _with(negative, use))


@node(
    name="ControlNetInpaintingAliMamaApply",
    title="Apply ControlNet (Inpainting)",
    category="conditioning/controlnet",
    keywords=("inpaint", "repaint", "mask"),
    see_also={"ControlNetApplyAdvanced": "For other ControlNets."},
)
def control_net_inpainting_ali_mama_apply(
    positive: Conditioning,
    negative: Conditioning,
    control_net: ControlNet,
    vae: Autoencoder,
    image: Annotated[Image, "The picture with its hole."],
    mask: Annotated[Mask, "What is painted; one of another size is scaled to the picture's."],
    strength: Strength = 1.0,
    start_percent: Start = 0.0,
    end_percent: End = 1.0,
) -> Controlled:
    """Steer what is painted by the picture around its hole, with a ControlNet that inpaints."""
    hole = fitted_mask(image, mask)
    use = ControlUse(control_net, image[..., :3], strength, start_percent, end_percent, hole, vae)
    return Controlled(_with(positive, use), _with(negative, use))


def _with(conditioning: Conditioning, use: ControlUse) -> Conditioning:
    """The conditions with one more ControlNet, none of strength 0: it would cost time alone."""
    if use.strength == 0:
        return conditioning
    return tuple(replace(each, controls=(*each.controls, use)) for each in conditioning)
