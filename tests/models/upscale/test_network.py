"""Files of networks that enlarge: what is recognised, any size and samples, what is refused."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.models.errors import CheckpointError, EngineFailedError, ModelError
from paintgraph.models.families.upscale.network import UpscaleNetwork
from paintgraph.models.loading.devices import Placement
from paintgraph.tests.models import tiny_upscalers as tiny
from paintgraph.tests.models.fakes import noise

CPU = Placement()
NETWORKS = {
    "esrgan": (tiny.esrgan, 4),
    "restoring": (lambda: tiny.esrgan(1), 1),
    "swinir": (tiny.swinir, 2),
    "dat": (tiny.dat, 2),
    "grey": (tiny.grey, 1),
    "nearest": (tiny.nearest, 2),
}
ALLOWED = (
    "allowed are networks that enlarge or restore pictures, such as ESRGAN, SwinIR, HAT, DAT, SPAN "
    "and the others of spandrel. Bring another file."
)


def load(path: Path, tensors: tiny.Tensors, placement: Placement = CPU) -> UpscaleNetwork:
    return UpscaleNetwork.load(tiny.put(path, tensors), placement)


@pytest.mark.parametrize("size", [(1, 1), (7, 20), (33, 16)])
@pytest.mark.parametrize("name", NETWORKS)
def test_any_size_is_enlarged(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    network, scale = NETWORKS[name]
    upscaler = load(tmp_path / "it.safetensors", tiny.tensors(network))
    picture = noise(*size)[0]

    enlarged = upscaler.enlarge(picture)

    assert upscaler.scale == scale
    assert enlarged.shape == (size[0] * scale, size[1] * scale, 3)
    assert enlarged.dtype == np.float32
    assert 0 <= enlarged.min() <= enlarged.max() <= 1


def test_a_network_without_weights_gives_each_px_as_it_is(tmp_path: Path) -> None:
    picture = noise(9, 5)[0]

    enlarged = load(tmp_path / "it.pth", tiny.tensors(tiny.nearest)).enlarge(picture)

    assert np.array_equal(enlarged, picture.repeat(2, 0).repeat(2, 1))


def test_a_network_for_grey_sees_each_colour_alone(tmp_path: Path) -> None:
    upscaler = load(tmp_path / "it.pth", tiny.tensors(tiny.grey))
    picture = noise(9, 12)[0]
    red = np.repeat(picture[..., :1], 3, axis=2)

    enlarged = upscaler.enlarge(picture)

    assert np.allclose(enlarged[..., 0], upscaler.enlarge(red)[..., 2], atol=1e-6)
    assert not np.allclose(enlarged[..., 0], enlarged[..., 1], atol=1e-3)


@pytest.mark.parametrize(
    ("file", "wrap"),
    [
        ("it.safetensors", lambda it: it),
        ("it.pth", lambda it: {"params_ema": it, "params": {}}),
        ("it.ckpt", lambda it: {"state_dict": {f"module.{name}": t for name, t in it.items()}}),
        ("IT.PTH", lambda it: it),
    ],
)
def test_files_are_read_as_people_have_them(
    file: str, wrap: Callable[[tiny.Tensors], tiny.Tensors], tmp_path: Path
) -> None:
    tensors = tiny.tensors(tiny.esrgan)
    picture = noise(8, 8)[0]

    expected = load(tmp_path / "first.pth", tensors).enlarge(picture)

    assert np.array_equal(load(tmp_path / file, wrap(tensors)).enlarge(picture), expected)


def test_checkpoints_of_old_versions_of_torch_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save(tiny.tensors(tiny.esrgan), path, _use_new_zipfile_serialization=False)

    assert UpscaleNetwork.load(path, CPU).scale == 4


def test_samples_of_16_bits_are_used_where_the_architecture_supports_them(tmp_path: Path) -> None:
    half = Placement(dtype="float16")
    picture = noise(16, 16)[0]
    supports = tiny.tensors(tiny.esrgan)
    whole = load(tmp_path / "a.pth", supports).enlarge(picture)

    halved = load(tmp_path / "b.pth", supports, half).enlarge(picture)
    lacks = tiny.tensors(tiny.dat)

    assert 0 < np.abs(halved - whole).max() < 0.01
    assert np.array_equal(
        load(tmp_path / "c.pth", lacks, half).enlarge(picture),
        load(tmp_path / "d.pth", lacks).enlarge(picture),
    )


class Harmful:
    """What runs a command where it is unpickled without care."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("is_new", [True, False])
