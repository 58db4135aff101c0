"""Soft edges along the sides of a picture."""

import numpy as np

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.geometry.padding import Padding


def fade_sides(mask: Mask, fade: Padding) -> Mask:
    """The mask, fading out towards the sides of the picture over some px each.

    A fade of 4 px multiplies what lies next to the side by 1/4, then 2/4, 3/4 and 4/4.
    """
    height, width = mask.shape[1:3]
    across = _ramp(width, fade.left) * _ramp(width, fade.right)[::-1]
    down = _ramp(height, fade.top) * _ramp(height, fade.bottom)[::-1]
    faded: Mask = mask * across * down[:, np.newaxis]
    return faded


def outpaint_mask(width: int, height: int, padding: Padding, feathering: int) -> Mask:
    """The mask `[1, H, W]` of what is new after padding a picture of `width` x `height` px.

    It reaches softly into the picture at the padded sides: (1 - distance / feathering) squared,
    where that is above 0. A feathering of half a side of the picture or more is left out.
    """
    old = np.zeros((height, width), np.float32)
    if 0 < 2 * feathering < min(width, height):
        rows = _distance(height, padding.top, padding.bottom)
        columns = _distance(width, padding.left, padding.right)
        nearest = np.minimum(rows[:, np.newaxis], columns)
        share = np.maximum(feathering - nearest, 0) / np.float32(feathering)
        old = np.square(share, dtype=np.float32)
    margins = ((padding.top, padding.bottom), (padding.left, padding.right))
    return np.pad(old, margins, constant_values=1)[np.newaxis]


def _ramp(length: int, fade: int) -> Mask:
    fade = min(fade, length)
    ramp = np.ones(length, np.float32)
    ramp[:fade] = np.arange(1, fade + 1, dtype=np.float32) / np.float32(max(fade, 1))
    return ramp


def _distance(length: int, before: int, after: int) -> Mask:
    """How far each px is from the nearer padded side; the first counts 0, the last 1."""
    places = np.arange(length, dtype=np.float32)
    far = np.full(length, length, np.float32)
    return np.minimum(places if before else far, length - places if after else far)
