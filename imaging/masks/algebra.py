"""Masks made from masks: every function returns a new mask `[B, H, W]` of the same size."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.opencv import cv2

Direction: TypeAlias = Literal["inward", "outward", "both"]
Operation: TypeAlias = Literal["union", "intersect", "subtract", "exclude"]
Channel: TypeAlias = Literal["red", "green", "blue", "alpha", "luminance"]

# ITU-R BT.601, the weights of Pillow's "L".
_LUMINANCE = np.float32(0.299), np.float32(0.587), np.float32(0.114)
# A soft mask is lowered level by level; this many make steps that no eye sees in a ramp.
_LEVELS = 32

_OPERATIONS: dict[str, Callable[[Mask, Mask], Mask]] = {
    "union": np.maximum,
    "intersect": np.minimum,
    "subtract": lambda first, second: np.maximum(first - second, np.float32(0)),
    "exclude": lambda first, second: np.abs(first - second),
}


def threshold(mask: Mask, level: float = 0.5) -> Mask:
    """Select wholly (1) what lies above `level`, and nothing (0) of the rest."""
    return (mask > level).astype(np.float32)


def invert(mask: Mask) -> Mask:
    """Select what was kept, and keep what was selected."""
    return np.float32(1) - mask


def soften(mask: Mask, radius: int, direction: Direction = "inward") -> Mask:
    """Soften the contour of the selected area over `radius` px.

    `inward` ramps inside the selected area only (result <= mask), `outward` outside it only
    (result >= mask); `both` blurs with a Gaussian whose sigma is half the radius. The edge of the
    picture is no contour: a selection that touches it stays whole there.
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
    selects beyond the second, `exclude` where they differ. A batch of one serves every other.
    """
    first, second = match_pair(first, second, "first", "second")
    combine_values = _OPERATIONS.get(operation)
    if combine_values is None:
        raise ContractError(f"operation is {operation!r}; allowed are {', '.join(_OPERATIONS)}.")
    return combine_values(first, second)


def to_image(mask: Mask) -> Image:
    """The mask as a grey picture: selected is white."""
    return np.repeat(mask[..., np.newaxis], 3, axis=3)


def from_image(image: Image, channel: Channel = "luminance") -> Mask:
    """One channel of the picture as a mask; without alpha a picture is opaque: 1 everywhere."""
    if channel == "luminance":
        red, green, blue = _LUMINANCE
        grey = image[..., 0] * red + image[..., 1] * green + image[..., 2] * blue
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
    blurred = cv2.GaussianBlur(layer, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    softened: Mask = np.clip(blurred, 0, 1)
    return softened
