"""What a file of weights is, by the names and shapes of its tensors: networks of which family.

Names are those of the original code ("ldm"), of ComfyUI's repacked files and of diffusers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from paintgraph.models.families.diffusion.sources import Shapes

Form: TypeAlias = Literal[
    "unet",
    "sd3",
    "flux",
    "qwen_image",
    "vae",
    "qwen_vae",
    "clip",
    "open_clip",
    "t5",
    "qwen_text",
    "controlnet",
]
"""What a network is built as, however its tensors are called."""

_DENOISERS: tuple[tuple[Form, str], ...] = (
    ("sd3", "joint_blocks.0.x_block.attn.qkv.weight"),
    ("flux", "double_blocks.0.img_attn.qkv.weight"),
    ("flux", "single_transformer_blocks.0.attn.to_q.weight"),
    ("qwen_image", "transformer_blocks.0.img_mod.1.weight"),
    ("sd3", "transformer_blocks.0.attn.add_q_proj.weight"),
    ("unet", "input_blocks.0.0.weight"),
    ("unet", "time_embedding.linear_1.weight"),
)
_IN_DENOISERS = ("model.diffusion_model.", "", "diffusion_model.", "unet.", "transformer.")
_VAES: tuple[tuple[Form, str], ...] = (
    ("vae", "decoder.conv_in.weight"),
    ("qwen_vae", "decoder.middle.0.residual.0.gamma"),
)
_IN_VAES = ("first_stage_model.", "vae.", "")
_CONTROLS = (
    "zero_convs.0.0.weight",
    "controlnet_cond_embedding.conv_in.weight",
)
_IN_CONTROLS = ("control_model.", "")
_ENCODERS: tuple[tuple[Form, str], ...] = (
    ("clip", "text_model.embeddings.token_embedding.weight"),
    ("clip", "embeddings.token_embedding.weight"),
    ("open_clip", "positional_embedding"),
    ("t5", "encoder.block.0.layer.0.SelfAttention.q.weight"),
    ("qwen_text", "model.layers.0.self_attn.q_proj.weight"),
)
_IN_ENCODERS: tuple[tuple[str, str], ...] = (
    ("cond_stage_model.transformer.", "l"),
    ("cond_stage_model.model.", "l"),
    ("conditioner.embedders.0.transformer.", "l"),
    ("conditioner.embedders.0.model.", "g"),
    ("conditioner.embedders.1.model.", "g"),
    ("text_encoders.clip_l.transformer.", "l"),
    ("text_encoders.clip_g.transformer.", "g"),
    ("text_encoders.t5xxl.transformer.", "t5"),
    ("text_encoders.qwen25_7b.transformer.", "qwen"),
    ("text_encoder.", "l"),
    ("text_encoder_2.", "g"),
    ("", ""),
)
_OPEN_CLIP_LAYERS = "transformer.resblocks.0.ln_1.weight"
_G_WIDTH = 1280
_REFUSED: Mapping[str, str] = {
    "lora_controlnet": "a Control-LoRA",
    "distilled_guidance_layer.in_proj.bias": "Chroma",
    "model.diffusion_model.distilled_guidance_layer.in_proj.bias": "Chroma",
    "single_stream_modulation.lin.weight": "FLUX.2",
    "model.diffusion_model.single_stream_modulation.lin.weight": "FLUX.2",
    "head.modulation": "Wan",
    "model.diffusion_model.head.modulation": "Wan",
    "cap_embedder.0.weight": "Lumina or Z-Image",
    "model.diffusion_model.cap_embedder.0.weight": "Lumina or Z-Image",
    "clip_txt_mapper.weight": "Stable Cascade",
    "txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias": "Hunyuan Video",
}
"""Tensors by which networks are known that nothing here samples."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One network in a file: what it is, and what its tensors' names begin with."""

    form: Form
    prefix: str
    shapes: Shapes = field(repr=False)

    @property
    def elements(self) -> int:
        """How many numbers its weights are."""
        return sum(_product(shape) for shape in self.shapes.values())


@dataclass(frozen=True, slots=True)
class Contents:
    """The networks of a file, those that are there; `encoders` by "l", "g", "t5" and "qwen"."""

    denoiser: Piece | None = None
    autoencoder: Piece | None = None
    control: Piece | None = None
    encoders: Mapping[str, Piece] = field(default_factory=dict)

    @property
    def family(self) -> str | None:
        """For which denoisers it is; None for what several families use, or for nothing known."""
        if self.denoiser is not None:
            return _family(self.denoiser, self.encoders)
        return _family(self.control, {}) if self.control is not None else None

    def in_words(self) -> str:
        """What is in it, for people."""
        found = [
            *(["a denoiser"] if self.denoiser else []),
            *(["a ControlNet"] if self.control else []),
            *(["text encoders"] if self.encoders else []),
            *(["a VAE"] if self.autoencoder else []),
        ]
        return " and ".join(found) or "nothing that is known here"


