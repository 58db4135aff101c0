"""Nodes that combine what denoisers are told, and say where, when and how strongly it counts."""

from dataclasses import replace
from typing import Annotated, Literal

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, node
from paintgraph.models.prompts import conditions
from paintgraph.models.sampling.values import Area
from paintgraph.nodes.sampling_sockets import Conditioning, Latent
from paintgraph.nodes.sockets import Mask

Px = Annotated[int, Range(0, 16384, "px", 8)]
Share = Annotated[float, Range(0, 1, step=0.01)]
Strength = Annotated[float, Range(0, 10, step=0.01), "Its weight where several overlap."]
Moment = Annotated[
    float, Range(0, 1, step=0.001), "A share of sampling: 0 is its start, 1 its end."
]


@node(
    title="Zero Out Conditioning",
    category="conditioning",
    keywords=("empty", "negative", "no prompt"),
)
def conditioning_zero_out(conditioning: Conditioning) -> Conditioning:
    """Say nothing at all: zeros in place of a prompt, as Flux and SD3 take it for a negative."""
    return conditions.zeroed(conditioning)


@node(
    title="Combine Conditionings",
    category="conditioning",
    keywords=("and", "regions", "several prompts"),
    see_also={
        "ConditioningConcat": "Makes one longer prompt of two.",
        "ConditioningAverage": "Mixes two prompts.",
    },
)
def conditioning_combine(
    conditioning_1: Conditioning, conditioning_2: Conditioning
) -> Conditioning:
    """Let two act side by side: the denoiser is asked with each, and the answers are mixed."""
    return (*conditioning_1, *conditioning_2)


@node(
    title="Concatenate Conditionings",
    category="conditioning",
    keywords=("longer prompt", "append", "BREAK"),
    see_also={"ConditioningCombine": "Lets two prompts act side by side."},
)
def conditioning_concat(
    context: Context, conditioning_to: Conditioning, conditioning_from: Conditioning
) -> Conditioning:
    """Make a prompt longer by the words of another, each read by itself."""
    return conditions.concatenated(conditioning_to, conditioning_from, context.listening)


@node(
    title="Average Conditionings",
    category="conditioning",
    keywords=("mix", "blend", "interpolate"),
    see_also={"ConditioningCombine": "Lets two prompts act side by side."},
)
def conditioning_average(
    context: Context,
    conditioning_to: Conditioning,
    conditioning_from: Conditioning,
    conditioning_to_strength: Annotated[
        float, Range(0, 1, step=0.01), "1 is the first alone, 0 the second alone."
    ] = 1.0,
) -> Conditioning:
    """Mix two prompts into one."""
    return conditions.averaged(
        conditioning_to, conditioning_from, conditioning_to_strength, context.listening
    )


@node(
    title="Set Area of Conditioning",
    category="conditioning",
    keywords=("region", "regional prompt", "rectangle"),
    see_also={
        "ConditioningSetMask": "Takes a mask.",
        "ConditioningSetAreaPercentage": "Takes shares of the picture's sides.",
        "ConditioningSetAreaStrength": "Says how strongly it counts alone.",
    },
)
def conditioning_set_area(
    conditioning: Conditioning,
    width: Annotated[int, Range(64, 16384, "px", 8), "How wide it is."] = 64,
    height: Annotated[int, Range(64, 16384, "px", 8), "How high it is."] = 64,
    x: Annotated[Px, "Its left edge."] = 0,
    y: Annotated[Px, "Its top edge."] = 0,
    strength: Strength = 1.0,
) -> Conditioning:
    """Let a prompt act in a rectangle of the picture alone."""
    area = Area(x, y, width, height)
    return tuple(
        replace(each, area=area, strength=strength, is_mask_bound=False) for each in conditioning
    )


@node(
    title="Set Area of Conditioning with Percentage",
    category="conditioning",
    keywords=("region", "regional prompt", "rectangle"),
    see_also={"ConditioningSetArea": "Takes px."},
)
def conditioning_set_area_percentage(
    conditioning: Conditioning,
    width: Annotated[Share, "A share of the picture's width."] = 1.0,
    height: Annotated[Share, "A share of its height."] = 1.0,
    x: Annotated[Share, "Its left edge."] = 0.0,
    y: Annotated[Share, "Its top edge."] = 0.0,
    strength: Strength = 1.0,
) -> Conditioning:
    """Let a prompt act in a rectangle alone, given in shares of the picture's sides."""
    area = Area(x, y, width, height, is_relative=True)
    return tuple(
        replace(each, area=area, strength=strength, is_mask_bound=False) for each in conditioning
    )


@node(
    title="Set Strength of Conditioning",
    category="conditioning",
    keywords=("weight", "region"),
    see_also={"ConditioningSetArea": "Says where it acts, too."},
)
def conditioning_set_area_strength(
    conditioning: Conditioning, strength: Strength = 1.0
) -> Conditioning:
    """Say how strongly a prompt counts where several overlap."""
    return tuple(replace(each, strength=strength) for each in conditioning)


@node(
    title="Set Mask of Conditioning",
    category="conditioning",
    keywords=("region", "regional prompt", "paint by mask"),
    see_also={"ConditioningSetArea": "Takes a rectangle."},
)
def conditioning_set_mask(
    conditioning: Conditioning,
    mask: Mask,
    strength: Strength = 1.0,
    set_cond_area: Annotated[
        Literal["default", "mask bounds"],
        "Whether the denoiser sees the whole picture, or the mask's bounding box alone.",
    ] = "default",
) -> Conditioning:
    """Let a prompt act where a mask selects."""
    is_bound = set_cond_area == "mask bounds"
    return tuple(
        replace(each, mask=mask, strength=strength, is_mask_bound=is_bound) for each in conditioning
    )


@node(
    title="Set Timestep Range of Conditioning",
    category="conditioning",
    keywords=("schedule", "prompt editing", "start", "end"),
)
def conditioning_set_timestep_range(
    conditioning: Conditioning, start: Moment = 0.0, end: Moment = 1.0
) -> Conditioning:
    """Let a prompt act during a part of sampling alone."""
    return tuple(replace(each, start=start, end=end) for each in conditioning)


@node(
    title="Flux Guidance",
    category="conditioning",
    keywords=("distilled guidance", "cfg"),
    see_also={"CLIPTextEncodeFlux": "Encodes the prompt, too."},
)
def flux_guidance(
    conditioning: Conditioning,
    guidance: Annotated[
        float, Range(0, 100, step=0.1), "How closely the prompt is followed; 30 for Flux Fill."
    ] = 3.5,
) -> Conditioning:
    """Set the guidance that Flux was trained to take as an input; cfg is then 1."""
    return tuple(replace(each, guidance=guidance) for each in conditioning)


@node(
    title="Reference Latent",
    category="conditioning",
    keywords=("edit", "kontext", "qwen image edit", "look at"),
)
def reference_latent(
    conditioning: Conditioning,
    latent: Annotated[Latent | None, "A picture that is edited or looked at."] = None,
) -> Conditioning:
    """Show a picture to a model that edits."""
    if latent is None:
        return conditioning
    return tuple(
        replace(each, references=(*each.references, latent.samples)) for each in conditioning
    )
