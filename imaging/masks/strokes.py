"""Select by rough strokes: over what is wanted, and over what is not."""

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.masks import grabcut
from paintgraph.imaging.opencv import cv2

_Layer = NDArray[np.float32]
_Marks = NDArray[np.bool_]
_HALF = np.float32(0.5)


def select_by_strokes(
    image: Image,
    wanted: Mask,
    unwanted: Mask | None = None,
    mask: Mask | None = None,
    iterations: int = 5,
) -> Mask:
    """Select what strokes lie on, by the colours under them and around them (GrabCut).

    What is above 0.5 in a stroke is sure: it is selected under `wanted`, also where both are, and
    free under `unwanted`. A mask is corrected where a part that is to change touches a stroke;
    everything else of it stays as it is, to the bit. No mask is one that selects nothing.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1; what is clear looks mid grey.
        wanted: mask `[B or 1, H, W]`, 0 to 1.
        unwanted: mask `[B or 1, H, W]`, 0 to 1.
        mask: mask `[B or 1, H, W]`, 0 to 1.
        iterations: more find finer outlines, slower.

    Returns:
        A new mask `[B, H, W]`; of 0 and 1 but for what stays of the old one.

    Raises:
        ContractError: sizes or batches differ (`size_mismatch`); or a picture has neither a stroke
            over what is wanted nor a mask (`nothing_selected`).
    """
    given = {"wanted": wanted, "unwanted": unwanted, "mask": mask}
    layers = {}
    for name, layer in given.items():
        if layer is not None:
            image, layers[name] = match_pair(image, layer, "image", name)
    nothing = np.zeros((1, *image.shape[1:3]), np.float32)
    sure, never, before = (match_pair(image, layers.get(name, nothing))[1] for name in given)
    items = zip(grey_where_clear(image), sure, never, before, strict=True)
    return np.stack([_selected(*item, iterations) for item in items])


def _selected(
    picture: Image, wanted: _Layer, unwanted: _Layer, mask: _Layer, iterations: int
) -> Mask:
    """The mask `[H, W]` of one picture `[H, W, 3]`."""
    sure = wanted > _HALF
    never = (unwanted > _HALF) & ~sure
    before = mask > _HALF
    if not sure.any() and not before.any():
        raise ContractError(
            "nothing says what is to be selected: no px of wanted is above 0.5, nor of a mask. "
            "Paint over a part of what is to be selected, or give a mask to correct.",
            code="nothing_selected",
        )
    result: Mask = mask.copy()
    if not sure.any() and not never.any():
        return result
    found = _separated(picture, sure, never, before, iterations)
    found = (found | sure) & ~never
    changed = _touching(found != before, sure | never)
    result[changed] = found[changed]
    result[sure] = 1
    result[never] = 0
    return result


def _separated(
    picture: Image, sure: _Marks, never: _Marks, before: _Marks, iterations: int
) -> _Marks:
    """What GrabCut selects, in the size of the picture; what was before if it can tell nothing."""
    height, width = sure.shape
    small_height, small_width = grabcut.looked_at(height, width)

    def touched(marks: _Marks) -> _Marks:
        """Where a small px holds any mark: thin strokes must not get lost."""
        return _shrunk(marks, small_width, small_height) > 0

    labels = np.where(
        _shrunk(before, small_width, small_height) > _HALF, cv2.GC_PR_FGD, cv2.GC_PR_BGD
    ).astype(np.uint8)
    labels[touched(never)] = cv2.GC_BGD
    labels[touched(sure)] = cv2.GC_FGD
    small = resize(picture[np.newaxis], small_width, small_height)[0]
    found = grabcut.separate(small, labels, iterations)
    if found is None:
        return before
    whole = resize(found[np.newaxis].astype(np.float32), width, height, "bilinear")[0]
    grown: _Marks = whole > _HALF
    return grown


def _shrunk(marks: _Marks, width: int, height: int) -> _Layer:
    shrunk: _Layer = resize(marks[np.newaxis].astype(np.float32), width, height, "area")[0]
    return shrunk


def _touching(changes: _Marks, strokes: _Marks) -> _Marks:
    """The parts of what changes that lie under a stroke or beside it."""
    near = cv2.dilate(strokes.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    _, labels = cv2.connectedComponents(changes.astype(np.uint8), connectivity=8)
    wanted = np.zeros(int(labels.max()) + 1, np.bool_)
    wanted[labels[near]] = True
    wanted[0] = False
    touching: _Marks = wanted[labels]
    return touching
