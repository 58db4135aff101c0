"""Pipelines of every family with a few thousand random weights each, written as diffusers writes.

They know nothing, but every line of the real loading and sampling code runs over them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5EncoderModel,
)

SIDE = 64
"""Working side in px of every one: 8 latents of 8 px."""

_T5: Any = transformers
"""Its types lag behind it."""

_NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
_SPECIAL = ["<|startoftext|>", "<|endoftext|>"]
_PIECES = ["<pad>", "</s>", "<unk>", "\u2581", *map(chr, range(33, 127))]


def clip_tokenizer(folder: Path) -> Any:
    """A token for each byte, as it is and at the end of a word: any text has tokens."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = [chr(b) for b in printable] + [chr(256 + i) for i in range(len(others))]
    words = [*letters, *(letter + "</w>" for letter in letters), *_SPECIAL]
    folder.mkdir(parents=True)
    vocabulary = {word: number for number, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77
    )


def clip(kind: Any = CLIPTextModel) -> Any:
    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=32,
        intermediate_size=37,
        num_hidden_layers=3,
        num_attention_heads=4,
        projection_dim=32,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
        max_position_embeddings=77,
    )
    return kind(config)


def t5() -> tuple[Any, Any]:
    tokenizer = _T5.T5TokenizerFast(vocab=[(piece, -2.0) for piece in _PIECES], extra_ids=0)
    config = _T5.T5Config(
        vocab_size=len(_PIECES),
        d_model=32,
        d_kv=8,
        d_ff=37,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
    )
    return tokenizer, T5EncoderModel(config)


def vae(channels: int = 4, **more: Any) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=SIDE,
        **more,
    )


def unet(channels: int, **more: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        **{
            "block_out_channels": (16, 32),
            "layers_per_block": 1,
            "sample_size": SIDE // 8,
            "in_channels": channels,
            "out_channels": 4,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": 32,
            "attention_head_dim": 8,
            "norm_num_groups": 8,
            **more,
        }
    )


def sd(folder: Path, channels: int = 9, **more: Any) -> None:
    """Stable Diffusion 1 or 2: for inpainting with 9 channels, an ordinary one with 4."""
    kinds = {
        9: diffusers.StableDiffusionInpaintPipeline,
        4: diffusers.StableDiffusionPipeline,
    }
    torch.manual_seed(0)
    kinds[channels](
        vae=vae(),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(folder.with_name(f"{folder.name}-words")),
        unet=unet(channels, **more),
        scheduler=diffusers.DDIMScheduler(
            **_NOISE, clip_sample=False, set_alpha_to_one=False, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def ordinary_sd(folder: Path) -> None:
    sd(folder, channels=4)


def sdxl(folder: Path) -> None:
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder.with_name(f"{folder.name}-words"))
    diffusers.StableDiffusionXLInpaintPipeline(
        vae=vae(),
        text_encoder=clip(),
        text_encoder_2=clip(CLIPTextModelWithProjection),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet(
            9,
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            transformer_layers_per_block=(1, 1),
            projection_class_embeddings_input_dim=6 * 8 + 32,
            cross_attention_dim=64,
        ),
        scheduler=diffusers.EulerDiscreteScheduler(
            **_NOISE, steps_offset=1, timestep_spacing="leading"
        ),
        requires_aesthetics_score=False,
        force_zeros_for_empty_prompt=True,
    ).save_pretrained(folder)


def sd3(folder: Path) -> None:
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder.with_name(f"{folder.name}-words"))
    t5_tokenizer, t5_encoder = t5()
    diffusers.StableDiffusion3Pipeline(
        transformer=diffusers.SD3Transformer2DModel(
            sample_size=SIDE // 8,
            patch_size=2,
            in_channels=16,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            joint_attention_dim=64,
            caption_projection_dim=32,
            pooled_projection_dim=64,
            out_channels=16,
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06),
        text_encoder=clip(CLIPTextModelWithProjection),
        tokenizer=tokenizer,
        text_encoder_2=clip(CLIPTextModelWithProjection),
        tokenizer_2=tokenizer,
        text_encoder_3=t5_encoder_of(t5_encoder, 64),
        tokenizer_3=t5_tokenizer,
    ).save_pretrained(folder)


def t5_encoder_of(like: Any, width: int) -> Any:
    return T5EncoderModel(_T5.T5Config(**{**like.config.to_dict(), "d_model": width}))


def flux_fill(folder: Path) -> None:
    _flux(folder, diffusers.FluxFillPipeline, in_channels=320 + 64, out_channels=64)


def flux(folder: Path) -> None:
    _flux(folder, diffusers.FluxPipeline, in_channels=64)


def _flux(folder: Path, kind: Any, **channels: int) -> None:
    torch.manual_seed(0)
    tokenizer, encoder = t5()
    kind(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=vae(
            16,
            use_quant_conv=False,
            use_post_quant_conv=False,
            shift_factor=0.0609,
            scaling_factor=1.5035,
        ),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(folder.with_name(f"{folder.name}-words")),
        text_encoder_2=encoder,
        tokenizer_2=tokenizer,
        transformer=diffusers.FluxTransformer2DModel(
            patch_size=1,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            axes_dims_rope=(4, 4, 8),
            guidance_embeds=True,
            **channels,
        ),
    ).save_pretrained(folder)


FAMILIES: dict[str, Callable[[Path], None]] = {
    "sd-inpaint": sd,
    "sd": ordinary_sd,
    "sdxl-inpaint": sdxl,
    "sd3": sd3,
    "flux-fill": flux_fill,
    "flux": flux,
}
"""How to write each into a folder."""
