"""Samplers over checkpoints on this machine: what is refused, what is loaded, and what is told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.denoising import sigmas as levels
from paintgraph.models.denoising.requests import (
    SAMPLERS,
    SCHEDULES,
    SIMILAR,
    SampleRequest,
    Steps,
)
from paintgraph.models.denoising.samplers import Samplers
from paintgraph.models.errors import ModelError, SamplerError, SamplingError
from paintgraph.models.families import open_index
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.loading.devices import ANY_DEVICE, budgets
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.networks.networks import Networks
from paintgraph.models.sampling.values import (
    Array,
    Autoencoder,
    Denoiser,
    Latent,
    SamplerChoice,
)
from paintgraph.tests.models.denoising.by_hand import SIZE, random, request, told
from paintgraph.tests.models.networks import tiny_files

WIDTH = 64
FILE = "small.safetensors"
FILES = (FILE, "inpaint.safetensors", "alone.safetensors")
LATENT = Latent(random(1, 4, SIZE, SIZE, seed=5))


@dataclass
class Ready:
    """Samplers, the denoiser that they know, and what is loaded."""

    samplers: Samplers
    denoiser: Denoiser
    loaded: LoadedModels
    denoisers: dict[str, Denoiser]
    networks: Networks

    def request(self, **more: Any) -> SampleRequest:
        """Of the denoiser, with prompts of its family."""
        sides = {"positive": (told(1, WIDTH),), "negative": (told(2, WIDTH),)}
        return request(**{"denoiser": self.denoiser, **sides, **more})


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    folder = tmp_path_factory.mktemp("models")
    tensors = tiny_files.checkpoint("sd1", tiny_files.sd1())
    tiny_files.write(tensors, folder / "checkpoints" / FILE)
    inpaint = tiny_files.sd1_inpaint()
    whole = tiny_files.checkpoint("sd1", inpaint)
    tiny_files.write(whole, folder / "checkpoints" / "inpaint.safetensors")
    alone = tiny_files.ldm_unet(inpaint["unet"])
    tiny_files.write(alone, folder / "diffusion_models" / "alone.safetensors")
    names = ModelNames(open_index(folder, {}))
    with LoadedModels(budgets(ANY_DEVICE)) as loaded:
        networks = Networks(ModelLender(names, loaded, ANY_DEVICE), lambda: None)
        denoisers = {name: Denoiser(str(names.bind(name)), "sd1") for name in FILES}
        yield Ready(Samplers(networks), denoisers[FILE], loaded, denoisers, networks)


def test_a_checkpoint_is_loaded_once_for_all_its_runs(ready: Ready) -> None:
    first = ready.samplers.sample(ready.request())
    second = ready.samplers.sample(ready.request(seed=4))

    assert first.samples.shape == (1, 4, SIZE, SIZE)
    assert first.samples.dtype == np.float32
    assert (first.samples != second.samples).any()
    assert (ready.samplers.sample(ready.request()).samples == first.samples).all()
    assert ready.loaded.numbers()["loads"] == 1


@pytest.mark.parametrize(
    "steps",
    [
        Steps(4, denoise=0),
        Steps(4, start=4),
        Steps(4, start=3, end=2),
        (),
        (7.0,),
    ],
)
def test_without_a_step_the_latents_stay_as_they_are(ready: Ready, steps: Any) -> None:
    nowhere = Denoiser("nowhere@sha256:" + "0" * 64, "sd1")

    found = ready.samplers.sample(request(LATENT, steps=steps, denoiser=nowhere))

    assert found.samples is LATENT.samples


_SAMPLERS = (
    "euler euler_cfg_pp euler_ancestral euler_ancestral_cfg_pp heun heunpp2 dpm_2 dpm_2_ancestral "
    "lms dpm_fast dpm_adaptive dpmpp_2s_ancestral dpmpp_2s_ancestral_cfg_pp dpmpp_sde "
    "dpmpp_sde_gpu dpmpp_2m dpmpp_2m_cfg_pp dpmpp_2m_sde dpmpp_2m_sde_gpu dpmpp_2m_sde_heun "
    "dpmpp_2m_sde_heun_gpu dpmpp_3m_sde dpmpp_3m_sde_gpu ddpm lcm ipndm ipndm_v deis "
    "res_multistep res_multistep_cfg_pp res_multistep_ancestral res_multistep_ancestral_cfg_pp "
    "gradient_estimation gradient_estimation_cfg_pp er_sde seeds_2 seeds_3 sa_solver "
    "sa_solver_pece ddim uni_pc uni_pc_bh2"
)
_SCHEDULES = (
    "simple sgm_uniform karras exponential ddim_uniform beta normal linear_quadratic kl_optimal"
)
"""What ComfyUI's KSampler offers."""

