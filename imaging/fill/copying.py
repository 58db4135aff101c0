"""Fills that copy single known pixels: the nearest ones, or the picture mirrored at the contour."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.nearest import nearest_known

_Samples: TypeAlias = NDArray[np.float32]
_Hole: TypeAlias = NDArray[np.bool_]


def copy_nearest(picture: _Samples, hole: _Hole) -> _Samples:
    """For each of the N px of the hole in a picture `[H, W, 3]` the nearest known one, `[N, 3]`.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        hole: `[H, W]`; at least one px is no hole.

    Returns:
        Colours `[N, 3]`, for the N px of the hole, row by row.

    Examples:
        >>> row = np.array([0.1, 0, 0, 0.9], np.float32)
        >>> picture = np.repeat(row[np.newaxis, :, np.newaxis], 3, axis=2)
        >>> found = copy_nearest(picture, np.array([[False, True, True, False]]))
        >>> (found[:, 0] * 10).round().tolist()
        [1.0, 9.0]
    """
    return picture[nearest_known(hole, hole)]


def copy_mirrored(picture: _Samples, hole: _Hole) -> _Samples:
    """The px as far behind the contour as the filled one lies before it, `[N, 3]`.

    Where that is no known px it is the nearest one.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        hole: `[H, W]`; at least one px is no hole.

    Returns:
        Colours `[N, 3]`, for the N px of the hole, row by row.
    """
    rows, columns = nearest_known(hole, hole)
    at = np.nonzero(hole)
    behind = tuple(
        np.clip(2 * near - here, 0, length - 1)
        for near, here, length in zip((rows, columns), at, hole.shape, strict=True)
    )
    known = ~hole[behind]
    return picture[np.where(known, behind[0], rows), np.where(known, behind[1], columns)]
