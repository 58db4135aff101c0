"""Select what lies within an outline of points, which follows the edges of the picture.

Intelligent scissors (Mortensen and Barrett 1995), by OpenCV.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.opencv import cv2
from paintgraph.imaging.samples import nearest_bytes

Point: TypeAlias = tuple[int, int]
"""x and y, in px."""

_FEWEST = 3
_LEAST_AROUND = 8  # px around two points, in which a way between them is looked for
_AROUND = 0.12  # of their distance, if that is more: far from the straight way it gets lost
_CANNY = (32, 100)  # thresholds of what is an edge, in steps of 8 bits


def select_outline(image: Image, points: Sequence[Point], *, follow: bool = True) -> Mask:
    """Select what a closed outline through points encloses, and the outline itself.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1; what is clear looks mid grey.
        points: at least three, in their order around the object, inside of the picture.
        follow: from point to point along the edges of each picture; else straight.

    Returns:
        Mask `[B, H, W]` of 0 and 1; every point is selected.

    Raises:
        ContractError: there are fewer than three points (`bad_point`).

    Examples:
        >>> grey = np.full((1, 3, 4, 3), 0.5, np.float32)
        >>> select_outline(grey, [(1, 0), (3, 0), (3, 2)], follow=False).tolist()
        [[[0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 1.0]]]
    """
    if len(points) < _FEWEST:
        raise ContractError(
            f"there are {len(points)} points; needed are at least {_FEWEST}, in their order around "
            "the object. Give e.g. 120,80,200,80,160,150.",
            code="bad_point",
        )
    ways = list(pairwise([*points, points[0]]))
    mask: Mask = np.zeros(image.shape[:3], np.float32)
    for picture, layer in zip(grey_where_clear(image), mask, strict=True):
        samples = nearest_bytes(picture)
        corners = [_way(samples, *each) for each in ways] if follow else [np.array(points)]
        cv2.fillPoly(layer, [np.concatenate(corners).astype(np.int32)], (1.0,))
    return mask


def _way(samples: NDArray[np.uint8], start: Point, end: Point) -> NDArray[np.int32]:
    """The points `[N, 2]` from one to another along edges near them, both included."""
    ends = np.array([start, end])
    low, high = ends.min(axis=0), ends.max(axis=0)
    around = max(_LEAST_AROUND, round(_AROUND * int((high - low).max())))
    left, top = np.maximum(low - around, 0)
    right, bottom = high + around + 1
    part = np.ascontiguousarray(samples[top:bottom, left:right])
    if min(part.shape[:2]) < _FEWEST:
        return ends.astype(np.int32)
    scissors = cv2.segmentation.IntelligentScissorsMB()
    scissors.setEdgeFeatureCannyParameters(*_CANNY)
    scissors.applyImage(part)
    scissors.buildMap((start[0] - left, start[1] - top))
    found = scissors.getContour((end[0] - left, end[1] - top))
    return np.asarray(found, np.int32).reshape(-1, 2) + np.array([left, top], np.int32)