BAD = [
    (
        {"cfg": float("nan")},
        (
            "cfg is nan; allowed are numbers from 0 to 100. 7 is usual; 1 leaves the negative "
            "prompt out."
        ),
    ),
    ({"steps": Steps(0)}, "steps is 0; allowed are 1 to 500. 20 to 30 are usual."),
    (
        {"steps": Steps(4, denoise=1.5)},
        (
            "denoise is 1.5; allowed are 0, which changes nothing, to 1, which paints anew. 0.5 "
            "keeps what is there and changes details."
        ),
    ),
    (
        {"steps": Steps(20, denoise=0.01)},
        (
            "20 steps at denoise 0.01 are the last of 2000; a model knows 999. Take fewer steps, "
            "or a larger denoise."
        ),
    ),
    (
        {"steps": (7.0, float("nan"), 0.0)},
        (
            "sigmas hold nan; allowed are numbers from 0, falling. Take them from a scheduler such "
            "as BasicScheduler."
        ),
    ),
]


@pytest.mark.parametrize(("more", "message"), BAD)
def test_what_cannot_be_sampled_is_refused_before_anything_is_loaded(
    ready: Ready, more: dict[str, Any], message: str
) -> None:
    nowhere = {"denoiser": Denoiser("nowhere", "sd1")}

    with pytest.raises(SamplingError) as caught:
        ready.samplers.sample(ready.request(**(nowhere | more)))

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("dpm_adaptive", "dpmpp_2m"),
        ("euler_cfg_pp", "euler"),
        ("res_multistep_cfg_pp", "dpmpp_2m"),
        ("plms", "lms"),
        ("oiler", "euler"),
    ],
)
def test_a_sampler_that_there_is_not_is_told_with_the_nearest(
    ready: Ready, name: str, nearest: str
) -> None:
    with pytest.raises(SamplerError, match=f"sampler is '{name}', .* '{nearest}' comes nearest"):
        ready.samplers.sample(ready.request(sampler=name))
    with pytest.raises(SamplerError, match=r"scheduler is 'kl_optimal', .* 'karras' comes nearest"):
        ready.samplers.sample(ready.request(steps=Steps(4, "kl_optimal")))


def test_every_sampler_and_schedule_of_comfyui_is_here_or_has_a_nearest() -> None:
    assert set(_SAMPLERS.split()) - set(SAMPLERS) <= SIMILAR.keys()
    assert set(_SCHEDULES.split()) - set(SCHEDULES) <= SIMILAR.keys()
    assert set(SIMILAR.values()) <= {*SAMPLERS, *SCHEDULES}


def test_levels_by_name_give_what_a_sampler_by_name_gives(ready: Ready) -> None:
    for schedule, denoise in (("karras", 1.0), ("normal", 0.5)):
        sigmas = ready.samplers.sigmas(ready.denoiser, schedule, 4, denoise)
        by_number = ready.samplers.sample(ready.request(steps=sigmas))
        by_name = ready.samplers.sample(ready.request(steps=Steps(4, schedule, denoise)))

        difference = np.abs(by_number.samples - by_name.samples).max()
        assert difference < 1e-4 * np.abs(by_name.samples).max()


