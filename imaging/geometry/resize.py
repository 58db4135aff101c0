"""Change the size of images and masks; the centres of the pixels stay where they are."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.imaging.arrays import Image
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
# Below this alpha a colour is noise when it is divided by it.
_VISIBLE = 1e-4
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
        return _resize_straight(array, width, height, interpolation)
    return _resize_planes(array, width, height, interpolation)


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


def _resize_straight(image: Image, width: int, height: int, interpolation: Interpolation) -> Image:
    """Resize RGB weighted by alpha; where nothing is visible, RGB as it is."""
    resized = np.empty((image.shape[0], height, width, 4), np.float32)
    resized[..., 3] = _resize_planes(image[..., 3], width, height, interpolation)
    for channel in range(3):
        # One at a time: a weighted copy of a large picture would be large as well.
        weighted = image[..., channel] * image[..., 3]
        resized[..., channel] = _resize_planes(weighted, width, height, interpolation)
    alpha = resized[..., 3]
    visible = alpha > _VISIBLE
    resized[visible, :3] /= alpha[visible, np.newaxis]
    if not visible.all():
        hidden = _resize_planes(image[..., :3], width, height, interpolation)
        resized[~visible, :3] = hidden[~visible]
    return np.clip(resized, 0, 1, out=resized)


def _resize_planes(
    array: NDArray[np.float32], width: int, height: int, interpolation: Interpolation
) -> NDArray[np.float32]:
    batch, _, _, *channels = array.shape
    resized = np.empty((batch, height, width, *channels), np.float32)
    for index in np.ndindex(batch, *channels):
        item, *channel = index
        source = np.ascontiguousarray(array[(item, ..., *channel)])
        resized[(item, ..., *channel)] = _resize_plane(source, width, height, interpolation)
    return np.clip(resized, 0, 1, out=resized)


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
