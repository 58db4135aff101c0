"""Nodes that turn a prompt into what denoisers read."""

from dataclasses import replace
from typing import Annotated, Literal

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import MULTILINE, Range, Resource, node
from paintgraph.models.prompts.text_encoders import TextEncoders, Texts
from paintgraph.models.sampling import values
from paintgraph.nodes.resource_names import EMBEDDINGS
from paintgraph.nodes.sampling_sockets import Conditioning, TextEncoder

Prompt = Annotated[
    str,
    MULTILINE,
    "(word:1.2) counts more, (word) 1.1 times, \\( is a bracket, embedding:NAME a learnt word.",
]
Side = Annotated[int, Range(0, 16384, "px")]

_FOUND = "The files of learnt words in their exact version: leave it empty, it is filled in."
Learnt = Annotated[list[str], Resource(EMBEDDINGS, found_by=("text",)), _FOUND]
LearntOfXl = Annotated[list[str], Resource(EMBEDDINGS, found_by=("text_g", "text_l")), _FOUND]
LearntOfSd3 = Annotated[list[str], Resource(EMBEDDINGS, found_by=("clip_l", "clip_g")), _FOUND]
LearntOfFlux = Annotated[list[str], Resource(EMBEDDINGS, found_by=("clip_l",)), _FOUND]

_PACKAGES = ("torch", "transformers")
_ENCODE = "The same text for every encoder."


@node(
    title="Encode Prompt",
    category="conditioning",
    name="CLIPTextEncode",
    keywords=("text", "positive", "negative", "clip"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    see_also={
        "CLIPTextEncodeSDXL": "A text for each encoder of SDXL, and what it is told of the size.",
        "CLIPTextEncodeSDXLRefiner": "Tells SDXL's refiner a size and a score of beauty, too.",
        "CLIPTextEncodeSD3": "A text for each encoder of Stable Diffusion 3.",
        "CLIPTextEncodeFlux": "A text for each encoder of Flux, and its guidance.",
    },
)
def clip_text_encode(
    context: Context,
    text: Prompt,
    clip: TextEncoder,
    embeddings: Learnt = (),  # type: ignore[assignment] # as all lists in graphs
) -> Conditioning:
    """What a prompt tells the denoisers of a family."""
    del embeddings
    return _encoded(context, clip, text)


@node(
    title="Encode Prompt for SDXL",
    category="conditioning",
    name="CLIPTextEncodeSDXL",
    keywords=("text", "size", "crop"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    see_also={"CLIPTextEncode": _ENCODE},
)
def clip_text_encode_sdxl(
    context: Context,
    clip: TextEncoder,
    *,
    width: Annotated[Side, "The width that the picture is said to have had."] = 1024,
    height: Annotated[Side, "And its height."] = 1024,
    crop_w: Annotated[Side, "By how much it is said to have been cut at the left."] = 0,
    crop_h: Annotated[Side, "And at the top."] = 0,
    target_width: Annotated[Side, "The width for which it is said to have been scaled."] = 1024,
    target_height: Annotated[Side, "And the height."] = 1024,
    text_g: Annotated[Prompt, "What the larger encoder, CLIP G, reads."],
    text_l: Annotated[Prompt, "What CLIP L reads."],
    embeddings: LearntOfXl = (),  # type: ignore[assignment] # as all lists in graphs
) -> Conditioning:
    """What a prompt tells SDXL, with what it is told of the picture's size."""
    del embeddings
    hint = values.SizeHint(width, height, crop_w, crop_h, target_width, target_height)
    return _sized(_encoded(context, clip, {"l": text_l, "g": text_g}), hint)


@node(
    title="Encode Prompt for SDXL's Refiner",
    category="conditioning",
    name="CLIPTextEncodeSDXLRefiner",
    keywords=("text", "aesthetic score"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    see_also={"CLIPTextEncode": _ENCODE},
)
def clip_text_encode_sdxl_refiner(
    context: Context,
    *,
    ascore: Annotated[
        float, Range(0, 1000, step=0.01), "How beautiful the picture is said to be, mostly to 10."
    ] = 6.0,
    width: Annotated[Side, "The width that the picture is said to have had."] = 1024,
    height: Annotated[Side, "And its height."] = 1024,
    text: Prompt,
    clip: TextEncoder,
    embeddings: Learnt = (),  # type: ignore[assignment] # as all lists in graphs
) -> Conditioning:
    """What a prompt tells the refiner of SDXL, with a size and a score of beauty."""
    del embeddings
    hint = values.SizeHint(width, height, 0, 0, width, height, ascore)
    return _sized(_encoded(context, clip, {"g": text}), hint)


@node(
    title="Encode Prompt for SD3",
    category="conditioning",
    name="CLIPTextEncodeSD3",
    keywords=("text", "t5"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    see_also={"CLIPTextEncode": _ENCODE},
)
def clip_text_encode_sd3(
    context: Context,
    clip: TextEncoder,
    clip_l: Prompt,
    clip_g: Prompt,
    t5xxl: Prompt,
    empty_padding: Annotated[
        Literal["none", "empty_prompt"],
        "What stands for a text without words: zeros, or what its encoder makes of no words.",
    ] = "none",
    embeddings: LearntOfSd3 = (),  # type: ignore[assignment] # as all lists in graphs
) -> Conditioning:
    """What a prompt tells Stable Diffusion 3, with a text for each encoder."""
    del embeddings
    texts = {"l": clip_l, "g": clip_g, "t5": t5xxl}
    if empty_padding == "none":
        texts = {name: text for name, text in texts.items() if text}
    return _encoded(context, clip, texts)


@node(
    title="Encode Prompt for Flux",
    category="conditioning",
    name="CLIPTextEncodeFlux",
    keywords=("text", "t5", "guidance"),
    lane="device",
    heavy=True,
    packages=_PACKAGES,
    see_also={"CLIPTextEncode": _ENCODE, "FluxGuidance": "Sets the guidance alone."},
)
def clip_text_encode_flux(
    context: Context,
    clip: TextEncoder,
    clip_l: Prompt,
    t5xxl: Prompt,
    guidance: Annotated[
        float, Range(0, 100, step=0.1), "How closely the prompt is followed; 30 for Flux Fill."
    ] = 3.5,
    embeddings: LearntOfFlux = (),  # type: ignore[assignment] # as all lists in graphs
) -> Conditioning:
    """What a prompt tells Flux, with a text for each encoder and its guidance."""
    del embeddings
    found = _encoded(context, clip, {"l": clip_l, "t5": t5xxl})
    return tuple(replace(condition, guidance=guidance) for condition in found)


def _encoded(context: Context, clip: TextEncoder, texts: Texts) -> Conditioning:
    return context.service(TextEncoders).encode(clip, texts, context.listening)


def _sized(conditioning: Conditioning, hint: values.SizeHint) -> Conditioning:
    return tuple(replace(condition, size=hint) for condition in conditioning)