def test_levels_split_in_two_give_what_they_give_at_once(ready: Ready) -> None:
    sigmas = ready.samplers.sigmas(ready.denoiser, "karras", 5, 1.0)
    high, low = levels.split(sigmas, 2)
    whole = ready.samplers.sample(ready.request(steps=sigmas)).samples

    first = ready.samplers.sample(ready.request(steps=high))
    asked = replace(ready.request(seed=None, steps=low), latent=Latent(first.samples))
    second = ready.samplers.sample(asked).samples

    assert np.abs(second - whole).max() < 1e-4 * np.abs(whole).max()
    assert np.abs(first.denoised - first.samples).max() > 0.1


def test_levels_of_nothing_are_none_and_those_of_turbo_are_ten(ready: Ready) -> None:
    samplers, denoiser = ready.samplers, ready.denoiser
    tenths = samplers.turbo_sigmas(denoiser, 10, 1.0)
    most = samplers.sigmas(denoiser, "normal", 2, 1.0)[0]

    assert samplers.sigmas(denoiser, "normal", 4, 0.0) == ()
    assert len(tenths) == 11
    assert tenths[0] == most
    assert samplers.turbo_sigmas(denoiser, 1, 1.0) == (most, 0)
    assert samplers.turbo_sigmas(denoiser, 10, 0.2) == tenths[8:]
    assert samplers.turbo_sigmas(denoiser, 1, 0.0) == ()


def test_levels_by_formula_fall_from_the_most_to_the_least() -> None:
    for found in (levels.karras(5, 14.6, 0.03, 7), levels.exponential(5, 14.6, 0.03, 2)):
        assert len(found) == 6
        assert found[0] == pytest.approx(14.6)
        assert found[4] == pytest.approx(0.03)
        assert found[5] == 0
        assert list(found) == sorted(found, reverse=True)
    equal = levels.exponential(4, 8.0, 1.0)
    assert equal == pytest.approx((8, 4, 2, 1, 0))
    assert levels.karras(1, 14.6, 0.03, 7) == pytest.approx((14.6, 0))
    assert levels.flip(equal) == pytest.approx((0.0001, 1, 2, 4, 8))
    assert levels.split_by_denoise(equal, 0.25) == (equal[:4], equal[3:])
    with pytest.raises(SamplingError, match=r"sigma_min is 0\.0 and sigma_max 1.0; allowed is"):
        levels.exponential(4, 1.0, 0.0)


def test_a_missing_file_is_told_by_its_name(ready: Ready) -> None:
    asked = ready.request(denoiser=Denoiser("gone@sha256:" + "1" * 64, "sd1"))

    with pytest.raises(ModelError, match="gone"):
        ready.samplers.sample(replace(asked, sampler=SamplerChoice("heun")))


def test_a_hole_that_nothing_shows_is_grey_as_the_models_vae_writes_grey(ready: Ready) -> None:
    whole, alone = (ready.denoisers[name] for name in FILES[1:])
    mask = np.zeros((1, 8 * SIZE, 8 * SIZE), np.float32)
    mask[:, :, 4 * SIZE :] = 1
    latent = replace(LATENT, noise_mask=mask)
    picture = np.full((1, 64, 64, 3), 0.5, np.float32)
    vae = Autoencoders(ready.networks)
    grey = vae.encode(Autoencoder(whole.source, "sd1"), picture).mean((2, 3), keepdims=True)
    hole = mask[:, None, ::8, ::8]

    def sampled(denoiser: Denoiser, listening: Listening = SILENT, **more: Any) -> Array:
        positive, negative = (told(seed, WIDTH, **more) for seed in (1, 2))
        asked = request(latent, denoiser=denoiser, positive=(positive,), negative=(negative,))
        return ready.samplers.sample(asked, listening).samples

    def shown(colour: Array | float) -> Array:
        seen = LATENT.samples * (1 - hole) + colour * hole
        return sampled(whole, concat_latents=seen, concat_mask=mask)

    notices: list[str] = []
    found = sampled(whole, Listening(warn=notices.append))

    assert notices == []
    np.testing.assert_allclose(found, shown(grey), atol=1e-5)
    assert np.abs(found - shown(0)).max() > 1e-3
    without = sampled(alone, Listening(warn=notices.append))
    np.testing.assert_allclose(without, shown(0), atol=1e-5)
    assert [notice.partition(",")[0] for notice in notices] == ["The model was made for inpainting"]
