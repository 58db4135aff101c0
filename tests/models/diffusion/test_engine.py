from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.inpainting.protocols import Sampling
from paintgraph.tests.models.diffusion.pictures import by_hand, hole, paint, picture
from paintgraph.tests.models.diffusion.tiny import FAMILIES, SIDE


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_a_result_is_that_of_the_same_pipeline_called_by_hand(
    diffusion: DiffusionModels, models_dir: Path, family: str, strength: float
) -> None:
    options: dict[str, Any] = {"strength": strength, "guidance_scale": 5.0}
    expected = by_hand(models_dir / "diffusion" / family, steps=4, **options)

    assert np.array_equal(expected, paint(diffusion, family, steps=4, **options))
    assert expected.shape == (1, 64, 64, 3)
    assert expected.std() > 0.01


@pytest.mark.parametrize("family", ["sd-inpaint", "sdxl-inpaint", "sd3"])
def test_a_negative_prompt_counts(
    diffusion: DiffusionModels, models_dir: Path, family: str
) -> None:
    folder = models_dir / "diffusion" / family
    painted = paint(diffusion, family, negative_prompt="blur", guidance_scale=5)

    assert np.array_equal(by_hand(folder, negative_prompt="blur", guidance_scale=5), painted)
    assert not np.array_equal(paint(diffusion, family, guidance_scale=5), painted)


@pytest.mark.parametrize("family", FAMILIES)
def test_equal_seeds_give_equal_samples_and_others_differ(
    diffusion: DiffusionModels, family: str
) -> None:
    first, again, other = (paint(diffusion, family, seed=seed) for seed in (3, 3, 4))

    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("family", ["sd", "sd3", "flux"])
def test_of_a_latent_that_is_selected_in_part_all_is_painted(
    diffusion: DiffusionModels, models_dir: Path, family: str
) -> None:
    """Else a rim of what was there stays: diffusers looks at one pixel of each latent."""
    line = np.zeros((1, SIDE, SIDE), np.float32)
    line[:, 21, 20:44] = 1
    cells = np.zeros((1, SIDE, SIDE), np.float32)
    cells[:, 16:24, 16:48] = 1
    options: dict[str, Any] = {"guidance_scale": 5.0}
    expected = by_hand(models_dir / "diffusion" / family, mask_image=cells, **options)

    assert np.array_equal(expected, paint(diffusion, family, mask=line, **options))


def test_a_model_for_inpainting_sees_the_mask_as_it_is(
    diffusion: DiffusionModels, models_dir: Path
) -> None:
    line = np.zeros((1, SIDE, SIDE), np.float32)
    line[:, 16:41, 16:44] = 1
    folder = models_dir / "diffusion" / "sd-inpaint"

    assert np.array_equal(
        by_hand(folder, mask_image=line), paint(diffusion, "sd-inpaint", mask=line)
    )


def test_without_guidance_the_pipeline_has_its_own(
    diffusion: DiffusionModels, models_dir: Path
) -> None:
    assert np.array_equal(
        by_hand(models_dir / "diffusion/flux-fill"), paint(diffusion, "flux-fill")
    )


def test_what_is_selected_in_part_is_repainted_in_part(diffusion: DiffusionModels) -> None:
    """Held by its own latents for half of the steps, it stays nearer to what was there."""
    for family in FAMILIES:
        soft = hole() * np.float32(0.5)
        hard = paint(diffusion, family, steps=6)
        held = paint(diffusion, family, mask=soft, steps=6)

        assert not np.array_equal(hard, held), family
        assert np.isfinite(held).all()


def test_a_mask_without_soft_edges_is_sampled_as_by_the_pipeline_alone(
    diffusion: DiffusionModels, models_dir: Path
) -> None:
    """The rest of the picture takes no part in what soft masks do."""
    soft = hole()
    soft[:, :, 40:48] = np.where(soft[:, :, 40:48] > 0, np.float32(0.4), 0)
    held = paint(diffusion, "sd", mask=soft, steps=4)
    plain = by_hand(models_dir / "diffusion" / "sd", mask_image=hole(), steps=4)

    assert not np.array_equal(plain, held)
    assert np.array_equal(plain, paint(diffusion, "sd", steps=4))


def test_a_hard_edge_that_was_resized_is_not_soft(
    diffusion: DiffusionModels, models_dir: Path
) -> None:
    resized = hole()
    resized[:, 16:18, 16:48] = 0.3
    plain = by_hand(models_dir / "diffusion" / "sd", steps=4)

    assert np.array_equal(plain, paint(diffusion, "sd", mask=resized, steps=4))


@pytest.mark.parametrize("family", ["sd-inpaint", "sd", "sdxl-inpaint", "flux-fill"])
def test_without_the_initial_latent_what_lies_under_the_mask_does_not_count(
    diffusion: DiffusionModels, family: str
) -> None:
    other = picture()
    other[:, 16:48, 16:48] = 1
    request: dict[str, Any] = {"strength": 0.5, "steps": 8}
    blind = Sampling(disable_initial_latent=True)
    seen = [paint(diffusion, family, image=image, **request) for image in (picture(), other)]
    unseen = paint(diffusion, family, sampling=blind, **request)

    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], unseen)
    if family in ("sd-inpaint", "sdxl-inpaint"):  # the others also blend with what is known
        again = paint(diffusion, family, image=other, sampling=blind, **request)
        assert np.array_equal(unseen, again)


def test_at_full_strength_there_is_no_initial_latent_anyway(diffusion: DiffusionModels) -> None:
    blind = Sampling(disable_initial_latent=True)

    assert np.array_equal(paint(diffusion, "sd"), paint(diffusion, "sd", sampling=blind))


def test_clip_skip_counts_layers_from_the_last(
    diffusion: DiffusionModels, models_dir: Path
) -> None:
    folder = models_dir / "diffusion" / "sd-inpaint"
    last, second = (Sampling(clip_skip=layer) for layer in (1, 2))

    assert np.array_equal(by_hand(folder), paint(diffusion, "sd-inpaint", sampling=last))
    assert np.array_equal(
        by_hand(folder, clip_skip=1), paint(diffusion, "sd-inpaint", sampling=second)
    )


def test_two_is_what_an_xl_model_was_made_for(diffusion: DiffusionModels) -> None:
    usual, second, third = (
        paint(diffusion, "sdxl-inpaint", sampling=Sampling(clip_skip=layer)) for layer in (0, 2, 3)
    )

    assert np.array_equal(usual, second)
    assert not np.array_equal(usual, third)
