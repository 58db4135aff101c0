"""How much of a pixel belongs to the subject, and which colour that part has.

Closed-form matting (Levin, Lischinski, Weiss 2007) and multi-level foreground estimation (Germer et
al. 2020), both by pymatting. Its compiled loops must not run in two threads at a time.
"""

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import continue_colours, grey_where_clear
from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.errors import MaskError
from paintgraph.imaging.opencv import cv2

# What rembg takes for sure of a mask of 8 bits.
_SURE = np.float32(240 / 255)
_SURELY_NOT = np.float32(10 / 255)
_OTHER = np.float32(0.1 / 255)  # from here on a colour counts as another one
_MARGIN = 8  # px of known area around what is unknown, for colours to compare with
_MOST_UNKNOWN = 2_000_000  # px; each costs about 1 kB while the equations are solved
_REACH = 2  # px: a px shares windows of 3x3 with those so near
_LINES_OF_PX = 250_000  # px whose equations are put together at a time, at 400 bytes each


def matte(image: Image, mask: Mask, band: int = 10) -> Mask:
    """The soft outline of what a mask selects, as the picture shows it: hair, fur, nets.

    What lies within `band` px of the outline, or is soft already, is found anew from the colours;
    everything else keeps 0 or 1. So a trimap is a mask whose unknown part is grey, for a band of 0.
    A mask without selected or without free area stays as it is. What
    is clear looks mid grey.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[B or 1, H, W]`, 0 to 1.
        band: px on each side of the outline.

    Returns:
        A new mask `[B, H, W]`, 0 to 1.

    Raises:
        MaskError: the outline takes more than two million px (`too_much_unknown`).
        ContractError: sizes or batches differ (`size_mismatch`).
    """
    image, mask = match_pair(image, mask)
    colours = grey_where_clear(image)
    return np.stack([_matted(*pair, band) for pair in zip(colours, mask, strict=True)])


def decontaminate(image: Image, mask: Mask) -> Image:
    """The picture with the colours of the background taken out of the soft edge of a selection.

    Where the mask is 1 nothing changes; alpha never does. Elsewhere the colours of the selected
    area go on, so that nothing of the background shines through at the edge. Colours that are
    hidden have no part in it.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[B or 1, H, W]`, 0 to 1.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, 0 to 1.

    Raises:
        ContractError: sizes or batches differ (`size_mismatch`).
    """
    from pymatting import estimate_foreground_ml

    image, mask = match_pair(image, mask)
    result = image.copy()
    seen = continue_colours(image)[..., :3]
    for picture, shown, layer in zip(result, seen, mask, strict=True):
        soft = layer < 1
        if soft.any() and layer.any():
            colours = estimate_foreground_ml(shown, layer)
            # Where it finds no other colour it is a little off for want of rounds.
            colours = np.where(np.abs(colours - shown) < _OTHER, shown, colours)
            picture[soft, :3] = np.clip(colours[soft], 0, 1)
    return result


def _matted(picture: NDArray[np.float32], layer: NDArray[np.float32], band: int) -> Mask:
    trimap = _trimap(layer, band)
    unknown = trimap == 0.5
    if not unknown.any():
        return layer
    if np.count_nonzero(unknown) > _MOST_UNKNOWN:
        raise MaskError(
            f"the outline takes {np.count_nonzero(unknown)} px; allowed are {_MOST_UNKNOWN}. "
            "Choose a narrower band, or scale the picture down.",
            code="too_much_unknown",
        )
    part = _around(unknown)
    if not (trimap[part] == 1).any() or not (trimap[part] == 0).any():
        return layer
    result: Mask = (trimap == 1).astype(np.float32)
    try:
        found = _solved(picture[part], trimap[part])
    except ValueError:  # equations that have no solution: the mask is the best there is
        return layer
    result[part][unknown[part]] = np.clip(found, 0, 1)
    return result


def _solved(picture: NDArray[np.float32], trimap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Alpha of each unknown px; raises ValueError where the equations have no solution."""
    from pymatting import cg, ichol

    unknown = (trimap == 0.5).ravel()
    rows = _laplacian(picture, trimap)
    between, known = rows[:, unknown], rows[:, ~unknown]
    del rows
    right = -known.dot(trimap.ravel()[~unknown] == 1)
    del known
    with redirect_stdout(StringIO()):  # advice on parameters that nobody here can set
        solved: NDArray[np.float64] = cg(between, right, M=ichol(between))
    return solved


def _laplacian(picture: NDArray[np.float32], trimap: NDArray[np.float64]) -> Any:
    """The rows of the matting Laplacian `[unknown px, all px]` that belong to unknown px.

    pymatting gives those of all px, at 400 bytes each, so it is asked for a few lines at a time.
    A px's row depends on px at most `_REACH` away.
    """
    from pymatting import cf_laplacian
    from scipy import sparse

    height, width = trimap.shape
    step = max(1, _LINES_OF_PX // width)
    found = []
    for top in range(0, height, step):
        unknown = trimap[top : top + step] == 0.5
        if not unknown.any():
            continue
        start = max(0, top - _REACH)
        lines = slice(start, top + step + _REACH)
        known = trimap[lines] != 0.5
        rows = cf_laplacian(picture[lines].astype(np.float64), is_known=known)
        rows = rows[np.flatnonzero(unknown) + (top - start) * width]
        place = (rows.data, rows.indices + start * width, rows.indptr)
        found.append(sparse.csr_matrix(place, (rows.shape[0], height * width)))
    return sparse.vstack(found, format="csr")


def _trimap(layer: NDArray[np.float32], band: int) -> NDArray[np.float64]:
    """1 where the subject is for sure, 0 where it is not, 0.5 between."""
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    trimap = np.full(layer.shape, 0.5)
    for sure, value in ((layer > _SURE, 1.0), (layer < _SURELY_NOT, 0.0)):
        # Beyond the sides of the picture it goes on as it is: they are no outline.
        shrunk = cv2.erode(sure.astype(np.uint8), shape, borderType=cv2.BORDER_REPLICATE)
        trimap[shrunk > 0] = value
    return trimap


def _around(unknown: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The part of the picture that matters: the rest would cost time and memory for nothing."""
    rows, columns = (np.flatnonzero(unknown.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(0, int(rows[0]) - _MARGIN), int(rows[-1]) + _MARGIN + 1),
        slice(max(0, int(columns[0]) - _MARGIN), int(columns[-1]) + _MARGIN + 1),
    )