def contents_of(shapes: Shapes) -> Contents:
    """What a file with tensors of these names and shapes holds."""
    control = _first(shapes, (("controlnet", mark) for mark in _CONTROLS), _IN_CONTROLS)
    denoiser = None if control else _first(shapes, _DENOISERS, _IN_DENOISERS)
    autoencoder = None if control else _first(shapes, _VAES, _IN_VAES)
    encoders = {} if control else _encoders(shapes)
    return Contents(denoiser, autoencoder, control, encoders)


def refused_as(shapes: Shapes) -> str | None:
    """What a file is that is known and not sampled here, or None."""
    return next((what for mark, what in _REFUSED.items() if mark in shapes), None)


def _first(
    shapes: Shapes, marks: Iterable[tuple[Form, str]], prefixes: Iterable[str]
) -> Piece | None:
    marks = tuple(marks)
    for prefix in prefixes:
        for form, mark in marks:
            if f"{prefix}{mark}" in shapes:
                return Piece(form, prefix, inside(shapes, prefix))
    return None


def _encoders(shapes: Shapes) -> dict[str, Piece]:
    found: dict[str, Piece] = {}
    for prefix, name in _IN_ENCODERS:
        piece = _first(shapes, _ENCODERS, (prefix,))
        if piece is None or (piece.form == "open_clip" and _OPEN_CLIP_LAYERS not in piece.shapes):
            continue
        found.setdefault(name or _name_of(piece), piece)
    return found


def _name_of(piece: Piece) -> str:
    """What an encoder is called that is alone in its file."""
    if piece.form in ("t5", "qwen_text"):
        return "t5" if piece.form == "t5" else "qwen"
    return "g" if encoder_width(piece) == _G_WIDTH else "l"


def encoder_width(piece: Piece) -> int:
    """How wide the tokens are that a CLIP gives."""
    names = ("token_embedding.weight", "embeddings.token_embedding.weight")
    return next(
        shape[1] for name, shape in piece.shapes.items() if name.endswith(names) and len(shape) > 1
    )


def _family(piece: Piece, encoders: Mapping[str, Piece]) -> str | None:
    if piece.form not in ("unet", "controlnet"):
        return piece.form
    context = context_width(piece.shapes)
    has_size = bool({"label_emb.0.0.weight", "add_embedding.linear_1.weight"} & set(piece.shapes))
    if has_size and context != _UNCLIP_WIDTH:
        is_refiner = context == _G_WIDTH or set(encoders) == {"g"}
        return "sdxl_refiner" if is_refiner else "sdxl"
    if has_size or "class_embedding.linear_1.weight" in piece.shapes or context is None:
        return None  # unCLIP and others that look at pictures
    return "sd2" if is_linear(piece.shapes) else "sd1"


_UNCLIP_WIDTH = 1024


def context_width(shapes: Shapes) -> int | None:
    """How wide the tokens are that a UNet takes."""
    found = (shape[1] for name, shape in shapes.items() if name.endswith("attn2.to_k.weight"))
    return next(found, None)


def is_linear(shapes: Shapes) -> bool:
    """Whether a UNet's attention is projected by linear layers, as from Stable Diffusion 2 on."""
    found = (len(s) == 2 for name, s in shapes.items() if name.endswith("proj_in.weight"))
    return next(found, False)


def input_channels(piece: Piece) -> int:
    """How many channels the first layer of a denoiser takes."""
    names = (
        *("input_blocks.0.0.weight", "conv_in.weight", "x_embedder.proj.weight"),
        *("pos_embed.proj.weight", "img_in.weight", "x_embedder.weight"),
    )
    return next(piece.shapes[name][1] for name in names if name in piece.shapes)


def inside(shapes: Shapes, prefix: str) -> Shapes:
    """Those whose names begin so, without that beginning."""
    if not prefix:
        return shapes
    length = len(prefix)
    return {name[length:]: shape for name, shape in shapes.items() if name.startswith(prefix)}


def _product(shape: tuple[int, ...]) -> int:
    result = 1
    for length in shape:
        result *= length
    return result
