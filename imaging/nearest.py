"""The nearest px of a kind."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2

_Hole: TypeAlias = NDArray[np.bool_]
_Places: TypeAlias = NDArray[np.intp]


def nearest_known(hole: _Hole, at: _Hole | tuple[_Places, ...]) -> tuple[_Places, _Places]:
    """Row and column of the known px nearest to each px that `at` picks, as an index does.

    Args:
        hole: `[H, W]`; at least one px is no hole.
        at: `[H, W]`, or a tuple of indices.

    Returns:
        Rows and columns, each of the shape that `labels[at]` has.
    """
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
