"""The weights of one network out of a file, under the names that diffusers and transformers use."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from paintgraph.models.families.checkpoints.configs import ldm_layers
from paintgraph.models.families.checkpoints.headers import Piece
from paintgraph.models.families.diffusion.sources import Shapes

Tensors = dict[str, Any]

_SCALE = ".scale_weight"
_NOT_WEIGHTS = ("scale_input", "scaled_fp8", "position_ids", "logit_scale")
_LDM_UNET = "model.diffusion_model."
_SD2_LAYERS = 23
"""Of the 24 layers of Stable Diffusion 2's text encoder the last one was never used."""


def read_piece(path: Path, piece: Piece, dtype: Any) -> Tensors:
    """The tensors of a network in a file, in samples of `dtype`, renamed.

    8-bit floats that have scales beside them are multiplied by these.
    """
    from safetensors import safe_open

    tensors: Tensors = {}
    with safe_open(path, framework="pt") as file:
        for name in piece.shapes:
            tensors[name] = file.get_tensor(f"{piece.prefix}{name}")
    return renamed(piece, _in_samples(tensors, dtype))


def _in_samples(tensors: Tensors, dtype: Any) -> Tensors:
    found = {}
    for name, tensor in tensors.items():
        if name.endswith((_SCALE, *_NOT_WEIGHTS)):
            continue
        scale = tensors.get(f"{name.removesuffix('.weight')}{_SCALE}")
        scaled = tensor if scale is None else tensor.float() * scale.float()
        found[name] = scaled.to(dtype) if scaled.is_floating_point() else scaled
    return found


def shapes_of(tensors: Mapping[str, Any]) -> Shapes:
    """Their shapes."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def renamed(piece: Piece, tensors: Tensors) -> Tensors:
    """A network's tensors under the names of diffusers; of CLIPs those within `text_model`."""
    change = _CHANGES.get(piece.form)
    return tensors if change is None else change(tensors)


def _unet(tensors: Tensors) -> Tensors:
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint

    if "input_blocks.0.0.weight" not in tensors:
        return tensors
    config = {
        "layers_per_block": ldm_layers(shapes_of(tensors)),
        "addition_embed_type": "text_time" if "label_emb.0.0.weight" in tensors else None,
    }
    named = {f"{_LDM_UNET}{name}": tensor for name, tensor in tensors.items()}
    converted: Tensors = convert_ldm_unet_checkpoint(named, config)
    return converted


def _controlnet(tensors: Tensors) -> Tensors:
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

    if "input_blocks.0.0.weight" not in tensors:
        return tensors
    config = {"layers_per_block": ldm_layers(shapes_of(tensors))}
    converted: Tensors = convert_controlnet_checkpoint(tensors, config)
    if "label_emb.0.0.weight" in tensors:
        for number in (0, 2):
            for kind in ("weight", "bias"):
                own = f"add_embedding.linear_{number // 2 + 1}.{kind}"
                converted[own] = tensors[f"label_emb.0.{number}.{kind}"]
    return converted


def _vae(tensors: Tensors) -> Tensors:
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    if "decoder.mid.block_1.conv1.weight" not in tensors:
        return tensors
    levels = {name.split(".")[2] for name in tensors if name.startswith("encoder.down.")}
    config = {"down_block_types": [""] * len(levels), "up_block_types": [""] * len(levels)}
    converted: Tensors = convert_ldm_vae_checkpoint(tensors, config)
    return converted


def _clip(tensors: Tensors) -> Tensors:
    return {name.removeprefix("text_model."): tensor for name, tensor in tensors.items()}


_OPEN_CLIP = (
    ("transformer.resblocks.", "encoder.layers."),
    (".ln_1.", ".layer_norm1."),
    (".ln_2.", ".layer_norm2."),
    (".mlp.c_fc.", ".mlp.fc1."),
    (".mlp.c_proj.", ".mlp.fc2."),
    (".attn.out_proj.", ".self_attn.out_proj."),
    ("ln_final.", "final_layer_norm."),
)


def _open_clip(tensors: Tensors) -> Tensors:
    """Names of OpenCLIP, which has queries, keys and values in one matrix."""
    found = {}
    for name, tensor in tensors.items():
        if name == "positional_embedding":
            found["embeddings.position_embedding.weight"] = tensor
        elif name == "token_embedding.weight":
            found["embeddings.token_embedding.weight"] = tensor
        elif name == "text_projection":
            found["text_projection.weight"] = tensor.T.contiguous()
        elif ".attn.in_proj_" in name:
            place, _, kind = _replaced(name).partition(".attn.in_proj_")
            for part, each in zip("qkv", tensor.chunk(3), strict=True):
                found[f"{place}.self_attn.{part}_proj.{kind}"] = each.contiguous()
        else:
            found[_replaced(name)] = tensor
    return found


