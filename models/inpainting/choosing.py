"""Paint a hole several times, with less and more around it, and keep what fits best.

Little around a hole makes lattices of what there is, much copies things from afar; which of the two
does harm is seen only afterwards. So one result is taken instead of the usual one where its
texture is clearly more like what surrounds the hole, while it repeats no more of what the picture
has once and its border shows no more.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.geometry.regions import Box, grow_box
from paintgraph.imaging.likeness import measure_unlikeness
from paintgraph.imaging.measure import measure_seam
from paintgraph.imaging.repeats import measure_repeat

Quality: TypeAlias = Literal["fast", "good", "best"]
"""How often a hole is painted: once, twice, six times."""

USUAL_SHARE = 0.5
_SHARES: Mapping[Quality, tuple[float, ...]] = {
    "fast": (USUAL_SHARE,),
    "good": (USUAL_SHARE, 1.0),
    "best": (USUAL_SHARE, 1.0, 1.75),
}
_SEEDS: Mapping[Quality, int] = {"fast": 1, "good": 1, "best": 2}
_JUDGED = 2  # sides of a square as large as the hole, around it
_CLEARLY = 0.9  # of the usual result's unlikeness: what another one may have at most
_LITTLE = 0.02  # of a hole: no difference of repeats
_SEAM = 1.2  # with the slack about 1.3, the limit of 19 of 20 untouched borders
_SLACK = 0.15  # no difference of seams on one picture


class Attempt(NamedTuple):
    """One way to paint a hole: what is shown around it, and by how much the seed is larger."""

    around: Box
    share: float
    """Of the side of a square as large as the hole."""
    seed: int


class Judged(NamedTuple):
    """How well what was painted fits."""

    unlikeness: float
    repeat: float
    seam: float


def attempts(around: Box, hole: Box, size: tuple[int, int], quality: Quality) -> Iterator[Attempt]:
    """The usual attempt, then those that may be better; of those that are shown as much, one.

    Nothing is tried where the hole is a new side of the picture, whose `size` is width and height.
    """
    yield Attempt(around, USUAL_SHARE, 0)
    width, height = size
    if hole.width == width or hole.height == height:
        return
    side = math.isqrt(hole.width * hole.height)
    for seed in range(_SEEDS[quality]):
        before = around
        for share in _SHARES[quality]:
            wider = grow_box(hole, round(share * side), width, height)
            wide = around if share == USUAL_SHARE else _both(around, wider)
            if (seed and share == USUAL_SHARE) or wide != before:
                yield Attempt(wide, share, seed)
            before = wide


def _both(first: Box, second: Box) -> Box:
    return Box(
        min(first.left, second.left),
        min(first.top, second.top),
        max(first.right, second.right),
        max(first.bottom, second.bottom),
    )


def judged_part(hole: Box, mask: Mask) -> tuple[Box, Mask]:
    """Where one looks to judge what is painted in a hole, and that hole there `[1, h, w]`.

    The mask is that of one picture, `[H, W]`.
    """
    reach = round(_JUDGED * math.sqrt(hole.width * hole.height))
    window = grow_box(hole, reach, mask.shape[1], mask.shape[0])
    own = np.zeros((1, window.height, window.width), np.float32)
    top, left = hole.top - window.top, hole.left - window.left
    selected = mask[hole.top : hole.bottom, hole.left : hole.right] > 0
    own[0, top : top + hole.height, left : left + hole.width] = selected
    return window, own


def judge(after: Image, mask: Mask, known: Mask) -> Judged:
    """How well what was painted in a hole fits into a part of a picture, all `[1, H, W, ...]`."""
    return Judged(
        measure_unlikeness(after, mask, known),
        measure_repeat(after, mask),
        measure_seam(after, mask).ratio,
    )


def is_better(other: Judged, best: Judged, usual: Judged) -> bool:
    """Whether another attempt is to be kept instead of the best so far."""
    is_sound = (
        other.repeat <= usual.repeat + _LITTLE and other.seam <= max(_SEAM, usual.seam) + _SLACK
    )
    is_clear = other.unlikeness < _CLEARLY * usual.unlikeness
    return is_sound and is_clear and other.unlikeness < best.unlikeness
