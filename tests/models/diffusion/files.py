"""Files as other programs write them: a checkpoint in one file, LoRAs, files with faults."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors.torch import load_file, save_file

Tensors = Mapping[str, Any]

_LAYERS = 1  # per block of the tiny UNet
_IN_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_AROUND = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_IN_VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def single_file(folder: Path, path: Path) -> Path:
    """The Stable Diffusion of a folder as one file, with the names of the original code."""
    unet = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    vae = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    text = load_file(folder / "text_encoder" / "model.safetensors")
    tensors = {f"model.diffusion_model.{_unet_name(name)}": each for name, each in unet.items()}
    for name, each in vae.items():
        is_linear = "attentions" in name and name.endswith("weight") and each.dim() == 2
        tensors[f"first_stage_model.{_vae_name(name)}"] = (
            each[..., None, None] if is_linear else each
        )
    for name, each in text.items():
        inner = name if name.startswith("text_model.") else f"text_model.{name}"
        tensors[f"cond_stage_model.transformer.{inner}"] = each
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: each.contiguous() for name, each in tensors.items()}, path)
    return path


def _unet_name(name: str) -> str:
    for ours, theirs in _AROUND.items():
        if name.startswith(f"{ours}."):
            return name.replace(ours, theirs, 1)
    place, _, layer = name.partition(".resnets.")
    if layer:
        number, _, inner = layer.partition(".")
        first, _, rest = inner.partition(".")
        return f"{_block(place, int(number), 0)}.{_IN_RESNET[first]}.{rest}"
    place, _, layer = name.partition(".attentions.")
    if layer:
        number, _, inner = layer.partition(".")
        return f"{_block(place, int(number), 1)}.{inner}"
    place, _, rest = name.partition(".downsamplers.0.conv.")
    if rest:
        return f"input_blocks.{(_number(place) + 1) * (_LAYERS + 1)}.0.op.{rest}"
    place, _, rest = name.partition(".upsamplers.0.conv.")
    last = _number(place) * (_LAYERS + 1) + _LAYERS
    return f"output_blocks.{last}.2.conv.{rest}"  # the tiny one's is behind an attention


def _block(place: str, number: int, inner: int) -> str:
    if place == "mid_block":
        return f"middle_block.{1 if inner else 2 * number}"
    if place.startswith("down"):
        return f"input_blocks.{_number(place) * (_LAYERS + 1) + 1 + number}.{inner}"
    return f"output_blocks.{_number(place) * (_LAYERS + 1) + number}.{inner}"


def _number(place: str) -> int:
    return int(place.rpartition(".")[2])


def _vae_name(name: str) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets", lambda m: f"up.{3 - int(m[1])}.block", name)
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0" in name:
        name = name.replace("mid_block.attentions.0", "mid.attn_1")
        for ours, theirs in _IN_VAE_ATTENTION.items():
            name = name.replace(f".{ours}.", f".{theirs}.")
    return name


def lora(folder: Path, path: Path, *, seed: int = 0, part: str = "unet") -> Path:
    """A LoRA of rank 2 for the queries of a network."""
    kinds = {"unet": diffusers.UNet2DConditionModel, "transformer": diffusers.SD3Transformer2DModel}
    network = kinds[part].from_pretrained(folder / part, local_files_only=True)
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, layer in network.named_modules():
        if name.endswith("to_q"):
            wide, deep = layer.weight.shape[1], layer.weight.shape[0]
            tensors[f"{part}.{name}.lora_A.weight"] = torch.randn(2, wide, generator=generator)
            tensors[f"{part}.{name}.lora_B.weight"] = torch.randn(deep, 2, generator=generator)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def kohya_lora(folder: Path, path: Path) -> Path:
    """A LoRA of a Stable Diffusion, its text encoder too, with the names of Kohya's scripts."""
    pipe: Any = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for prefix, part, layers in (
        ("lora_unet_", pipe.unet, ("to_q", "to_k", "to_v", "to_out.0")),
        ("lora_te_text_model_", pipe.text_encoder, ("q_proj", "k_proj", "v_proj", "out_proj")),
    ):
        for name, layer in part.named_modules():
            if name.endswith(layers):
                start = prefix + name.removeprefix("text_model.").replace(".", "_")
                deep, wide = layer.weight.shape
                tensors[f"{start}.lora_down.weight"] = torch.randn(2, wide, generator=generator)
                tensors[f"{start}.lora_up.weight"] = torch.randn(deep, 2, generator=generator)
                tensors[f"{start}.alpha"] = torch.tensor(2.0)
    save_file(tensors, path)
    return path


def change_tensor(path: Path, ending: str, *, drop: bool = False) -> None:
    """Drop the first tensor whose name ends so, or make it twice as long."""
    tensors = load_file(path)
    name = next(name for name in tensors if name.endswith(ending))
    tensor = tensors.pop(name)
    if not drop:
        tensors[name] = torch.cat([tensor, tensor])
    save_file(tensors, path, metadata={"format": "pt"})
