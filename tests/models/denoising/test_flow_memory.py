"""Transformers sample alike in 16 bits and wherever their weights lie."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.models.denoising.requests import Steps
from paintgraph.models.families.diffusion.memory import MemoryPlan
from paintgraph.models.loading.devices import Placement
from paintgraph.models.networks.held import HeldNetwork, place, release
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import Array, Latent
from paintgraph.tests.models.denoising.by_hand import random, run
from paintgraph.tests.models.denoising.transformers_by_hand import HEIGHT, WIDTH, asked, transformer

FAMILIES = ("sd3", "flux", "flux_fill", "qwen_image")


@pytest.fixture(scope="module", params=FAMILIES)
def loaded(request: pytest.FixtureRequest) -> LoadedDenoiser:
    return transformer(request.param)


def sampled(loaded: LoadedDenoiser) -> Array:
    """A repainted half of a picture, so that FLUX Fill has a hole."""
    mask = np.zeros((1, 8 * HEIGHT, 8 * WIDTH), np.float32)
    mask[:, :, 4 * WIDTH :] = 1
    latent = Latent(random(1, 16, HEIGHT, WIDTH, seed=5), mask)
    return run(loaded, asked(loaded, latent, steps=Steps(3, "simple"))).samples


def test_samples_of_16_bits_give_nearly_the_same(loaded: LoadedDenoiser) -> None:
    network = deepcopy(loaded.network).to(torch.bfloat16)
    whole = sampled(loaded)

    half = sampled(replace(loaded, network=network, dtype=torch.bfloat16))

    assert half.dtype == np.float32
    difference = np.abs(half - whole)
    assert 0 < difference.max() < 0.1 * np.abs(whole).max()
    assert (difference[..., : WIDTH // 2] == 0).all()


@pytest.mark.parametrize("offload", ["model", "sequential"])
def test_weights_that_come_piece_by_piece_give_the_same(
    loaded: LoadedDenoiser, offload: Any
) -> None:
    held = HeldNetwork(loaded.network, Placement("cpu"), torch.float32)
    whole = sampled(loaded)
    try:
        place([held], MemoryPlan(offload, slicing=True))
        found = sampled(loaded)
    finally:
        release([held])
        place([held], MemoryPlan())

    np.testing.assert_allclose(found, whole, atol=1e-5)
    assert (sampled(loaded) == whole).all()
