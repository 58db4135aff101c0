"""Lines of writing, by how likely each place is to be the core of one.

Detectors are taught cores, so that lines which touch stay apart (Liao, Wan, Yao, Chen, Bai 2020,
"Real-time scene text detection with differentiable binarization"): what they find is grown back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.opencv import cv2

_LEAST_SIDE = 3  # px of a core; less is chance
_GROWTH = 1.6  # area over circumference of a core, times this, is how far each side moves out


@dataclass(frozen=True, slots=True)
class Line:
    """A line of writing: a turned rectangle, in px, and how likely it is one, 0 to 1.

    Attributes:
        middle: x and y.
        size: its two sides.
        angle: by which the first side is turned, in degrees.
        score: mean of how likely its core is.
    """

    middle: tuple[float, float]
    size: tuple[float, float]
    angle: float
    score: float


def find_lines(likely: NDArray[np.float32], threshold: float, least_score: float) -> list[Line]:
    """The lines of which a map shows the cores.

    Args:
        likely: `[H, W]`, 0 to 1.
        threshold: what is above it is of a core.
        least_score: lines whose mean is lower are left out.

    Returns:
        Lines in px of the map, from the top down, each as large as its writing should be.

    Examples:
        >>> likely = np.zeros((40, 80), np.float32)
        >>> likely[15:21, 10:61] = 1
        >>> [line] = find_lines(likely, 0.3, 0.5)
        >>> sorted(round(side) for side in line.size)
        [15, 60]
    """
    found = [line for line in _cores(likely, threshold) if line.score >= least_score]
    return sorted(found, key=lambda line: (line.middle[1], line.middle[0]))


def _cores(likely: NDArray[np.float32], threshold: float) -> Iterator[Line]:
    core = (likely > threshold).astype(np.uint8)
    outlines, _ = cv2.findContours(core, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        middle, (width, height), angle = cv2.minAreaRect(outline)
        width, height = width + 1, height + 1  # outlines run through the middles of px
        if min(width, height) < _LEAST_SIDE:
            continue
        left, top, columns, rows = cv2.boundingRect(outline)
        part = np.zeros((rows, columns), np.uint8)
        cv2.drawContours(part, [outline], -1, 1, cv2.FILLED, offset=(-left, -top))
        score = cv2.mean(likely[top : top + rows, left : left + columns], part)[0]
        out = _GROWTH * width * height / (width + height)
        yield Line((middle[0], middle[1]), (width + out, height + out), angle, score)


def mask_of_lines(
    lines: list[Line], seen: tuple[int, int], height: int, width: int, grow: float = 0
) -> Mask:
    """The mask `[1, H, W]` of 0 and 1 that selects lines.

    Args:
        lines: in px of the map in which they were found.
        seen: height and width of that map.
        height: px of the mask.
        width: px of the mask.
        grow: by which part of its own height each line becomes larger on all sides.

    Returns:
        Mask `[1, H, W]`; px that a line only touches are selected.

    Examples:
        >>> line = Line((2, 1), (3, 1), 0, 1)
        >>> mask_of_lines([line], (4, 4), 4, 4).sum(axis=2).astype(int).tolist()
        [[0, 3, 0, 0]]
    """
    mask = np.zeros((height, width), np.uint8)
    scale = np.array([width / seen[1], height / seen[0]])
    for line in lines:
        more = 2 * grow * min(line.size)
        size = (line.size[0] + more, line.size[1] + more)
        corners = (cv2.boxPoints((line.middle, size, line.angle)) + 0.5) * scale - 0.5
        is_after = corners > corners.mean(axis=0)
        outward = np.where(is_after, np.ceil(corners - 0.5), np.floor(corners + 0.5))
        cv2.fillConvexPoly(mask, outward.astype(np.int32), 1)
    selected: Mask = mask[np.newaxis].astype(np.float32)
    return selected
