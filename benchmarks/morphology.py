"""Moving the outline of large masks, next to the fastest plain way of OpenCV to the same result."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.masks.morphology import Footprint, dilate, erode

_SIDE = 4096
_ROUNDS = 5
_SECONDS = 8.0
_SMALL, _LARGE = 4, 64
_SQUARE_MULTIPLE = 3.0

Move = Callable[[Mask, int, Footprint], object]
Plain = Callable[[Mask, int], object]
"""The same of one layer `[H, W]` with a radius, by OpenCV."""


class _Times(NamedTuple):
    ours: float
    plain: float


class _Row(NamedTuple):
    """What is measured; `plain` is None where OpenCV takes minutes."""

    footprint: Footprint
    radius: int
    kind: str
    plain: Plain | None
    seconds: float | None = None
    multiple: float | None = None


def figures() -> list[Figure]:
    """Squares and disks, small and large, for masks of two values, of 256, and of any."""
    masks = _masks()
    rows = [
        *(
            _Row("square", radius, kind, _plain_square, multiple=_SQUARE_MULTIPLE)
            for radius in (_SMALL, _LARGE)
            for kind in masks
        ),
        _Row("disk", _SMALL, "hard", _plain_hard_disk),
        _Row("disk", _LARGE, "hard", _plain_hard_disk, 0.2),
        _Row("disk", _SMALL, "soft", _plain_disk),
        _Row("disk", _LARGE, "soft", None, 0.6),
        _Row("disk", _LARGE, "any value", None),
    ]
    return [figure for row in rows for figure in _measured(row, masks[row.kind])]


def _measured(row: _Row, mask: Mask) -> list[Figure]:
    name = f"{row.footprint} of {row.radius}, {row.kind}"
    plain, layer = row.plain, mask[0]

    def both() -> _Times:
        ours = seconds_of(lambda: dilate(mask, row.radius, row.footprint))
        return _Times(ours, seconds_of(lambda: plain(layer, row.radius)) if plain else math.nan)

    both()
    measured = rounds(both, _ROUNDS, _SECONDS)
    shrunk = rounds(
        lambda: seconds_of(lambda: erode(mask, row.radius, row.footprint)), _ROUNDS, _SECONDS
    )
    dilated = Figure(f"dilate, {name}", tuple(m.ours for m in measured), "s", row.seconds)
    eroded = Figure(f"erode, {name}", tuple(shrunk), "s", row.seconds)
    if plain is None:
        return [dilated, eroded]
    best = min(m.ours for m in measured) / min(m.plain for m in measured)
    multiples = tuple(m.ours / m.plain for m in measured)
    beside = f"dilate as a multiple of OpenCV, {name}"
    return [
        dilated,
        eroded,
        Figure(beside, multiples, "x", row.multiple, undisturbed=best),
    ]


def _masks() -> Mapping[str, Mask]:
    """Masks `[1, H, W]` with three disks: hard, soft in 256 steps, soft."""
    rows, columns = np.ogrid[:_SIDE, :_SIDE]
    hard = np.zeros((_SIDE, _SIDE), np.float32)
    for row, column, radius in ((1000, 1200, 500), (2600, 3000, 700), (3300, 800, 300)):
        hard[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = 1
    blurred = cv2.GaussianBlur(hard, (0, 0), 12)
    soft = np.rint(blurred * 255) / np.float32(255)
    masks: tuple[NDArray[Any], ...] = (hard, soft, np.clip(blurred, 0, 1))
    kinds = ("hard", "soft", "any value")
    return {k: m[np.newaxis].astype(np.float32) for k, m in zip(kinds, masks, strict=True)}


def _plain_square(layer: Mask, radius: int) -> object:
    side = 2 * radius + 1
    return cv2.dilate(layer, np.ones((side, side), np.uint8))


def _plain_disk(layer: Mask, radius: int) -> object:
    reach = range(-radius, radius + 1)
    disk = [[row * row + column * column <= radius * radius for column in reach] for row in reach]
    return cv2.dilate(layer, np.array(disk, np.uint8))


def _plain_hard_disk(layer: Mask, radius: int) -> object:
    far = (layer == 0).astype(np.uint8)
    distance = cv2.distanceTransform(far, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return (distance <= radius).astype(np.float32)
