"""The highest value around each pixel, for three shapes of what "around" means.

Exact for every value. What lies outside the picture is never the highest.
"""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.opencv import cv2

Samples: TypeAlias = NDArray[Any]
"""Float or 8-bit values `[H, W]`."""

_OUTSIDE = -np.inf  # never the highest
_CODES = 256
_SMALL = 64  # radius up to which OpenCV, whose time grows with it, is faster than SciPy
_STRIP = 128  # rows worked on at a time, so that they stay in the processor's cache


def highest_in_square(mask: Mask, radius: int) -> Mask:
    """The highest value at most `radius` columns and rows away, of masks `[B, H, W]`.

    Args:
        mask: `[B, H, W]`.
        radius: px, at least 1.

    Returns:
        A new array `[B, H, W]`.
    """
    if radius <= _SMALL:
        around = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
        return np.stack([cv2.dilate(layer, around) for layer in mask])
    from scipy.ndimage import maximum_filter1d

    for axis in (1, 2):
        reach = min(radius, mask.shape[axis] - 1)
        mask = maximum_filter1d(mask, 2 * reach + 1, axis, mode="constant", cval=_OUTSIDE)
    return mask


def highest_in_diamond(mask: Mask, radius: int) -> Mask:
    """The highest value at most `radius` steps up, down, left or right away, of `[B, H, W]`.

    A diamond of n + s steps (s <= n) is the diamond of n, moved by s in four directions; where a
    move would leave the picture it ends at its edge. So it takes log2(radius) passes.

    Args:
        mask: `[B, H, W]`.
        radius: px, at least 1.

    Returns:
        A new array `[B, H, W]`.

    Examples:
        >>> dot = np.zeros((1, 5, 5), np.float32)
        >>> dot[0, 2, 2] = 1
        >>> print(highest_in_diamond(dot, 2)[0].astype(int))
        [[0 0 1 0 0]
         [0 1 1 1 0]
         [1 1 1 1 1]
         [0 1 1 1 0]
         [0 0 1 0 0]]
    """
    highest, reached = mask.copy(), 0
    while reached < radius:
        step = min(max(reached, 1), radius - reached)
        before = highest.copy()
        for axis in (1, 2):
            _take_moved(np.moveaxis(highest, axis, 0), np.moveaxis(before, axis, 0), step)
        reached += step
    return highest


def highest_in_disk(layer: Mask, radius: int) -> Mask:
    """The highest value at most `radius` px away, for one layer `[H, W]`.

    Two values take the time of a distance transform, whatever the radius; values that 8 bits can
    hold take a quarter of the time of others.

    Args:
        layer: `[H, W]`.
        radius: px, at least 1.

    Returns:
        A new array `[H, W]`.
    """
    low, high = layer.min(), layer.max()
    if low == high:
        return layer.copy()
    if np.all((layer == low) | (layer == high)):
        far = (layer != high).astype(np.uint8)
        distance = cv2.distanceTransform(far, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        # Squared distances are whole numbers; the half keeps rounding out of it.
        highest: Mask = np.where(distance <= math.sqrt(radius * radius + 0.5), high, low)
        return highest
    codes = np.rint(layer * 255)
    if not np.array_equal(codes / np.float32(255), layer):
        return _highest_in_lines(layer, radius, _OUTSIDE)
    lowest = codes.min()
    ranks = (codes - lowest).astype(np.uint8)
    values = (np.arange(_CODES, dtype=np.float32) + lowest) / np.float32(255)
    found: Mask = values[_highest_in_lines(ranks, radius, 0)]
    return found


def _take_moved(highest: Mask, before: Mask, step: int) -> None:
    """Raise `highest` to what `before` holds `step` further along the first axis, both ways."""
    end = len(before) - min(step, len(before) - 1)
    for to, of in ((highest, before), (highest[::-1], before[::-1])):
        np.maximum(to[:end], of[-end:], out=to[:end])
        np.maximum(to[end:], of[-1:], out=to[end:])


def _highest_in_lines(layer: Samples, radius: int, outside: float) -> Samples:
    """The highest in a disk of `[H, W]`: a disk is a stack of lines, the same up and down."""
    height, width = layer.shape
    reach = min(radius, height - 1)
    found = layer.copy()
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        first, last = max(0, top - reach), min(height, bottom + reach)
        windows = _windows(layer[first:last], radius, outside)
        for rows in range(-reach, reach + 1):
            start, end = max(first, top + rows), min(last, bottom + rows)
            if start >= end:
                continue
            target = found[start - rows : end - rows]
            half = math.isqrt(radius * radius - rows * rows)
            for line in _lines(windows, half, width):
                np.maximum(target, line[start - first : end - first], out=target)
    return found


def _windows(layer: Samples, radius: int, outside: float) -> list[Samples]:
    """Entry k holds the highest of 2**k neighbours in a row, from `radius` px before it on."""
    margin = min(radius, layer.shape[1] - 1)
    windows = [np.pad(layer, ((0, 0), (margin, margin)), constant_values=outside)]
    while 2 ** len(windows) <= 2 * margin + 1:
        step = 2 ** (len(windows) - 1)
        windows.append(np.maximum(windows[-1][:, :-step], windows[-1][:, step:]))
    return windows


def _lines(windows: list[Samples], half: int, width: int) -> tuple[Samples, Samples]:
    """Two layers whose highest is that of a line from `half` px before to `half` px after."""
    margin = (windows[0].shape[1] - width) // 2
    half = min(half, margin)
    length = 2 * half + 1
    power = length.bit_length() - 1
    first = margin - half
    last = first + length - 2**power
    return windows[power][:, first : first + width], windows[power][:, last : last + width]
