"""What happens during a run: progress, previews, the end on request, runs side by side."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.families.diffusion.loading import load_library
from paintgraph.models.families.diffusion.previews import Previews
from paintgraph.models.inpainting.protocols import InpaintRequest, Sampling
from paintgraph.tests.models.diffusion.pictures import DIGEST, hole, paint, picture
from paintgraph.tests.models.diffusion.tiny import FAMILIES


def run(
    models: DiffusionModels,
    name: str,
    *,
    every: int = 1,
    steps: int = 4,
    **listening: Any,
) -> Image:
    engine = models.engine(str(ModelRef(name, DIGEST)), Sampling(preview_steps=every))
    request = InpaintRequest(seed=1, prompt="a cat", steps=steps)
    return engine.inpaint(picture(), hole(), request, Listening(**listening))


@pytest.mark.parametrize("family", FAMILIES)
def test_progress_is_told_after_each_step(diffusion: DiffusionModels, family: str) -> None:
    told: list[tuple[int, int]] = []
    run(diffusion, family, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("family", FAMILIES)
def test_previews_come_every_few_steps_and_change_nothing(
    diffusion: DiffusionModels, family: str
) -> None:
    seen: list[Image] = []
    painted = run(diffusion, family, every=2, steps=6, preview=seen.append)

    assert [each.shape for each in seen] == [(1, 8, 8, 3)] * 2
    assert all(each.min() >= 0 and each.max() <= 1 for each in seen)
    assert not np.array_equal(seen[0], seen[1])
    assert np.array_equal(painted, run(diffusion, family, steps=6))


def test_a_preview_has_the_colours_that_the_latents_stand_for() -> None:
    """An encoder that only averages: its latents are colours, and so is the preview."""

    class Plain:
        vae_scale_factor = 8
        _execution_device = "cpu"
        scheduler = object()
        image_processor = diffusers.image_processor.VaeImageProcessor(vae_scale_factor=8)

        class vae:  # noqa: N801 - as a pipeline's
            dtype = load_library().torch.float32

        def _encode_vae_image(self, image: Any, generator: Any) -> Any:  # noqa: ARG002
            return load_library().torch.nn.functional.avg_pool2d(image, 8) * 0.18

    pipe = Plain()
    image = picture()
    latents = pipe._encode_vae_image(pipe.image_processor.preprocess(image), None)
    shown = Previews(load_library()).show(pipe, latents, 64, 64)

    assert shown is not None
    assert np.allclose(image[:, ::8, ::8], shown, atol=1e-4)


def test_a_tiny_autoencoder_shows_previews_where_it_is_there(
    diffusion: DiffusionModels,
) -> None:
    torch.manual_seed(0)
    tiny = diffusers.AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8)
    )
    run(diffusion, "sd")
    (place,) = (
        place
        for place in diffusion._models.loaded._places.values()
        if place.loading.name.startswith("sd@")
    )
    shown = Previews(load_library(), tiny).show(place.model.pipe, torch.zeros(1, 4, 8, 8), 64, 64)

    assert shown is not None
    assert shown.shape == (1, 64, 64, 3)


class Stopped(Exception):  # noqa: N818 - no error
    """What a check raises."""


@pytest.mark.parametrize("family", ["sd", "flux-fill"])
def test_a_run_ends_between_two_steps_and_the_model_stays_sound(
    diffusion: DiffusionModels, family: str
) -> None:
    before = run(diffusion, family)
    done: list[int] = []

    def check() -> None:
        if len(done) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        run(diffusion, family, progress=lambda step, _: done.append(step), check=check)

    assert done == [1, 2]
    assert np.array_equal(before, run(diffusion, family))


def test_thirty_two_runs_side_by_side_equal_themselves_alone(diffusion: DiffusionModels) -> None:
    """Theme 10 of what users ask for: a result does not depend on what else runs."""
    families = ("sd", "sd-inpaint")

    def one(seed: int) -> bytes:
        return paint(diffusion, families[seed % 2], seed=seed, prompt=f"cat {seed}").tobytes()

    alone = [one(seed) for seed in range(32)]
    with ThreadPoolExecutor(32) as pool:
        together = list(pool.map(one, range(32)))

    assert together == alone
    assert len(set(alone)) == 32
