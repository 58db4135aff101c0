"""Tiny transformers of each family in memory, and what they are told."""

from dataclasses import replace
from typing import Any

import diffusers
import torch

from paintgraph.models.denoising.requests import SampleRequest
from paintgraph.models.networks.facts import LATENTS, SHIFTS
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import Condition, Denoiser, Latent
from paintgraph.tests.models.denoising.by_hand import random, request
from paintgraph.tests.models.networks import tiny_files

HEIGHT, WIDTH = 8, 12
"""Latents on the sides of what is sampled."""


def qwen_image() -> dict[str, Any]:
    torch.manual_seed(6)
    network = diffusers.QwenImageTransformer2DModel(
        num_layers=2,
        num_attention_heads=2,
        attention_head_dim=32,
        joint_attention_dim=48,
        axes_dims_rope=(4, 14, 14),
    )
    return {"transformer": network}


_MAKE = {
    "sd3": tiny_files.sd3,
    "flux": tiny_files.flux,
    "flux_fill": tiny_files.flux_fill,
    "qwen_image": qwen_image,
}


def transformer(name: str, **schedule: Any) -> LoadedDenoiser:
    """A denoiser; its schedule is that of its family, or the one given."""
    family = name.removesuffix("_fill")
    return LoadedDenoiser(
        network=_MAKE[name]()["transformer"].eval(),
        family=family,
        prediction="flow",
        latents=LATENTS[family],
        schedule=schedule or SHIFTS[family],
        takes_mask=name == "flux_fill",
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


def told(loaded: LoadedDenoiser, seed: int, tokens: int = 7, **more: Any) -> Condition:
    config = loaded.network.config
    pooled = config.get("pooled_projection_dim")
    return Condition(
        random(1, tokens, config.joint_attention_dim, seed=seed),
        pooled=random(1, pooled, seed=seed + 50) if pooled else None,
        **more,
    )


def asked(loaded: LoadedDenoiser, latent: Latent | None = None, **more: Any) -> SampleRequest:
    """A request of steps with latents and conditions of the family."""
    usual: dict[str, Any] = {
        "denoiser": Denoiser("tiny", loaded.family),
        "positive": (told(loaded, 1),),
        "negative": (told(loaded, 2),),
        "cfg": 1.0,
    }
    return request(latent or Latent(random(1, 16, HEIGHT, WIDTH, seed=5)), **{**usual, **more})


def with_most_places(loaded: LoadedDenoiser, most: int) -> LoadedDenoiser:
    """A Stable Diffusion 3 that knows places for so many patches on a side."""
    network = diffusers.SD3Transformer2DModel.from_config(
        {**loaded.network.config, "pos_embed_max_size": most, "sample_size": 2}
    )
    return replace(loaded, network=network)
