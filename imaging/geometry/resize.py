"""Change the size of images and masks; the centres of the pixels stay where they are."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.imaging.alpha import filter_visible
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.opencv import cv2

Interpolation: TypeAlias = Literal["nearest", "bilinear", "bicubic", "lanczos", "area", "auto"]

# Pillow's filters look at pixel centres and widen when they shrink, so that nothing aliases.
_FILTERS = {
    "nearest": Pillow.Resampling.NEAREST,
    "bilinear": Pillow.Resampling.BILINEAR,
    "bicubic": Pillow.Resampling.BICUBIC,
    "lanczos": Pillow.Resampling.LANCZOS,
    # How these two enlarge; they shrink by the exact average of what a new pixel covers.
    "area": Pillow.Resampling.NEAREST,
    "auto": Pillow.Resampling.LANCZOS,
}
_MANY = 256  # px that become one


def resize(
    array: NDArray[np.float32],
    width: int,
    height: int,
    interpolation: Interpolation = "auto",
) -> NDArray[np.float32]:
    """The image `[B, H, W, C]` or mask `[B, H, W]` with another width and height, within 0..1.

    `auto` averages areas to shrink and uses Lanczos to enlarge. Colours of transparent pixels
    never bleed into visible ones. An unchanged size gives equal values, RGB under alpha 0 too.

    Args:
        array: picture `[B, H, W, C]` or mask `[B, H, W]`, 0 to 1.
        width: px, at least 1.
        height: px, at least 1.
        interpolation: how new values follow from old ones.

    Returns:
        A new array `[B, height, width, ...]`, 0 to 1.

    Raises:
        ContractError: the new size has no px (`bad_size`), or there is no such interpolation.

    Examples:
        >>> stripes = np.tile(np.array([0, 1], np.float32), (1, 4, 2))
        >>> resize(stripes, 2, 1, "area").tolist()
        [[[0.5, 0.5]]]
    """
    if width < 1 or height < 1:
        raise ContractError(
            f"the new size is {height}x{width} (height x width); allowed is at least 1x1.",
            code="bad_size",
        )
    if array.shape[1:3] == (height, width):
        return array.copy()
    if interpolation not in _FILTERS:
        raise ContractError(
            f"interpolation is {interpolation!r}; allowed are {', '.join(_FILTERS)}."
        )
    if array.ndim == 4 and array.shape[3] == 4 and interpolation != "nearest":
        return filter_visible(
            array, lambda plane: _resize_planes(plane, width, height, interpolation)
        )
    resized = _resize_planes(array, width, height, interpolation)
    return np.clip(resized, 0, 1, out=resized)


def scale_to_fit(
    width: int, height: int, max_width: int, max_height: int, *, enlarge: bool = False
) -> tuple[int, int]:
    """Width and height in the same proportion that fit in a frame, each at least 1 px.

    A size that fits already stays, unless `enlarge` is set.
    """
    if not enlarge and width <= max_width and height <= max_height:
        return width, height
    # Whole numbers, so that the tight side fits exactly.
    if width * max_height >= height * max_width:
        return max_width, max(1, min(max_height, round(height * max_width / width)))
    return max(1, min(max_width, round(width * max_height / height))), max_height


def _resize_planes(
    array: NDArray[np.float32], width: int, height: int, interpolation: Interpolation
) -> NDArray[np.float32]:
    """Resize each plane; Lanczos and bicubic go beyond 0 and 1 beside steep edges."""
    batch, _, _, *channels = array.shape
    resized = np.empty((batch, height, width, *channels), np.float32)
    for index in np.ndindex(batch, *channels):
        item, *channel = index
        source = np.ascontiguousarray(array[(item, ..., *channel)])
        resized[(item, ..., *channel)] = _resize_plane(source, width, height, interpolation)
    return resized


def _resize_plane(
    plane: NDArray[np.float32], width: int, height: int, interpolation: Interpolation
) -> NDArray[np.float32]:
    """Resize `[H, W]`; `area` and `auto` average only along the sides that shrink."""
    if interpolation in {"area", "auto"}:
        rows, columns = plane.shape
        smaller = min(width, columns), min(height, rows)
        covered = plane.size / (smaller[0] * smaller[1])
        # Sums of very many float32 samples are off by what 16 bits can tell.
        summed = plane.astype(np.float64) if covered > _MANY else plane
        averaged = cv2.resize(summed, smaller, interpolation=cv2.INTER_AREA)
        plane = np.asarray(averaged, np.float32)
    if plane.shape == (height, width):
        return plane
    return np.asarray(Pillow.fromarray(plane).resize((width, height), _FILTERS[interpolation]))
