"""Masks made from masks: every function returns a new mask `[B, H, W]` of the same size."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.opencv import cv2

Direction: TypeAlias = Literal["inward", "outward", "both"]
Operation: TypeAlias = Literal["union", "intersect", "subtract", "exclude", "multiply", "add"]
Channel: TypeAlias = Literal["red", "green", "blue", "alpha", "luminance"]

# ITU-R BT.601, the weights of Pillow's "L".
_GREEN, _BLUE = np.float32(0.587), np.float32(0.114)  # and red: the rest
# A soft mask is lowered level by level; this many make steps that no eye sees in a ramp.
_LEVELS = 32
_HALF_STEP = np.float32(0.5 / 255)

_OPERATIONS: dict[str, Callable[[Mask, Mask], Mask]] = {
    "union": np.maximum,
    "intersect": np.minimum,
    "subtract": lambda first, second: np.maximum(first - second, np.float32(0)),
    "exclude": lambda first, second: np.abs(first - second),
    "multiply": np.multiply,
    "add": lambda first, second: np.minimum(first + second, np.float32(1)),
}


def threshold(mask: Mask, level: float = 0.5) -> Mask:
    """Select wholly (1) what lies above `level`, and nothing (0) of the rest.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        level: 0 to 1.

    Returns:
        A new mask `[B, H, W]` of 0 and 1.

    Examples:
        >>> threshold(np.array([[[0.2, 0.5, 0.6]]], np.float32)).tolist()
        [[[0.0, 0.0, 1.0]]]
    """
    return (mask > level).astype(np.float32)


def invert(mask: Mask) -> Mask:
    """Select what was kept, and keep what was selected.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.

    Returns:
        A new mask `[B, H, W]`, 1 less the old one.
    """
    return np.float32(1) - mask


def soften(mask: Mask, radius: int, direction: Direction = "inward") -> Mask:
    """Soften the contour of the selected area over `radius` px.

    `inward` ramps inside the selected area only (result <= mask), `outward` outside it only
    (result >= mask); `both` blurs with a Gaussian whose sigma is half the radius, where that
    changes a px by at least half a step of 8 bits. The edge of the picture is no contour: a
    selection that touches it stays whole there.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        radius: px; 0 changes nothing.
        direction: on which side of the contour the mask changes.

    Returns:
        A new mask `[B, H, W]`, 0 to 1.

    Examples:
        >>> mask = np.array([[[0, 0, 1, 1, 1, 1]]], np.float32)
        >>> soften(mask, 3).tolist()
        [[[0.0, 0.0, 0.25, 0.5, 0.75, 1.0]]]
    """
    if radius <= 0:
        return mask.copy()
    if direction == "inward":
        return np.stack([_ramp_inward(layer, radius) for layer in mask])
    if direction == "outward":
        outside = np.float32(1) - mask
        ramps = np.stack([_ramp_inward(layer, radius) for layer in outside])
        softened: Mask = np.maximum(mask, np.float32(1) - ramps)
        return softened
    return np.stack([_blur(layer, radius / 2) for layer in mask])


def combine(first: Mask, second: Mask, operation: Operation = "union") -> Mask:
    """Combine two masks of one size.

    `union` selects what either selects, `intersect` what both select, `subtract` what the first
    selects beyond the second, `exclude` where they differ; `multiply` and `add` (up to 1) are for
    soft masks such as shadows and mattes. A batch of one serves every other.

    Args:
        first: mask `[B, H, W]`, 0 to 1.
        second: mask `[B or 1, H, W]`, 0 to 1.
        operation: see above.

    Returns:
        A new mask `[B, H, W]`, 0 to 1.

    Raises:
        ContractError: sizes or batches differ (`size_mismatch`), or there is no such operation.

    Examples:
        >>> first = np.array([[[1, 1, 0]]], np.float32)
        >>> second = np.array([[[0, 1, 1]]], np.float32)
        >>> combine(first, second, "subtract").tolist()
        [[[1.0, 0.0, 0.0]]]
    """
    first, second = match_pair(first, second, "first", "second")
    combine_values = _OPERATIONS.get(operation)
    if combine_values is None:
        raise ContractError(f"operation is {operation!r}; allowed are {', '.join(_OPERATIONS)}.")
    return combine_values(first, second)


def to_image(mask: Mask) -> Image:
    """The mask as a grey picture: selected is white.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.

    Returns:
        Picture `[B, H, W, 3]`, 0 to 1.
    """
    return np.repeat(mask[..., np.newaxis], 3, axis=3)


def from_image(image: Image, channel: Channel = "luminance") -> Mask:
    """One channel of the picture as a mask; without alpha a picture is opaque: 1 everywhere.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        channel: which; luminance is that of ITU-R BT.601, times alpha: what is not seen is black.

    Returns:
        Mask `[B, H, W]`, 0 to 1.

    Raises:
        ContractError: there is no such channel.
    """
    if channel == "luminance":
        red, green, blue = (image[..., place] for place in range(3))
        # Written so that grey stays what it is, to the last bit.
        grey = red + (green - red) * _GREEN + (blue - red) * _BLUE
        if image.shape[3] == 4:
            grey *= image[..., 3]
        luminance: Mask = np.clip(grey, 0, 1)
        return luminance
    index = {"red": 0, "green": 1, "blue": 2, "alpha": 3}.get(channel)
    if index is None:
        raise ContractError(
            f"channel is {channel!r}; allowed are red, green, blue, alpha and luminance."
        )
    if index >= image.shape[3]:
        return np.ones(image.shape[:3], np.float32)
    return image[..., index].copy()


def _ramp_inward(layer: Mask, radius: int) -> Mask:
    """The highest `[H, W]` mask below `layer` that rises by at most 1 over `radius` + 1 px."""
    lowered = layer.copy()
    for level in _levels(layer):
        above = (layer > level).astype(np.uint8)
        distance = cv2.distanceTransform(above, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        np.minimum(lowered, level + distance / np.float32(radius + 1), out=lowered)
    return lowered


def _levels(layer: Mask) -> Mask:
    """Values of the mask, its highest left out, from which ramps rise."""
    values = np.unique(layer)
    if len(values) > _LEVELS:
        values = np.linspace(values[0], values[-1], _LEVELS + 1, dtype=np.float32)
    return values[:-1]


def _blur(layer: Mask, sigma: float) -> Mask:
    """The layer blurred; where that changes it by less than half a step of 8 bits, as it was.

    The tails of a Gaussian never end: without that nothing near an edge would be selected wholly.
    """
    blurred = cv2.GaussianBlur(layer, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    softened: Mask = np.where(np.abs(blurred - layer) < _HALF_STEP, layer, np.clip(blurred, 0, 1))
    return softened
