"""A first guess for what lies under a mask, from the known pixels around it.

Only RGB where the mask is above 0 is replaced; every other sample stays bit for bit.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import continue_colours
from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.errors import ContractError, MaskError
from paintgraph.imaging.fill.blur import blur_into
from paintgraph.imaging.fill.copying import copy_mirrored, copy_nearest
from paintgraph.imaging.geometry.canvas import GREY, Colour
from paintgraph.imaging.geometry.regions import Box, crop, grow_box, selected_box
from paintgraph.imaging.masks.reading import told_darkest
from paintgraph.imaging.opencv import cv2

FillMethod: TypeAlias = Literal["keep", "edge", "mirror", "blur", "telea", "noise", "colour"]

_Samples: TypeAlias = NDArray[np.float32]
_Hole: TypeAlias = NDArray[np.bool_]

_TELEA_RADIUS = 3
# OpenCV adds up to 1.4 to each sample, whatever the samples' range: it must not count, or flat
# colours drift (github.com/opencv/opencv/issues/25404).
_TELEA_RANGE = np.float32(2**30)


def fill(
    image: Image, mask: Mask, method: FillMethod = "edge", seed: int = 0, colour: Colour = GREY
) -> Image:
    """Replace the colours where the mask is above 0.

    `keep` replaces nothing, `edge` takes the nearest known pixel, `mirror` reflects the picture at
    the contour, `blur` spreads the known colours smoothly, `telea` continues lines (slow in large
    areas), `noise` is grey noise that follows `seed`, `colour` is one colour. Colours that are
    hidden are not known.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[B or 1, H, W]`, 0 to 1.
        method: see above.
        seed: of the noise; picture n of a batch uses `seed + n`.
        colour: red, green and blue, 0 to 1.

    Returns:
        A new picture `[B, H, W, 3 or 4]`; alpha, and all where the mask is 0, stays bit for bit.

    Raises:
        MaskError: no px is left that the method could fill from (`full_mask`).
        ContractError: sizes or batches differ (`size_mismatch`), or there is no such method.
    """
    image, mask = match_pair(image, mask)
    filled = image.copy()
    if method == "keep":
        return filled
    for item in range(len(filled)):
        hole = mask[item] > 0
        if not hole.any():
            continue
        if method == "colour":
            filled[item, ..., :3][hole] = colour
        elif method == "noise":
            filled[item, ..., :3][hole] = _noise(int(hole.sum()), seed + item)
        else:
            known = continue_colours(image[item : item + 1], mask[item : item + 1])
            filled[item, ..., :3][hole] = _from_known(known[0, ..., :3], mask[item], method)
    return filled


def _noise(count: int, seed: int) -> _Samples:
    samples = np.random.default_rng(seed % 2**63).normal(0.5, 0.25, (count, 3))
    noise: _Samples = np.clip(samples, 0, 1).astype(np.float32)
    return noise


def _from_known(picture: _Samples, mask: Mask, method: FillMethod) -> _Samples:
    """Colours `[N, 3]` for the N pixels of the hole in a picture `[H, W, 3]`."""
    hole = mask > 0
    if hole.all():
        raise MaskError(
            f"the mask selects the whole picture{told_darkest(mask)}, so {method!r} has no pixel "
            "to fill from; use fill 'noise', 'colour' or 'keep', or a smaller mask.",
            code="full_mask",
        )
    spread = _SPREAD.get(method)
    if spread is None:
        raise ContractError(
            f"fill method is {method!r}; allowed are keep, noise, colour, {', '.join(_SPREAD)}."
        )
    return spread(picture, hole)


def _as_samples(array: NDArray[np.generic]) -> _Samples:
    return np.asarray(array, np.float32)


def _telea(picture: _Samples, hole: _Hole) -> _Samples:
    """Telea's fast marching, around the hole only."""
    selected = hole[np.newaxis].astype(np.float32)
    height, width = hole.shape
    box = selected_box(selected) or Box(0, 0, width, height)
    around = grow_box(box, 4 * _TELEA_RADIUS, width, height)
    part = crop(picture[np.newaxis], around)[0]
    part_hole = crop(selected, around)[0] > 0
    painted = np.empty((np.count_nonzero(part_hole), 3), np.float32)
    # Of a single row or column OpenCV reads what lies beside it in memory.
    twice = [(0, int(side == 1)) for side in part_hole.shape]
    holes = np.pad(part_hole.astype(np.uint8), twice, "edge")
    for channel, target in zip(np.moveaxis(part, 2, 0), painted.T, strict=True):
        # OpenCV takes samples that are no bytes in single planes.
        plane = np.pad(channel * _TELEA_RANGE, twice, "edge")
        plane = cv2.inpaint(plane, holes, _TELEA_RADIUS, cv2.INPAINT_TELEA)
        known = channel[~part_hole]
        found = plane[: len(part_hole), : part_hole.shape[1]][part_hole] / _TELEA_RANGE
        np.clip(found, known.min(), known.max(), out=target)
    return painted


_SPREAD: dict[str, Callable[[_Samples, _Hole], _Samples]] = {
    "edge": copy_nearest,
    "mirror": copy_mirrored,
    "blur": blur_into,
    "telea": _telea,
}

FROM_SURROUNDINGS = frozenset(_SPREAD)
"""The methods that need at least one known pixel."""
