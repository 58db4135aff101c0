"""What in a box looks as its surroundings do.

The colours in a box are a mixture of those of the object and of those around it, so what the
surroundings have is taken off; how large their share is comes from how often the box has their
colours. And what is blurred may have other colours, but no edge is between it and what is around.
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
_LEAST = 0.3  # how likely a colour has to be of the object
_SOFT = 1.2  # px of a Gaussian: grain is no edge
_SMOOTH = 3.0  # steps of 8 bits in L*a*b* from px to px: no edge
_NARROW = 13  # px: through gaps in an edge that are no wider nothing gets
_FEW = 0.1  # of the picture: with less around a box, its own sides stand for its surroundings
_SIDE = 0.03  # of the longer side: how wide they are then

_Area = NDArray[np.bool_]
_Lab = NDArray[np.uint8]


def like_surroundings(picture: Image, inside: _Area) -> _Area:
    """What has the colours of the surroundings, or hangs together with them without an edge.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        inside: what the box holds `[H, W]`. Where it leaves little, what is near the sides of the
            picture counts as surroundings too.

    Returns:
        `[H, W]`; it means something inside of the box only.
    """
    around = _around(inside)
    lab = np.asarray(cv2.cvtColor(nearest_bytes(picture), cv2.COLOR_RGB2LAB), np.uint8)
    return (_unlikeness(lab, inside, around) <= _LEAST) | _joined(lab, around)


def _around(inside: _Area) -> _Area:
    around: _Area = ~inside
    if around.mean() < _FEW:
        wide = max(2, round(_SIDE * max(inside.shape)))
        around[:wide] = around[-wide:] = True
        around[:, :wide] = around[:, -wide:] = True
    return around


def _unlikeness(lab: _Lab, inside: _Area, around: _Area) -> NDArray[np.float32]:
    """How likely the colour of each px is one that only the box holds, 0 to 1."""
    parts = [(lab[..., part].astype(np.intp) * bins) >> 8 for part, bins in enumerate(_BINS)]
    colours = np.ravel_multi_index(parts, _BINS)
    here, there = (_densities(colours[area])[colours] for area in (inside, around))
    shares = here[around] / np.maximum(there[around], 1e-9)
    share = np.clip(np.median(shares), *_SHARES)
    likely = np.clip(1 - share * there / np.maximum(here, 1e-9), 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(likely, (0, 0), _GRAIN), np.float32)


def _densities(colours: NDArray[np.intp]) -> NDArray[np.float32]:
    """How often each colour comes, all together 1."""
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(colours, minlength=int(np.prod(_BINS))).reshape(_BINS)
    smooth = gaussian_filter(counts.astype(np.float32), _BLUR, mode="constant").ravel()
    return np.asarray(smooth / max(float(smooth.sum()), 1e-9), np.float32)


def _joined(lab: _Lab, around: _Area) -> _Area:
    """What a way without an edge joins to what is around."""
    soft = cv2.GaussianBlur(lab.astype(np.float32), (0, 0), _SOFT)
    across, down = (np.asarray(cv2.Sobel(soft, -1, dx, 1 - dx)) for dx in (1, 0))
    steps = np.sqrt((across**2 + down**2).sum(axis=2)) / 8  # Sobel's weights are 8 together
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_NARROW, _NARROW))
    wide = cv2.erode(((steps < _SMOOTH) | around).astype(np.uint8), shape)
    _, labels = cv2.connectedComponents(wide, connectivity=4)
    reached = np.unique(labels[around])
    parts = np.isin(labels, reached[reached > 0]).astype(np.uint8)
    joined: _Area = cv2.dilate(parts, shape) > 0
    return joined
