"""Blend a painted hole into its surroundings by its gradients (Pérez, Gangnet and Blake 2003).

What is added to the painted colours is the smoothest sheet (a solution of Laplace's equation) that
takes them to the known ones all along the border. It is found from coarse to fine.
"""

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2

_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / np.float32(4)
_ROUNDS = 32  # on each level; a coarser one has found all but its own detail
_SMALL = 4  # px of a side

_Colours = NDArray[np.float32]
_Flags = NDArray[np.bool_]


def blend_gradients(
    part: _Colours, painted: _Colours, hole: _Flags, *, ring_is_painted: bool
) -> _Colours:
    """The painted colours `[H, W, 3]` in the hole `[H, W]`, made to meet the part along its border.

    With `ring_is_painted` they meet the known ones as they did those that the engine gave beside
    the hole; without, no step at the border is taken for meant. Outside the hole, the part.

    Args:
        part: the known picture `[H, W, 3 or 4]`, 0 to 1.
        painted: what an engine painted, `[H, W, 3 or 4]`, 0 to 1.
        hole: `[H, W]`; at least one px is no hole.
        ring_is_painted: whether the engine painted what lies around the hole as well.

    Returns:
        Colours `[H, W, 3]`, 0 to 1.
    """
    border = (cv2.filter2D(hole.astype(np.float32), -1, _CROSS, borderType=0) > 0) & ~hole
    known, colours = part[..., :3], painted[..., :3]
    if not border.any():
        return np.where(hole[..., np.newaxis], colours, known)
    beside = colours if ring_is_painted else _continued(colours, hole)
    sheet: _Colours = np.where(border[..., np.newaxis], known - beside, np.float32(0))
    sheet = _smoothest(sheet, hole, border)
    blended: _Colours = np.where(hole[..., np.newaxis], colours + sheet, known)
    return np.clip(blended, 0, 1, out=blended)


def _continued(colours: _Colours, hole: _Flags) -> _Colours:
    """Beside the hole, the mean of the px of the hole that are next to it."""
    inside = hole.astype(np.float32)
    sums = cv2.filter2D(colours * inside[..., np.newaxis], -1, _CROSS, borderType=0)
    counts = cv2.filter2D(inside, -1, _CROSS, borderType=0)
    return np.asarray(sums / np.maximum(counts, np.float32(0.25))[..., np.newaxis], np.float32)


def _smoothest(sheet: _Colours, hole: _Flags, border: _Flags) -> _Colours:
    """The sheet `[H, W, 3]`, given on the border, over the hole too; 0 elsewhere."""
    height, width = hole.shape
    if max(height, width) > _SMALL:
        sheet = np.where(hole[..., np.newaxis], _from_coarser(sheet, hole, border), sheet)
    for _ in range(_ROUNDS):
        # Beyond the edge of the picture lies what lies at it: the sheet ends level there.
        means = cv2.filter2D(sheet, -1, _CROSS, borderType=cv2.BORDER_REPLICATE)
        np.copyto(sheet, means, where=hole[..., np.newaxis])
    return sheet


def _from_coarser(sheet: _Colours, hole: _Flags, border: _Flags) -> _Colours:
    """A guess from the same task at half the size."""
    height, width = hole.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    weights = _halved(border.astype(np.float32), half)
    coarse_border = weights > 0
    coarse_hole = (_halved(hole.astype(np.float32), half) > 0) & ~coarse_border
    coarse = _halved(sheet, half)
    coarse /= np.maximum(weights, np.float32(1e-6))[..., np.newaxis]
    coarse *= coarse_border[..., np.newaxis]
    solved = _smoothest(coarse, coarse_hole, coarse_border)
    whole = cv2.resize(solved, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole, np.float32)[:height, :width]


def _halved(plane: _Colours, half: tuple[int, int]) -> _Colours:
    """Means of 2x2 px; a last odd row or column counts with zeros beyond it."""
    odd = (2 * half[1] - plane.shape[0], 2 * half[0] - plane.shape[1])
    padded = np.pad(plane, ((0, odd[0]), (0, odd[1]), *((0, 0),) * (plane.ndim - 2)))
    return np.asarray(cv2.resize(padded, half, interpolation=cv2.INTER_AREA), np.float32)
