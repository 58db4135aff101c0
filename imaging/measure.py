"""Numbers that say how well a repainted part fits: nothing changed outside, no visible seam."""

import numpy as np
from numpy.typing import NDArray

from imaging.arrays import Image, Mask, match_batch, match_pair
from imaging.morphology import dilate
from imaging.regions import crop, grow_box, selected_box

_NEARBY = 8  # px on each side of the border that its gradients are compared with
_INSIDE = 0.5
# A step of a quarter of an 8-bit value is none; it also keeps flat pictures from dividing by 0.
_UNSEEN = 0.25 / 255


def max_abs_diff_outside(before: Image, after: Image, mask: Mask) -> float:
    """The largest change of any sample where the mask is exactly 0; 0 means bit for bit equal.

    Alpha counts; where only one picture has alpha the other one is opaque.
    """
    before, after = match_pair(before, after, "the picture before", "the picture after")
    before, mask = match_pair(before, mask, "the picture before")
    after, _ = match_batch(after, mask, "the picture after")
    largest = 0.0
    for old, new, weights in zip(before, after, mask, strict=True):
        for old_row, new_row, row in zip(old, new, weights, strict=True):
            kept = row == 0
            if kept.any():
                largest = max(largest, _difference(old_row[kept], new_row[kept]))
    return largest


def seam_ratio(after: Image, mask: Mask) -> float:
    """How much stronger colours change across the border of the mask than on its two sides.

    About 1 where the seam is not seen (or there is none), well above 1 where it is.
    """
    after, mask = match_pair(after, mask)
    box = selected_box(mask)
    if box is None:
        return 1.0
    near_box = grow_box(box, _NEARBY + 2, mask.shape[2], mask.shape[1])
    colours, inside = crop(after, near_box)[..., :3], crop(mask, near_box) > _INSIDE
    border = np.zeros(inside.shape, np.float32)
    crossings = [_is_crossing(inside, axis) for axis in (1, 2)]
    for axis, crossing in zip((1, 2), crossings, strict=True):
        np.moveaxis(border, axis, 1)[:, 1:][np.moveaxis(crossing, axis, 1)] = 1
    near = dilate(border, _NEARBY) > 0
    across, beside = [], []
    for axis, crossing in zip((1, 2), crossings, strict=True):
        steps = np.abs(np.diff(colours, axis=axis)).mean(axis=3)
        nearby = np.moveaxis(np.moveaxis(near, axis, 1)[:, 1:], 1, axis)
        across.append(steps[crossing])
        beside.append(steps[nearby & ~crossing])
    if not sum(map(len, across)) or not sum(map(len, beside)):
        return 1.0
    seam, sides = np.concatenate(across).mean(), np.concatenate(beside).mean()
    return float((seam + _UNSEEN) / (sides + _UNSEEN))


def _is_crossing(inside: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    """Whether the border runs between a pixel and the one before it along the axis."""
    crossing: NDArray[np.bool_] = np.diff(inside, axis=axis)
    return crossing


def _difference(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """The largest difference between pixels `[N, 3 or 4]`."""
    if first.shape[1] != second.shape[1]:
        first, second = (_opaque(pixels) for pixels in (first, second))
    return float(np.abs(first - second).max())


def _opaque(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    alpha = np.ones((len(pixels), 4 - pixels.shape[1]), np.float32)
    return np.concatenate([pixels, alpha], axis=1)
