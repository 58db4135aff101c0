"""Pictures out of focus, and masks laid over pictures."""

import numpy as np

from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.opencv import cv2

_LEAST_WEIGHT = np.float32(1e-4)


def blur(image: Image, radius: int, avoid: Mask | None = None) -> Image:
    """The picture blurred by a Gaussian whose sigma is half the radius (px); alpha as well.

    What `avoid` selects (1) does not mix into its surroundings, which shine through there.
    """
    if radius <= 0:
        return image.copy()
    if avoid is None:
        return np.stack([_blurred(picture, radius) for picture in image])
    image, avoid = match_pair(image, avoid, second_name="avoid")
    return np.stack([_blurred_around(*pair, radius) for pair in zip(image, avoid, strict=True)])


def overlay(image: Image, mask: Mask, colour: tuple[float, float, float], share: float) -> Image:
    """The picture with a colour laid over what the mask selects; `share` (0..1) of it is colour."""
    image, mask = match_pair(image, mask)
    result = image.copy()
    weight = (mask * np.float32(share))[..., np.newaxis]
    result[..., :3] += (np.array(colour, np.float32) - result[..., :3]) * weight
    if result.shape[3] > 3:
        result[..., 3:] = np.maximum(result[..., 3:], weight)
    return result


def _blurred(picture: Image, radius: int) -> Image:
    blurred = cv2.GaussianBlur(picture, (0, 0), radius / 2, borderType=cv2.BORDER_REPLICATE)
    result: Image = np.clip(blurred, 0, 1).astype(np.float32).reshape(picture.shape)
    return result


def _blurred_around(picture: Image, avoid: Mask, radius: int) -> Image:
    weight = (1 - avoid)[..., np.newaxis]
    total = _blurred(weight, radius)
    mixed = _blurred(picture * weight, radius) / np.maximum(total, _LEAST_WEIGHT)
    # Deep inside the avoided area nothing else is near: it is hidden, so anything will do.
    result: Image = np.where(total > _LEAST_WEIGHT, np.clip(mixed, 0, 1), _blurred(picture, radius))
    return result
