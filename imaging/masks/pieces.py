"""Let a rough mask end where the picture has edges: its small pieces are in it as wholes or not.

SLIC superpixels (Achanta 2012), by scikit-image.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask, match_pair

_TILE = 256  # px; in those that hold nothing of the outline nothing is looked for
_MARGIN = 2  # sides of a piece around a tile, so that what lies in it does not depend on tiles
_SIGMA = 1.0  # px of a Gaussian: without it grain makes pieces of its own
_COMPACTNESS = 10.0  # of colours against places: what Achanta found good for L*a*b*


def snap_to_pieces(image: Image, mask: Mask, side: int = 16, share: float = 0.5) -> Mask:
    """Select the pieces of like colour of which a mask selects enough, and no other.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1; what is clear looks mid grey.
        mask: mask `[B or 1, H, W]`, 0 to 1; above 0.5 is selected.
        side: about how large a piece is, in px, at least 2; what is smaller stays in a piece with
            its surroundings.
        share: which part of a piece has to be more than selected, 0 to below 1.

    Returns:
        A new mask `[B, H, W]` of 0 and 1.

    Raises:
        ContractError: sizes or batches differ (`size_mismatch`).
    """
    image, mask = match_pair(image, mask)
    pairs = zip(grey_where_clear(image), mask > 0.5, strict=True)
    return np.stack([_snapped(*pair, side, share) for pair in pairs])


def _snapped(picture: Image, selected: NDArray[np.bool_], side: int, share: float) -> Mask:
    """The mask `[H, W]` of one picture `[H, W, 3]`."""
    result: Mask = selected.astype(np.float32)
    height, width = selected.shape
    tile, margin = max(_TILE, 4 * side), _MARGIN * side
    for top, left in product(range(0, height, tile), range(0, width, tile)):
        above, before = max(0, top - margin), max(0, left - margin)
        around = np.s_[above : top + tile + margin, before : left + tile + margin]
        if selected[around].any() and not selected[around].all():
            inner = np.s_[top - above :, left - before :]
            place = np.s_[top : top + tile, left : left + tile]
            found = _of_pieces(picture[around], selected[around], side, share)[inner]
            result[place] = found[:tile, :tile]
    return result


def _of_pieces(
    part: Image, selected: NDArray[np.bool_], side: int, share: float
) -> NDArray[np.bool_]:
    from skimage.segmentation import slic

    pieces = slic(
        part,
        n_segments=max(1, part.shape[0] * part.shape[1] // side**2),
        compactness=_COMPACTNESS,
        sigma=_SIGMA,
        start_label=0,
        channel_axis=-1,
    )
    areas = np.bincount(pieces.ravel())
    within = np.bincount(pieces.ravel(), weights=selected.ravel())
    taken: NDArray[np.bool_] = (within > share * areas)[pieces]
    return taken
