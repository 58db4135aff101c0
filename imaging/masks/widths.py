"""How wide what is selected is, island by island."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2

_Flags: TypeAlias = NDArray[np.bool_]

THIN = 6.5
"""Px of the radius of the largest disc in a thin island: 12 px wide, and crossings of such."""
_WIDEST = 1.5 * THIN  # crossings of two lines are wider than each
_SHARE = 0.25  # of an island that may be wider than thin


def thin_islands(selected: _Flags) -> _Flags:
    """The islands of what is selected `[H, W]` that are thin: scratches, writing, wires, dust.

    An island is what hangs together, corners too. It is thin if nowhere a disc of a radius of
    about 10 px fits in, and no more than a quarter of it lies in discs of more than 6.5 px.

    Args:
        selected: `[H, W]`.

    Returns:
        `[H, W]`, true on thin islands.

    Examples:
        >>> selected = np.zeros((60, 60), np.bool_)
        >>> selected[5:10, 3:50] = selected[20:50, 20:50] = True
        >>> thin = thin_islands(selected)
        >>> bool(thin[7, 20]), bool(thin[30, 30])
        (True, False)
    """
    count, islands = cv2.connectedComponents(selected.astype(np.uint8), connectivity=8)
    # Beyond the edge of the picture an island goes on: at a corner it may be wide.
    radius = _distance(selected)
    core = radius > THIN
    if not core.any():
        return selected.copy()
    wide = selected & (_distance(~core) <= THIN)
    sizes = np.bincount(islands[selected], minlength=count)
    wide_sizes = np.bincount(islands[wide], minlength=count)
    is_thin = wide_sizes <= _SHARE * sizes
    is_thin[islands[radius > _WIDEST]] = False
    is_thin[0] = False
    thin: _Flags = is_thin[islands]
    return thin


def _distance(within: _Flags) -> NDArray[np.float32]:
    """Px from each px to the nearest that is not within; 0 outside."""
    distance = cv2.distanceTransform(within.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(distance, np.float32)
