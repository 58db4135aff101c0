"""Tiny transformers of each family in memory, and what they are told."""

from typing import Any

import torch

from paintgraph.models.denoising.requests import SampleRequest
from paintgraph.models.networks.facts import _SHIFTS, LATENTS
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import Condition, Denoiser, Latent
from paintgraph.tests.models.denoising.by_hand import random, request
from paintgraph.tests.models.networks import tiny_files

HEIGHT, WIDTH = 8, 12
"""Latents on the sides of what is sampled."""

_MAKE = {
    "sd3": tiny_files.sd3,
    "flux": tiny_files.flux,
    "flux_fill": tiny_files.flux_fill,
}


def transformer(name: str) -> LoadedDenoiser:
    family = name.removesuffix("_fill")
    return LoadedDenoiser(
        network=_MAKE[name]()["transformer"].eval(),
        family=family,
        prediction="flow",
        latents=LATENTS[family],
        schedule=_SHIFTS[family],
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
    }
    return request(latent or Latent(random(1, 16, HEIGHT, WIDTH, seed=5)), **{**usual, **more})
