"""Tiles that cover a picture and overlap, and how much each counts where it lies.

Beside its border a network knows less of a picture than inside it. So of what a tile shows the
outermost px count for nothing, and next to them two tiles are mixed, one fading into the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

OVERLAP = 32
"""How many px wide the zone is in which two tiles are mixed."""
MARGIN = 16
"""How many px beyond that a tile sees; a network that looks no farther gives what it would give of
the whole picture."""

LEAST_TILE = 2 * (OVERLAP + 2 * MARGIN)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch `start:stop` of a side in px, and how much each of its places counts.

    Attributes:
        weights: float32 `[(stop - start) * scale]`, 0 to 1; those of all spans add up to 1 at
            every place.
        share: how many px of the side it stands for; those of all spans add up to its length.
    """

    start: int
    stop: int
    weights: NDArray[np.float32]
    share: float


def spans(
    length: int, tile: int, scale: int = 1, overlap: int = OVERLAP, margin: int = MARGIN
) -> list[Span]:
    """Stretches of `tile` px, or of all if that is less, that cover a side evenly.

    Args:
        length: px of the side, at least 1.
        tile: px, at least `LEAST_TILE`; more than `overlap + 2 * margin`.
        scale: how many weights there are for each px.
        overlap: how many px wide the zone is in which two tiles are mixed.
        margin: how many px beyond that a tile has at least.

    Returns:
        The spans from the first to the last.

    Examples:
        >>> [(span.start, span.stop) for span in spans(1000, 512)]
        [(0, 512), (244, 756), (488, 1000)]
    """
    tile = min(tile, length)
    shared = overlap + 2 * margin
    count = 1 if tile == length else -(-(length - shared) // (tile - shared))
    starts = [round(place) for place in np.linspace(0, length - tile, count)]
    middles = [(first + tile + second) / 2 for first, second in pairwise(starts)]
    places = (np.arange(length * scale) + 0.5) / scale
    # How much counts all that begins with this tile: from 0 to 1 across the middle of what is
    # shared. A tile counts what that is for it, less what it is for the next one.
    risen = [np.clip((places - middle) / max(overlap, 1) + 0.5, 0, 1) for middle in middles]
    rises = [np.ones(length * scale), *risen, np.zeros(length * scale)]
    ends = [0, *middles, length]
    return [
        Span(
            start,
            start + tile,
            (rise - fall)[start * scale : (start + tile) * scale].astype(np.float32),
            end - begin,
        )
        for start, (rise, fall), (begin, end) in zip(
            starts, pairwise(rises), pairwise(ends), strict=True
        )
    ]


def tiles(  # noqa: PLR0913 - a picture is two numbers
    height: int,
    width: int,
    tile: int,
    scale: int = 1,
    overlap: int = OVERLAP,
    margin: int = MARGIN,
) -> Iterator[tuple[Span, Span]]:
    """The rows and columns of each tile of a picture, row by row; see `spans`."""
    down, columns = (spans(side, tile, scale, overlap, margin) for side in (height, width))
    return ((rows, across) for rows in down for across in columns)
