"""What is sampled is what diffusers' own networks and schedulers give, called by hand."""

from dataclasses import replace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from paintgraph.models.denoising.requests import Steps
from paintgraph.models.sampling.values import Array, ControlUse, Latent, SizeHint
from paintgraph.tests.models.denoising.by_hand import (
    FACTOR,
    LEVELS,
    SIZE,
    WIDTH,
    control_net,
    euler,
    noise_of,
    random,
    refiner,
    request,
    run,
    sd1,
    sdxl,
    told,
    union_control,
)


def assert_near(found: Array, expected: Any) -> None:
    """Equal to 1e-5 of the largest of what is compared."""
    assert np.abs(found - expected.numpy()).max() <= 1e-5 * expected.abs().max()


def tensor(array: Array) -> Any:
    return torch.from_numpy(array)


def half() -> Array:
    """A mask in px that selects the right half."""
    mask = np.zeros((1, 8 * SIZE, 8 * SIZE), np.float32)
    mask[:, :, 4 * SIZE :] = 1
    return mask


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 4])
def test_a_denoiser_of_four_channels_is_sampled_as_by_hand(count: int) -> None:
    loaded = sd1()
    unet, scheduler = loaded.network, euler(count)
    text = torch.cat([tensor(told(2).embeddings), tensor(told(1).embeddings)])
    x = noise_of(3, 1, 4, SIZE, SIZE) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        seen = scheduler.scale_model_input(torch.cat([x, x]), timestep)
        negative, positive = unet(seen, timestep, encoder_hidden_states=text).sample.chunk(2)
        x = scheduler.step(negative + 5 * (positive - negative), timestep, x).prev_sample

    found = run(loaded, request(steps=Steps(count)))

    assert_near(found.samples, x / FACTOR)


@torch.no_grad()
def test_below_full_denoise_the_last_steps_of_a_longer_list_are_run() -> None:
    loaded = sd1()
    latents = random(1, 4, SIZE, SIZE, seed=5)
    scheduler = euler(8)  # 4 steps at denoise 0.5
    x = tensor(latents) * FACTOR + scheduler.sigmas[4] * noise_of(3, 1, 4, SIZE, SIZE)
    for timestep in scheduler.timesteps[4:]:
        seen = scheduler.scale_model_input(x, timestep)
        predicted = loaded.network(
            seen, timestep, encoder_hidden_states=tensor(told(1).embeddings)
        ).sample
        x = scheduler.step(predicted, timestep, x).prev_sample

    found = run(loaded, request(steps=Steps(4, denoise=0.5), cfg=1))

    assert_near(found.samples, x / FACTOR)


