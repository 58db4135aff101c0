"""Other sizes by ComfyUI's numbers: a new px is looked up in the old picture at its own centre.

What shrinks is not averaged first, but by `area`: `resize` does that for every method.
"""

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.imaging.alpha import filter_visible
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.samples import quantise

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Method: TypeAlias = Literal["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]

_Planes: TypeAlias = NDArray[np.float32]
_SLOPE = -0.75  # of the cubic (Keys 1981), as in torch and OpenCV


def sample(array: NDArray[np.float32], width: int, height: int, method: Method) -> _Planes:
    """The image `[B, H, W, C]` or mask `[B, H, W]` with another width and height, within 0..1.

    The numbers of `torch.nn.functional.interpolate` with centres at half px and no antialiasing,
    those of `lanczos` Pillow's in 8 bits. Colours of transparent pixels never bleed into visible
    ones, for which `lanczos` does not go by 8 bits. An unchanged size gives equal values.

    Args:
        array: picture `[B, H, W, C]` or mask `[B, H, W]`, 0 to 1.
        width: px, at least 1.
        height: px, at least 1.
        method: how new values follow from old ones.

    Returns:
        A new array `[B, height, width, ...]`, 0 to 1.

    Examples:
        >>> stripes = np.tile(np.array([0, 1, 0], np.float32), (1, 1, 1))
        >>> sample(stripes, 1, 1, "bilinear").tolist()
        [[[1.0]]]
    """
    old_height, old_width = array.shape[1:3]
    if (old_height, old_width) == (height, width):
        return array.copy()
    if method == "nearest-exact":
        rows, columns = _nearest(old_height, height), _nearest(old_width, width)
        return array[:, rows[:, np.newaxis], columns]
    if method == "lanczos":
        return np.concatenate([_lanczos(item[np.newaxis], width, height) for item in array])
    down, across = _shares(method, old_height, height), _shares(method, old_width, width)

    def sampled(planes: _Planes) -> _Planes:
        return np.stack([(across @ (down @ plane).T).T for plane in planes]).astype(np.float32)

    if array.ndim == 4:
        return filter_visible(array, sampled)
    return np.clip(sampled(array), 0, 1)


def _nearest(old: int, new: int) -> NDArray[np.intp]:
    """The place whose px each new one is: the middle of the new one lies in it."""
    return (2 * np.arange(new) + 1) * old // (2 * new)


def _shares(method: Method, old: int, new: int) -> "csr_array":
    """How much of each old px a new one holds, `[new, old]`: a few of each row are not 0."""
    from scipy.sparse import csr_array

    places, shares, ends = _windows(old, new) if method == "area" else _taps(method, old, new)
    return csr_array((shares, places, ends), shape=(new, old))


_Entries: TypeAlias = tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]
"""Columns and values of a sparse matrix row by row, and where each row ends, from 0."""


def _windows(old: int, new: int) -> _Entries:
    """All that a new px touches, in equal parts, also what it touches only in part."""
    bounds = np.arange(new + 1) * old
    first, end = bounds[:-1] // new, -(-bounds[1:] // new)
    counts = end - first
    ends = np.concatenate([[0], np.cumsum(counts)])
    places = np.arange(ends[-1]) - np.repeat(ends[:-1] - first, counts)
    return places, np.repeat(1 / counts, counts), ends


def _taps(method: Method, old: int, new: int) -> _Entries:
    """The 2 or 4 px about each new centre; beyond the sides the outermost px go on."""
    # Scale and centres in float32, as torch has them: at 1,000 px that is 1/20,000 px beside.
    scale = float(np.float32(old) / np.float32(new))
    centres = (scale * (np.arange(new) + 0.5) - 0.5).astype(np.float32)
    if method == "bilinear":
        centres = np.maximum(centres, 0)
    left = np.floor(centres).astype(np.intp)
    beyond = (centres - left)[:, np.newaxis].astype(np.float64)
    offsets = np.arange(2) if method == "bilinear" else np.arange(-1, 3)
    distance = np.abs(beyond - offsets)
    shares = 1 - distance if method == "bilinear" else _cubic(distance)
    places = np.clip(left[:, np.newaxis] + offsets, 0, old - 1)
    return places.ravel(), shares.ravel(), np.arange(new + 1) * len(offsets)


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    near = ((_SLOPE + 2) * distance - (_SLOPE + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * _SLOPE - 4 * _SLOPE
    return np.where(distance <= 1, near, far)


def _lanczos(item: _Planes, width: int, height: int) -> _Planes:
    """One picture or mask `[1, H, W, ...]` by Pillow's filter, which averages what it shrinks."""

    def sampled(planes: _Planes) -> _Planes:
        codes = Pillow.fromarray(quantise(planes[0]))
        scaled = np.asarray(codes.resize((width, height), Pillow.Resampling.LANCZOS), np.float32)
        return scaled[np.newaxis] / np.float32(255)

    if item.ndim == 3:
        return sampled(item)
    if (item[..., 3:] == 1).all():
        return filter_visible(item, sampled)
    # Colours times a small alpha are all alike in 8 bits.
    return resize(item, width, height, "lanczos")
