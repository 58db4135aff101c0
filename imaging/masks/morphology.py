"""Grow, shrink and tidy the selected area; every function returns a new mask `[B, H, W]`.

The outside of the picture never changes a result: for a dilation it is unselected, for an erosion
selected, so that the edge of the picture does not eat the selection.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.masks.highest import highest_in_diamond, highest_in_disk, highest_in_square
from paintgraph.imaging.opencv import cv2

Footprint: TypeAlias = Literal["square", "disk", "diamond"]

# Above this a pixel belongs to the selected area, for whatever asks yes or no.
_SELECTED = 0.5


def dilate(mask: Mask, radius: int, footprint: Footprint = "square") -> Mask:
    """Grow the selected area by `radius` px: each pixel takes the highest value around it.

    A square of radius n is n passes of 3x3, a diamond n passes of a plus; a disk holds what is at
    most n px away. Exact for every value.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        radius: px; 0 changes nothing.
        footprint: shape of what counts as around.

    Returns:
        A new mask `[B, H, W]`, nowhere below the old one.

    Examples:
        >>> dot = np.zeros((1, 5, 5), np.float32)
        >>> dot[0, 2, 2] = 1
        >>> print(dilate(dot, 1)[0].astype(int))
        [[0 0 0 0 0]
         [0 1 1 1 0]
         [0 1 1 1 0]
         [0 1 1 1 0]
         [0 0 0 0 0]]
    """
    if radius <= 0:
        return mask.copy()
    if footprint == "square":
        return highest_in_square(mask, radius)
    if footprint == "diamond":
        return highest_in_diamond(mask, radius)
    return np.stack([highest_in_disk(layer, radius) for layer in mask])


def erode(mask: Mask, radius: int, footprint: Footprint = "square") -> Mask:
    """Shrink the selected area by `radius` px: each pixel takes the lowest value around it.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        radius: px; 0 changes nothing.
        footprint: shape of what counts as around.

    Returns:
        A new mask `[B, H, W]`, nowhere above the old one.

    Examples:
        The edge of the picture does not eat the selection:

        >>> mask = np.array([[[1, 1, 1, 0, 0]]], np.float32)
        >>> erode(mask, 1).tolist()
        [[[1.0, 1.0, 0.0, 0.0, 0.0]]]
    """
    # 0 - x, because -x would leave negative zeros.
    return 0 - dilate(-mask, radius, footprint)


def erode_dilate(mask: Mask, amount: int, footprint: Footprint = "square") -> Mask:
    """Grow the selected area by `amount` px, or shrink it if `amount` is negative.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        amount: px; 0 changes nothing.
        footprint: shape of what counts as around.

    Returns:
        A new mask `[B, H, W]`, 0 to 1.
    """
    if amount < 0:
        return erode(mask, -amount, footprint)
    return dilate(mask, amount, footprint)


def fill_holes(mask: Mask, max_area: float = 0) -> Mask:
    """Select the holes in the selected area that have at most `max_area` px; 0 takes them all.

    A hole is a part of the unselected area that the selected area encloses; what reaches the edge
    of the picture is none. Soft values stay, but for the soft rim of a hole that is filled. Where
    the area is given as a share, no fill makes the mask select the whole picture.

    Args:
        mask: mask `[B, H, W]`, 0 to 1; selected is what lies above a half.
        max_area: px; below 1 it is a share of what is selected.

    Returns:
        A new mask `[B, H, W]`, nowhere below the old one.

    Examples:
        >>> ring = np.zeros((1, 5, 5), np.float32)
        >>> ring[0, 1:4, 1:4] = 1
        >>> ring[0, 2, 2] = 0
        >>> print(fill_holes(ring)[0].astype(int))
        [[0 0 0 0 0]
         [0 1 1 1 0]
         [0 1 1 1 0]
         [0 1 1 1 0]
         [0 0 0 0 0]]
    """
    is_share = 0 < max_area < 1
    filled = mask.copy()
    for layer in filled:
        selected = layer > _SELECTED
        most = max_area * np.count_nonzero(selected) if is_share else max_area or np.inf

        def is_hole(
            stats: NDArray[np.int32], size: tuple[int, int], most: float = most
        ) -> NDArray[np.bool_]:
            left, top, width, height, area = stats.T
            inside = (left > 0) & (top > 0) & (left + width < size[1]) & (top + height < size[0])
            result: NDArray[np.bool_] = inside & (area <= most)
            return result

        holes = _doomed(~selected, layer < 1, is_hole, connectivity=4)
        if not (is_share and (selected | holes).all()):
            layer[holes] = 1
    return filled


def remove_islands(mask: Mask, min_area: float) -> Mask:
    """Unselect the separate areas that have fewer than `min_area` px, with their soft rims.

    Args:
        mask: mask `[B, H, W]`, 0 to 1; selected is what lies above a half.
        min_area: px; below 1 it is a share of the largest area, which stays then.

    Returns:
        A new mask `[B, H, W]`, nowhere above the old one.

    Examples:
        >>> mask = np.array([[[1, 1, 0, 0, 1]]], np.float32)
        >>> remove_islands(mask, 2).tolist()
        [[[1.0, 1.0, 0.0, 0.0, 0.0]]]
    """

    def is_small(stats: NDArray[np.int32], _size: tuple[int, int]) -> NDArray[np.bool_]:
        areas = stats[:, cv2.CC_STAT_AREA]
        least = min_area * areas.max(initial=0) if min_area < 1 else min_area
        result: NDArray[np.bool_] = areas < least
        return result

    return _without(mask, is_small)


def keep_largest(mask: Mask) -> Mask:
    """Keep the largest of the separate selected areas, of equal ones the first.

    Args:
        mask: mask `[B, H, W]`, 0 to 1; selected is what lies above a half.

    Returns:
        A new mask `[B, H, W]`, nowhere above the old one.

    Examples:
        >>> keep_largest(np.array([[[1, 0, 1, 1, 0]]], np.float32)).tolist()
        [[[0.0, 0.0, 1.0, 1.0, 0.0]]]
    """

    def is_not_largest(stats: NDArray[np.int32], _size: tuple[int, int]) -> NDArray[np.bool_]:
        result = np.ones(len(stats), np.bool_)
        if len(stats):
            result[np.argmax(stats[:, cv2.CC_STAT_AREA])] = False
        return result

    return _without(mask, is_not_largest)


_Condemn: TypeAlias = Callable[[NDArray[np.int32], tuple[int, int]], NDArray[np.bool_]]
"""From the statistics of the areas (a row each) and (height, width): which of them go."""


def _without(mask: Mask, condemn: _Condemn) -> Mask:
    kept = mask.copy()
    for layer in kept:
        layer[_doomed(layer > _SELECTED, layer > 0, condemn, connectivity=8)] = 0
    return kept


def _doomed(
    core: NDArray[np.bool_], zone: NDArray[np.bool_], condemn: _Condemn, connectivity: int
) -> NDArray[np.bool_]:
    """The pixels `[H, W]` of the condemned areas of `core`, with their soft rims in `zone`.

    A rim that also touches an area which stays is not taken.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        core.astype(np.uint8), connectivity=connectivity
    )
    condemned = np.zeros(len(stats), np.bool_)
    condemned[1:] = condemn(np.asarray(stats[1:], np.int32), (core.shape[0], core.shape[1]))
    doomed: NDArray[np.bool_] = condemned[labels]
    kept = (core & ~doomed).astype(np.uint8)
    soft = zone & (kept == 0)
    count, rims = cv2.connectedComponents(soft.astype(np.uint8), connectivity=connectivity)
    goes = np.zeros(count, np.bool_)
    goes[rims[doomed]] = True
    goes[rims[cv2.dilate(kept, np.ones((3, 3), np.uint8)) > 0]] = False
    goes[0] = False
    doomed |= goes[rims]
    return doomed