def _replaced(name: str) -> str:
    for theirs, ours in _OPEN_CLIP:
        name = name.replace(theirs, ours)
    return name


def without_last_layer(tensors: Tensors) -> Tensors:
    """The text encoder of Stable Diffusion 2 as diffusers writes it: what nobody uses is gone."""
    last = f"encoder.layers.{_SD2_LAYERS}."
    return {n: t for n, t in tensors.items() if n != "text_projection.weight" and last not in n}


def _sd3(tensors: Tensors) -> Tensors:
    from diffusers.loaders.single_file_utils import (
        convert_sd3_transformer_checkpoint_to_diffusers,
    )

    if "joint_blocks.0.x_block.attn.qkv.weight" not in tensors:
        return tensors
    converted: Tensors = convert_sd3_transformer_checkpoint_to_diffusers(dict(tensors))
    return converted


_FLUX = (
    ("time_in.in_layer.", "time_text_embed.timestep_embedder.linear_1."),
    ("time_in.out_layer.", "time_text_embed.timestep_embedder.linear_2."),
    ("vector_in.in_layer.", "time_text_embed.text_embedder.linear_1."),
    ("vector_in.out_layer.", "time_text_embed.text_embedder.linear_2."),
    ("guidance_in.in_layer.", "time_text_embed.guidance_embedder.linear_1."),
    ("guidance_in.out_layer.", "time_text_embed.guidance_embedder.linear_2."),
    ("txt_in.", "context_embedder."),
    ("img_in.", "x_embedder."),
    ("final_layer.linear.", "proj_out."),
    ("final_layer.adaLN_modulation.1.", "norm_out.linear."),
    ("double_blocks.", "transformer_blocks."),
    ("single_blocks.", "single_transformer_blocks."),
    (".img_mod.lin.", ".norm1.linear."),
    (".txt_mod.lin.", ".norm1_context.linear."),
    (".modulation.lin.", ".norm.linear."),
    (".img_mlp.0.", ".ff.net.0.proj."),
    (".img_mlp.2.", ".ff.net.2."),
    (".txt_mlp.0.", ".ff_context.net.0.proj."),
    (".txt_mlp.2.", ".ff_context.net.2."),
    (".img_attn.norm.query_norm.scale", ".attn.norm_q.weight"),
    (".img_attn.norm.key_norm.scale", ".attn.norm_k.weight"),
    (".txt_attn.norm.query_norm.scale", ".attn.norm_added_q.weight"),
    (".txt_attn.norm.key_norm.scale", ".attn.norm_added_k.weight"),
    (".norm.query_norm.scale", ".attn.norm_q.weight"),
    (".norm.key_norm.scale", ".attn.norm_k.weight"),
    (".img_attn.proj.", ".attn.to_out.0."),
    (".txt_attn.proj.", ".attn.to_add_out."),
    (".linear2.", ".proj_out."),
)
_IN_PICTURE = ("to_q", "to_k", "to_v")
_IN_WORDS = ("add_q_proj", "add_k_proj", "add_v_proj")


def _flux(tensors: Tensors) -> Tensors:
    """Names of the original code. That of diffusers knows one width only, that of the whole FLUX.1.

    Source: https://github.com/huggingface/diffusers, `convert_flux_to_diffusers.py`
    """
    import torch

    if "double_blocks.0.img_attn.qkv.weight" not in tensors:
        return tensors
    found: Tensors = {}
    for name, tensor in tensors.items():
        own = name
        for theirs, ours in _FLUX:
            own = own.replace(theirs, ours)
        place, _, kind = own.rpartition(".")
        if place.endswith("_attn.qkv"):
            block, _, which = place.removesuffix("_attn.qkv").rpartition(".")
            names = _IN_PICTURE if which == "img" else _IN_WORDS
            for part, each in zip(names, tensor.chunk(3), strict=True):
                found[f"{block}.attn.{part}.{kind}"] = each.contiguous()
        elif place.endswith(".linear1"):
            block = place.removesuffix(".linear1")
            width = tensors["img_in.weight"].shape[0]
            *parts, mlp = tensor.split([width] * 3 + [tensor.shape[0] - 3 * width])
            for part, each in zip(_IN_PICTURE, parts, strict=True):
                found[f"{block}.attn.{part}.{kind}"] = each.contiguous()
            found[f"{block}.proj_mlp.{kind}"] = mlp.contiguous()
        elif place == "norm_out.linear":  # shift and scale stand the other way round
            shift, scale = tensor.chunk(2)
            found[own] = torch.cat([scale, shift])
        else:
            found[own] = tensor
    return found


_CHANGES: Mapping[str, Callable[[Tensors], Tensors]] = {
    "unet": _unet,
    "controlnet": _controlnet,
    "vae": _vae,
    "clip": _clip,
    "open_clip": _open_clip,
    "sd3": _sd3,
    "flux": _flux,
}
