"""Fills that copy single known pixels: the nearest ones, or the picture mirrored at the contour."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2

_Samples: TypeAlias = NDArray[np.float32]
_Hole: TypeAlias = NDArray[np.bool_]
_Places: TypeAlias = NDArray[np.intp]


def copy_nearest(picture: _Samples, hole: _Hole) -> _Samples:
    """For each of the N px of the hole in a picture `[H, W, 3]` the nearest known one, `[N, 3]`."""
    return picture[nearest_known(hole, hole)]


def copy_mirrored(picture: _Samples, hole: _Hole) -> _Samples:
    """The px as far behind the contour as the filled one lies before it, `[N, 3]`.

    Where that is no known px it is the nearest one.
    """
    rows, columns = nearest_known(hole, hole)
    at = np.nonzero(hole)
    behind = tuple(
        np.clip(2 * near - here, 0, length - 1)
        for near, here, length in zip((rows, columns), at, hole.shape, strict=True)
    )
    known = ~hole[behind]
    return picture[np.where(known, behind[0], rows), np.where(known, behind[1], columns)]


def nearest_known(hole: _Hole, at: _Hole | tuple[_Places, ...]) -> tuple[_Places, _Places]:
    """Row and column of the known px nearest to each px that `at` picks, as an index does."""
    _, labels = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8),
        cv2.DIST_L2,
        cv2.DIST_MASK_5,
        labelType=cv2.DIST_LABEL_PIXEL,
    )
    # Each known pixel has its own label; the table leads from the label back to its place.
    known = np.flatnonzero(~hole)
    places = np.zeros(len(known) + 1, np.intp)
    places[labels.ravel()[known]] = known
    rows, columns = np.divmod(places[labels[at]], hole.shape[1])
    return rows, columns
