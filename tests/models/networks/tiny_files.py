"""Tiny random networks whose files say how they are built, in the forms in which people have them.

Widths are such that headers tell heads: 64 per head of a CLIP, 32 groups in norms.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from safetensors.torch import save_file

from paintgraph.tests.models.diffusion import files, tiny

Tensors = dict[str, Any]
Modules = dict[str, Any]

_T: Any = transformers
WORDS = 514


def clip(
    width: int = 64, layers: int = 2, *, projected: bool = False, words: int | None = None
) -> Any:
    words = words or WORDS
    config = transformers.CLIPTextConfig(
        vocab_size=words,
        hidden_size=width,
        intermediate_size=80,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        projection_dim=width,
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=words - 1,
        max_position_embeddings=77,
        hidden_act="gelu" if projected or layers > 3 else "quick_gelu",
    )
    kind: Any = transformers.CLIPTextModel
    if projected:
        kind = transformers.CLIPTextModelWithProjection
    return kind(config)


def t5(width: int) -> Any:
    config = _T.T5Config(
        vocab_size=len(tiny._PIECES),
        d_model=width,
        d_kv=8,
        d_ff=40,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=0,
    )
    return _T.T5EncoderModel(config)


def vae(channels: int = 4) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(32, 32, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        use_quant_conv=channels == 4,
        use_post_quant_conv=channels == 4,
    )


def unet(channels: int = 4, **more: Any) -> Any:
    usual = {"block_out_channels": (32, 64), "norm_num_groups": 32, "cross_attention_dim": 64}
    return tiny.unet(channels, **{**usual, **more})


_LINEAR: dict[str, Any] = {"use_linear_projection": True, "attention_head_dim": (1, 1)}
_SIZED: dict[str, Any] = {
    **_LINEAR,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "cross_attention_dim": 192,
    "projection_class_embeddings_input_dim": 6 * 256 + 128,
}


def sd1(channels: int = 4) -> Modules:
    torch.manual_seed(1)
    return {"unet": unet(channels), "vae": vae(), "text_encoder": clip()}


def sd1_inpaint() -> Modules:
    return sd1(9)


def sd2() -> Modules:
    torch.manual_seed(2)
    parts = {"unet": unet(**_LINEAR), "vae": vae()}
    return {**parts, "text_encoder": clip(layers=24)}


def sdxl() -> Modules:
    torch.manual_seed(3)
    return {
        "unet": unet(**_SIZED, transformer_layers_per_block=(1, 2)),
        "vae": vae(),
        "text_encoder": clip(),
        "text_encoder_2": clip(128, projected=True),
    }


def sdxl_refiner() -> Modules:
    torch.manual_seed(9)
    told = {"cross_attention_dim": 128, "projection_class_embeddings_input_dim": 5 * 256 + 128}
    return {
        "unet": unet(**{**_SIZED, **told}),
        "vae": vae(),
        "text_encoder_2": clip(128, projected=True),
    }


def sd3() -> Modules:
    torch.manual_seed(4)
    return {
        "transformer": diffusers.SD3Transformer2DModel(
            sample_size=8,
            patch_size=2,
            in_channels=16,
            num_layers=2,
            attention_head_dim=64,
            num_attention_heads=1,
            joint_attention_dim=128,
            caption_projection_dim=64,
            pooled_projection_dim=128,
            out_channels=16,
            pos_embed_max_size=16,
        ),
        "vae": vae(16),
        "text_encoder": clip(projected=True),
        "text_encoder_2": clip(projected=True),
        "text_encoder_3": t5(128),
    }


def flux(channels: int = 64, *, is_guided: bool = True) -> Modules:
    torch.manual_seed(5)
    return {
        "transformer": diffusers.FluxTransformer2DModel(
            patch_size=1,
            in_channels=channels,
            out_channels=64,
            num_layers=2,
            num_single_layers=1,
            attention_head_dim=32,
            num_attention_heads=2,
            joint_attention_dim=64,
            pooled_projection_dim=64,
            axes_dims_rope=(4, 14, 14),
            guidance_embeds=is_guided,
        ),
        "vae": vae(16),
        "text_encoder": clip(),
        "text_encoder_2": t5(64),
    }


def flux_fill() -> Modules:
    return flux(384)


def controlnet(unet_like: Any) -> Any:
    """A ControlNet for a UNet whose ends, which begin as zeros, do something."""
    torch.manual_seed(6)
    network = diffusers.ControlNetModel.from_unet(
        unet_like, conditioning_embedding_out_channels=(16, 32, 96, 256)
    )
    for name, weight in network.named_parameters():
        if name.startswith(
            ("controlnet_down", "controlnet_mid", "controlnet_cond_embedding.conv_out")
        ):
            torch.nn.init.normal_(weight, std=0.05)
    return network


def prefixed(prefix: str, tensors: Mapping[str, Any]) -> Tensors:
    return {f"{prefix}{name}": each for name, each in tensors.items()}


def ldm_unet(network: Any, name_of: Callable[[str], str] = files._unet_name) -> Tensors:
    """A UNet's tensors as the original code calls them."""
    found = {}
    for name, each in network.state_dict().items():
        for ours, theirs in (("add_embedding.linear_1", "0.0"), ("add_embedding.linear_2", "0.2")):
            if name.startswith(ours):
                found[f"label_emb.{theirs}.{name.rpartition('.')[2]}"] = each
                break
        else:
            found[name_of(name)] = each
    return found


