import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.models.errors import PipelineError, SamplingError
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.inpainting.protocols import Sampling, VaeFile
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.diffusion.pictures import paint

STEPS = "steps is 0; allowed are 1 to 500. 30 is usual."
GUIDANCE = "guidance is {}; allowed are 0 (what the model is used with) and more. 4 to 8 is usual."
STRENGTH = (
    "strength is {}; allowed is above 0, which would change nothing, to 1. 0.5 improves details, "
    "1 paints anew."
)
TOO_FEW = (
    "strength 0.1 of 5 steps leaves no step; their product has to be 1 or more. Raise one of them."
)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"steps": 0}, STEPS),
        ({"guidance_scale": math.nan}, GUIDANCE.format("nan")),
        ({"guidance_scale": -1.0}, GUIDANCE.format("-1.0")),
        ({"strength": 0.0}, STRENGTH.format("0.0")),
        ({"strength": math.nan}, STRENGTH.format("nan")),
        ({"strength": 0.1, "steps": 5}, TOO_FEW),
    ],
)
def test_numbers_out_of_range_are_told(
    diffusion: DiffusionModels, request_: dict[str, Any], message: str
) -> None:
    with pytest.raises(SamplingError) as error:
        paint(diffusion, "sd", **request_)

    assert error.value.message == message


def test_a_layer_that_the_text_encoder_has_not_is_told(diffusion: DiffusionModels) -> None:
    with pytest.raises(SamplingError) as error:
        paint(diffusion, "sd", sampling=Sampling(clip_skip=9))

    assert error.value.message == (
        "clip_skip is 9, but the text encoder of this model has 3 layers. 1 or 2 is usual; "
        "0 leaves it to the model."
    )


@pytest.mark.parametrize(
    ("family", "read"), [("sd", 77), ("sdxl-inpaint", 77), ("sd3", 256), ("flux-fill", 512)]
)
def test_of_a_prompt_that_is_too_long_the_end_is_left_out_with_a_warning(
    diffusion: DiffusionModels, family: str, read: int
) -> None:
    told: list[str] = []
    words = "a quite long prompt about cats " * 1700
    painted = paint(diffusion, family, prompt=words, told=told)

    assert np.isfinite(painted).all()
    (message,) = told
    assert message.startswith("The prompt has ")
    assert message.endswith(f" tokens, but the model reads the first {read} only. Say less.")


def test_what_a_model_has_no_use_for_is_told(diffusion: DiffusionModels) -> None:
    told: list[str] = []
    paint(diffusion, "flux-fill", negative_prompt="blur", told=told)

    assert told == ["This model reads no negative prompt."]


def test_another_vae_counts_for_one_run(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    torch.manual_seed(9)
    tiny.vae().save_pretrained(tmp_path / "other")
    folder = models_dir / "diffusion"
    own = VaeFile("own", folder / "sd" / "vae", "sha256:own")
    other = VaeFile("other", tmp_path / "other", "sha256:other")
    plain = paint(diffusion, "sd")

    assert np.array_equal(plain, paint(diffusion, "sd", sampling=Sampling(vae=own)))
    assert not np.array_equal(plain, paint(diffusion, "sd", sampling=Sampling(vae=other)))
    assert np.array_equal(plain, paint(diffusion, "sd"))


def test_a_vae_of_another_family_is_refused(diffusion: DiffusionModels, models_dir: Path) -> None:
    wide = VaeFile("wide", models_dir / "diffusion" / "sd3" / "vae", "sha256:wide")
    with pytest.raises(PipelineError) as error:
        paint(diffusion, "sd", sampling=Sampling(vae=wide))

    assert error.value.message == (
        "VAE 'wide' does not fit the model: its latents have 16 channels, the model's 4, or "
        "weights are missing. Use one of the model's family."
    )
    none = VaeFile("none", models_dir / "diffusion" / "sd", "sha256:none")
    with pytest.raises(PipelineError, match="VAE 'none' cannot be loaded"):
        paint(diffusion, "sd", sampling=Sampling(vae=none))
