"""Pictures through an upscaler, tile by tile: seams, transparency, memory, progress, ends."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.opencv import cv2
from paintgraph.models.families.upscale.network import UpscaleNetwork
from paintgraph.models.loading.devices import Placement
from paintgraph.models.roles import Samples
from paintgraph.models.upscalers import TILES, upscaled
from paintgraph.tests.models import tiny_upscalers as tiny
from paintgraph.tests.models.fakes import noise


class Nearest:
    """Makes each px `scale` x `scale` equal ones, after `see` has looked at the picture."""

    def __init__(self, scale: int = 2, see: Callable[[Samples], Samples] = lambda it: it) -> None:
        self.scale = scale
        self.shown: list[tuple[int, int]] = []
        self._see = see

    def enlarge(self, picture: Samples) -> Samples:
        self.shown.append((picture.shape[0], picture.shape[1]))
        return self._see(picture).repeat(self.scale, 0).repeat(self.scale, 1)


def blurred(picture: Samples) -> Samples:
    """The mean of all that lies up to 16 px away; nothing lies outside the picture."""
    side = 2 * 16 + 1
    return np.asarray(cv2.blur(picture, (side, side), borderType=cv2.BORDER_CONSTANT), np.float32)


def out_of_memory_above(side: int) -> Callable[[Samples], Samples]:
    def see(picture: Samples) -> Samples:
        if max(picture.shape) > side:
            raise MemoryError
        return picture

    return see


@settings(max_examples=25)
@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from((1, 2, 3)))
def test_tiles_leave_no_seam_where_the_model_sees_no_farther_than_their_margin(
    height: int, width: int, scale: int
) -> None:
    image = noise(height, width)
    model = Nearest(scale, blurred)
    expected = blurred(image[0]).repeat(scale, 0).repeat(scale, 1)

    result = upscaled(model, image, SILENT, tile=128)

    assert np.abs(result[0] - expected).max() < 1e-5


def test_a_real_network_gives_the_same_in_tiles_as_at_once(tmp_path: Path) -> None:
    """Its 14 convolutions of 3x3, at different sizes, see less far than the margin."""
    path = tiny.put(tmp_path / "it.pth", tiny.tensors(lambda: tiny.esrgan(2)))
    network = UpscaleNetwork.load(path, Placement())
    image = noise(150, 333)

    in_tiles = upscaled(network, image, SILENT, tile=128)

    assert np.abs(in_tiles - upscaled(network, image, SILENT)).max() < 1e-4
    assert in_tiles.std() > 0.01


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (513, 2)])
def test_each_px_is_kept_at_any_size(size: tuple[int, int]) -> None:
    image = noise(*size)

    result = upscaled(Nearest(3), image, SILENT)

    assert np.abs(result - image.repeat(3, 1).repeat(3, 2)).max() < 1e-6


def test_each_picture_of_a_batch_is_enlarged_alone() -> None:
    both = np.concatenate([noise(20, 30), noise(20, 30, seed=1)])

    assert np.array_equal(
        upscaled(Nearest(), both, SILENT), both.repeat(2, 1).repeat(2, 2).clip(0, 1)
    )


def _half_clear() -> Image:
    image = noise(24, 40, 4).copy()
    image[..., 3] = 1
    image[:, :, 20:, 3] = 0
    image[:, :, 20:, :3] = (1, 0, 1)  # hidden
    image[:, :, :20, :3] = (0, 0.5, 0.25)
    return image


def test_hidden_colours_never_come_to_light_and_alpha_is_resized() -> None:
    image = _half_clear()
    seen = []

    def see(picture: Samples) -> Samples:
        seen.append(picture)
        return blurred(picture)

    result = upscaled(Nearest(2, see), image, SILENT)

    assert np.array_equal(result[..., 3], resize(image[..., 3], 80, 48))
    assert seen[0].shape[2] == 3
    assert np.allclose(seen[0], [0, 0.5, 0.25])


def test_when_memory_runs_out_tiles_become_smaller_with_a_warning() -> None:
    image = np.concatenate([noise(300, 600), noise(300, 600, seed=1)])
    model = Nearest(2, out_of_memory_above(200))
    warnings: list[str] = []

    result = upscaled(model, image, Listening(warn=warnings.append))

    assert np.abs(result - image.repeat(2, 1).repeat(2, 2)).max() < 1e-6
    assert warnings == [
        "The memory did not suffice, so tiles of 256 px are used.",
        "The memory did not suffice, so tiles of 128 px are used.",
    ]
    # What the first picture needed is not tried again for the second.
    assert model.shown[:2] == [(300, 512), (256, 256)]
    assert set(model.shown[2:]) == {(128, 128)}


def test_memory_that_does_not_suffice_for_the_smallest_tile_is_an_error() -> None:
    with pytest.raises(MemoryError):
        upscaled(Nearest(2, out_of_memory_above(TILES[-1] - 1)), noise(200, 200), SILENT)


def test_progress_is_told_for_each_tile_and_its_total_stays() -> None:
    reports: list[tuple[int, int]] = []
    image = np.concatenate([noise(600, 600)] * 2)

    upscaled(
        Nearest(1), image, Listening(progress=lambda done, total: reports.append((done, total)))
    )

    assert len(reports) == 2 * 4
    assert reports[-1] == (2 * 600 * 600, 2 * 600 * 600)
    assert {total for _, total in reports} == {2 * 600 * 600}
    assert sorted(reports) == reports


def test_a_cancelled_run_ends_between_tiles() -> None:
    model = Nearest(1)

    def check() -> None:
        if len(model.shown) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upscaled(model, noise(600, 600), Listening(check=check))
    assert len(model.shown) == 2


def test_what_would_be_too_large_is_refused_before_any_work() -> None:
    model = Nearest(8)

    with pytest.raises(ContractError, match=r"16000x16000 .* allowed are 100 million px"):
        upscaled(model, np.zeros((1, 2000, 2000, 3), np.float32), SILENT)
    assert model.shown == []
