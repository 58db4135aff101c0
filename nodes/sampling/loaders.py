"""Nodes that choose files of diffusion models, which are loaded when something is sampled."""

from typing import Annotated, Literal, NamedTuple

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Range, Resource, node
from paintgraph.models.networks import choosing
from paintgraph.models.networks.headers import Headers
from paintgraph.nodes.resource_names import (
    AUTOENCODER,
    CHECKPOINT,
    CONTROLNET,
    DENOISER,
    LORA,
    PIPELINE,
    TEXT_ENCODER,
)
from paintgraph.nodes.sampling_sockets import Autoencoder, ControlNet, Denoiser, TextEncoder

_LISTS = "; 'paintgraph models list' lists them."

LoraName = Annotated[str, Resource(LORA), f"The LoRA, by the name of its file{_LISTS}"]
EncoderName = Annotated[
    str, Resource(TEXT_ENCODER), f"A text encoder, by the name of its file{_LISTS}"
]
Device = Annotated[
    Literal["default", "cpu"], "Taken as graphs have it; where models work is a setting here."
]
Strength = Annotated[
    float, Range(-100, 100), "1: as it was made; below 0 it acts the other way round."
]


class Checkpoint(NamedTuple):
    """The three parts of a generating model."""

    model: Denoiser
    clip: TextEncoder
    vae: Autoencoder


class Patched(NamedTuple):
    """A denoiser and the text encoders that go with it."""

    model: Denoiser
    clip: TextEncoder


@node(
    title="Load Checkpoint",
    category="loaders",
    keywords=("Stable Diffusion", "SDXL", "safetensors", "model"),
    see_also={
        "UNETLoader": "Loads the denoiser alone.",
        "VAELoader": "Loads the VAE alone.",
        "DiffusersLoader": "Takes folders of diffusers only.",
    },
)
def checkpoint_loader_simple(
    context: Context,
    ckpt_name: Annotated[
        str,
        Resource(CHECKPOINT),
        f"The checkpoint, by the name of its file, or a folder of diffusers{_LISTS}",
    ],
) -> Checkpoint:
    """Choose a generating model: its denoiser, its text encoders and its VAE.

    Stable Diffusion 1, 2, XL and 3, FLUX.1 and Qwen-Image; which it is, and whether it was made for
    inpainting, is told by the file's header.
    """
    return _parts(context, ckpt_name)


@node(
    name="DiffusersLoader",
    title="Load Folder of Diffusers",
    category="loaders",
    keywords=("pipeline", "diffusers"),
    see_also={"CheckpointLoaderSimple": "Takes checkpoints in one file as well."},
)
def diffusers_loader(
    context: Context,
    model_path: Annotated[
        str, Resource(PIPELINE), f"The model, by the name of its folder in 'diffusion'{_LISTS}"
    ],
) -> Checkpoint:
    """Choose a generating model in a folder as diffusers writes it."""
    return _parts(context, model_path)


def _parts(context: Context, reference: str) -> Checkpoint:
    described = context.service(Headers).described(reference)
    model = choosing.denoiser(reference, described)
    return Checkpoint(
        model,
        choosing.checkpoint_encoder(reference, described),
        choosing.checkpoint_autoencoder(reference, described),
    )


@node(
    name="UNETLoader",
    title="Load Diffusion Model",
    category="loaders",
    keywords=("UNet", "transformer", "FLUX"),
    see_also={"CheckpointLoaderSimple": "Loads text encoders and VAE of the same file as well."},
)
def unet_loader(
    context: Context,
    unet_name: Annotated[str, Resource(DENOISER), f"The denoiser, by the name of its file{_LISTS}"],
    weight_dtype: Annotated[
        Literal["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"],
        "Taken as graphs have it; samples are as the setting 'dtype' says.",
    ] = "default",
) -> Denoiser:
    """Choose a denoiser that lies in a file of its own."""
    del weight_dtype
    return choosing.denoiser(unet_name, context.service(Headers).described(unet_name))


@node(
    name="VAELoader",
    title="Load VAE",
    category="loaders",
    keywords=("autoencoder",),
    see_also={"CheckpointLoaderSimple": "Loads the VAE that a checkpoint has."},
)
def vae_loader(
    context: Context,
    vae_name: Annotated[str, Resource(AUTOENCODER), f"The VAE, by the name of its file{_LISTS}"],
) -> Autoencoder:
    """Choose a VAE that lies in a file of its own."""
    return choosing.autoencoder(vae_name, context.service(Headers).described(vae_name))


