"""Pictures become latents and pictures again as the VAE does it by hand, whole and in tiles."""

from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.base.listening import Listening
from paintgraph.imaging.errors import ContractError
from paintgraph.models.errors import EngineFailedError
from paintgraph.models.latents.autoencoders import Autoencoders, Tiling, cropped
from paintgraph.models.sampling.values import Array
from paintgraph.tests.models.latents.lending import VAE, Lender, network, service


@pytest.fixture(scope="module")
def lender() -> Lender:
    return Lender(network())


@pytest.fixture(scope="module")
def encoders(lender: Lender) -> Autoencoders:
    return service(lender)


def pictures(height: int, width: int, channels: int = 3, batch: int = 2) -> Array:
    random = np.random.default_rng(5)
    return random.uniform(0, 1, (batch, height, width, channels)).astype(np.float32)


def by_hand(lender: Lender, pixels: Array) -> Array:
    with torch.no_grad():
        tensors = torch.from_numpy(pixels).permute(0, 3, 1, 2) * 2 - 1
        encode = lender.network.encode
        found: Array = torch.cat([encode(each[None]).latent_dist.mean for each in tensors]).numpy()
        return found


def test_latents_are_what_the_vae_gives_by_hand(lender: Lender, encoders: Autoencoders) -> None:
    pixels = pictures(64, 80)

    found = encoders.encode(VAE, pixels)

    assert found.shape == (2, 4, 8, 10)
    np.testing.assert_allclose(found, by_hand(lender, pixels), atol=1e-6)
    np.testing.assert_array_equal(found, encoders.encode(VAE, pixels))


def test_pictures_are_what_the_vae_gives_by_hand(lender: Lender, encoders: Autoencoders) -> None:
    samples = np.random.default_rng(2).normal(size=(2, 4, 8, 10)).astype(np.float32)
    with torch.no_grad():
        decode = lender.network.decode
        sample = torch.cat([decode(each[None]).sample for each in torch.from_numpy(samples)])
    wanted = (sample / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()

    found = encoders.decode(VAE, samples)

    assert found.shape == (2, 64, 80, 3)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_of_other_sizes_the_middle_is_encoded(encoders: Autoencoders) -> None:
    pixels = pictures(71, 83, batch=1)

    np.testing.assert_array_equal(
        encoders.encode(VAE, pixels), encoders.encode(VAE, pixels[:, 3:67, 1:81])
    )
    assert cropped(pixels[..., 0]).shape == (1, 64, 80)


def test_pictures_smaller_than_a_latent_are_refused(encoders: Autoencoders) -> None:
    with pytest.raises(ContractError, match=r"pixels are 7x80 .*; allowed are sides of at least 8"):
        encoders.encode(VAE, pictures(7, 80))


@pytest.mark.parametrize(("alpha", "warnings"), [(0.5, 1), (1.0, 0)])
def test_alpha_is_left_out(encoders: Autoencoders, alpha: float, warnings: int) -> None:
    pixels = pictures(16, 16, 4)
    pixels[..., 3] = alpha
    told: list[str] = []

    found = encoders.encode(VAE, pixels, Listening(warn=told.append))

    np.testing.assert_array_equal(found, encoders.encode(VAE, pixels[..., :3]))
    assert len(told) == warnings


def test_tiles_give_the_whole_but_for_what_they_share() -> None:
    """A VAE that looks no farther than 160 px, as it takes no means of the whole picture."""
    local = network(mid_block_add_attention=False)
    for module in list(local.modules()):
        for name, inner in module.named_children():
            if isinstance(inner, torch.nn.GroupNorm):
                setattr(module, name, torch.nn.Identity())
    encoders = service(Lender(local))
    pixels = pictures(32, 608, batch=1)
    tiling = Tiling(384, 160)  # from 0 and from 224: what lies between 224 and 384 is shared

    samples, tiled = (encoders.encode(VAE, pixels, tiling=each) for each in (None, tiling))
    assert near(samples, tiled, slice(28, 48))
    painted, again = (encoders.decode(VAE, samples, tiling=each) for each in (None, tiling))
    planes = [each.transpose(0, 3, 1, 2) for each in (painted, again)]
    assert near(planes[0], planes[1], slice(224, 384))


def near(whole: Array, tiled: Array, shared: slice) -> bool:
    """Whether two results are equal but for what is shared, and nearly so there, if not wholly."""
    difference = np.abs(whole - tiled)
    inner = difference[..., shared]
    span = whole.max() - whole.min()
    outer = np.delete(difference, shared, axis=-1)
    return bool(outer.max() < 1e-4 * span and 0 < inner.max() < 0.05 * span)


def test_large_pictures_go_in_tiles_of_their_own(lender: Lender) -> None:
    seen: list[tuple[int, ...]] = []
    encode = lender.network.encode

    class Small:
        """The VAE, which tells what it is given, and encodes a corner of it."""

        config = lender.network.config
        parameters = lender.network.parameters

        def encode(self, tensor: Any) -> Any:
            seen.append(tuple(tensor.shape[2:]))
            parts = encode(tensor[:, :, :64, :64])
            side = tuple(size // 8 for size in tensor.shape[2:])
            parts.latent_dist.mode = lambda: torch.ones(1, 4, *side)
            return parts

    small = Lender(Small())
    found = service(small).encode(VAE, np.zeros((1, 1600, 1600, 3), np.float32))

    assert set(seen) == {(512, 512)}
    assert small.pixels == [512 * 512]
    np.testing.assert_allclose(found, 1, atol=1e-6)


def test_progress_and_the_end_come_between_tiles(encoders: Autoencoders) -> None:
    told: list[tuple[int, int]] = []
    tiling = Tiling(64, 0)

    encoders.encode(VAE, pictures(128, 64), Listening(lambda *at: told.append(at)), tiling)

    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]

    class EndedError(Exception):
        pass

    def check() -> None:
        if told[-1] == (1, 4):
            raise EndedError

    with pytest.raises(EndedError):
        encoders.encode(
            VAE, pictures(128, 64), Listening(lambda *at: told.append(at), check), tiling
        )
    assert told[-1] == (1, 4)


def test_latents_of_another_family_are_refused(encoders: Autoencoders) -> None:
    with pytest.raises(ContractError, match=r"samples have 16 channels; VAE 'tiny.*' takes .* 4"):
        encoders.decode(VAE, np.zeros((1, 16, 8, 8), np.float32))


def test_no_numbers_are_an_error_that_says_what_helps() -> None:
    broken = network()
    torch.nn.init.constant_(broken.decoder.conv_out.bias, float("nan"))

    with pytest.raises(EngineFailedError, match=r"gave no numbers \(NaN\).*float32 or bfloat16"):
        service(Lender(broken)).decode(VAE, np.zeros((1, 4, 8, 8), np.float32))


def test_what_tiles_for_lack_of_memory_is_told_to_tile_again_afterwards(lender: Lender) -> None:
    lender.network.enable_tiling()
    try:
        found = service(lender).encode(VAE, pictures(128, 128))
        assert lender.network.use_tiling
    finally:
        lender.network.disable_tiling()
    np.testing.assert_allclose(found, by_hand(lender, pictures(128, 128)), atol=1e-6)