def test_code_in_a_file_is_refused_and_never_run(is_new: bool, tmp_path: Path) -> None:  # noqa: FBT001
    mark = tmp_path / "ran"
    path = tmp_path / "evil.pth"
    held = {**tiny.tensors(tiny.esrgan), "more": Harmful(mark)}
    torch.save(held, path, _use_new_zipfile_serialization=is_new)

    with pytest.raises(CheckpointError, match=r"'evil.pth' holds something else than tensors"):
        UpscaleNetwork.load(path, CPU)
    assert not mark.exists()


def test_tensors_of_no_upscaler_are_refused_by_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        load(tmp_path / "it.safetensors", {"embeddings.weight": torch.zeros(3)})

    assert caught.value.message == (
        "file 'it.safetensors' is of no architecture that spandrel knows: it has "
        f"embeddings.weight, ...; {ALLOWED}"
    )


def test_a_list_is_no_network(tmp_path: Path) -> None:
    path = tmp_path / "it.pth"
    torch.save([torch.zeros(1)], path)

    with pytest.raises(CheckpointError, match="holds no tensors by name"):
        UpscaleNetwork.load(path, CPU)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_that_is_cut_off_is_told(suffix: str, tmp_path: Path) -> None:
    path = tiny.put(tmp_path / f"it{suffix}", tiny.tensors(tiny.esrgan))
    path.write_bytes(path.read_bytes()[:-500])

    with pytest.raises(CheckpointError, match=rf"'it{suffix}' is cut off"):
        UpscaleNetwork.load(path, CPU)


def test_a_network_with_tensors_missing_is_told(tmp_path: Path) -> None:
    tensors = tiny.tensors(tiny.esrgan)
    del tensors["model.1.sub.0.RDB2.conv3.0.weight"]

    with pytest.raises(CheckpointError, match=r"is cut off or damaged \(Error"):
        load(tmp_path / "it.pth", tensors)


def test_what_gives_no_numbers_is_no_picture(tmp_path: Path) -> None:
    tensors = tiny.tensors(tiny.esrgan)
    tensors["model.0.bias"] = torch.full_like(tensors["model.0.bias"], np.nan)

    with pytest.raises(EngineFailedError, match="gave no numbers"):
        load(tmp_path / "it.pth", tensors).enlarge(noise(4, 4)[0])


class Model:
    """What spandrel might give."""

    scale = 1
    input_channels = output_channels = 3
    device = torch.device("cpu")
    dtype = torch.float32

    def __call__(self, given: torch.Tensor) -> torch.Tensor:
        if given.shape[2] < 4:
            raise RuntimeError("Padding size should be less than the input\nand so on")
        return torch.rand(given.shape)


def test_noise_that_a_network_adds_is_the_same_each_time() -> None:
    upscaler = UpscaleNetwork(Model(), "it")
    picture = noise(4, 4)[0]
    first = upscaler.enlarge(picture)
    torch.rand(1)
    before = torch.random.get_rng_state()

    assert np.array_equal(upscaler.enlarge(picture), first)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_size_that_a_network_cannot_take_is_told() -> None:
    with pytest.raises(ModelError) as caught:
        UpscaleNetwork(Model(), "it.pth").enlarge(noise(3, 5)[0])

    assert caught.value.message == (
        "model 'it.pth' cannot work on 3x5 px (height x width): Padding size should be less than "
        "the input. Use a larger picture, or another model."
    )