@torch.no_grad()
def test_outside_the_noise_mask_the_noised_original_is_put_back_after_each_step() -> None:
    loaded = sd1()
    latents = random(1, 4, SIZE, SIZE, seed=5)
    scheduler, noise = euler(4), noise_of(3, 1, 4, SIZE, SIZE)
    known, text = tensor(latents) * FACTOR, tensor(told(1).embeddings)
    selected = torch.zeros(1, 1, SIZE, SIZE)
    selected[..., SIZE // 2 :] = 1
    x = noise * scheduler.init_noise_sigma
    for index, timestep in enumerate(scheduler.timesteps):
        seen = scheduler.scale_model_input(x, timestep)
        predicted = loaded.network(seen, timestep, encoder_hidden_states=text).sample
        x = scheduler.step(predicted, timestep, x).prev_sample
        original = known + scheduler.sigmas[index + 1] * noise
        x = selected * x + (1 - selected) * original

    found = run(loaded, request(Latent(latents, half()), cfg=1)).samples

    assert_near(found, x / FACTOR)
    assert (found[..., : SIZE // 2] == latents[..., : SIZE // 2]).all()
    assert (found[..., SIZE // 2 :] != latents[..., SIZE // 2 :]).all()


@torch.no_grad()
def test_a_denoiser_made_for_inpainting_sees_mask_and_picture_of_its_condition() -> None:
    loaded = sd1(9)
    picture = random(1, 4, SIZE, SIZE, seed=6)
    condition = told(1, concat_latents=picture, concat_mask=half())
    scheduler = euler(3)
    hole = torch.zeros(1, 1, SIZE, SIZE)
    hole[..., SIZE // 2 :] = 1
    x = noise_of(3, 1, 4, SIZE, SIZE) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        seen = scheduler.scale_model_input(x, timestep)
        seen = torch.cat([seen, hole, tensor(picture) * FACTOR], 1)
        predicted = loaded.network(
            seen, timestep, encoder_hidden_states=tensor(told(1).embeddings)
        ).sample
        x = scheduler.step(predicted, timestep, x).prev_sample

    found = run(loaded, request(steps=Steps(3), cfg=1, positive=(condition,)))

    assert_near(found.samples, x / FACTOR)


@torch.no_grad()
def test_sdxl_is_told_the_size_and_one_vector_of_the_prompt() -> None:
    loaded = sdxl()
    conditions = [told(seed, 2 * WIDTH, pooled=random(1, WIDTH, seed=seed + 10)) for seed in (1, 2)]
    positive, negative = conditions
    scheduler = euler(3)
    side = 8.0 * SIZE
    added = {
        "text_embeds": torch.cat([tensor(random(1, WIDTH, seed=s)) for s in (12, 11)]),
        "time_ids": torch.tensor([[side, side, 0, 0, side, side]] * 2),
    }
    text = torch.cat([tensor(negative.embeddings), tensor(positive.embeddings)])
    x = noise_of(3, 1, 4, SIZE, SIZE) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        seen = scheduler.scale_model_input(torch.cat([x, x]), timestep)
        away, to = loaded.network(
            seen, timestep, encoder_hidden_states=text, added_cond_kwargs=added
        ).sample.chunk(2)
        x = scheduler.step(away + 5 * (to - away), timestep, x).prev_sample

    found = run(loaded, request(steps=Steps(3), positive=(positive,), negative=(negative,)))

    assert_near(found.samples, x / 0.13025)


@torch.no_grad()
@pytest.mark.parametrize("channels", [4, 9])
def test_what_controlnets_add_is_summed(channels: int) -> None:
    loaded = sd1(channels)
    value, first = control_net(1)
    other, second = control_net(2)
    picture = np.random.default_rng(0).random((1, 8 * SIZE, 8 * SIZE, 3), np.float32)
    uses = (ControlUse(value, picture, 0.7), ControlUse(other, picture, 1.2))
    scheduler = euler(2)
    hint, text = tensor(picture).movedim(-1, 1), tensor(told(1).embeddings)
    known = tensor(random(1, 4, SIZE, SIZE, seed=5)) * FACTOR
    further = torch.cat([torch.ones_like(known[:, :1]), 0 * known], 1)
    x = noise_of(3, 1, 4, SIZE, SIZE) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        seen = scheduler.scale_model_input(x, timestep)
        down_a, middle_a = first.network(
            seen, timestep, text, hint, conditioning_scale=0.7, return_dict=False
        )
        down_b, middle_b = second.network(
            seen, timestep, text, hint, conditioning_scale=1.2, return_dict=False
        )
        predicted = loaded.network(
            seen if channels == 4 else torch.cat([seen, further], 1),
            timestep,
            encoder_hidden_states=text,
            down_block_additional_residuals=[a + b for a, b in zip(down_a, down_b, strict=True)],
            mid_block_additional_residual=middle_a + middle_b,
        ).sample
        x = scheduler.step(predicted, timestep, x).prev_sample

    found = run(
        loaded,
        request(steps=Steps(2), cfg=1, positive=(told(1, controls=uses),)),
        {value: first, other: second},
    )
    without = run(loaded, request(steps=Steps(2), cfg=1))

    assert_near(found.samples, x / FACTOR)
    assert np.abs(found.samples - without.samples).max() > 1e-3


@torch.no_grad()
@pytest.mark.parametrize("channels", [4, 9])
@pytest.mark.parametrize(
    ("name", "schedule", "spacing"),
    [
        ("euler", "normal", "linspace"),
        ("ddim", "ddim_uniform", "leading"),
        ("dpmpp_2m", "sgm_uniform", "trailing"),
        ("uni_pc", "normal", "linspace"),
    ],
)
def test_a_straight_inpaint_graph_gives_what_the_pipeline_gives(
    channels: int, name: str, schedule: str, spacing: str
) -> None:
    """The pipeline is the one that InpaintSampler runs, on the same latents, at full strength."""
    loaded = sd1(channels)
    latents, picture = random(1, 4, SIZE, SIZE, seed=5), random(1, 4, SIZE, SIZE, seed=6)
    classes = {
        "euler": diffusers.EulerDiscreteScheduler,
        "ddim": diffusers.DDIMScheduler,
        "dpmpp_2m": diffusers.DPMSolverMultistepScheduler,
        "uni_pc": diffusers.UniPCMultistepScheduler,
    }
    own = diffusers.DDIMScheduler(
        **LEVELS, clip_sample=False, set_alpha_to_one=False, steps_offset=1
    )
    pipe = diffusers.StableDiffusionInpaintPipeline(
        vae=diffusers.AutoencoderKL(
            block_out_channels=(4, 4, 4, 4),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            norm_num_groups=2,
        ),
        text_encoder=None,
        tokenizer=None,
        unet=loaded.network,
        scheduler=classes[name].from_config(own.config, timestep_spacing=spacing),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    expected = pipe(
        prompt_embeds=tensor(told(1).embeddings),
        negative_prompt_embeds=tensor(told(2).embeddings),
        image=tensor(latents) * FACTOR,
        mask_image=tensor(half())[None],
        masked_image_latents=tensor(picture) * FACTOR,
        height=8 * SIZE,
        width=8 * SIZE,
        num_inference_steps=4,
        guidance_scale=5.0,
        strength=1.0,
        latents=noise_of(3, 1, 4, SIZE, SIZE),
        output_type="latent",
    ).images
    concat: dict[str, Any] = {}
    if channels == 9:
        concat = {"concat_latents": picture, "concat_mask": half()}
    mask = half() if channels == 4 else None  # the pipeline puts nothing back with 9 channels

    found = run(
        loaded,
        request(
            Latent(latents, mask),
            sampler=name,
            steps=Steps(4, schedule),
            positive=(told(1, **concat),),
            negative=(told(2, **concat),),
        ),
    )

    assert_near(found.samples, expected / FACTOR)


@torch.no_grad()
def test_velocity_is_taken_for_velocity() -> None:
    loaded = replace(sd1(), prediction="v_prediction")
    scheduler = euler(3, prediction_type="v_prediction")
    x = noise_of(3, 1, 4, SIZE, SIZE) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        seen = scheduler.scale_model_input(x, timestep)
        predicted = loaded.network(
            seen, timestep, encoder_hidden_states=tensor(told(1).embeddings)
        ).sample
        step = scheduler.step(predicted, timestep, x)
        x = step.prev_sample

    found = run(loaded, request(steps=Steps(3), cfg=1))

    assert_near(found.samples, x / FACTOR)
    assert_near(found.denoised, step.pred_original_sample / FACTOR)


@torch.no_grad()
def test_the_third_order_with_noise_is_as_its_authors_wrote_it() -> None:
    """DPM++ 3M SDE over growing noise, as in k-diffusion; diffusers' own has a wrong sign."""
    loaded, count = sd1(), 6
    text = tensor(told(1).embeddings)
    course = diffusers.DPMSolverMultistepScheduler(**LEVELS, use_karras_sigmas=True)
    course.set_timesteps(count)
    sigmas = course.sigmas.double()
    generator = torch.Generator("cpu").manual_seed(3)
    x = torch.randn(1, 4, SIZE, SIZE, generator=generator).double() * (1 + sigmas[0] ** 2) ** 0.5
    before: list[Any] = []
    lengths: list[Any] = []
    for index, timestep in enumerate(course.timesteps):
        seen = (x / (1 + sigmas[index] ** 2) ** 0.5).float()
        predicted = loaded.network(seen, timestep, encoder_hidden_states=text).sample
        new = x - sigmas[index] * predicted.double()
        if index + 1 == count:
            break
        h = sigmas[index].log() - sigmas[index + 1].log()
        second = torch.expm1(-2 * h) / (2 * h) + 1
        x = torch.exp(-2 * h) * x - torch.expm1(-2 * h) * new
        if len(before) == 1:
            x = x + second * (new - before[-1]) * h / lengths[-1]
        elif before:
            near, far = lengths[-1] / h, lengths[-2] / h
            slope, older = (new - before[-1]) / near, (before[-1] - before[-2]) / far
            x = x + second * (slope + (slope - older) * near / (near + far))
            x = x - (second / (2 * h) - 0.5) * (slope - older) / (near + far)
        drawn = torch.randn(1, 4, SIZE, SIZE, generator=generator).double()
        x = x + drawn * sigmas[index + 1] * (-torch.expm1(-2 * h)) ** 0.5
        before.append(new)
        lengths.append(h)

    for sampler in ("dpmpp_3m_sde", "dpmpp_3m_sde_gpu"):
        found = run(loaded, request(sampler=sampler, steps=Steps(count, "karras"), cfg=1))
        assert_near(found.samples, new / FACTOR)


@torch.no_grad()
def test_the_refiner_is_told_how_good_a_picture_is_said_to_be() -> None:
    loaded = refiner()
    pooled = random(1, WIDTH, seed=11)
    said = SizeHint(96, 64, 0, 0, 96, 64, 9.5)
    plain, hinted = told(1, pooled=pooled), told(1, pooled=pooled, size=said)
    scheduler, text = euler(1), tensor(plain.embeddings)
    start = noise_of(3, 1, 4, SIZE, SIZE) * scheduler.init_noise_sigma
    (timestep,) = scheduler.timesteps
    seen = scheduler.scale_model_input(start, timestep)
    side = 8.0 * SIZE

    def answer(*ids: float) -> Any:
        added = {"text_embeds": tensor(pooled), "time_ids": torch.tensor([ids])}
        return loaded.network(
            seen, timestep, encoder_hidden_states=text, added_cond_kwargs=added
        ).sample

    for condition, positive in (
        (plain, answer(side, side, 0, 0, 6)),
        (hinted, answer(64, 96, 0, 0, 9.5)),
    ):
        negative = answer(side, side, 0, 0, 2.5)
        guided = negative + 5 * (positive - negative)
        found = run(loaded, request(steps=Steps(1), positive=(condition,), negative=(plain,)))
        x = scheduler.step(guided, timestep, start).prev_sample
        assert_near(found.samples, x / 0.13025)
        scheduler = euler(1)


@torch.no_grad()
def test_a_union_controlnet_is_told_the_kind_of_its_picture_and_sees_holes_black() -> None:
    loaded = sdxl()
    value, union = union_control("repaint")
    picture = np.random.default_rng(0).random((1, 8 * SIZE, 8 * SIZE, 3), np.float32)
    condition = told(1, 2 * WIDTH, pooled=random(1, WIDTH, seed=11))
    use = ControlUse(value, picture, 0.7, mask=half())
    scheduler, text = euler(1), tensor(condition.embeddings)
    hint = tensor(picture).movedim(-1, 1) * (1 - tensor(half())[:, None])
    side = 8.0 * SIZE
    added = {
        "text_embeds": tensor(random(1, WIDTH, seed=11)),
        "time_ids": torch.tensor([[side, side, 0, 0, side, side]]),
    }
    kind = torch.zeros(1, 8)
    kind[:, 7] = 1
    x = noise_of(3, 1, 4, SIZE, SIZE) * scheduler.init_noise_sigma
    (timestep,) = scheduler.timesteps
    seen = scheduler.scale_model_input(x, timestep)
    down, middle = union.network(
        seen,
        timestep,
        encoder_hidden_states=text,
        controlnet_cond=[hint],
        control_type=kind,
        control_type_idx=[7],
        conditioning_scale=0.7,
        added_cond_kwargs=added,
        return_dict=False,
    )
    predicted = loaded.network(
        seen,
        timestep,
        encoder_hidden_states=text,
        added_cond_kwargs=added,
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
    ).sample
    x = scheduler.step(predicted, timestep, x).prev_sample

    def sampled(*controls: ControlUse) -> Any:
        steered = replace(condition, controls=controls)
        asked = request(steps=Steps(1), cfg=1, positive=(steered,), negative=(condition,))
        return run(loaded, asked, {value: union}).samples

    assert_near(sampled(use), x / 0.13025)
    assert np.abs(sampled(use) - sampled()).max() > 1e-3