def ldm_controlnet(network: Any) -> Tensors:
    return ldm_unet(network, _controlnet_name)


def _controlnet_name(name: str) -> str:
    place, _, kind = name.rpartition(".")
    if place == "controlnet_mid_block":
        return f"middle_block_out.0.{kind}"
    if place.startswith("controlnet_down_blocks."):
        return f"zero_convs.{place.rpartition('.')[2]}.0.{kind}"
    if place.startswith("controlnet_cond_embedding."):
        inner = place.removeprefix("controlnet_cond_embedding.")
        ends = {"conv_in": 0, "conv_out": 14}
        number = ends[inner] if inner in ends else 2 * (int(inner.rpartition(".")[2]) + 1)
        return f"input_hint_block.{number}.{kind}"
    return files._unet_name(name)


def ldm_vae(network: Any) -> Tensors:
    found = {}
    for name, each in network.state_dict().items():
        is_matrix = "attentions" in name and each.dim() == 2
        found[files._vae_name(name)] = each[..., None, None] if is_matrix else each
    return found


def hf_clip(network: Any) -> Tensors:
    """A CLIP's tensors with the module that older versions of transformers have around them."""
    found = {}
    for name, each in network.state_dict().items():
        is_inner = not name.startswith(("text_model.", "text_projection."))
        found[f"text_model.{name}" if is_inner else name] = each
    return found


def open_clip(network: Any) -> Tensors:
    found: Tensors = {}
    for name, each in hf_clip(network).items():
        own = name.removeprefix("text_model.")
        if own == "text_projection.weight":
            found["text_projection"] = each.T
        elif own.startswith("embeddings."):
            is_token = "token" in own
            found["token_embedding.weight" if is_token else "positional_embedding"] = each
        elif own.startswith("final_layer_norm."):
            found[own.replace("final_layer_norm", "ln_final")] = each
        else:
            own = own.replace("encoder.layers.", "transformer.resblocks.")
            own = own.replace("layer_norm", "ln_").replace("mlp.fc1", "mlp.c_fc")
            own = own.replace("mlp.fc2", "mlp.c_proj").replace(".self_attn.", ".attn.")
            found[own] = each
    for name in [name for name in found if ".attn.q_proj." in name]:
        place, _, kind = name.partition(".q_proj.")
        parts = [found.pop(f"{place}.{part}_proj.{kind}") for part in "qkv"]
        found[f"{place}.in_proj_{kind}"] = torch.cat(parts)
    return found


def original_sd3(network: Any) -> Tensors:
    found: Tensors = {}
    last = network.config.num_layers - 1
    for name, each in network.state_dict().items():
        found[_sd3_name(name)] = _swapped(each) if _is_swapped(name, last) else each
    return _joined(
        found,
        {
            ".x_block.attn.qkv": (".x_block.attn.to_q", ".x_block.attn.to_k", ".x_block.attn.to_v"),
            ".context_block.attn.qkv": (
                ".x_block.attn.add_q_proj",
                ".x_block.attn.add_k_proj",
                ".x_block.attn.add_v_proj",
            ),
        },
    )


def _is_swapped(name: str, last: int) -> bool:
    return name.startswith(("norm_out.linear", f"transformer_blocks.{last}.norm1_context.linear"))


def _swapped(tensor: Any) -> Any:
    first, second = tensor.chunk(2)
    return torch.cat([second, first])


