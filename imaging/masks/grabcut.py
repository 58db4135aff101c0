"""GrabCut (Rother, Kolmogorov, Blake 2004), by OpenCV: what the colours of a picture say of parts.

A large picture is looked at in no more than a million px, and equal input gives equal output.
"""

import math

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.masks.surroundings import like_surroundings
from paintgraph.imaging.opencv import cv2
from paintgraph.imaging.samples import nearest_bytes

Labels = NDArray[np.uint8]
"""`[H, W]`; of cv2's GC_FGD and GC_BGD, which stay, and GC_PR_FGD and GC_PR_BGD, which may not."""

_LARGEST_AREA = 1_000_000  # px that GrabCut looks at; its time grows with them
_FIRST_AREA = 200_000  # px in which the object is looked for, where only its outline is for more
_BAND = 2  # px of those on each side of the outline, which are looked at again
_AGAIN = 2  # iterations once what looks as the surroundings do is taken off
_SEED = 1


def looked_at(height: int, width: int) -> tuple[int, int]:
    """Height and width in which a picture is looked at."""
    shrink = min(1.0, math.sqrt(_LARGEST_AREA / (height * width)))
    return max(1, int(height * shrink)), max(1, int(width * shrink))


def separate_by_steps(picture: Image, labels: Labels, iterations: int) -> NDArray[np.bool_] | None:
    """What `separate` gives, without what looks as the surroundings do, and sooner.

    A large picture is looked at small, and then around the outline. GrabCut takes what it was first
    told to be the object for its colours, background that shows through and all. So that part
    is taken off, and it looks again.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        labels: as for `separate`; what may be of the object is a box.
        iterations: of the small picture, at first; three more follow.

    Returns:
        Whether a px is of the object `[H, W]`, or None.
    """
    height, width = picture.shape[:2]
    shrink = math.sqrt(_FIRST_AREA / (height * width))
    if shrink >= 1:
        return _found_twice(picture, labels, iterations)
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    guessed = np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    found = _found_twice(small, guessed, iterations)
    return None if found is None else _along_outline(picture, labels, found)


def _found_twice(picture: Image, labels: Labels, iterations: int) -> NDArray[np.bool_] | None:
    """What `separate` finds, and then finds in what of it does not look as the surroundings do."""
    box = labels == cv2.GC_PR_FGD
    found = separate(picture, labels, iterations)
    if found is None and not box.all():
        return None
    first = box if found is None else found
    left = first & ~like_surroundings(picture, box)
    again = labels.copy()
    again[box & ~left] = cv2.GC_PR_BGD
    rest = separate(picture, again, _AGAIN)
    return found if rest is None or not rest.any() else rest


def _along_outline(
    picture: Image, labels: Labels, found: NDArray[np.bool_]
) -> NDArray[np.bool_] | None:
    """What was found in a small copy, with the outline that the px of the picture have."""
    height, width = labels.shape
    side = 2 * _BAND + 1
    band = cv2.morphologyEx(
        found.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((side, side), np.uint8)
    )
    selected, near = (
        cv2.resize(each, (width, height), interpolation=cv2.INTER_NEAREST) > 0
        for each in (found.astype(np.uint8), band)
    )
    again = np.where(selected, cv2.GC_FGD, cv2.GC_BGD).astype(np.uint8)
    again[near] = np.where(selected, cv2.GC_PR_FGD, cv2.GC_PR_BGD)[near]
    is_known = np.isin(labels, (cv2.GC_FGD, cv2.GC_BGD))
    again[is_known] = labels[is_known]
    return separate(picture, again, 1)


def separate(picture: Image, labels: Labels, iterations: int) -> NDArray[np.bool_] | None:
    """What GrabCut takes for the object; None if it can tell nothing.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        labels: what is known and what is guessed; they stay as they are.
        iterations: how often the colours of object and background are learnt anew.

    Returns:
        Whether a px is of the object `[H, W]`; or None, as for too few different colours.
    """
    found = labels.copy()
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(_SEED)
    how = (iterations, cv2.GC_INIT_WITH_MASK)
    try:
        cv2.grabCut(nearest_bytes(picture), found, (0, 0, 1, 1), *models, *how)
    except cv2.error:
        # Too few different colours to learn two models from.
        return None
    return np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD))
