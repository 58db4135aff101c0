"""Nodes that make latents, cut, turn, scale and mix them, and take batches of them apart."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.arrays import check_pixels
from paintgraph.models.latents import mixing
from paintgraph.models.latents.autoencoders import SIDE
from paintgraph.models.latents.holes import full_size
from paintgraph.models.latents.resizing import LatentMethod, margins, resized
from paintgraph.models.sampling import values
from paintgraph.models.sampling.values import Array
from paintgraph.nodes.sampling_sockets import Latent
from paintgraph.nodes.sockets import Mask

Width = Annotated[int, Range(16, 16384, "px", step=8), "Of the pictures; whole latents are 8 px."]
Height = Annotated[int, Range(16, 16384, "px", step=8), "Of the pictures; whole latents are 8 px."]
Batch = Annotated[int, Range(1, 4096), "How many pictures."]
How = Annotated[LatentMethod, "How new latents come from old ones."]
Place = Annotated[int, Range(0, 16384, "px", step=8), "Whole latents are 8 px."]
ScaledSide = Annotated[
    int, Range(0, 16384, "px", step=8), "Of the pictures; 0 follows from the other side."
]
_LEAST = 64  # px of a side that is scaled to
_TORCH = ("torch",)


@node(title="Empty Latent Image", category="latent", keywords=("text to image", "txt2img"))
def empty_latent_image(width: Width = 512, height: Height = 512, batch_size: Batch = 1) -> Latent:
    """Empty latents of Stable Diffusion 1, 2 and XL, to be sampled from noise alone."""
    return _empty(width, height, batch_size, 4)


@node(
    name="EmptySD3LatentImage",
    title="Empty SD3 Latent Image",
    category="latent",
    keywords=("text to image", "txt2img", "flux"),
)
def empty_sd3_latent_image(
    width: Width = 1024, height: Height = 1024, batch_size: Batch = 1
) -> Latent:
    """Empty latents of Stable Diffusion 3, FLUX and Qwen-Image, to be sampled from noise alone."""
    return _empty(width, height, batch_size, 16)


@node(title="Upscale Latent", category="latent", keywords=("resize", "hires"), packages=_TORCH)
def latent_upscale(
    samples: Latent,
    upscale_method: How = "nearest-exact",
    width: ScaledSide = 512,
    height: ScaledSide = 512,
    crop: Annotated[
        Literal["disabled", "center"], "Cut the longer side off instead of stretching."
    ] = "disabled",
) -> Latent:
    """Scale latents to the size of a picture; sides are at least 64 px, and none if both are 0."""
    if width == height == 0:
        return samples
    old_height, old_width = samples.samples.shape[2:]
    if width == 0:
        width = max(_LEAST, round(old_width * height / old_height))
    elif height == 0:
        height = max(_LEAST, round(old_height * width / old_width))
    wide, high = (max(_LEAST, side) // SIDE for side in (width, height))
    check_pixels(wide * SIDE, high * SIDE, len(samples.samples))
    if crop == "disabled":
        return replace(samples, samples=resized(samples.samples, wide, high, upscale_method))
    top, left = margins(old_height, old_width, wide / high)
    cut = _cut(samples, (top, old_height - top), (left, old_width - left))
    return replace(cut, samples=resized(cut.samples, wide, high, upscale_method))


@node(title="Upscale Latent By", category="latent", keywords=("resize", "hires"), packages=_TORCH)
def latent_upscale_by(
    samples: Latent,
    upscale_method: How = "nearest-exact",
    scale_by: Annotated[float, Range(0.01, 8, step=0.01), "2 doubles both sides."] = 1.5,
) -> Latent:
    """Scale both sides of latents by a factor; each stays at least one latent long."""
    height, width = (max(1, round(side * scale_by)) for side in samples.samples.shape[2:])
    check_pixels(width * SIDE, height * SIDE, len(samples.samples))
    return replace(samples, samples=resized(samples.samples, width, height, upscale_method))


@node(title="Crop Latent", category="latent", keywords=("cut out",))
def latent_crop(
    samples: Latent,
    width: Annotated[int, Range(64, 16384, "px", step=8), "Of what is kept."] = 512,
    height: Annotated[int, Range(64, 16384, "px", step=8), "Of what is kept."] = 512,
    x: Place = 0,
    y: Place = 0,
) -> Latent:
    """Cut a rectangle out of latents, as much of it as lies in the picture."""
    high, wide = samples.samples.shape[2:]
    # At least one latent of 64 px is left, however far to the right or below it begins.
    left, top = (min(at // SIDE, max(side - 8, 0)) for at, side in ((x, wide), (y, high)))
    return _cut(samples, (top, top + height // SIDE), (left, left + width // SIDE))


@node(title="Flip Latent", category="latent", keywords=("mirror",))
def latent_flip(
    samples: Latent,
    flip_method: Annotated[
        Literal["x-axis: vertically", "y-axis: horizontally"], "About which axis it is mirrored."
    ] = "x-axis: vertically",
) -> Latent:
    """Mirror latents, and their mask, upside down or left to right."""
    axis = 2 if flip_method.startswith("x") else 3
    return _each(samples, lambda array: np.flip(array, axis))


@node(title="Rotate Latent", category="latent", keywords=("turn",))
def latent_rotate(
    samples: Latent,
    rotation: Annotated[
        Literal["none", "90 degrees", "180 degrees", "270 degrees"], "How far, clockwise."
    ] = "none",
) -> Latent:
    """Turn latents, and their mask, clockwise."""
    turns = ("none", "90 degrees", "180 degrees", "270 degrees").index(rotation)
    return _each(samples, lambda array: np.rot90(array, -turns, (2, 3)))


@node(title="Latent Composite", category="latent", keywords=("paste",))
def latent_composite(
    samples_to: Latent,
    samples_from: Latent,
    x: Place = 0,
    y: Place = 0,
    feather: Annotated[
        int, Range(0, 16384, "px", step=8), "Width of the soft edge inside what is laid on."
    ] = 0,
) -> Latent:
    """Lay latents over others; what does not fit is cut off."""
    to, source = samples_to.samples, samples_from.samples
    laid = mixing.laid(to, source, x // SIDE, y // SIDE, feather // SIDE)
    return replace(samples_to, samples=laid)


@node(
    name="LatentCompositeMasked",
    title="Latent Composite Masked",
    category="latent",
    keywords=("paste",),
    packages=_TORCH,
)
def latent_composite_masked(
    destination: Latent,
    source: Latent,
    x: Place = 0,
    y: Place = 0,
    resize_source: Annotated[bool, "Scale the source to the destination first."] = False,  # noqa: FBT002
    mask: Annotated[Mask | None, "Where the source counts, scaled to its size."] = None,
) -> Latent:
    """Lay latents over others where a mask is; what does not fit is cut off."""
    to, laid = destination.samples, source.samples
    if resize_source:
        laid = resized(laid, to.shape[3], to.shape[2], "bilinear")
    return replace(destination, samples=mixing.laid(to, laid, x // SIDE, y // SIDE, 0, mask))


@node(title="Latent Blend", category="latent", keywords=("mix",), packages=_TORCH)
def latent_blend(
    samples1: Latent,
    samples2: Annotated[Latent, "Scaled to the size of the first."],
    blend_factor: Annotated[float, Range(0, 1, step=0.01), "How much the first counts."] = 0.5,
) -> Latent:
    """Mix two latents."""
    first = samples1.samples
    second = mixing.like(first, samples2.samples, "bicubic")
    return replace(samples1, samples=first * blend_factor + second * (1 - blend_factor))


@node(title="Repeat Latent Batch", category="latent/batch", keywords=("duplicate", "variants"))
def repeat_latent_batch(
    samples: Latent, amount: Annotated[int, Range(1, 64), "How often each batch stands."] = 1
) -> Latent:
    """Repeat a batch of latents, so that each copy is sampled from noise of its own."""
    index = samples.batch_index
    step = max(index) - min(index) + 1 if index else 0
    return values.Latent(
        np.tile(samples.samples, (amount, 1, 1, 1)),
        None if samples.noise_mask is None else np.tile(samples.noise_mask, (amount, 1, 1)),
        tuple(each + turn * step for turn in range(amount) for each in index),
    )


@node(title="Latent From Batch", category="latent/batch", keywords=("pick one", "select"))
def latent_from_batch(
    samples: Latent,
    batch_index: Annotated[int, Range(0, 63), "The first one taken; at most the last."] = 0,
    length: Annotated[int, Range(1, 64), "How many are taken, as many as there are."] = 1,
) -> Latent:
    """Take some latents out of a batch; each is sampled from the noise that it had in there."""
    first = min(batch_index, len(samples.samples) - 1)
    taken = slice(first, first + length)
    index = samples.batch_index or tuple(range(len(samples.samples)))
    mask = None if samples.noise_mask is None else samples.noise_mask[taken]
    return values.Latent(samples.samples[taken], mask, index[taken])


@node(title="Latent Batch", category="latent/batch", keywords=("join",), packages=_TORCH)
def latent_batch(
    samples1: Annotated[Latent, "Comes first; its size is the size of all."],
    samples2: Annotated[Latent, "Comes after, at that size; what does not fit is cut off."],
) -> Latent:
    """Put the latents of two batches into one."""
    second = replace(
        samples2, samples=mixing.like(samples1.samples, samples2.samples, "bilinear", repeat=False)
    )
    both = (samples1, second)
    masks = None
    if any(each.noise_mask is not None for each in both):
        masks = np.concatenate([_mask_in_full(each) for each in both])
    return values.Latent(
        np.concatenate([each.samples for each in both]),
        masks,
        tuple(i for each in both for i in each.batch_index or range(len(each.samples))),
    )


def _empty(width: int, height: int, batch: int, channels: int) -> values.Latent:
    check_pixels(width, height, batch)
    return values.Latent(np.zeros((batch, channels, height // SIDE, width // SIDE), np.float32))


def _each(samples: values.Latent, change: Callable[[Array], Array]) -> values.Latent:
    """Latents and their mask, changed alike; `change` gets the mask with an axis of channels."""
    mask = samples.noise_mask
    if mask is not None:
        mask = change(full_size(mask, samples.samples)[:, np.newaxis])[:, 0]
    return replace(samples, samples=change(samples.samples), noise_mask=mask)


def _cut(samples: values.Latent, rows: tuple[int, int], columns: tuple[int, int]) -> values.Latent:
    """A part of latents and their mask."""

    def change(array: Array) -> Array:
        unit = array.shape[2] // samples.samples.shape[2]  # px of a mask, or latents
        high, wide = (slice(first * unit, last * unit) for first, last in (rows, columns))
        return array[:, :, high, wide]

    return _each(samples, change)


def _mask_in_full(samples: values.Latent) -> Array:
    height, width = (side * SIDE for side in samples.samples.shape[2:])
    if samples.noise_mask is None:
        return np.ones((len(samples.samples), height, width), np.float32)
    return full_size(samples.noise_mask, samples.samples)