@node(
    name="CLIPLoader",
    title="Load Text Encoder",
    category="loaders",
    keywords=("CLIP", "T5"),
    see_also={"DualCLIPLoader": "Takes two files, as SDXL and FLUX.1 need them."},
)
def clip_loader(
    context: Context,
    clip_name: EncoderName,
    type: Annotated[  # noqa: A002 - the name that graphs have
        Literal["stable_diffusion", "sd3", "qwen_image"], "For which models it reads prompts."
    ] = "stable_diffusion",
    device: Device = "default",
) -> TextEncoder:
    """Choose a text encoder that lies in a file of its own."""
    del device
    return _encoders(context, type, clip_name)


@node(
    name="DualCLIPLoader",
    title="Load Two Text Encoders",
    category="loaders",
    keywords=("CLIP", "T5", "SDXL", "FLUX"),
    see_also={"CLIPLoader": "Takes one file.", "TripleCLIPLoader": "Takes three files."},
)
def dual_clip_loader(
    context: Context,
    clip_name1: EncoderName,
    clip_name2: EncoderName,
    type: Annotated[  # noqa: A002 - the name that graphs have
        Literal["sdxl", "sd3", "flux"], "For which models they read prompts."
    ] = "sdxl",
    device: Device = "default",
) -> TextEncoder:
    """Choose two text encoders, in any order: their headers say which is which."""
    del device
    return _encoders(context, type, clip_name1, clip_name2)


@node(
    name="TripleCLIPLoader",
    title="Load Three Text Encoders",
    category="loaders",
    keywords=("CLIP", "T5", "Stable Diffusion 3"),
    see_also={"DualCLIPLoader": "Takes two files, for SDXL and FLUX.1 as well."},
)
def triple_clip_loader(
    context: Context, clip_name1: EncoderName, clip_name2: EncoderName, clip_name3: EncoderName
) -> TextEncoder:
    """Choose the three text encoders of Stable Diffusion 3, in any order."""
    return _encoders(context, "sd3", clip_name1, clip_name2, clip_name3)


def _encoders(context: Context, kind: str, *references: str) -> TextEncoder:
    headers = context.service(Headers)
    return choosing.text_encoder([(r, headers.described(r)) for r in references], kind)


@node(
    title="Load LoRA",
    category="loaders",
    keywords=("style", "adapter"),
    see_also={"LoraLoaderModelOnly": "Changes the denoiser alone."},
)
def lora_loader(
    context: Context,
    model: Denoiser,
    clip: TextEncoder,
    lora_name: LoraName,
    strength_model: Annotated[Strength, "How strongly the denoiser is changed."] = 1.0,
    strength_clip: Annotated[Strength, "How strongly the text encoders are changed."] = 1.0,
) -> Patched:
    """Change what a model paints, and what it makes of words, by a LoRA; several add up.

    One that was made for another family of models is refused.
    """
    described = context.service(Headers).described(lora_name)
    return Patched(
        choosing.with_lora(model, lora_name, described, strength_model),
        choosing.with_lora(clip, lora_name, described, strength_clip),
    )


@node(
    title="Load LoRA (Model Only)",
    category="loaders",
    keywords=("style", "adapter"),
    see_also={"LoraLoader": "Changes the text encoders as well."},
)
def lora_loader_model_only(
    context: Context, model: Denoiser, lora_name: LoraName, strength_model: Strength = 1.0
) -> Denoiser:
    """Change what a model paints by a LoRA; several add up."""
    described = context.service(Headers).described(lora_name)
    return choosing.with_lora(model, lora_name, described, strength_model)


@node(
    name="ControlNetLoader",
    title="Load ControlNet",
    category="loaders",
    keywords=("canny", "depth", "pose"),
    see_also={"DiffControlNetLoader": "Refuses one of another family than a model."},
)
def control_net_loader(
    context: Context,
    control_net_name: Annotated[
        str, Resource(CONTROLNET), f"The ControlNet, by the name of its file{_LISTS}"
    ],
) -> ControlNet:
    """Choose a ControlNet, which steers a denoiser by a picture."""
    return choosing.control_net(
        control_net_name, context.service(Headers).described(control_net_name)
    )


@node(
    name="DiffControlNetLoader",
    title="Load ControlNet for a Model",
    category="loaders",
    keywords=("canny", "depth", "pose"),
    see_also={"ControlNetLoader": "Takes no model."},
)
def diff_control_net_loader(
    context: Context,
    model: Annotated[Denoiser, "What it is to steer: one of another family is refused."],
    control_net_name: Annotated[
        str, Resource(CONTROLNET), f"The ControlNet, by the name of its file{_LISTS}"
    ],
) -> ControlNet:
    """Choose a ControlNet for a denoiser."""
    described = context.service(Headers).described(control_net_name)
    found = choosing.control_net(control_net_name, described)
    choosing.check_family(model, found)
    return found
