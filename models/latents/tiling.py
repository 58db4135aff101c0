"""Tiles that cover pictures and latents alike, and how much each counts where it lies."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles of `tile` px a side, of which two neighbours share at least `overlap` px."""

    tile: int = 512
    overlap: int = 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Places `start:stop` of a side, and the weight of each: it falls towards a neighbour."""

    start: int
    stop: int
    weights: NDArray[np.float32]


def stretches(length: int, tile: int, overlap: int) -> list[Stretch]:
    """Stretches of `tile` places, or of all if that is less, that cover a side.

    The last one ends with the side. Divide what they give by the sum of their weights.

    Examples:
        >>> [(each.start, each.stop) for each in stretches(10, 4, 1)]
        [(0, 4), (3, 7), (6, 10)]
        >>> stretches(10, 4, 1)[1].weights.tolist()
        [0.5, 1.0, 1.0, 0.5]
    """
    tile = min(tile, length)
    step = max(1, tile - min(overlap, tile // 2))
    starts = sorted({min(place, length - tile) for place in range(0, length - tile + step, step)})
    shared = tile - step
    rising = np.minimum((np.arange(tile) + 1) / (shared + 1), 1).astype(np.float32)
    flat = np.ones_like(rising)
    return [
        Stretch(
            start,
            start + tile,
            (flat if start == 0 else rising) * (flat if start == length - tile else rising[::-1]),
        )
        for start in starts
    ]


def tiles(height: int, width: int, tile: int, overlap: int) -> Iterator[tuple[Stretch, Stretch]]:
    """Rows and columns of each tile, row by row; sizes in one unit, such as latents."""
    columns = stretches(width, tile, overlap)
    return ((rows, across) for rows in stretches(height, tile, overlap) for across in columns)
