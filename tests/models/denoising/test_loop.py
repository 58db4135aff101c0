"""What users rely on when latents are sampled: noise, masks, areas, parts of a run, and its end."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.base.listening import Listening
from paintgraph.models.denoising import guidance
from paintgraph.models.denoising.noise import draw_noise, generator_for
from paintgraph.models.denoising.requests import Steps
from paintgraph.models.errors import EngineFailedError, SamplingError
from paintgraph.models.networks.loaded import LatentFormat, LoadedDenoiser
from paintgraph.models.sampling.values import (
    Area,
    Array,
    ControlUse,
    Denoiser,
    Latent,
    Noise,
    Patch,
)
from paintgraph.tests.models.denoising.by_hand import (
    SIZE,
    control_net,
    random,
    request,
    run,
    sd1,
    told,
)

LATENTS = random(2, 4, SIZE, SIZE, seed=5)


@pytest.fixture(scope="module")
def loaded() -> LoadedDenoiser:
    return sd1()


def sampled(loaded: LoadedDenoiser, latent: Latent | None = None, **more: Any) -> Array:
    return run(loaded, request(latent, **more)).samples


def assert_alike(found: Array, expected: Array) -> None:
    """Equal but for how a processor rounds."""
    assert np.abs(found - expected).max() <= 2e-5 * np.abs(expected).max()


@pytest.mark.parametrize("sampler", ["euler", "euler_ancestral", "dpmpp_2m_sde"])
def test_equal_seeds_give_equal_bits(loaded: LoadedDenoiser, sampler: str) -> None:
    first = sampled(loaded, sampler=sampler)

    assert (sampled(loaded, sampler=sampler) == first).all()
    assert (sampled(loaded, sampler=sampler, seed=4) != first).any()
    assert np.isfinite(sampled(loaded, sampler=sampler, seed=2**64 - 1)).all()


def test_each_picture_of_a_batch_keeps_the_noise_of_its_number(loaded: LoadedDenoiser) -> None:
    both = sampled(loaded, Latent(LATENTS))
    second = sampled(loaded, Latent(LATENTS[1:], batch_index=(1,)))

    assert_alike(second, both[1:])
    assert np.abs(both[0] - both[1]).max() > 0.1


@pytest.mark.parametrize("sampler", ["euler", "ddim", "heun", "dpm_2"])
@pytest.mark.parametrize("schedule", ["normal", "karras"])
def test_two_halves_give_what_the_whole_gives(
    loaded: LoadedDenoiser, sampler: str, schedule: str
) -> None:
    whole = sampled(loaded, sampler=sampler, steps=Steps(6, schedule))
    first = sampled(loaded, sampler=sampler, steps=Steps(6, schedule, end=2, leaves_noise=True))
    second = sampled(
        loaded, Latent(first), sampler=sampler, steps=Steps(6, schedule, start=2), seed=None
    )

    assert_alike(second, whole)


def test_a_run_that_ends_early_without_leaving_noise_gives_what_is_seen_then(
    loaded: LoadedDenoiser,
) -> None:
    noisy = run(loaded, request(steps=Steps(6, end=3, leaves_noise=True), sampler="heun"))
    clean = run(loaded, request(steps=Steps(6, end=3), sampler="heun"))

    assert np.abs(noisy.samples - clean.samples).max() > 1
    assert (clean.samples == clean.denoised).all()


def test_a_mask_of_half_mixes_and_differential_diffusion_makes_it_wait(
    loaded: LoadedDenoiser,
) -> None:
    latents = LATENTS[:1]
    half = Latent(latents, np.full((1, 8 * SIZE, 8 * SIZE), 0.5, np.float32))
    waiting = Denoiser("tiny", "sd1", patches=(Patch("differential", (1.0,)),))
    whole = sampled(loaded, Latent(latents), steps=Steps(4, denoise=0.5), cfg=1)

    mixed = sampled(loaded, half, steps=Steps(4, denoise=0.5), cfg=1)
    late = sampled(loaded, half, steps=Steps(4, denoise=0.5), cfg=1, denoiser=waiting)
    # Half of the steps are waited for, so that it is as if the last two of eight were run.
    short = sampled(loaded, Latent(latents), steps=Steps(4, denoise=0.5, start=2), cfg=1)

    assert_alike(late, short)
    assert np.abs(mixed - latents).max() < np.abs(whole - latents).max()
    assert np.abs(mixed - late).max() > 0.01


def test_masks_of_other_sizes_are_resized_and_serve_the_whole_batch(
    loaded: LoadedDenoiser,
) -> None:
    large = np.zeros((1, 300, 200), np.float32)
    large[:, 150:] = 1

    found = sampled(loaded, Latent(LATENTS, large))

    assert (found[:, :, : SIZE // 2] == LATENTS[:, :, : SIZE // 2]).all()
    assert (found[:, :, SIZE // 2 :] != LATENTS[:, :, SIZE // 2 :]).all()


WHOLE = np.ones((1, 8 * SIZE, 8 * SIZE), np.float32)


@pytest.mark.parametrize(
    "more",
    [
        {"area": Area(0, 0, 8 * SIZE, 8 * SIZE)},
        {"area": Area(0, 0, 1, 1, is_relative=True)},
        {"mask": WHOLE},
        {"mask": WHOLE, "is_mask_bound": True},
        {"strength": 0.3},
        {"start": 0.0, "end": 1.0},
    ],
)
def test_an_area_or_a_mask_of_everything_is_as_none(
    loaded: LoadedDenoiser, more: dict[str, Any]
) -> None:
    assert_alike(sampled(loaded, positive=(told(1, **more),)), sampled(loaded))


def test_conditions_act_where_their_areas_and_masks_are(loaded: LoadedDenoiser) -> None:
    left = np.zeros((1, 8 * SIZE, 8 * SIZE), np.float32)
    left[..., : 4 * SIZE] = 1
    parts = (told(1, mask=left), told(7, mask=1 - left))
    one = Steps(1)

    found = sampled(loaded, positive=parts, steps=one, cfg=1)

    split = SIZE // 2
    first = sampled(loaded, positive=(told(1),), steps=one, cfg=1)
    second = sampled(loaded, positive=(told(7),), steps=one, cfg=1)
    assert_alike(found[..., :split], first[..., :split])
    assert_alike(found[..., split:], second[..., split:])
    corner = told(7, area=Area(4 * SIZE, 0, 4 * SIZE, 8 * SIZE))
    mixed = sampled(loaded, positive=(told(1), corner), steps=one, cfg=1)
    assert_alike(mixed[..., :split], first[..., :split])
    assert np.abs(mixed - first)[..., split:].max() > 1e-3


def test_conditions_and_controlnets_act_from_their_start_to_their_end(
    loaded: LoadedDenoiser,
) -> None:
    value, network = control_net()
    picture = np.full((1, 20, 30, 3), 0.5, np.float32)
    never = ControlUse(value, picture, 1.0, start=0.9, end=0.95)
    late = (told(1), told(7, start=0.9, end=0.95))

    found = run(loaded, request(positive=(told(1, controls=(never,)),)), {value: network})

    assert_alike(found.samples, sampled(loaded))
    assert_alike(sampled(loaded, positive=late), sampled(loaded))


def test_a_controlnet_of_the_positive_side_acts_on_a_negative_one_without_any(
    loaded: LoadedDenoiser,
) -> None:
    value, network = control_net()
    picture = np.random.default_rng(0).random((1, 8 * SIZE, 8 * SIZE, 3), np.float32)
    plain, weak = ControlUse(value, picture), ControlUse(value, picture, 0.3)
    shared = replace(plain, acts_on_negative=True)

    def steered(to: ControlUse, *away: ControlUse) -> Any:
        positive, negative = told(1, controls=(to,)), told(2, controls=away)
        asked = request(positive=(positive,), negative=(negative,))
        return run(loaded, asked, {value: network}).samples

    assert (steered(shared) == steered(plain, plain)).all()
    assert (steered(shared, weak) == steered(plain, weak)).all()
    assert np.abs(steered(shared) - steered(plain)).max() > 1e-3


def test_at_cfg_1_the_negative_side_is_not_asked(loaded: LoadedDenoiser) -> None:
    sizes: list[int] = []
    network = loaded.network
    hook = network.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    try:
        sampled(loaded, cfg=1)
        sampled(loaded, cfg=2)
        sampled(loaded, cfg=2, negative=(told(2, tokens=14),))
    finally:
        hook.remove()

    assert sizes == [1] * 4 + [2] * 4 + [1] * 8


def test_both_sides_go_one_by_one_when_memory_runs_out_for_both(
    loaded: LoadedDenoiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = sampled(loaded)
    asked: list[int] = []
    predict = guidance.Guidance._ask

    def ask(self: Any, seen: Any, timestep: Any, group: Sequence[Any], progress: float) -> Any:
        inner = self._evaluation.predict

        def narrow(seen: Any, timestep: Any, group: Sequence[Any], progress: float) -> Any:
            asked.append(len(group))
            if len(group) > 1:
                raise MemoryError
            return inner(seen, timestep, group, progress)

        monkeypatch.setattr(self._evaluation, "predict", narrow)
        try:
            return predict(self, seen, timestep, group, progress)
        finally:
            self._evaluation.predict = inner

    monkeypatch.setattr(guidance.Guidance, "_ask", ask)

    assert_alike(sampled(loaded), expected)
    assert asked == [2] + [1] * 8


def test_a_denoiser_made_for_inpainting_repaints_all_or_what_the_noise_mask_selects() -> None:
    loaded, seen = sd1(9), []
    mask = np.zeros((1, SIZE, SIZE), np.float32)
    mask[:, 4:] = 1
    hook = loaded.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        sampled(loaded, Latent(LATENTS[:1]), steps=Steps(1), cfg=1)
        sampled(loaded, Latent(LATENTS[:1], mask), steps=Steps(1), cfg=1)
    finally:
        hook.remove()

    whole, part = (each[:, 4:] for each in seen)
    assert (whole[:, 0] == 1).all()
    assert (whole[:, 1:] == 0).all()
    assert torch.equal(part[:, 0], torch.from_numpy(mask))
    assert (part[:, 1:, 4:] == 0).all()
    torch.testing.assert_close(
        part[:, 1:, :4], torch.from_numpy(LATENTS[:1, :, :4]) * loaded.latents.factor
    )


def test_steps_are_told_shown_and_can_be_ended(loaded: LoadedDenoiser) -> None:
    class EndedError(Exception):
        pass

    told_of: list[tuple[int, int]] = []
    shown: list[Any] = []

    def progress(done: int, total: int) -> None:
        told_of.append((done, total))
        if done == 7:
            raise EndedError

    with pytest.raises(EndedError):
        run(
            loaded,
            request(steps=Steps(9), sampler="heun"),
            listening=Listening(progress=progress, preview=shown.append),
        )

    assert told_of == [(done, 9) for done in range(1, 8)]
    assert [picture.shape for picture in shown] == [(1, SIZE, SIZE, 3)]
    assert 0 <= shown[0].min() < shown[0].max() <= 1


def test_empty_latents_fit_every_family_and_others_their_own(loaded: LoadedDenoiser) -> None:
    empty = Latent(np.zeros((1, 16, SIZE, SIZE), np.float32))

    assert sampled(loaded, empty).shape == (1, 4, SIZE, SIZE)
    with pytest.raises(SamplingError) as caught:
        sampled(loaded, Latent(empty.samples + 1))
    assert str(caught.value) == (
        "the latents have 16 channels, those of a model of family 'sd1' 4. Encode the picture with "
        "the VAE of the model's family."
    )


def test_latents_are_shifted_and_scaled_for_the_denoiser_and_back(loaded: LoadedDenoiser) -> None:
    shifted = replace(loaded, latents=LatentFormat(4, 2.0, shift=0.5))
    plain = replace(loaded, latents=LatentFormat(4, 1.0))
    asked = {"steps": Steps(2, denoise=0.5)}

    found = sampled(shifted, Latent(LATENTS), **asked)

    assert_alike((found - 0.5) * 2, sampled(plain, Latent((LATENTS - 0.5) * 2), **asked))


def test_conditions_of_another_family_are_named(loaded: LoadedDenoiser) -> None:
    with pytest.raises(SamplingError) as caught:
        sampled(loaded, positive=(told(1, width=48),))
    assert str(caught.value) == (
        "a condition has embeddings of width 48, the denoiser reads 32: they are of different "
        "families. Encode the prompt with the text encoders of the model's family."
    )


def test_what_is_no_number_is_told_as_such() -> None:
    broken = sd1()
    torch.nn.init.constant_(broken.network.conv_out.bias, float("nan"))

    with pytest.raises(
        EngineFailedError, match=r"gave no numbers \(NaN\); with samples of 16 bits"
    ):
        sampled(broken)


@pytest.mark.parametrize("sampler", ["euler", "euler_ancestral"])
def test_noise_that_is_given_is_that_of_the_seed_if_it_is_equal(
    loaded: LoadedDenoiser, sampler: str
) -> None:
    noise = draw_noise(torch, generator_for(torch, 5), (1, 4, SIZE, SIZE)).numpy()

    asked = request(sampler=sampler, seed=5)
    drawn, same, other = (
        run(loaded, replace(asked, drawn=each)).samples for each in (None, noise, noise[..., ::-1])
    )

    assert np.array_equal(same, drawn)
    assert not np.allclose(other, drawn, atol=0.1)
    with pytest.raises(SamplingError, match=r"noise has the shape \[1, 4, 8, 4\], the latents"):
        run(loaded, replace(asked, drawn=noise[..., :4]))


def test_noise_of_zeros_is_none(loaded: LoadedDenoiser) -> None:
    asked = request(steps=Steps(4, denoise=0.5))
    zeros = np.zeros((1, 4, SIZE, SIZE), np.float32)

    given = run(loaded, replace(asked, drawn=zeros)).samples

    assert np.array_equal(given, run(loaded, replace(asked, noise=Noise(None))).samples)
