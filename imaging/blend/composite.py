"""Put painted pixels into a picture; what is not selected stays bit for bit."""

import numpy as np

from paintgraph.imaging.arrays import Image, Mask, match_batch, match_pair
from paintgraph.imaging.errors import ContractError

_STRIP = 256  # rows blended at a time, so that a large picture needs little beside its result
_WITH_ALPHA = 4


def composite(original: Image, painted: Image, mask: Mask) -> Image:
    """The original where the mask is 0, the painted where it is 1, blended linearly between.

    Kept pixels are equal to the original's bit for bit, RGB under alpha 0 too. If either picture
    has alpha, so has the result, and the other one is opaque; colours are then blended by how
    visible they are. A batch of one serves every other.
    """
    original, painted = match_pair(original, painted, "the original", "the painted image")
    original, mask = match_pair(original, mask, "the original")
    painted, _ = match_batch(painted, mask, "the painted image")
    channels = max(original.shape[3], painted.shape[3])
    result = np.empty((*original.shape[:3], channels), np.float32)
    result[..., : original.shape[3]] = original
    if channels > original.shape[3]:
        result[..., 3] = 1
    for item in range(len(result)):
        for top in range(0, result.shape[1], _STRIP):
            rows = slice(top, top + _STRIP)
            blend_into(result[item, rows], painted[item, rows], mask[item, rows])
    return result


def blend_into(target: Image, painted: Image, weights: Mask) -> None:
    """Write what is painted into `target` `[H, W, C]` (its own result so far, never an input)."""
    soft = (weights > 0) & (weights < 1)
    if soft.any():
        target[soft] = _blend(target[soft], _with_channels(painted[soft], target), weights[soft])
    whole = weights >= 1
    target[whole] = _with_channels(painted[whole], target)


def _with_channels(pixels: Image, target: Image) -> Image:
    """The pixels `[N, C]` with as many channels as the target; new alpha is opaque."""
    if pixels.shape[-1] == target.shape[-1]:
        return pixels
    if pixels.shape[-1] > target.shape[-1]:
        raise ContractError(
            "the painted pixels have alpha but the target has none. Give both the same channels."
        )
    return np.concatenate([pixels, np.ones((len(pixels), 1), np.float32)], axis=1)


def _blend(below: Image, above: Image, weights: Mask) -> Image:
    """Blend pixels `[N, C]` by weights `[N]` between 0 and 1."""
    shares = weights[:, np.newaxis]
    # Equal values stay equal, whatever the weight.
    blended = below + (above - below) * shares
    if below.shape[1] == _WITH_ALPHA:
        alpha = blended[:, 3:]
        # The share of the painted colour in what is seen; equal alphas give the weight itself.
        seen = np.where(alpha > 0, above[:, 3:] * shares / np.where(alpha > 0, alpha, 1), shares)
        blended[:, :3] = below[:, :3] + (above[:, :3] - below[:, :3]) * seen
    return np.clip(blended, 0, 1, out=blended)
