from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.errors import OutOfMemoryError
from paintgraph.models.families.diffusion.engine import DiffusionModels, dtype_for
from paintgraph.models.families.diffusion.loading import Library, load_library
from paintgraph.models.families.diffusion.memory import WORK_BYTES, MemoryPlan, plan_memory
from paintgraph.models.loading.devices import DeviceRules, Placement
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.tests.models.diffusion.conftest import names_in
from paintgraph.tests.models.diffusion.pictures import paint

GB = 10**9
PARTS = {"unet": 5 * GB, "vae": GB, "text_encoder": 2 * GB}
PIXELS = 1024 * 1024


@pytest.mark.parametrize(
    ("budget", "offload", "smaller"),
    [
        (24 * GB, "none", "model"),
        (8 * GB + WORK_BYTES, "none", "model"),
        (8 * GB, "model", "sequential"),
        (5 * GB + WORK_BYTES, "model", "sequential"),
        (4 * GB, "sequential", "sequential"),
    ],
)
def test_parts_leave_the_device_where_they_do_not_fit(
    budget: int, offload: str, smaller: str
) -> None:
    usual = plan_memory("cuda", PARTS, budget, PIXELS, small=False)
    small = plan_memory("cuda", PARTS, budget, PIXELS, small=True)

    assert (usual.offload, small.offload) == (offload, smaller)
    assert usual.slicing is (offload == "sequential")
    assert small == MemoryPlan(small.offload, slicing=True, tiling=True)


def test_the_processor_has_nothing_to_bring_parts_to() -> None:
    assert plan_memory("cpu", PARTS, GB, PIXELS, small=False) == MemoryPlan()
    assert plan_memory("cpu", PARTS, GB, PIXELS, small=True) == MemoryPlan(
        "none", slicing=True, tiling=True
    )


def test_of_a_large_picture_the_vae_sees_tiles() -> None:
    assert plan_memory("cpu", PARTS, GB, 2048 * 2048, small=False).tiling
    assert not plan_memory("cuda", PARTS, 24 * GB, PIXELS, small=False).tiling


def test_samples_are_those_that_a_device_is_quick_with() -> None:
    library = load_library()

    def chosen(device: str, dtype: Any = "auto") -> torch.dtype:
        found: torch.dtype = dtype_for(library, Placement(device, dtype))
        return found

    assert chosen("cpu") == torch.float32
    assert chosen("mps") == torch.float16
    assert chosen("cpu", "bfloat16") == torch.bfloat16
    assert chosen("cuda") in (torch.float16, torch.bfloat16)
    assert isinstance(library, Library)


@pytest.fixture
def models(models_dir: Path) -> Any:
    with LoadedModels(lambda _: 10**10) as loaded:
        yield DiffusionModels(ModelLender(names_in(models_dir), loaded, DeviceRules(device="cpu")))


def fail_first(models: DiffusionModels, times: int) -> list[str]:
    """Let the denoiser that is in memory run out of memory so often; gives what it was called."""
    (place,) = models._models.loaded._places.values()
    calls: list[str] = []

    def hook(*_: object) -> None:
        calls.append("run")
        if len(calls) <= times:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    place.model.pipe.unet.register_forward_pre_hook(hook)
    return calls


def test_out_of_memory_is_answered_with_a_smaller_way(models: DiffusionModels) -> None:
    first = paint(models, "sd")
    fail_first(models, 1)
    told: list[str] = []
    again = paint(models, "sd", told=told)

    assert told == ["The memory of cpu did not suffice, so it was done smaller."]
    assert np.abs(first - again).max() < 0.05


def test_what_no_way_helps_fails_this_job_alone(models: DiffusionModels) -> None:
    first = paint(models, "sd")
    fail_first(models, 99)
    with pytest.raises(OutOfMemoryError, match="Use a smaller picture or a smaller model"):
        paint(models, "sd")

    assert np.array_equal(first, paint(models, "sd"))


def test_half_precision_works_on_the_processor(models_dir: Path) -> None:
    with LoadedModels(lambda _: 10**10) as loaded:
        rules = DeviceRules(device="cpu", dtype="bfloat16")
        painted = paint(DiffusionModels(ModelLender(names_in(models_dir), loaded, rules)), "sd")

    assert painted.dtype == np.float32
    assert np.isfinite(painted).all()