def _sd3_name(name: str) -> str:
    for ours, theirs in (
        ("pos_embed.pos_embed", "pos_embed"),
        ("pos_embed.proj", "x_embedder.proj"),
        ("time_text_embed.timestep_embedder.linear_1", "t_embedder.mlp.0"),
        ("time_text_embed.timestep_embedder.linear_2", "t_embedder.mlp.2"),
        ("time_text_embed.text_embedder.linear_1", "y_embedder.mlp.0"),
        ("time_text_embed.text_embedder.linear_2", "y_embedder.mlp.2"),
        ("norm_out.linear", "final_layer.adaLN_modulation.1"),
        (".norm1.linear", ".x_block.adaLN_modulation.1"),
        (".norm1_context.linear", ".context_block.adaLN_modulation.1"),
        (".ff.net.0.proj", ".x_block.mlp.fc1"),
        (".ff.net.2", ".x_block.mlp.fc2"),
        (".ff_context.net.0.proj", ".context_block.mlp.fc1"),
        (".ff_context.net.2", ".context_block.mlp.fc2"),
        (".attn.to_out.0", ".x_block.attn.proj"),
        (".attn.to_add_out", ".context_block.attn.proj"),
        (".attn.", ".x_block.attn."),
        ("transformer_blocks.", "joint_blocks."),
    ):
        if ours != ".attn." or (".x_block.attn" not in name and ".context_block.attn" not in name):
            name = name.replace(ours, theirs)
    return name.replace("proj_out", "final_layer.linear")


def _joined(tensors: Tensors, groups: Mapping[str, tuple[str, ...]]) -> Tensors:
    """Several matrices as one, where the original code has them in one."""
    found = dict(tensors)
    for joined, parts in groups.items():
        for name in [name for name in found if f"{parts[0]}." in name]:
            place, _, kind = name.partition(f"{parts[0]}.")
            each = [found.pop(f"{place}{part}.{kind}") for part in parts]
            found[f"{place}{joined}.{kind}"] = torch.cat(each)
    return found


_FLUX = (
    ("single_transformer_blocks.", "single_blocks."),
    ("transformer_blocks.", "double_blocks."),
    ("time_text_embed.timestep_embedder.linear_1", "time_in.in_layer"),
    ("time_text_embed.timestep_embedder.linear_2", "time_in.out_layer"),
    ("time_text_embed.text_embedder.linear_1", "vector_in.in_layer"),
    ("time_text_embed.text_embedder.linear_2", "vector_in.out_layer"),
    ("time_text_embed.guidance_embedder.linear_1", "guidance_in.in_layer"),
    ("time_text_embed.guidance_embedder.linear_2", "guidance_in.out_layer"),
    ("context_embedder.", "txt_in."),
    ("x_embedder.", "img_in."),
    ("norm_out.linear", "final_layer.adaLN_modulation.1"),
    (".norm1.linear", ".img_mod.lin"),
    (".norm1_context.linear", ".txt_mod.lin"),
    (".norm.linear", ".modulation.lin"),
    (".ff.net.0.proj", ".img_mlp.0"),
    (".ff.net.2", ".img_mlp.2"),
    (".ff_context.net.0.proj", ".txt_mlp.0"),
    (".ff_context.net.2", ".txt_mlp.2"),
    (".attn.to_out.0", ".img_attn.proj"),
    (".attn.to_add_out", ".txt_attn.proj"),
    (".attn.norm_added_q.weight", ".txt_attn.norm.query_norm.scale"),
    (".attn.norm_added_k.weight", ".txt_attn.norm.key_norm.scale"),
)


def original_flux(network: Any) -> Tensors:
    found: Tensors = {}
    for name, each in network.state_dict().items():
        own = name
        for ours, theirs in _FLUX:
            own = own.replace(ours, theirs)
        norm = ".norm" if own.startswith("single") else ".img_attn.norm"
        own = own.replace(".attn.norm_q.weight", f"{norm}.query_norm.scale")
        own = own.replace(".attn.norm_k.weight", f"{norm}.key_norm.scale")
        if own.startswith("single_blocks"):
            own = own.replace(".proj_out.", ".linear2.")
        else:
            own = own.replace("proj_out.", "final_layer.linear.")
        found[own] = _swapped(each) if name.startswith("norm_out") else each
    single = (".attn.to_q", ".attn.to_k", ".attn.to_v", ".proj_mlp")
    singles = {name: each for name, each in found.items() if name.startswith("single")}
    doubles = {name: each for name, each in found.items() if not name.startswith("single")}
    return {
        **_joined(singles, {".linear1": single}),
        **_joined(
            doubles,
            {
                ".img_attn.qkv": (".attn.to_q", ".attn.to_k", ".attn.to_v"),
                ".txt_attn.qkv": (".attn.add_q_proj", ".attn.add_k_proj", ".attn.add_v_proj"),
            },
        ),
    }


