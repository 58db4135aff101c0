"""What is sampled with transformers is what diffusers' own modules and pipelines give, by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from paintgraph.base.listening import Listening
from paintgraph.models.denoising.course import chart
from paintgraph.models.denoising.flow_schedulers import CLASSES
from paintgraph.models.denoising.requests import SCHEDULES, Steps
from paintgraph.models.denoising.schedulers import Schedulers
from paintgraph.models.denoising.transformers import packed, unpacked
from paintgraph.models.errors import SamplerError, SamplingError
from paintgraph.models.families.diffusion.loading import load_library
from paintgraph.models.networks.facts import LATENTS, flux_shift
from paintgraph.models.networks.loaded import LoadedDenoiser
from paintgraph.models.sampling.values import Area, Array, Denoiser, Latent, Patch
from paintgraph.tests.models.denoising.by_hand import noise_of, random, run
from paintgraph.tests.models.denoising.test_course import RANDOM, walk
from paintgraph.tests.models.denoising.transformers_by_hand import (
    HEIGHT,
    WIDTH,
    asked,
    told,
    transformer,
    with_most_places,
)
from paintgraph.tests.models.diffusion import tiny

SHAPE = (1, 16, HEIGHT, WIDTH)
LATENTS_OF = random(*SHAPE, seed=5)


def assert_near(found: Array, expected: Any) -> None:
    """Equal to 1e-5 of the largest of what is compared."""
    assert np.abs(found - expected.numpy()).max() <= 1e-5 * expected.abs().max()


def tensor(array: Any) -> Any:
    return torch.from_numpy(array)


def half() -> Array:
    """A mask in px that selects the right half, but for a corner of a few px."""
    mask = np.zeros((1, 8 * HEIGHT, 8 * WIDTH), np.float32)
    mask[:, :, 4 * WIDTH :] = 1
    mask[:, :3, -5:] = 0
    return mask


@pytest.fixture(scope="module")
def sd3() -> LoadedDenoiser:
    return transformer("sd3")


@pytest.fixture(scope="module")
def flux() -> LoadedDenoiser:
    return transformer("flux")


@pytest.fixture(scope="module")
def fill() -> LoadedDenoiser:
    return transformer("flux_fill")


def ask_sd3(loaded: LoadedDenoiser, x: Any, timestep: Any, seed: int = 1) -> Any:
    condition = told(loaded, seed)
    return loaded.network(
        hidden_states=x,
        timestep=timestep.expand(len(x)),
        encoder_hidden_states=tensor(condition.embeddings),
        pooled_projections=tensor(condition.pooled),
    ).sample


def flow(count: int, shift: float = 3.0) -> Any:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=shift)
    scheduler.set_timesteps(sigmas=[1 - step / count for step in range(count)])
    return scheduler


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 4])
def test_stable_diffusion_3_is_sampled_as_by_hand(sd3: LoadedDenoiser, count: int) -> None:
    scheduler = flow(count)
    x = noise_of(3, *SHAPE)
    for timestep in scheduler.timesteps:
        negative, positive = (ask_sd3(sd3, x, timestep, seed) for seed in (2, 1))
        x = scheduler.step(negative + 5 * (positive - negative), timestep, x).prev_sample

    found = run(sd3, asked(sd3, steps=Steps(count, "simple"), cfg=5.0))

    assert_near(found.samples, x / 1.5305 + 0.0609)


@torch.no_grad()
def test_outside_the_noise_mask_the_original_is_put_back_mixed_with_noise(
    sd3: LoadedDenoiser,
) -> None:
    scheduler, noise = flow(8), noise_of(3, *SHAPE)
    known = (tensor(LATENTS_OF) - 0.0609) * 1.5305
    selected = torch.zeros(1, 1, HEIGHT, WIDTH)
    selected[..., WIDTH // 2 :] = 1
    x = scheduler.sigmas[4] * noise + (1 - scheduler.sigmas[4]) * known  # 4 steps at denoise 0.5
    for index, timestep in enumerate(scheduler.timesteps[4:], 5):
        scheduler.set_begin_index(index - 1)
        x = scheduler.step(ask_sd3(sd3, x, timestep), timestep, x).prev_sample
        sigma = scheduler.sigmas[index]
        x = selected * x + (1 - selected) * (sigma * noise + (1 - sigma) * known)

    latent = Latent(LATENTS_OF, selected[0].numpy())
    found = run(sd3, asked(sd3, latent, steps=Steps(4, "simple", denoise=0.5))).samples

    assert_near(found, x / 1.5305 + 0.0609)
    assert (found[..., : WIDTH // 2] == LATENTS_OF[..., : WIDTH // 2]).all()


def flux_pipeline(kind: Any, loaded: LoadedDenoiser, **more: Any) -> Any:
    pipe = kind(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=tiny.vae(16, use_quant_conv=False, scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=None,
        tokenizer=None,
        transformer=loaded.network,
        **more,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def dynamic(loaded: LoadedDenoiser) -> LoadedDenoiser:
    """Shifted as for the size that is sampled here, as ModelSamplingFlux does."""
    shift = flux_shift(0.5, 1.15, 8 * WIDTH, 8 * HEIGHT)
    return replace(loaded, schedule={"shift": shift})


def common(loaded: LoadedDenoiser, guidance: float, count: int) -> dict[str, Any]:
    condition = told(loaded, 1)
    return {
        "prompt_embeds": tensor(condition.embeddings),
        "pooled_prompt_embeds": tensor(condition.pooled),
        "height": 8 * HEIGHT,
        "width": 8 * WIDTH,
        "num_inference_steps": count,
        "guidance_scale": guidance,
        "latents": packed(noise_of(3, *SHAPE)),
        "output_type": "latent",
    }


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 4])
def test_flux_is_sampled_as_its_pipeline_does(flux: LoadedDenoiser, count: int) -> None:
    parts = {"text_encoder_2": None, "tokenizer_2": None}
    pipe = flux_pipeline(diffusers.FluxPipeline, flux, **parts)
    expected = unpacked(pipe(**common(flux, 4.5, count)).images, HEIGHT // 2, WIDTH // 2)

    condition = told(flux, 1, guidance=4.5)
    found = run(
        dynamic(flux), asked(flux, steps=Steps(count, "simple"), positive=(condition,))
    ).samples
    usual = run(dynamic(flux), asked(flux, steps=Steps(count, "simple"))).samples

    assert_near(found, expected / 0.3611 + 0.1159)
    assert np.abs(found - usual).max() > 1e-4


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 3])
def test_flux_fill_sees_picture_and_mask_as_its_pipeline_shows_them(
    fill: LoadedDenoiser, count: int
) -> None:
    parts = {"text_encoder_2": None, "tokenizer_2": None}
    pipe = flux_pipeline(diffusers.FluxFillPipeline, fill, **parts)
    last = pipe.vae.encoder.conv_out  # of means, and of variances: the pipeline draws latents
    last.weight[16:], last.bias[16:] = 0, -30
    photo = tensor(np.random.default_rng(1).random((1, 3, 8 * HEIGHT, 8 * WIDTH), np.float32))
    expected = pipe(
        **common(fill, 30.0, count), image=photo, mask_image=tensor(half())[None]
    ).images
    picture = pipe.vae.encode((2 * photo - 1) * (1 - tensor(half()))).latent_dist.mode().numpy()

    condition = told(fill, 1, guidance=30.0, concat_latents=picture, concat_mask=half())
    found = run(dynamic(fill), asked(fill, steps=Steps(count, "simple"), positive=(condition,)))

    assert_near(found.samples, unpacked(expected, HEIGHT // 2, WIDTH // 2) / 0.3611 + 0.1159)


def test_flux_fill_without_a_picture_repaints_what_the_noise_mask_selects(
    fill: LoadedDenoiser,
) -> None:
    seen: list[Any] = []
    hook = fill.network.register_forward_pre_hook(
        lambda _, __, given: seen.append(given["hidden_states"]), with_kwargs=True
    )
    try:
        run(fill, asked(fill, Latent(LATENTS_OF, half()), steps=Steps(1)))
    finally:
        hook.remove()

    channels = unpacked(seen[0], HEIGHT // 2, WIDTH // 2)[0]
    assert channels.shape == (16 + 16 + 64, HEIGHT, WIDTH)
    assert torch.equal(channels[32, :, :], tensor(half())[0, ::8, ::8])  # the first px of each
    assert torch.equal(channels[-1, :, :], tensor(half())[0, 7::8, 7::8])
    assert (channels[16:32, :, WIDTH // 2 : -1] == 0).all()
    assert (channels[16:32, :, : WIDTH // 2] != 0).all()


@torch.no_grad()
def test_qwen_image_is_sampled_as_its_pipeline_does() -> None:
    loaded = transformer("qwen_image", shift=2.0)
    pipe = diffusers.QwenImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=2.0),
        vae=None,
        text_encoder=None,
        tokenizer=None,
        transformer=loaded.network,
    )
    pipe.set_progress_bar_config(disable=True)
    condition = told(loaded, 1)
    expected = pipe(
        prompt_embeds=tensor(condition.embeddings),
        prompt_embeds_mask=torch.ones(1, 7),
        true_cfg_scale=1.0,
        height=8 * HEIGHT,
        width=8 * WIDTH,
        num_inference_steps=3,
        latents=packed(noise_of(3, *SHAPE)),
        output_type="latent",
    ).images

    found = run(loaded, asked(loaded, steps=Steps(3, "simple"))).samples

    vae: Any = diffusers.AutoencoderKLQwenImage
    config = vae(base_dim=8, num_res_blocks=1).config
    mean, spread = (
        torch.tensor(each)[:, None, None] for each in (config.latents_mean, config.latents_std)
    )
    assert_near(found, unpacked(expected, HEIGHT // 2, WIDTH // 2) * spread + mean)


@pytest.mark.parametrize("schedule", ["simple", "normal", "ddim_uniform", "karras"])
@pytest.mark.parametrize("sampler", sorted(CLASSES))
def test_noise_falls_as_the_course_says_and_the_picture_is_left(
    sd3: LoadedDenoiser, sampler: str, schedule: str
) -> None:
    library = load_library()
    course = chart(library, sd3, sampler, Steps(4, schedule, denoise=0.5))
    whole = chart(library, sd3, sampler, Steps(20, schedule))
    latents, drawn = noise_of(0, *SHAPE), noise_of(1, *SHAPE)

    seen = walk(course, latents, drawn)

    assert course.steps == 4
    torch.testing.assert_close(seen[-1], latents, rtol=0, atol=1e-3)
    torch.testing.assert_close(walk(whole, latents, drawn)[-1], latents, rtol=0, atol=1e-3)
    if sampler not in RANDOM:
        for number, x in enumerate(seen[:-1]):
            expected = course.noised(latents, drawn, course.first + number)
            torch.testing.assert_close(x, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_levels_fall_from_noise_to_none_and_are_those_of_the_sampler(
    sd3: LoadedDenoiser, flux: LoadedDenoiser, schedule: str
) -> None:
    for loaded in (sd3, flux):
        schedulers = Schedulers(load_library(), loaded)
        levels = schedulers.levels(schedule, 6)
        course = chart(load_library(), loaded, "dpmpp_2m", Steps(6, schedule))

        assert len(levels) == 7
        assert sorted(levels, reverse=True) == list(levels)
        assert levels[0] == 1 or schedule == "ddim_uniform"
        assert levels[-1] == 0
        assert [each.noise for each in course.levels] == pytest.approx(levels, abs=1e-5)
        assert len(schedulers.levels(schedule, 1)) == 2


def test_levels_are_shifted_as_for_a_megapixel_unless_a_node_says_otherwise(
    flux: LoadedDenoiser,
) -> None:
    def levels(**schedule: Any) -> Any:
        return Schedulers(load_library(), replace(flux, schedule=schedule)).levels("simple", 5)

    usual = levels(**flux.schedule)
    assert usual == pytest.approx(levels(shift=flux_shift(0.5, 1.15, 1024, 1024)))
    assert levels(shift=1.0) == pytest.approx((1, 0.8, 0.6, 0.4, 0.2, 0))
    ending = levels(**{**flux.schedule, "shift_terminal": 0.02})
    assert ending[-2:] == pytest.approx((0.02, 0), abs=1e-6)


def test_parts_of_sampling_are_counted_before_the_shift(sd3: LoadedDenoiser) -> None:
    course = chart(load_library(), sd3, "euler", Steps(10, "simple"))

    assert [course.progress(index) for index in range(10)] == pytest.approx(
        [each / 10 for each in range(10)], abs=1e-5
    )


@pytest.mark.parametrize("sampler", ["euler", "heun"])
def test_two_halves_give_what_the_whole_gives(flux: LoadedDenoiser, sampler: str) -> None:
    def sampled(latent: Latent | None = None, seed: int | None = 3, **more: Any) -> Array:
        steps = Steps(4, "simple", **more)
        return run(flux, asked(flux, latent, steps=steps, sampler=sampler, seed=seed)).samples

    first = sampled(end=2, leaves_noise=True)
    # What is left noisy is told in the unit of latents: without its shift it is as it was.
    second = sampled(Latent(first), None, start=2)

    assert np.abs(second - sampled()).max() < 1e-4 * np.abs(second).max()


@pytest.mark.parametrize("name", ["sd3", "flux", "flux_fill", "qwen_image"])
def test_sides_may_be_uneven_and_conditions_may_have_areas(name: str) -> None:
    loaded = transformer(name)
    latent = Latent(random(2, 16, 7, 9, seed=5), half())
    corner = told(loaded, 7, area=Area(16, 8, 24, 40))
    found = run(loaded, asked(loaded, latent, positive=(told(loaded, 1), corner), cfg=2.0))

    assert found.samples.shape == (2, 16, 7, 9)
    assert np.isfinite(found.samples).all()


def test_differential_diffusion_lets_half_of_a_mask_wait(flux: LoadedDenoiser) -> None:
    soft = Latent(LATENTS_OF, np.full((1, 8, 8), 0.5, np.float32))
    waiting = Denoiser("tiny", "flux", patches=(Patch("differential", (1.0,)),))
    late = run(flux, asked(flux, soft, steps=Steps(4, "simple"), denoiser=waiting)).samples
    last = Steps(4, "simple", start=2)
    short = run(flux, asked(flux, Latent(LATENTS_OF), steps=last)).samples

    assert np.abs(late - short).max() < 1e-4 * np.abs(short).max()


def test_steps_are_told_and_can_be_ended(fill: LoadedDenoiser) -> None:
    class EndedError(Exception):
        pass

    told_of: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told_of.append((done, total))
        if done == 2:
            raise EndedError

    with pytest.raises(EndedError):
        run(fill, asked(fill, steps=Steps(5)), listening=Listening(progress=progress))

    assert told_of == [(1, 5), (2, 5)]


def _sampler(sd3: LoadedDenoiser) -> None:
    chart(load_library(), sd3, "lms", Steps(4))


def _levels(sd3: LoadedDenoiser) -> None:
    chart(load_library(), sd3, "euler", (14.6, 1.0, 0.0))


def _large(sd3: LoadedDenoiser) -> None:
    run(with_most_places(sd3, 4), asked(sd3))


def _width(sd3: LoadedDenoiser) -> None:
    run(sd3, asked(sd3, positive=(told(transformer("qwen_image"), 1),)))


REFUSED: list[tuple[Callable[[LoadedDenoiser], None], type[Exception], str]] = [
    (
        _sampler,
        SamplerError,
        (
            "sampler is 'lms', which diffusers does not have for models that were trained by "
            "flow matching; allowed are ddim, deis, dpmpp_2m, dpmpp_2m_sde, dpmpp_2m_sde_gpu, "
            "dpmpp_sde, dpmpp_sde_gpu, euler, euler_ancestral, heun, lcm, uni_pc, uni_pc_bh2. "
            "'dpmpp_2m' comes nearest."
        ),
    ),
    (
        _levels,
        SamplingError,
        (
            "sigmas begin at 14.6; a model that was trained by flow matching knows 1 to 0. Take "
            "them from BasicScheduler."
        ),
    ),
    (
        _large,
        SamplingError,
        (
            "the latents are of 96x64 px; this model knows sides up to 64 px. Sample a smaller "
            "picture, and enlarge it then."
        ),
    ),
    (
        _width,
        SamplingError,
        (
            "a condition has embeddings of width 48, the denoiser reads 128: they are of different "
            "families. Encode the prompt with the text encoders of the model's family."
        ),
    ),
]


@pytest.mark.parametrize(("ask", "kind", "message"), REFUSED)
def test_what_cannot_be_sampled_is_told_with_what_can(
    sd3: LoadedDenoiser,
    ask: Callable[[LoadedDenoiser], None],
    kind: type[Exception],
    message: str,
) -> None:
    with pytest.raises(kind) as caught:
        ask(sd3)
    assert str(caught.value) == message


def test_latents_of_a_vae_are_scaled_channel_by_channel_and_back() -> None:
    form = LATENTS["qwen_image"]
    samples = noise_of(1, *SHAPE)
    seen = form.scaled(samples)

    assert float(seen[0, 1, 0, 0]) == pytest.approx((float(samples[0, 1, 0, 0]) + 0.7089) / 1.4541)
    torch.testing.assert_close(form.unscaled(seen), samples)
