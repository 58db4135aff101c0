"""Segment Anything of both libraries, made small and random: real classes, real files."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

SIDE = 64
PATCH = 16
KIND = "vit_tiny"
_WIDTH = 32


def build_sam(checkpoint: None = None) -> Any:
    """A small Segment Anything of the library's own parts."""
    import torch
    from segment_anything.modeling import (
        ImageEncoderViT,
        MaskDecoder,
        PromptEncoder,
        Sam,
        TwoWayTransformer,
    )

    assert checkpoint is None
    grid = SIDE // PATCH
    return Sam(
        image_encoder=ImageEncoderViT(
            depth=2,
            embed_dim=_WIDTH,
            img_size=SIDE,
            mlp_ratio=2,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            num_heads=2,
            patch_size=PATCH,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=[1],
            window_size=4,
            out_chans=_WIDTH,
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=_WIDTH,
            image_embedding_size=(grid, grid),
            input_image_size=(SIDE, SIDE),
            mask_in_chans=4,
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(depth=1, embedding_dim=_WIDTH, mlp_dim=32, num_heads=2),
            transformer_dim=_WIDTH,
            iou_head_depth=2,
            iou_head_hidden_dim=16,
        ),
        pixel_mean=[123.675, 116.28, 103.53],
        pixel_std=[58.395, 57.12, 57.375],
    )


@contextmanager
def small_sam() -> Iterator[None]:
    """While this lasts, the library knows the small model by name, as it knows vit_b."""
    from segment_anything import sam_model_registry

    with mock.patch.dict(sam_model_registry, {KIND: build_sam}):
        yield


def save_sam(path: Path) -> Path:
    """Write a checkpoint as its publishers do."""
    import torch

    torch.manual_seed(0)
    torch.save(build_sam().state_dict(), path)
    return path


def save_transformers_segmenter(folder: Path) -> Path:
    """Write a folder as the hub has them."""
    import torch
    from transformers import (
        SamConfig,
        SamImageProcessor,
        SamMaskDecoderConfig,
        SamModel,
        SamProcessor,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    torch.manual_seed(0)
    vision = SamVisionConfig(
        hidden_size=_WIDTH,
        output_channels=_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=SIDE,
        patch_size=PATCH,
        window_size=4,
        global_attn_indexes=[1],
        mlp_dim=64,
        num_pos_feats=16,
    )
    prompts = SamPromptEncoderConfig(
        hidden_size=_WIDTH, image_size=SIDE, patch_size=PATCH, mask_input_channels=4
    )
    decoder = SamMaskDecoderConfig(
        hidden_size=_WIDTH,
        mlp_dim=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        iou_head_depth=2,
        iou_head_hidden_dim=16,
    )
    config = SamConfig(
        vision_config=vision.to_dict(),
        prompt_encoder_config=prompts.to_dict(),
        mask_decoder_config=decoder.to_dict(),
    )
    SamModel(config).save_pretrained(folder)
    small = SIDE // 4
    processors: Any = SamProcessor
    processors(
        SamImageProcessor(
            size={"longest_edge": SIDE},
            mask_size={"longest_edge": small},
            pad_size={"height": SIDE, "width": SIDE},
            mask_pad_size={"height": small, "width": small},
        )
    ).save_pretrained(folder)
    return folder
