"""How networks are built, worked out of the shapes of their tensors, named as diffusers names them.

What shapes do not tell is as all published models of a family have it: 8 heads in Stable Diffusion
1, 64 numbers per head in everything else, 32 groups in norms.
"""

import re
from collections.abc import Mapping
from math import isqrt
from typing import Any, TypeAlias

from paintgraph.models.families.checkpoints.headers import context_width, is_linear
from paintgraph.models.families.diffusion.sources import Shapes

Config: TypeAlias = dict[str, Any]

_HEADS = 8
_HEAD_WIDTH = 64
_SIZE_WIDTH = 256  # of each number that SDXL is told of the picture's size


def unet_config(shapes: Shapes) -> Config:
    """Of a `UNet2DConditionModel`."""
    downs, ups = _levels(shapes, "down_blocks"), _levels(shapes, "up_blocks")
    ups_reversed = [depth for _, _, depth in reversed(ups)]
    config = _blocks(shapes, downs)
    depths = config["transformer_layers_per_block"]
    if any(up and up != down for up, down in zip(ups_reversed, depths, strict=True)):
        config["reverse_transformer_layers_per_block"] = [depth or 1 for _, _, depth in ups]
    config["up_block_types"] = [
        "CrossAttnUpBlock2D" if depth else "UpBlock2D" for _, _, depth in ups
    ]
    config["out_channels"] = shapes["conv_out.weight"][0]
    if "time_embedding.cond_proj.weight" in shapes:
        config["time_cond_proj_dim"] = shapes["time_embedding.cond_proj.weight"][1]
    if "mid_block.resnets.0.conv1.weight" not in shapes:
        config["mid_block_type"] = None
    return config


def controlnet_config(shapes: Shapes) -> Config:
    """Of a `ControlNetModel`, or of a `ControlNetUnionModel`."""
    config = _blocks(shapes, _levels(shapes, "down_blocks"))
    hints = [shapes["controlnet_cond_embedding.conv_in.weight"]]
    hints += [
        shapes[f"controlnet_cond_embedding.blocks.{number}.weight"]
        for number in range(1, _count(shapes, r"controlnet_cond_embedding\.blocks\.(\d+)\."), 2)
    ]
    config["conditioning_channels"] = hints[0][1]
    config["conditioning_embedding_out_channels"] = [shape[0] for shape in hints]
    if is_union(shapes):
        kinds, width = shapes["task_embedding"]
        config["num_control_type"] = kinds
        config["num_trans_channel"] = width
        config["num_proj_channel"] = shapes["spatial_ch_projs.weight"][0]
        config["num_trans_layer"] = _count(shapes, r"transformer_layes\.(\d+)\.")
    return config


def is_union(shapes: Shapes) -> bool:
    """Whether a ControlNet was trained for several kinds of pictures."""
    return "task_embedding" in shapes


