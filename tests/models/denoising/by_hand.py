"""Tiny networks in memory, requests for them, and the same sampling written out over diffusers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import diffusers
import numpy as np
import torch

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.denoising.loop import Run, Sampled
from paintgraph.models.denoising.requests import SampleRequest, Steps
from paintgraph.models.families.diffusion.loading import load_library
from paintgraph.models.networks.loaded import LatentFormat, LoadedControlNet, LoadedDenoiser
from paintgraph.models.sampling.values import (
    Array,
    Condition,
    ControlNet,
    Denoiser,
    Guider,
    Latent,
    Noise,
    SamplerChoice,
)
from paintgraph.tests.models.diffusion import tiny

FACTOR = 0.18215
LEVELS = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
}
SIZE = 8
"""Latents on each side."""

WIDTH = 32
"""Of the embeddings of a tiny SD 1; SDXL's are twice as wide."""


def random(*shape: int, seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def sd1(channels: int = 4, **more: Any) -> LoadedDenoiser:
    torch.manual_seed(0)
    network = tiny.unet(channels, **more).eval()
    return LoadedDenoiser(
        network=network,
        family="sd1",
        prediction="epsilon",
        latents=LatentFormat(4, FACTOR),
        schedule=LEVELS,
        takes_mask=channels == 9,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


def sdxl() -> LoadedDenoiser:
    loaded = sd1(
        4,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 32,
        cross_attention_dim=2 * WIDTH,
        use_linear_projection=True,
    )
    return replace(loaded, family="sdxl", latents=LatentFormat(4, 0.13025))


def refiner() -> LoadedDenoiser:
    loaded = sd1(
        4,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=5 * 8 + 32,
        use_linear_projection=True,
    )
    return replace(loaded, family="sdxl_refiner", latents=LatentFormat(4, 0.13025))


def union_control(kind: str) -> tuple[ControlNet, LoadedControlNet]:
    """A ControlNet of SDXL for eight kinds of pictures, and for which it is taken."""
    torch.manual_seed(4)
    like = sdxl().network.config
    network = diffusers.ControlNetUnionModel(
        **{name: like[name] for name in _OF_BOTH},
        down_block_types=like.down_block_types,
        conditioning_embedding_out_channels=(16, 32, 96, 256),
        num_control_type=8,
        num_trans_channel=like.block_out_channels[0],
        num_proj_channel=like.block_out_channels[0],
    ).eval()
    for name, weight in network.named_parameters():
        if name.startswith(("controlnet_down_blocks", "controlnet_mid_block", "spatial_ch_projs")):
            torch.nn.init.normal_(weight, std=0.1)  # they begin as zero
    value = ControlNet("union", "sdxl", kind)
    return value, LoadedControlNet(network, "sdxl", kind, torch.device("cpu"), torch.float32)


_OF_BOTH = (
    *("block_out_channels", "layers_per_block", "cross_attention_dim", "attention_head_dim"),
    *("use_linear_projection", "addition_embed_type", "addition_time_embed_dim"),
    *("projection_class_embeddings_input_dim", "norm_num_groups", "transformer_layers_per_block"),
)


def control_net(seed: int = 1) -> tuple[ControlNet, LoadedControlNet]:
    torch.manual_seed(seed)
    network = diffusers.ControlNetModel.from_unet(sd1().network).eval()
    for layer in (*network.controlnet_down_blocks, network.controlnet_mid_block):
        torch.nn.init.normal_(layer.weight, std=0.1)  # they begin as zero
    value = ControlNet(f"control{seed}", "sd1")
    return value, LoadedControlNet(network, "sd1", "", torch.device("cpu"), torch.float32)


def told(seed: int, width: int = WIDTH, tokens: int = 7, **more: Any) -> Condition:
    return Condition(random(1, tokens, width, seed=seed), **more)


def request(  # noqa: PLR0913 - what a test varies
    latent: Latent | None = None,
    *,
    sampler: str = "euler",
    steps: Any = None,
    cfg: float = 5.0,
    seed: int | None = 3,
    denoiser: Denoiser | None = None,
    positive: tuple[Condition, ...] | None = None,
    negative: tuple[Condition, ...] | None = None,
) -> SampleRequest:
    return SampleRequest(
        Guider(
            denoiser or Denoiser("tiny", "sd1"),
            positive if positive is not None else (told(1),),
            negative if negative is not None else (told(2),),
            cfg,
        ),
        latent or Latent(random(1, 4, SIZE, SIZE, seed=5)),
        Noise(seed),
        SamplerChoice(sampler),
        steps if steps is not None else Steps(4),
    )


def run(
    loaded: LoadedDenoiser,
    asked: SampleRequest,
    controls: Mapping[ControlNet, LoadedControlNet] | None = None,
    listening: Listening = SILENT,
) -> Sampled:
    return Run(load_library(), loaded, controls or {}, asked, listening).sample()


def noise_of(seed: int, *shape: int) -> Any:
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def euler(count: int, **options: Any) -> Any:
    scheduler = diffusers.EulerDiscreteScheduler(
        **LEVELS, timestep_spacing="linspace", steps_offset=1, **options
    )
    scheduler.set_timesteps(count)
    return scheduler
