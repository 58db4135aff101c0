"""Latents are made, cut, turned, scaled, mixed and taken apart, their masks and noise with them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.errors import ContractError
from paintgraph.models.sampling.values import Array, Autoencoder, Condition, ControlNet, Latent
from paintgraph.nodes.sampling import latents as nodes
from paintgraph.nodes.sampling.controls import (
    control_net_apply,
    control_net_apply_advanced,
    control_net_inpainting_ali_mama_apply,
)
from paintgraph.nodes.sampling.inpainting import set_latent_noise_mask

REF = f"net@sha256:{'0' * 64}"


def numbers(*shape: int) -> Array:
    return np.random.default_rng(4).normal(size=shape).astype(np.float32)


def latent(batch: int = 1, height: int = 10, width: int = 12, **more: Any) -> Latent:
    return Latent(numbers(batch, 4, height, width), **more)


def masked(batch: int = 1) -> Latent:
    """Latents with a mask of the size of the picture, selected in the left upper latent."""
    mask = np.zeros((batch, 80, 96), np.float32)
    mask[:, :8, :8] = 1
    return latent(batch, noise_mask=mask)


def test_empty_latents_are_as_large_as_their_pictures() -> None:
    assert nodes.empty_latent_image(520, 256, 3).samples.shape == (3, 4, 32, 65)
    assert nodes.empty_sd3_latent_image(512, 256).samples.shape == (1, 16, 32, 64)
    assert not nodes.empty_latent_image().samples.any()
    with pytest.raises(ContractError, match="million px"):
        nodes.empty_latent_image(16384, 16384, 64)


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "area", "bicubic"])
def test_latents_are_scaled_as_torch_scales(method: Any) -> None:
    given = latent()
    wanted = torch.nn.functional.interpolate(
        torch.from_numpy(given.samples), size=(15, 18), mode=method
    )

    by = nodes.latent_upscale_by(given, method, 1.5)
    to = nodes.latent_upscale(given, method, 144, 120)

    np.testing.assert_array_equal(by.samples, wanted.numpy())
    np.testing.assert_array_equal(to.samples, wanted.numpy())


def test_between_turned_latents_their_length_stays() -> None:
    flat = replace(latent(), samples=np.full((1, 4, 8, 8), 0.25, np.float32))

    assert np.allclose(nodes.latent_upscale(flat, "bislerp", 128, 64).samples, 0.25)


def test_a_side_of_nothing_follows_and_the_longer_one_is_cut() -> None:
    assert nodes.latent_upscale(latent(), "area", 0, 0).samples.shape[2:] == (10, 12)
    assert nodes.latent_upscale(latent(16, 64, 32), "area", 0, 256).samples.shape[2:] == (32, 16)
    wide = nodes.latent_upscale(latent(1, 8, 16), "nearest-exact", 64, 64, "center")
    np.testing.assert_array_equal(wide.samples, latent(1, 8, 16).samples[..., 4:12])


def test_cutting_turning_and_mirroring_take_the_mask_along() -> None:
    given = masked()
    upside = nodes.latent_flip(given)
    turned = nodes.latent_rotate(given, "90 degrees")
    cut = nodes.latent_crop(given, 64, 64, 8, 0)

    assert upside.noise_mask is not None
    assert upside.noise_mask[0, -8:, :8].all()
    np.testing.assert_array_equal(upside.samples, given.samples[:, :, ::-1])
    assert turned.noise_mask is not None
    assert turned.noise_mask.shape == (1, 96, 80)
    assert turned.samples[0, 0, 0, -1] == given.samples[0, 0, 0, 0]
    assert turned.noise_mask[0, 0, -1] == 1
    assert cut.samples.shape == (1, 4, 8, 8)
    np.testing.assert_array_equal(cut.samples, given.samples[:, :, :8, 1:9])
    assert cut.noise_mask is not None
    assert not cut.noise_mask.any()


@given(st.integers(0, 3))
def test_four_quarters_and_two_mirrors_are_nothing(turns: int) -> None:
    given = latent()
    for _ in range(turns):
        given = nodes.latent_rotate(given, "90 degrees")
    for _ in range(4 - turns):
        given = nodes.latent_rotate(given, "90 degrees")
    given = nodes.latent_flip(
        nodes.latent_flip(given, "y-axis: horizontally"), "y-axis: horizontally"
    )

    np.testing.assert_array_equal(given.samples, latent().samples)


def test_what_is_laid_on_counts_inside_and_fades_at_edges_that_are_seen() -> None:
    under = replace(latent(), samples=np.zeros((1, 4, 10, 12), np.float32))
    over = Latent(np.ones((1, 4, 6, 6), np.float32))

    hard = nodes.latent_composite(under, over, 16, 32).samples
    soft = nodes.latent_composite(under, over, 0, 0, 16).samples

    assert hard[0, 0].sum() == 36
    assert hard[0, :, 4:10, 2:8].all()
    assert soft[0, 0, 0, 0] == 1
    assert soft[0, 0, 0, 5] == pytest.approx(1 / 3)
    assert not soft[0, 0, :, 6:].any()
    beyond = nodes.latent_composite(under, over, 800, 0)
    np.testing.assert_array_equal(beyond.samples, under.samples)


def test_where_a_mask_is_the_source_counts() -> None:
    under, over = latent(), Latent(np.ones((1, 4, 5, 6), np.float32))
    mask = np.zeros((1, 5, 6), np.float32)
    mask[0, 2, 3] = 1

    laid = nodes.latent_composite_masked(under, over, 0, 0, False, mask).samples  # noqa: FBT003
    whole = nodes.latent_composite_masked(under, over, 0, 0, True).samples  # noqa: FBT003

    assert (laid != under.samples).sum() == 4
    assert laid[0, 0, 2, 3] == 1
    assert (whole == 1).all()


def test_mixing_goes_from_the_second_to_the_first() -> None:
    first, second = latent(), Latent(numbers(1, 4, 5, 6))

    np.testing.assert_array_equal(nodes.latent_blend(first, second, 1).samples, first.samples)
    assert nodes.latent_blend(first, second, 0).samples.shape == first.samples.shape
    with pytest.raises(ContractError, match="4 and 16 channels"):
        nodes.latent_blend(first, Latent(numbers(1, 16, 5, 6)))


def test_each_of_a_batch_keeps_the_noise_that_it_had() -> None:
    three = masked(3)
    second = nodes.latent_from_batch(three, 1)
    both = nodes.latent_batch(second, nodes.latent_from_batch(latent(3), 0, 5))

    assert second.batch_index == (1,)
    np.testing.assert_array_equal(second.samples, three.samples[1:2])
    assert second.noise_mask is not None
    assert len(second.noise_mask) == 1
    assert nodes.latent_from_batch(second, 63).batch_index == (1,)
    assert both.batch_index == (1, 0, 1, 2)
    assert both.noise_mask is not None
    assert both.noise_mask[0, 9:].sum() == 0
    assert both.noise_mask[1:].all()
    twice = nodes.repeat_latent_batch(second, 2)
    assert twice.batch_index == (1, 2)
    assert twice.noise_mask is not None
    assert len(twice.samples) == len(twice.noise_mask) == 2


def test_a_mask_is_repeated_for_each_picture_or_refused() -> None:
    one = np.ones((1, 7, 9), np.float32)

    assert set_latent_noise_mask(latent(3), one).noise_mask is not None
    repeated = set_latent_noise_mask(latent(3), one).noise_mask
    assert repeated is not None
    assert repeated.shape == (3, 7, 9)
    with pytest.raises(ContractError, match="mask has a batch of 2 but samples one of 3"):
        set_latent_noise_mask(latent(3), np.ones((2, 7, 9), np.float32))


def test_controls_are_added_to_every_condition() -> None:
    net = ControlNet(REF, "sd1")
    told = (Condition(numbers(1, 77, 8)), Condition(numbers(1, 77, 8), strength=0.5))
    picture = np.zeros((1, 20, 30, 4), np.float32)

    once = control_net_apply(told, net, picture, 0.7)
    both = control_net_apply_advanced(once, told[:1], net, picture, 1, 0.2, 0.8)
    hole = np.ones((1, 10, 15), np.float32)
    filled = control_net_inpainting_ali_mama_apply(
        told,
        told,
        net,
        vae=Autoencoder(REF, "sd1"),
        image=picture,
        mask=hole,
    )

    assert [len(each.controls) for each in (*once, *both.positive, *both.negative)] == [
        *(1, 1, 2, 2, 1),
    ]
    use = both.positive[1].controls[1]
    assert (use.strength, use.start, use.end, use.picture.shape[3]) == (1, 0.2, 0.8, 3)
    assert filled.negative[0].controls[0].mask is not None
    assert filled.negative[0].controls[0].mask.shape == (1, 20, 30)
    assert control_net_apply(told, net, picture, 0) is told