def _blocks(shapes: Shapes, downs: list[tuple[int, int, int]]) -> Config:
    """What UNets and ControlNets have in common."""
    widths = [width for width, _, _ in downs]
    middle = _count(shapes, r"mid_block\.attentions\.0\.transformer_blocks\.(\d+)\.")
    config: Config = {
        "in_channels": shapes["conv_in.weight"][1],
        "block_out_channels": widths,
        "layers_per_block": downs[0][1],
        "down_block_types": [
            "CrossAttnDownBlock2D" if depth else "DownBlock2D" for _, _, depth in downs
        ],
        "transformer_layers_per_block": [depth or middle or 1 for _, _, depth in downs],
        "cross_attention_dim": context_width(shapes),
        "use_linear_projection": is_linear(shapes),
        "attention_head_dim": _HEADS,
    }
    if is_linear(shapes):
        config["attention_head_dim"] = [max(width // _HEAD_WIDTH, 1) for width in widths]
        config["upcast_attention"] = "add_embedding.linear_1.weight" not in shapes
    if "add_embedding.linear_1.weight" in shapes:
        config |= {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": _SIZE_WIDTH,
            "projection_class_embeddings_input_dim": shapes["add_embedding.linear_1.weight"][1],
        }
    return config


def _levels(shapes: Shapes, blocks: str) -> list[tuple[int, int, int]]:
    """Of each level of a UNet: its width, its layers, and how deep its transformers are."""
    levels = []
    for level in range(_count(shapes, rf"{blocks}\.(\d+)\.")):
        layers = _count(shapes, rf"{blocks}\.{level}\.resnets\.(\d+)\.")
        width = shapes[f"{blocks}.{level}.resnets.{layers - 1}.conv1.weight"][0]
        inner = rf"{blocks}\.{level}\.attentions\.0\.transformer_blocks\.(\d+)\."
        levels.append((width, layers, _count(shapes, inner)))
    return levels


def ldm_layers(shapes: Shapes) -> int:
    """How many layers a level of a UNet has whose tensors have the names of the original code."""
    numbers = range(1, _count(shapes, r"input_blocks\.(\d+)\."))
    first = (n for n in numbers if f"input_blocks.{n}.0.op.weight" in shapes)
    return next(first, len(numbers) + 1) - 1


def vae_config(shapes: Shapes) -> Config:
    """Of an `AutoencoderKL`; what scales its latents is its user's matter."""
    downs = _levels(shapes, "encoder.down_blocks")
    return {
        "in_channels": shapes["encoder.conv_in.weight"][1],
        "out_channels": shapes["decoder.conv_out.weight"][0],
        "block_out_channels": [width for width, _, _ in downs],
        "layers_per_block": downs[0][1],
        "down_block_types": ["DownEncoderBlock2D"] * len(downs),
        "up_block_types": ["UpDecoderBlock2D"] * len(downs),
        "latent_channels": shapes["decoder.conv_in.weight"][1],
        "use_quant_conv": "quant_conv.weight" in shapes,
        "use_post_quant_conv": "post_quant_conv.weight" in shapes,
        "mid_block_add_attention": "encoder.mid_block.attentions.0.to_q.weight" in shapes,
    }


def clip_config(shapes: Shapes) -> Config:
    """Of a `CLIPTextConfig`; names are those within `text_model`."""
    words, width = shapes["embeddings.token_embedding.weight"]
    projection = shapes.get("text_projection.weight", (width,))
    return {
        "vocab_size": words,
        "hidden_size": width,
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"][0],
        "num_hidden_layers": _count(shapes, r"encoder\.layers\.(\d+)\."),
        "num_attention_heads": max(width // _HEAD_WIDTH, 1),
        "max_position_embeddings": shapes["embeddings.position_embedding.weight"][0],
        "projection_dim": projection[0],
        "bos_token_id": words - 2,
        "eos_token_id": words - 1,
        "pad_token_id": words - 1,
    }


def t5_config(shapes: Shapes) -> Config:
    """Of a `T5Config`."""
    words, width = shapes["shared.weight"]
    inner = shapes["encoder.block.0.layer.0.SelfAttention.q.weight"][0]
    buckets, heads = shapes["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    gated = "encoder.block.0.layer.1.DenseReluDense.wi_0.weight"
    return {
        "vocab_size": words,
        "d_model": width,
        "d_kv": inner // heads,
        "d_ff": shapes[gated if gated in shapes else gated.replace("wi_0", "wi")][0],
        "num_layers": _count(shapes, r"encoder\.block\.(\d+)\."),
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
        "feed_forward_proj": "gated-gelu" if gated in shapes else "relu",
        "decoder_start_token_id": 0,
    }


def sd3_config(shapes: Shapes) -> Config:
    """Of an `SD3Transformer2DModel`."""
    width, channels, side, _ = shapes["pos_embed.proj.weight"]
    places = isqrt(shapes["pos_embed.pos_embed"][1])
    inner = r"transformer_blocks\.(\d+)\.attn2\."
    return {
        "sample_size": _SD3_SIDE,
        "patch_size": side,
        "in_channels": channels,
        "num_layers": _count(shapes, r"transformer_blocks\.(\d+)\."),
        "attention_head_dim": _HEAD_WIDTH,
        "num_attention_heads": width // _HEAD_WIDTH,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "caption_projection_dim": shapes["context_embedder.weight"][0],
        "pooled_projection_dim": shapes["time_text_embed.text_embedder.linear_1.weight"][1],
        "out_channels": shapes["proj_out.weight"][0] // side**2,
        "pos_embed_max_size": places,
        "dual_attention_layers": sorted(
            {int(found[1]) for name in shapes if (found := re.match(inner, name))}
        ),
        "qk_norm": "rms_norm" if "transformer_blocks.0.attn.norm_q.weight" in shapes else None,
    }


_SD3_SIDE = 128


def flux_config(shapes: Shapes) -> Config:
    """Of a `FluxTransformer2DModel`."""
    width, channels = shapes["x_embedder.weight"]
    head = shapes["transformer_blocks.0.attn.norm_q.weight"][0]
    return {
        "patch_size": 1,
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0],
        "num_layers": _count(shapes, r"transformer_blocks\.(\d+)\."),
        "num_single_layers": _count(shapes, r"single_transformer_blocks\.(\d+)\."),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "pooled_projection_dim": shapes["time_text_embed.text_embedder.linear_1.weight"][1],
        "guidance_embeds": "time_text_embed.guidance_embedder.linear_1.weight" in shapes,
        "axes_dims_rope": _axes(head),
    }


def qwen_config(shapes: Shapes) -> Config:
    """Of a `QwenImageTransformer2DModel`."""
    width, channels = shapes["img_in.weight"]
    head = shapes["transformer_blocks.0.attn.norm_q.weight"][0]
    return {
        "patch_size": 2,
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0] // 4,
        "num_layers": _count(shapes, r"transformer_blocks\.(\d+)\."),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["txt_in.weight"][1],
        "axes_dims_rope": _axes(head),
    }


def _axes(head: int) -> list[int]:
    """How the width of a head is shared by the number of a picture, its rows and columns."""
    return [head // 8, head * 7 // 16, head * 7 // 16]


def _count(shapes: Mapping[str, object], pattern: str) -> int:
    """How many different numbers there are in names that begin so, counted from 0."""
    found = re.compile(pattern)
    return 1 + max((int(m[1]) for name in shapes if (m := found.match(name))), default=-1)
