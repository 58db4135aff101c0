"""Known colours spread into a hole by repeated box blurs, from far away to near.

The plain form blurs the whole picture 60 times (radius 512 px twice, 256 twice, 128 and 64 four
times, 33 and 15 eight times, 5 and 3 sixteen times) and puts the known pixels back after every
single blur. This form is much quicker and differs by at most 2 of 255 levels: wide blurs work on
smaller copies, and all only around the hole.
"""

import math
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.geometry.regions import Box, grow_box, selected_box
from paintgraph.imaging.nearest import nearest_known
from paintgraph.imaging.opencv import cv2

_Samples: TypeAlias = NDArray[np.float32]
_Hole: TypeAlias = NDArray[np.bool_]


class Stage(NamedTuple):
    """Blurs of one width, each over a square of `2 * radius + 1` px."""

    radius: int
    repeats: int


WIDE = (Stage(512, 2), Stage(256, 2), Stage(128, 4), Stage(64, 4), Stage(33, 8))
MIDDLE = (Stage(15, 8),)
NARROW = (Stage(5, 16),)
NARROWEST = (Stage(3, 16),)

# Px that become one where the blurs are wide. With these the squares are nearly odd numbers of the
# smaller px, as a box blur needs.
_WIDE_SCALE = 3.95
_MIDDLE_SCALE = 31 / 13
_NARROW_SCALE = 11 / 5
# Small pictures have time for more exactness; an edge of the picture weighs more there.
_SMALL_PIXELS = 400_000
_SMALL_SCALE = 2.03
_DEEP = 65535


def blur_into(picture: _Samples, hole: _Hole) -> _Samples:
    """Colours `[N, 3]`, 0 to 1, for the N px of the hole in a picture `[H, W, 3]`.

    Only known px count. Each px of the hole begins as the nearest known one; deep inside the hole
    the blurs leave nothing of that beginning.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        hole: `[H, W]`; at least one px is no hole.

    Returns:
        Colours `[N, 3]`, 0 to 1, for the N px of the hole, row by row.
    """
    box = _box_around(hole, WIDE[0].radius)
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    part, part_hole = picture[rows, columns], hole[rows, columns]
    spreading = _Spreading(part, np.asarray(~part_hole, np.float32))
    if part_hole.size <= _SMALL_PIXELS:
        spread = spreading.spread(None, WIDE + MIDDLE, _SMALL_SCALE)
        return _finish(part, part_hole, spread, NARROW + NARROWEST)
    spread = spreading.spread(None, WIDE, _WIDE_SCALE)
    spread = spreading.spread(spread, MIDDLE, _MIDDLE_SCALE)
    spread = spreading.spread(spread, NARROW, _NARROW_SCALE)
    return _finish(part, part_hole, spread, NARROWEST)


def _box_around(hole: _Hole, margin: int) -> Box:
    height, width = hole.shape
    selected = selected_box(hole[np.newaxis].view(np.uint8)) or Box(0, 0, width, height)
    return grow_box(selected, margin, width, height)


def _start(part: _Samples, known: _Samples, shown: _Samples, share: _Samples) -> _Samples:
    """What a smaller copy begins with: its known px, and the nearest known one for each other.

    `shown` and `share` are the known colours and the known part of each of its px. The nearest px
    come from the picture at full size, as wide blurs make much of a single px at a corner.
    """
    middles = (
        ((np.arange(count) + 0.5) * (length / count)).astype(np.intp)
        for count, length in zip(share.shape, known.shape, strict=True)
    )
    nearest = part[nearest_known(known == 0, np.ix_(*middles))]
    start: _Samples = shown + nearest * (1 - share[..., np.newaxis])
    return start


class _Spreading:
    """Blurs of smaller copies; where they hold both, known and unknown, the unknown part moves."""

    def __init__(self, part: _Samples, known: _Samples) -> None:
        self._shown = part * known[..., np.newaxis]
        self._known = known
        self._part = part

    def spread(self, start: _Samples | None, stages: tuple[Stage, ...], scale: float) -> _Samples:
        """Go on from a start of any size, on a copy that is smaller by `scale`."""
        height, width = self._known.shape
        size = max(1, round(width / scale)), max(1, round(height / scale))
        shown = _as_samples(cv2.resize(self._shown, size, interpolation=cv2.INTER_AREA))
        known = _as_samples(cv2.resize(self._known, size, interpolation=cv2.INTER_AREA))
        if start is None:
            spread = _start(self._part, self._known, shown, known)
        else:
            spread = _as_samples(cv2.resize(start, size, interpolation=cv2.INTER_LINEAR))
        unknown = np.repeat(1 - known[..., np.newaxis], 3, axis=2)
        for radius, repeats in stages:
            side = 2 * math.floor((2 * radius + 1) / scale / 2) + 1
            for _ in range(repeats):
                blurred = cv2.blur(spread, (side, side), borderType=cv2.BORDER_REPLICATE)
                spread = _as_samples(blurred)
                cv2.multiply(spread, unknown, dst=spread)
                cv2.add(spread, shown, dst=spread)
        return spread


def _finish(part: _Samples, hole: _Hole, spread: _Samples, stages: tuple[Stage, ...]) -> _Samples:
    """The last blurs, at full size around the hole, in 16 bits, which OpenCV blurs fastest."""
    height, width = hole.shape
    box = _box_around(hole, stages[0].radius)
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    enlarged = cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR)
    deep, known = _as_deep(part[rows, columns]), (~hole[rows, columns]).view(np.uint8)
    painted = _as_deep(_as_samples(enlarged)[rows, columns])
    cv2.copyTo(deep, known, painted)
    for radius, repeats in stages:
        side = 2 * radius + 1
        for _ in range(repeats):
            blurred = cv2.blur(painted, (side, side), borderType=cv2.BORDER_REPLICATE)
            painted = np.asarray(blurred, np.uint16)
            cv2.copyTo(deep, known, painted)
    return _as_samples(painted[hole[rows, columns]]) / np.float32(_DEEP)


def _as_deep(samples: _Samples) -> NDArray[np.uint16]:
    deep: NDArray[np.uint16] = np.rint(samples * np.float32(_DEEP)).astype(np.uint16)
    return deep


def _as_samples(array: NDArray[np.generic]) -> _Samples:
    return np.asarray(array, np.float32)
