"""Every sampler with every schedule: how much noise there is on the way, and where it ends."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from paintgraph.models.denoising.course import Course, chart
from paintgraph.models.denoising.requests import SAMPLERS, SCHEDULES, Steps
from paintgraph.models.denoising.schedulers import Schedulers
from paintgraph.models.errors import SamplerError
from paintgraph.models.families.diffusion.loading import load_library
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.tests.models.denoising.by_hand import LEVELS, sd1

RANDOM = {
    "ddpm",
    "dpm_2_ancestral",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu",
    "dpmpp_3m_sde",
    "dpmpp_3m_sde_gpu",
    "dpmpp_sde",
    "dpmpp_sde_gpu",
    "euler_ancestral",
    "lcm",
    "tcd",
}
"""Samplers that add noise in each step."""

SHAPE = (1, 4, 8, 8)


@pytest.fixture(scope="module")
def loaded() -> LoadedDenoiser:
    return sd1()


def noise(seed: int) -> Any:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def walk(course: Course, latents: Any, drawn: Any) -> list[Any]:
    """What is sampled before each evaluation and at the end, where the latents are known."""
    generator = torch.Generator().manual_seed(2)
    x = course.begin(latents, drawn)
    seen = [x]
    for index in range(course.first, course.last):
        level = course.levels[index]
        course.seen(x, index)
        known = latents if course.prediction == "flow" else level.signal * latents
        predicted = (x - known) / level.noise
        found = course.clean(x, predicted, index)
        torch.testing.assert_close(found, latents, rtol=0, atol=1e-4)
        is_over = course.ends_clean and index + 1 == course.last
        x = found if is_over else course.step(predicted, x, index, generator)
        seen.append(x)
    return seen


@pytest.mark.parametrize("schedule", ["normal", "ddim_uniform", "karras"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_noise_falls_as_the_course_says_and_the_picture_is_left(
    loaded: LoadedDenoiser, sampler: str, schedule: str
) -> None:
    course = chart(load_library(), loaded, sampler, Steps(4, schedule, denoise=0.5))
    latents, drawn = noise(0), noise(1)

    seen = walk(course, latents, drawn)

    assert course.steps == 4
    assert (seen[-1] - latents).abs().max() < 0.15  # DDIM and its like keep a little noise
    if sampler not in RANDOM:
        for number, x in enumerate(seen[:-1]):
            expected = course.noised(latents, drawn, course.first + number)
            torch.testing.assert_close(x, expected, rtol=0, atol=0.03)


@pytest.mark.parametrize("sampler", sorted(set(SAMPLERS) - {"lcm", "tcd", "ddpm"}))
def test_a_sampler_goes_through_levels_by_number(loaded: LoadedDenoiser, sampler: str) -> None:
    sigmas = (7.0, 3.0, 1.0, 0.2, 0.0)
    course = chart(load_library(), loaded, sampler, sigmas)

    found = [course.levels[i].sigma for i in range(0, len(course.levels), course.per_step)]

    assert course.steps == 4
    assert found[:4] == pytest.approx(sigmas[:4], rel=1e-5)
    assert (walk(course, noise(0), noise(1))[-1] - noise(0)).abs().max() < 0.01


@pytest.mark.parametrize("sampler", ["lcm", "tcd", "ddpm"])
def test_a_sampler_of_whole_timesteps_takes_the_nearest(
    loaded: LoadedDenoiser, sampler: str
) -> None:
    course = chart(load_library(), loaded, sampler, (7.0, 3.0, 1.0, 0.2, 0.0))

    assert [level.sigma for level in course.levels] == pytest.approx([7, 3, 1, 0.2, 0], rel=0.02)
    with pytest.raises(SamplerError, match="Take fewer steps"):
        chart(load_library(), loaded, sampler, (7.0, 6.9999, 1.0, 0.0))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_levels_of_a_schedule_are_those_that_euler_goes_through(
    loaded: LoadedDenoiser, schedule: str
) -> None:
    sigmas = Schedulers(load_library(), loaded).levels(schedule, 5)
    named = chart(load_library(), loaded, "euler", Steps(5, schedule))
    numbered = chart(load_library(), loaded, "euler", sigmas)

    assert len(sigmas) == 6
    assert sorted(sigmas, reverse=True) == list(sigmas)
    assert sigmas[-1] == 0
    assert [level.sigma for level in numbered.levels] == pytest.approx(sigmas)
    assert numbered.scheduler.timesteps.tolist() == pytest.approx(
        named.scheduler.timesteps.tolist(), abs=0.01
    )


def test_levels_that_end_with_noise_are_left_with_noise(loaded: LoadedDenoiser) -> None:
    course = chart(load_library(), loaded, "heun", (7.0, 3.0, 1.0))
    latents, drawn = noise(0), noise(1)

    found = course.latents_of(walk(course, latents, drawn)[-1])

    torch.testing.assert_close(found, latents + drawn, rtol=0, atol=1e-4)


def test_levels_may_rise_for_euler_alone(loaded: LoadedDenoiser) -> None:
    rising = (0.0001, 1.0, 3.0)
    course = chart(load_library(), loaded, "euler", rising)
    latents, drawn = noise(0), noise(1)

    found = walk(course, latents, drawn)[-1]

    torch.testing.assert_close(found, latents + 3 * drawn, rtol=0, atol=0.02)
    with pytest.raises(SamplerError) as caught:
        chart(load_library(), loaded, "dpmpp_2m", rising)
    assert str(caught.value) == (
        "sigmas rise, and sampler 'dpmpp_2m' only goes down; allowed are ddim, euler. Choose one "
        "of them, or leave FlipSigmas out."
    )


def test_without_signal_at_the_end_of_training_noise_is_all_there_is(
    loaded: LoadedDenoiser,
) -> None:
    """Zero terminal SNR: with velocity, as those models are trained."""
    zero = replace(
        loaded, prediction="v_prediction", schedule={**LEVELS, "rescale_betas_zero_snr": True}
    )
    course = chart(load_library(), zero, "ddim", Steps(4, "sgm_uniform"))
    latents, drawn = noise(0), noise(1)

    x = course.begin(latents, drawn)
    first = course.levels[0]

    assert torch.equal(x, drawn)
    assert first.signal == pytest.approx(0, abs=1e-3)
    velocity = first.signal * drawn - first.noise * latents
    torch.testing.assert_close(course.clean(x, velocity, 0), latents, rtol=0, atol=1e-2)
