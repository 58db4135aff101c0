"""Select what a picture shows: the object in a box, a colour, what is transparent."""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import grey_where_clear
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.colours import differences_from
from paintgraph.imaging.geometry.regions import Box, check_inside, crop, grow_box, paste
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.masks import grabcut
from paintgraph.imaging.opencv import cv2
from paintgraph.imaging.samples import nearest_bytes

_CONTEXT = 0.5  # of the longer side of the box: what the background is learnt from
_SMALLEST_SIDE = 3  # px of a box that can hold an object and its surroundings
_ROUNDING = 1e-3  # of an 8-bit step (far below a step of 16 bits), or of CIEDE2000
_AROUND = 1  # px on each side of a point whose colours make up that of the point

Measure: TypeAlias = Literal["rgb", "perceived"]
Point: TypeAlias = tuple[int, int]
"""x and y, in px."""
_Colour = NDArray[np.float32]


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
    small_height, small_width = grabcut.looked_at(height, width)
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
    if min(frame.width, frame.height) < _SMALLEST_SIDE:
        return None
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    labels[frame.top : frame.bottom, frame.left : frame.right] = cv2.GC_PR_FGD
    found = grabcut.separate_by_steps(picture, labels, iterations)
    return None if found is None else found.astype(np.float32)


def select_colour(
    image: Image,
    colour: tuple[int, int, int],
    tolerance: float = 0,
    softness: float = 0,
    measure: Measure = "rgb",
) -> Mask:
    """Select what differs from a colour by at most `tolerance`; what is clear has no colour.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        colour: red, green and blue, 0 to 255.
        tolerance: in steps of `measure`; 0 selects nothing but the colour.
        softness: over how many further steps the selection fades.
        measure: `rgb` takes the channel that differs most, in steps of 8 bits; `perceived` how
            different colours look, in CIEDE2000: 2 is hardly seen, black and white are 100 apart.

    Returns:
        Mask `[B, H, W]`, 0 to 1; of 0 and 1 without softness.

    Examples:
        >>> greys = np.array([[[[0.5] * 3, [0.55] * 3, [1.0] * 3]]], np.float32)
        >>> select_colour(greys, (128, 128, 128), 10, measure="perceived").tolist()
        [[[1.0, 1.0, 0.0]]]
    """
    wanted = np.array(colour, np.float32) / np.float32(255)
    return _near(image, wanted, tolerance, softness, measure)


def select_at(  # noqa: PLR0913 - how a colour is measured
    image: Image,
    points: Sequence[Point],
    tolerance: float,
    softness: float = 0,
    measure: Measure = "perceived",
    *,
    contiguous: bool = False,
) -> Mask:
    """Select what has the colour at any of some points, or nearly, as `select_colour` does.

    The colour at a point is the mean of the 3x3 px around it, as far as they are seen.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        points: inside of it; the same ones in each picture of the batch.
        tolerance: as for `select_colour`.
        softness: as for `select_colour`.
        measure: as for `select_colour`.
        contiguous: select only what hangs together with the point.

    Returns:
        Mask `[B, H, W]`, 0 to 1.
    """
    mask: Mask = np.zeros(image.shape[:3], np.float32)
    for item in range(len(image)):
        part = slice(item, item + 1)
        for colour, places in _colours_at(image[item], points).items():
            near = _near(image[part], np.array(colour, np.float32), tolerance, softness, measure)
            near = connected_to(near, places) if contiguous else near
            np.maximum(mask[part], near, out=mask[part])
    return mask


def connected_to(mask: Mask, points: Sequence[Point]) -> Mask:
    """What of a mask hangs together with one of the points, at a corner too; the rest is 0.

    Args:
        mask: `[B, H, W]`, 0 to 1; what is above 0 hangs together.
        points: inside of it.

    Returns:
        A new mask `[B, H, W]`.

    Examples:
        >>> connected_to(np.array([[[1, 0.5, 0, 1]]], np.float32), [(0, 0)]).tolist()
        [[[1.0, 0.5, 0.0, 0.0]]]
    """
    kept = np.zeros_like(mask)
    for layer, left in zip(mask, kept, strict=True):
        _, labels = cv2.connectedComponents((layer > 0).astype(np.uint8), connectivity=8)
        wanted = {int(labels[y, x]) for x, y in points} - {0}
        np.copyto(left, layer, where=np.isin(labels, sorted(wanted)))
    return kept


def _near(
    image: Image, colour: _Colour, tolerance: float, softness: float, measure: Measure
) -> Mask:
    """How much is selected of what is seen, by its difference from a colour `[3]`, 0 to 1."""
    if measure == "rgb":
        away = np.abs(image[..., :3] - colour.astype(np.float32)).max(axis=3) * 255
    else:
        away = differences_from(image, colour)
    beyond = away - np.float32(tolerance + _ROUNDING)
    if softness > _ROUNDING:
        mask: Mask = np.clip(1 - beyond / np.float32(softness), 0, 1)
    else:
        mask = (beyond <= 0).astype(np.float32)
    mask[(image[..., 3:] == 0).any(axis=3)] = 0
    return mask


def _colours_at(picture: Image, points: Sequence[Point]) -> dict[tuple[float, ...], list[Point]]:
    """The points that have each colour; a point around which nothing is seen has none."""
    found: dict[tuple[float, ...], list[Point]] = {}
    for x, y in points:
        colour = _colour_at(picture, x, y)
        if colour is not None:
            found.setdefault(tuple(colour.tolist()), []).append((x, y))
    return found


def _colour_at(picture: Image, x: int, y: int) -> _Colour | None:
    """The mean colour `[3]` of what is seen around a place of `[H, W, 3 or 4]`; None if nothing."""
    rows = slice(max(0, y - _AROUND), y + _AROUND + 1)
    columns = slice(max(0, x - _AROUND), x + _AROUND + 1)
    around = picture[rows, columns].reshape(-1, picture.shape[2])
    seen = around[(around[:, 3:] > 0).all(axis=1), :3]
    return seen.mean(axis=0, dtype=np.float32) if len(seen) else None


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
