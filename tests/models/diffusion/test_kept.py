"""What a second run costs: real calls of the real networks are counted."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.families.diffusion.pipeline import Kept
from paintgraph.models.inpainting.protocols import Lora, Sampling
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.tests.models.diffusion.conftest import names_in
from paintgraph.tests.models.diffusion.files import lora
from paintgraph.tests.models.diffusion.pictures import DIGEST, hole, paint, picture


@pytest.fixture
def fresh(models_dir: Path) -> Iterator[DiffusionModels]:
    """A service that has nothing loaded."""
    with LoadedModels(lambda _: 10**10) as loaded:
        yield DiffusionModels(ModelLender(names_in(models_dir), loaded, DeviceRules(device="cpu")))


@contextmanager
def counted(models: DiffusionModels, name: str) -> Iterator[Counter[str]]:
    """Counts the forward calls of the parts of a model that is in memory."""
    (place,) = (
        place
        for place in models._models.loaded._places.values()
        if place.loading.name == f"{name}@{DIGEST}"
    )
    pipe = place.model.pipe
    calls: Counter[str] = Counter()
    parts = {
        "text": pipe.text_encoder,
        "encoder": pipe.vae.encoder,
        "decoder": pipe.vae.decoder,
        "denoiser": getattr(pipe, "unet", None) or pipe.transformer,
    }

    def count(part: str) -> Any:
        return lambda *_: calls.update([part])

    hooks = [module.register_forward_hook(count(part)) for part, module in parts.items()]
    yield calls
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("family", ["sd-inpaint", "sd", "sdxl-inpaint", "sd3", "flux-fill"])
def test_a_second_seed_costs_steps_and_one_decoding_only(
    fresh: DiffusionModels, family: str
) -> None:
    first = paint(fresh, family, strength=0.5, steps=4)
    with counted(fresh, family) as calls:
        again = paint(fresh, family, strength=0.5, steps=4)
        other = paint(fresh, family, strength=0.5, steps=4, seed=2)

    assert calls["text"] == calls["encoder"] == 0
    assert calls["decoder"] == 2
    assert calls["denoiser"] >= 4
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_changed_mask_costs_no_prompt_and_no_second_look_at_the_picture(
    fresh: DiffusionModels,
) -> None:
    other = hole()
    other[:, 40:] = 0
    paint(fresh, "sd-inpaint", strength=0.5, steps=4)
    with counted(fresh, "sd-inpaint") as calls:
        paint(fresh, "sd-inpaint", mask=other, strength=0.5, steps=4)

    assert calls["text"] == 0
    assert calls["encoder"] == 1  # of the picture without what is selected, which is another


def test_another_prompt_is_read_and_the_picture_is_not_looked_at_again(
    fresh: DiffusionModels,
) -> None:
    first = paint(fresh, "sd-inpaint")
    with counted(fresh, "sd-inpaint") as calls:
        second = paint(fresh, "sd-inpaint", prompt="a dog")

    assert calls["text"] > 0
    assert calls["encoder"] == 0
    assert not np.array_equal(first, second)


def test_another_picture_is_looked_at(fresh: DiffusionModels) -> None:
    paint(fresh, "sd")
    with counted(fresh, "sd") as calls:
        paint(fresh, "sd", image=picture(seed=5))

    assert calls["text"] == 0
    assert calls["encoder"] > 0


def test_a_lora_is_read_once_and_no_prompt_is_mixed_up(
    fresh: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    path = lora(models_dir / "diffusion/sd-inpaint", tmp_path / "style.safetensors")
    style = Sampling(loras=(Lora("style", path, "sha256:style"),))
    first = paint(fresh, "sd-inpaint", sampling=style)
    plain = paint(fresh, "sd-inpaint")
    path.unlink()

    assert np.array_equal(first, paint(fresh, "sd-inpaint", sampling=style))
    assert np.array_equal(plain, paint(fresh, "sd-inpaint"))


def test_what_is_kept_is_bounded_and_the_last_used_stays() -> None:
    kept = Kept(most_bytes=3 * 4)
    made = []

    def value(name: str) -> Any:
        def make() -> Any:
            made.append(name)
            return torch.zeros(1)

        return kept.get(name, make)

    for name in "abcabdab":
        value(name)

    assert made == ["a", "b", "c", "d"]
    value("c")
    assert made[-1] == "c"
