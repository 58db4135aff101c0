from pathlib import Path
from typing import get_args

import diffusers
import numpy as np
import pytest

from paintgraph.models.errors import SamplerError
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.families.diffusion.sampling import (
    CLASSES,
    SamplerName,
    ScheduleName,
    make_scheduler,
)
from paintgraph.models.inpainting.protocols import Sampling
from paintgraph.tests.models.diffusion.pictures import paint

OWN = diffusers.DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
FLOW = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)


@pytest.mark.parametrize("sampler", get_args(SamplerName))
@pytest.mark.parametrize("family", ["sd", "sd-inpaint"])
def test_every_sampler_paints_and_repeats_itself(
    diffusion: DiffusionModels, sampler: str, family: str
) -> None:
    sampling = Sampling(sampler=sampler)
    first = paint(diffusion, family, sampling=sampling, steps=4, strength=0.75)
    again = paint(diffusion, family, sampling=sampling, steps=4, strength=0.75)

    assert np.isfinite(first).all()
    assert np.array_equal(first, again)


def test_samplers_and_schedules_differ(diffusion: DiffusionModels) -> None:
    pairs = [("euler", "auto"), ("euler", "karras"), ("dpmpp_2m", "karras"), ("heun", "auto")]
    pictures = {
        paint(
            diffusion, "sd", sampling=Sampling(sampler=sampler, scheduler=schedule), steps=4
        ).tobytes()
        for sampler, schedule in pairs
    }

    assert len(pictures) == len(pairs)


def test_names_of_fooocus_and_comfyui_are_those_of_diffusers() -> None:
    found = make_scheduler(diffusers, OWN, "dpmpp_2m_sde_gpu", "karras")

    assert type(found) is diffusers.DPMSolverMultistepScheduler
    assert found.config.algorithm_type == "sde-dpmsolver++"
    assert found.config.use_karras_sigmas is True
    assert found.config.beta_end == OWN.config.beta_end
    assert set(CLASSES) == set(get_args(SamplerName)) - {"auto"}


@pytest.mark.parametrize("schedule", get_args(ScheduleName))
def test_a_schedule_switches_every_other_off(schedule: str) -> None:
    karras = make_scheduler(diffusers, OWN, "euler", "karras")
    found = make_scheduler(diffusers, karras, "euler", schedule)

    assert found.config.use_karras_sigmas is (schedule in ("karras", "auto"))
    assert bool(found.config.use_beta_sigmas) is (schedule == "beta")
    found.set_timesteps(5)
    assert len(found.timesteps) == 5


def test_left_to_the_model_its_own_is_used_afresh() -> None:
    found = make_scheduler(diffusers, OWN)

    assert found is not OWN
    assert dict(found.config) == dict(OWN.config)


def test_a_schedule_that_a_sampler_does_not_know_is_named() -> None:
    with pytest.raises(SamplerError) as error:
        make_scheduler(diffusers, OWN, "ddim", "karras")

    assert error.value.message == (
        "scheduler is 'karras'; with sampler 'ddim' of this model allowed are auto, ddim_uniform, "
        "normal, sgm_uniform, simple. Choose one of them, or another sampler."
    )


def test_flow_matching_has_samplers_of_its_own() -> None:
    assert make_scheduler(diffusers, FLOW, "euler", "karras").config.use_karras_sigmas is True
    assert make_scheduler(diffusers, FLOW, "euler", "simple").config.shift == 3.0
    with pytest.raises(SamplerError) as error:
        make_scheduler(diffusers, FLOW, "dpmpp_2m")

    assert error.value.message == (
        "sampler is 'dpmpp_2m', but this model was trained by flow matching; allowed are auto, "
        "euler. Choose one of them."
    )


def test_the_table_for_users_has_every_name_and_its_class() -> None:
    text = (Path(__file__).parents[3] / "docs" / "diffusion.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]

    for sampler, (name, _) in CLASSES.items():
        assert any(f"`{sampler}`" in row and name in row for row in rows), sampler
    for schedule in set(get_args(ScheduleName)) - {"auto"}:
        assert any(f"`{schedule}`" in row for row in rows), schedule
