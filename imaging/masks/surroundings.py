"""How likely what a box holds is no part of its surroundings, by colours alone.

The colours in a box are a mixture of those of the object and of those around it, so what the
surroundings have is taken off; how large their share is comes from how often the box has their
colours, as where two samples share one part (Elkan, Noto 2008, in the terms of densities).
"""

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.opencv import cv2
from paintgraph.imaging.samples import nearest_bytes

_BINS = (16, 24, 24)  # of L*, a* and b*
_BLUR = 1.0  # bins: a colour counts for those beside it too
_SHARES = (0.1, 1.2)  # least and most that surroundings are taken to make up of a box
_GRAIN = 1.5  # px of a Gaussian: single px say little
_FEW = 0.1  # of the picture: with less around a box, its own sides stand for its surroundings
_SIDE = 0.03  # of the longer side: how wide they are then

_Area = NDArray[np.bool_]


def unlike_surroundings(picture: Image, inside: _Area) -> NDArray[np.float32]:
    """How likely each px is of an object that only the box holds.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        inside: what the box holds `[H, W]`. Where it leaves little, what is near the sides of the
            picture counts as surroundings too.

    Returns:
        `[H, W]`, 0 to 1; it means something inside of the box only.
    """
    around = _around(inside)
    lab = np.asarray(cv2.cvtColor(nearest_bytes(picture), cv2.COLOR_RGB2LAB))
    parts = [(lab[..., part].astype(np.intp) * bins) >> 8 for part, bins in enumerate(_BINS)]
    colours = np.ravel_multi_index(parts, _BINS)
    here, there = (_densities(colours[area])[colours] for area in (inside, around))
    shares = here[around] / np.maximum(there[around], 1e-9)
    share = np.clip(np.median(shares), *_SHARES)
    likely = np.clip(1 - share * there / np.maximum(here, 1e-9), 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(likely, (0, 0), _GRAIN), np.float32)


def _around(inside: _Area) -> _Area:
    around: _Area = ~inside
    if around.mean() < _FEW:
        wide = max(2, round(_SIDE * max(inside.shape)))
        around[:wide] = around[-wide:] = True
        around[:, :wide] = around[:, -wide:] = True
    return around


def _densities(colours: NDArray[np.intp]) -> NDArray[np.float32]:
    """How often each colour comes, all together 1."""
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(colours, minlength=int(np.prod(_BINS))).reshape(_BINS)
    smooth = gaussian_filter(counts.astype(np.float32), _BLUR, mode="constant").ravel()
    return np.asarray(smooth / max(float(smooth.sum()), 1e-9), np.float32)
