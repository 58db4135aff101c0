"""Latents laid over others, and brought to one size and batch with them."""

import numpy as np

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.sampling import sample
from paintgraph.models.latents.resizing import LatentMethod, margins, resized
from paintgraph.models.sampling.values import Array


def like(first: Array, second: Array, method: LatentMethod, *, repeat: bool = True) -> Array:
    """Latents `[B, C, h, w]` at the size of the first ones, cut to their proportions.

    With `repeat` as many as those, too. Raises ContractError for other channels.
    """
    check_channels(first, second)
    height, width = first.shape[2:]
    old_height, old_width = second.shape[2:]
    if (old_height, old_width) != (height, width):
        top, left = margins(old_height, old_width, width / height)
        second = second[:, :, top : old_height - top, left : old_width - left]
        second = resized(second, width, height, method)
    return repeated(second, len(first)) if repeat else second


def laid(  # noqa: PLR0913 - two latents, a place, an edge and a mask
    under: Array,
    over: Array,
    left: int,
    top: int,
    feather: int = 0,
    mask: Mask | None = None,
) -> Array:
    """Latents `[B, C, h, w]` with others laid over them at a place, in latents.

    `feather` is how wide a soft edge is inside what is laid on, at sides that are not the
    picture's; where `mask` `[B, H, W]`, scaled to its size, is 0 nothing is laid.
    """
    check_channels(under, over)
    height, width = under.shape[2:]
    over = repeated(over, len(under))
    shares = np.ones((1, *over.shape[2:]), np.float32)
    if mask is not None:
        shares = repeated(sample(mask, over.shape[3], over.shape[2], "bilinear"), len(under))
    over = over[:, :, : max(height - top, 0), : max(width - left, 0)]
    high, wide = over.shape[2:]
    if 0 in (high, wide):
        return under
    rows = _edge(high, feather, begins=top > 0, ends=top + high < height)
    columns = _edge(wide, feather, begins=left > 0, ends=left + wide < width)
    shares = (shares[:, :high, :wide] * np.outer(rows, columns))[:, np.newaxis]
    result = under.copy()
    there = result[:, :, top : top + high, left : left + wide]
    there[:] = over * shares + there * (1 - shares)
    return result


def check_channels(first: Array, second: Array) -> None:
    """Raise ContractError for latents of families with other channels."""
    if first.shape[1] != second.shape[1]:
        raise ContractError(
            f"latents have {first.shape[1]} and {second.shape[1]} channels; both must be of one "
            "family of models. Encode both with one VAE.",
            code="wrong_latents",
        )


def repeated(array: Array, batch: int) -> Array:
    """As many entries as asked for, one whole batch after the other, the last cut off."""
    return array[np.arange(batch) % len(array)]


def _edge(length: int, feather: int, *, begins: bool, ends: bool) -> Array:
    """Weights along a side that rise and fall over `feather` places, where an edge is seen."""
    rising = np.minimum((np.arange(length) + 1) / (feather + 1), 1).astype(np.float32)
    return (rising if begins else 1) * (rising[::-1] if ends else np.ones_like(rising))