def checkpoint(family: str, parts: Modules) -> Tensors:
    """A family's networks under the names that they have in one file."""
    vae_tensors = prefixed("first_stage_model.", ldm_vae(parts["vae"]))
    if "unet" in parts:
        found = prefixed("model.diffusion_model.", ldm_unet(parts["unet"])) | vae_tensors
    else:
        original = original_sd3 if family == "sd3" else original_flux
        found = prefixed("model.diffusion_model.", original(parts["transformer"])) | vae_tensors
    if family == "sdxl_refiner":
        outer = open_clip(parts["text_encoder_2"])
        return found | prefixed("conditioner.embedders.0.model.", outer)
    text = parts["text_encoder"]
    if family == "sd1":
        return found | prefixed("cond_stage_model.transformer.", hf_clip(text))
    if family == "sd2":
        return found | prefixed("cond_stage_model.model.", open_clip(text))
    if family == "sdxl":
        inner = prefixed("conditioner.embedders.0.transformer.", hf_clip(text))
        outer = open_clip(parts["text_encoder_2"])
        return found | inner | prefixed("conditioner.embedders.1.model.", outer)
    inner = prefixed("text_encoders.clip_l.transformer.", hf_clip(text))
    if family == "sd3":
        inner |= prefixed("text_encoders.clip_g.transformer.", hf_clip(parts["text_encoder_2"]))
    t5_part = parts["text_encoder_3" if family == "sd3" else "text_encoder_2"].state_dict()
    t5_part.pop("encoder.embed_tokens.weight", None)
    return found | inner | prefixed("text_encoders.t5xxl.transformer.", t5_part)


def write(tensors: Mapping[str, Any], path: Path, about: dict[str, str] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: each.contiguous().clone() for name, each in tensors.items()}, path, about)
    return path


_OF_CLIP = ("q_proj", "k_proj", "v_proj", "out_proj")
_OF_UNET = ("to_q", "to_k", "to_v", "to_out.0")


def lora(unet_like: Any, text: Any, form: str) -> Tensors:
    """A LoRA of rank 2 for the attention of a UNet and a text encoder, those that are given."""
    generator = torch.Generator().manual_seed(7)
    found: Tensors = {}
    for network, endings, kohya, own in (
        (unet_like, _OF_UNET, "lora_unet_", "unet."),
        (text, _OF_CLIP, "lora_te_text_model_", "text_encoder.text_model."),
    ):
        for name, layer in network.named_modules() if network is not None else ():
            if not name.endswith(endings):
                continue
            deep, wide = layer.weight.shape
            inner = name.removeprefix("text_model.")
            is_kohya = form == "kohya"
            start = kohya + inner.replace(".", "_") if is_kohya else own + inner
            down, up = ("lora_down", "lora_up") if is_kohya else ("lora_A", "lora_B")
            found[f"{start}.{down}.weight"] = torch.randn(2, wide, generator=generator)
            found[f"{start}.{up}.weight"] = torch.randn(deep, 2, generator=generator)
            if is_kohya:
                found[f"{start}.alpha"] = torch.tensor(1.0)
    return found


def first_query(network: Any) -> Any:
    """The first layer that a LoRA of these changes."""
    return next(
        layer for name, layer in network.named_modules() if name.endswith((".to_q", ".q_proj"))
    )


def added_by(tensors: Mapping[str, Any], network: Any, given: Any, form: str) -> Any:
    """What a LoRA adds to its first layer in a network, at a strength of 1."""
    is_text = any(name.endswith(".q_proj") for name, _ in network.named_modules())
    mark = "q_proj" if is_text else "to_q"
    down, up = ("lora_down", "lora_up") if form == "kohya" else ("lora_A", "lora_B")
    first = next(name for name in tensors if f"{mark}.{down}" in name)
    matrix = tensors[first.replace(down, up)] @ tensors[first]
    alpha = tensors.get(f"{first.partition(f'.{down}')[0]}.alpha")
    return given @ matrix.T * (1.0 if alpha is None else alpha / 2)
