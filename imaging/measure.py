"""How well a repainted part fits: what changed outside the mask, how visible its border is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask, match_batch, match_pair
from paintgraph.imaging.blend.composite import with_channels
from paintgraph.imaging.opencv import cv2

_NEARBY = 8  # px on each side of the border that its gradients are compared with
# A step of a quarter of an 8-bit value is none; it also keeps flat pictures from dividing by 0.
_UNSEEN = 0.25 / 255
_AT_ONCE = 1 << 15  # places of a border, so that a long one needs little memory
_STRIP = 64  # rows

_Colours = NDArray[np.float32]
_Flags = NDArray[np.bool_]


class Seam(NamedTuple):
    """How visible the border of a mask is."""

    ratio: float
    """How much stronger colours change across the border than beside it, along the same line.

    About 1 where the border is not visible (or there is none), well above 1 where it is, well
    below 1 where the colours at the border were smeared.
    """
    delta_e: float
    """How far the colours on both sides lie apart, in CIE L*a*b* (Delta E 1976).

    The median of the steps across the border, less the slope that the colours have on its two
    sides: the shift that the whole border has in common. One of 2 is hardly seen.
    """


NO_SEAM = Seam(1.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of px across a border: N of them, of 2 * _NEARBY px, the border in their middle."""

    colours: _Colours
    """`[N, P, 3]`"""
    inside: _Flags
    """`[N, P]`"""
    exists: _Flags
    """`[N, P]`: lies in the picture."""


def max_abs_diff_outside(before: Image, after: Image, mask: Mask) -> float:
    """The largest change of any sample where the mask is exactly 0; 0 means bit for bit equal.

    Alpha counts; where only one picture has alpha the other one is opaque.

    Args:
        before: picture `[B, H, W, 3 or 4]`, 0 to 1.
        after: picture `[B, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[B, H, W]`, 0 to 1.

    Returns:
        0 to 1.

    Raises:
        ContractError: sizes differ, or batches do and are not 1 (`size_mismatch`).

    Examples:
        >>> before = np.zeros((1, 1, 2, 3), np.float32)
        >>> after = np.full((1, 1, 2, 3), 0.5, np.float32)
        >>> max_abs_diff_outside(before, after, np.array([[[1, 0]]], np.float32))
        0.5
    """
    before, after = match_pair(before, after, "the picture before", "the picture after")
    before, mask = match_pair(before, mask, "the picture before")
    after, _ = match_batch(after, mask, "the picture after")
    largest = 0.0
    for old, new, weights in zip(before, after, mask, strict=True):
        for top in range(0, len(weights), _STRIP):
            rows = slice(top, top + _STRIP)
            kept = weights[rows] == 0
            if kept.any():
                largest = max(largest, _difference(old[rows], new[rows], kept))
    return largest


def measure_seam(after: Image, mask: Mask) -> Seam:
    """How visible the border of the mask (where it passes a half) is in a picture or a batch.

    Args:
        after: picture `[B, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[B or 1, H, W]`, 0 to 1.

    Returns:
        A ratio of 1 and a difference of 0 where there is no border.

    Raises:
        ContractError: sizes differ, or batches do and are not 1 (`size_mismatch`).
    """
    after, mask = match_pair(after, mask)
    across, beside = np.zeros(2), np.zeros(2)
    jumps: list[_Colours] = []
    for picture, layer in zip(after, mask, strict=True):
        for lines in _across_the_border(picture, layer > 0.5):
            steps = np.abs(np.diff(lines.colours, axis=1)).mean(axis=2)
            is_border = np.diff(lines.inside, axis=1)
            exists = lines.exists[:, 1:] & lines.exists[:, :-1]
            across += _sum_and_count(steps[:, _NEARBY - 1])
            beside += _sum_and_count(steps[exists & ~is_border])
            jumps.append(_jumps(lines))
    if not across[1] or not beside[1]:
        return NO_SEAM
    ratio = (across[0] / across[1] + _UNSEEN) / (beside[0] / beside[1] + _UNSEEN)
    every = np.concatenate(jumps)
    shift = np.median(every, axis=0) if len(every) else np.zeros(3)
    return Seam(float(ratio), float(np.linalg.norm(shift)))


def _across_the_border(picture: Image, inside: _Flags) -> Iterator[_Lines]:
    """The lines across the border of what is inside `[H, W]`, along rows and along columns."""
    for axis in (0, 1):
        along = np.moveaxis(picture, axis, 1)
        within = np.moveaxis(inside, axis, 1)
        length = within.shape[1]
        for top in range(0, len(within), _AT_ONCE // length + 1):
            rows = slice(top, top + _AT_ONCE // length + 1)
            row, before = np.nonzero(np.diff(within[rows], axis=1))
            if not len(row):
                continue
            places = before[:, np.newaxis] + np.arange(1 - _NEARBY, _NEARBY + 1)
            there = np.clip(places, 0, length - 1)
            row = row[:, np.newaxis]
            samples = along[rows][row, there]
            yield _Lines(_visible(samples), within[rows][row, there], places == there)


def _visible(samples: _Colours) -> _Colours:
    """Colours as they are seen over grey: what is transparent has none."""
    if samples.shape[-1] < 4:
        return samples
    return samples[..., :3] * samples[..., 3:] + 0.5 * (1 - samples[..., 3:])


def _jumps(lines: _Lines) -> _Colours:
    """Steps `[M, 3]` from the outside to the inside in L*a*b*, less the slope on both sides.

    Only where two px on each side belong to it; a thinner mask has no slope to tell from a step.
    """
    near = slice(_NEARBY - 2, _NEARBY + 2)
    inside, exists = lines.inside[:, near], lines.exists[:, near].all(axis=1)
    enters = exists & (inside == [False, False, True, True]).all(axis=1)
    leaves = exists & (inside == [True, True, False, False]).all(axis=1)
    colours = np.concatenate([lines.colours[enters, near], lines.colours[leaves, near][:, ::-1]])
    if not len(colours):
        return np.empty((0, 3), np.float32)
    lab = np.asarray(cv2.cvtColor(colours.astype(np.float32), cv2.COLOR_RGB2Lab), np.float32)
    slope = (lab[:, 3] - lab[:, 2] + lab[:, 1] - lab[:, 0]) / 2
    return np.asarray(lab[:, 2] - lab[:, 1] - slope, np.float32)


def _sum_and_count(values: _Colours) -> NDArray[np.float64]:
    return np.array([values.sum(dtype=np.float64), values.size])


def _difference(first: _Colours, second: _Colours, kept: _Flags) -> float:
    """The largest difference between px `[H, W, 3 or 4]` where they are kept, `[H, W]`."""
    if first.shape[2] != second.shape[2]:
        first, second = (with_channels(each[np.newaxis], 4)[0] for each in (first, second))
    difference = np.abs(first - second)
    difference *= kept[..., np.newaxis]
    return float(difference.max())
