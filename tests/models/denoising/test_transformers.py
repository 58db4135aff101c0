"""What is sampled with transformers is what diffusers' own modules and pipelines give, by hand."""

from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from paintgraph.models.denoising.requests import Steps
from paintgraph.models.sampling.values import Array
from paintgraph.tests.models.denoising.by_hand import noise_of, run
from paintgraph.tests.models.denoising.transformers_by_hand import (
    HEIGHT,
    WIDTH,
    asked,
    told,
    transformer,
)


def assert_near(found: Array, expected: Any) -> None:
    """Equal to 1e-5 of the largest of what is compared."""
    assert np.abs(found - expected.numpy()).max() <= 1e-5 * expected.abs().max()


def tensor(array: Any) -> Any:
    return torch.from_numpy(array)


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 4])
def test_stable_diffusion_3_is_sampled_as_by_hand(count: int) -> None:
    loaded = transformer("sd3")
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(sigmas=[1 - step / count for step in range(count)])
    conditions = told(loaded, 2), told(loaded, 1)
    x = noise_of(3, 1, 16, HEIGHT, WIDTH)
    for timestep in scheduler.timesteps:
        negative, positive = loaded.network(
            hidden_states=torch.cat([x, x]),
            timestep=timestep.expand(2),
            encoder_hidden_states=torch.cat([tensor(each.embeddings) for each in conditions]),
            pooled_projections=torch.cat([tensor(each.pooled) for each in conditions]),
        ).sample.chunk(2)
        x = scheduler.step(negative + 5 * (positive - negative), timestep, x).prev_sample

    found = run(loaded, asked(loaded, steps=Steps(count, "simple")))

    assert_near(found.samples, x / 1.5305 + 0.0609)
