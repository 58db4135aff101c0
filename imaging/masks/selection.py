"""Select what a picture shows: the object in a box, a colour, what is transparent."""

import math
import re

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import Box, check_inside, crop, grow_box, paste
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.opencv import cv2
from paintgraph.imaging.samples import nearest_bytes

_LARGEST_AREA = 1_000_000  # px that GrabCut looks at; its time grows with them
_CONTEXT = 0.5  # of the longer side of the box: what the background is learnt from
_SMALLEST_SIDE = 3  # px of a box that can hold an object and its surroundings
_SEED = 1
_HEX = re.compile(r"#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.ASCII | re.IGNORECASE)
_ROUNDING = 1e-3  # of an 8-bit step; far below a step of 16 bits


def select_in_box(image: Image, box: Box, iterations: int = 5) -> Mask:
    """Mask of the object in a box; the box itself where no object can be told from the rest.

    Nothing outside the box is selected. A large picture is looked at around the box only and at
    no more than a million px, and the contour is brought back to full size.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        box: px, inside it; the same one in each picture of the batch.
        iterations: of GrabCut.

    Returns:
        Mask `[B, H, W]` of 0 and 1.

    Raises:
        ContractError: the box does not lie inside, or holds nothing (`bad_box`).
    """
    check_inside(image, box)
    batch, height, width = image.shape[:3]
    margin = max(8, math.ceil(_CONTEXT * max(box.width, box.height)))
    around = grow_box(box, margin, width, height)
    inner = Box(
        box.left - around.left,
        box.top - around.top,
        box.right - around.left,
        box.bottom - around.top,
    )
    blank = np.zeros((1, height, width), np.float32)
    masks = [
        paste(blank, _select(crop(image[item : item + 1], around), inner, iterations), around)
        for item in range(batch)
    ]
    return np.concatenate(masks)


def _select(part: Image, inner: Box, iterations: int) -> Mask:
    """The object's mask `[1, H, W]` in a part of the picture."""
    height, width = part.shape[1:3]
    shrink = min(1.0, math.sqrt(_LARGEST_AREA / (height * width)))
    small_width, small_height = max(1, int(width * shrink)), max(1, int(height * shrink))
    small = resize(grey_where_clear(part), small_width, small_height)[0]
    frame = Box(
        int(inner.left * small_width / width),
        int(inner.top * small_height / height),
        math.ceil(inner.right * small_width / width),
        math.ceil(inner.bottom * small_height / height),
    )
    whole = np.zeros((1, height, width), np.float32)
    whole[:, inner.top : inner.bottom, inner.left : inner.right] = 1
    found = _grab_cut(small, frame, iterations)
    if found is None:
        return whole
    soft = resize(found[np.newaxis], width, height, "bilinear")
    selected: Mask = (soft > 0.5) * whole
    return selected if selected.any() else whole


def _grab_cut(picture: Image, frame: Box, iterations: int) -> NDArray[np.float32] | None:
    """What GrabCut takes for the object in `[H, W, 3]`; None if it can tell nothing."""
    height, width = picture.shape[:2]
    covers_all = frame.width >= width and frame.height >= height
    if covers_all or min(frame.width, frame.height) < _SMALLEST_SIDE:
        return None
    pixels = nearest_bytes(picture)
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    labels[frame.top : frame.bottom, frame.left : frame.right] = cv2.GC_PR_FGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(_SEED)
    try:
        cv2.grabCut(pixels, labels, (0, 0, 1, 1), *models, iterations, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        # Too few different colours to learn two models from.
        return None
    found: NDArray[np.float32] = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return found


def parse_colour(text: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour such as "#ff8000"."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise ContractError(
            f"colour is {text!r}; allowed is #rrggbb, two hexadecimal digits each for red, green "
            "and blue. Write e.g. #ff8000.",
            code="bad_colour",
        )
    red, green, blue = (int(digits, 16) for digits in found.groups())
    return red, green, blue


def split_colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour as one number: 0xff8000 is orange."""
    return number >> 16 & 255, number >> 8 & 255, number & 255


def select_colour(image: Image, colour: tuple[int, int, int], tolerance: float = 0) -> Mask:
    """Select what differs from a colour by at most `tolerance` 8-bit steps in every channel.

    What is clear has no colour.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        colour: red, green and blue, 0 to 255.
        tolerance: 8-bit steps, 0 to 255.

    Returns:
        Mask `[B, H, W]` of 0 and 1.
    """
    wanted = np.array(colour, np.float32) / np.float32(255)
    furthest = np.abs(image[..., :3] - wanted).max(axis=3)
    is_near = furthest * 255 <= tolerance + _ROUNDING
    mask: Mask = (is_near & (image[..., 3:] > 0).all(axis=3)).astype(np.float32)
    return mask


def select_code(image: Image, colour: tuple[int, int, int]) -> Mask:
    """Select what has exactly a colour, once rounded to 8 bits; what is clear has no colour.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        colour: red, green and blue, 0 to 255.

    Returns:
        Mask `[B, H, W]` of 0 and 1.

    Examples:
        >>> select_code(np.full((1, 1, 1, 3), 0.5, np.float32), (128, 128, 128)).tolist()
        [[[1.0]]]
    """
    is_colour = (nearest_bytes(image[..., :3]) == colour).all(axis=3)
    mask: Mask = (is_colour & (image[..., 3:] > 0).all(axis=3)).astype(np.float32)
    return mask


def select_transparent(image: Image) -> Mask:
    """Select what is transparent, as much as it is; nothing in a picture without alpha.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.

    Returns:
        Mask `[B, H, W]`, 0 to 1.

    Examples:
        >>> select_transparent(np.array([[[[1, 1, 1, 0.25]]]], np.float32)).tolist()
        [[[0.75]]]
    """
    if image.shape[3] < 4:
        return np.zeros(image.shape[:3], np.float32)
    return 1 - image[..., 3]
