"""Boxes in a picture: find them, grow them, cut them out and put them back."""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.opencv import cv2


class Box(NamedTuple):
    """A rectangle of whole px; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns in the box."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows in the box."""
        return self.bottom - self.top


def selected_box(mask: Mask) -> Box | None:
    """Box of the selected area (whatever is above 0, in any mask of the batch), or None.

    Args:
        mask: mask `[B, H, W]`.

    Returns:
        The smallest box that holds every px above 0 of any mask, or None.

    Examples:
        >>> mask = np.zeros((1, 5, 5), np.float32)
        >>> mask[0, 1:3, 2:5] = 0.1
        >>> selected_box(mask)
        Box(left=2, top=1, right=5, bottom=3)
    """
    rows = np.flatnonzero(mask.any(axis=(0, 2)))
    if not len(rows):
        return None
    columns = np.flatnonzero(mask.any(axis=(0, 1)))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def grow_box(box: Box, margin: int, width: int, height: int) -> Box:
    """The box with `margin` px more on each side, within a picture of `width` x `height` px."""
    return Box(
        max(box.left - margin, 0),
        max(box.top - margin, 0),
        min(box.right + margin, width),
        min(box.bottom + margin, height),
    )


def crop(array: NDArray[np.float32], box: Box) -> NDArray[np.float32]:
    """A copy of what lies in the box, of an image `[B, H, W, C]` or a mask `[B, H, W]`.

    Args:
        array: picture `[B, H, W, C]` or mask `[B, H, W]`.
        box: px, inside it.

    Returns:
        Array `[B, box.height, box.width, ...]`.

    Raises:
        ContractError: the box does not lie inside, or holds nothing (`bad_box`).
    """
    check_inside(array, box)
    return array[:, box.top : box.bottom, box.left : box.right].copy()


def paste(array: NDArray[np.float32], part: NDArray[np.float32], box: Box) -> NDArray[np.float32]:
    """A copy of the image or mask in which the box holds `part`; undoes `crop`.

    Args:
        array: picture `[B, H, W, C]` or mask `[B, H, W]`.
        part: what the box is to hold, `[B or 1, box.height, box.width, ...]`.
        box: px, inside the array.

    Returns:
        A new array `[B, H, W, ...]`.

    Raises:
        ContractError: the box does not lie inside (`bad_box`), or the part has another size
            (`size_mismatch`).
    """
    check_inside(array, box)
    if part.shape[1:3] != (box.height, box.width):
        raise ContractError(
            f"the part is {part.shape[1]}x{part.shape[2]} but its box is "
            f"{box.height}x{box.width} (height x width); both must have the same size.",
            code="size_mismatch",
        )
    pasted = array.copy()
    pasted[:, box.top : box.bottom, box.left : box.right] = part
    return pasted


def crop_to_ratio(array: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """The largest middle part of an image or mask in the proportions of `width` to `height`.

    Args:
        array: picture `[B, H, W, C]` or mask `[B, H, W]`.
        width: of the proportion.
        height: of the proportion.

    Returns:
        Array `[B, h, w, ...]`, a copy.

    Examples:
        >>> crop_to_ratio(np.zeros((1, 90, 200), np.float32), 4, 3).shape
        (1, 90, 120)
    """
    old_height, old_width = array.shape[1:3]
    new_width = min(old_width, max(1, round(old_height * width / height)))
    new_height = min(old_height, max(1, round(old_width * height / width)))
    left, top = (old_width - new_width) // 2, (old_height - new_height) // 2
    return crop(array, Box(left, top, left + new_width, top + new_height))


def box_of_ratio(  # noqa: PLR0913 - a picture, a box and where it lies
    width: int,
    height: int,
    ratio: Fraction,
    around: Box | None = None,
    share: float = 0,
    place: tuple[float, float] = (0.5, 0.5),
) -> Box:
    """A part of a picture in some proportions, around a box.

    Args:
        width: px of the picture.
        height: px of the picture.
        ratio: width to height of the part.
        around: what the part is placed by; the whole picture if None.
        share: how much of the part's height the box takes; 0: the largest part that there is.
        place: where in the part the middle of the box lies, 0 to 1 from the left and the top; the
            part moves where it would leave the picture.

    Returns:
        A box inside the picture; its proportions are right to a px.

    Examples:
        >>> box_of_ratio(200, 100, Fraction(1), Box(150, 40, 170, 60))
        Box(left=100, top=0, right=200, bottom=100)
        >>> box_of_ratio(200, 100, Fraction(1), Box(150, 40, 170, 60), share=0.5)
        Box(left=140, top=30, right=180, bottom=70)
    """
    around = around or Box(0, 0, width, height)
    tallest = min(float(height), float(width / ratio))
    wanted = max(around.height / share, float(around.width / ratio)) if share > 0 else tallest
    new_height = min(height, max(1, round(min(wanted, tallest))))
    new_width = min(width, max(1, round(min(wanted, tallest) * ratio)))
    left = round((around.left + around.right) / 2 - place[0] * new_width)
    top = round((around.top + around.bottom) / 2 - place[1] * new_height)
    left = min(max(0, left), width - new_width)
    top = min(max(0, top), height - new_height)
    return Box(left, top, left + new_width, top + new_height)


def crop_evenly(array: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """About the proportions of `width` to `height`; as many px go on one side as on the other.

    So ComfyUI crops: the result may miss the proportions by a px, where `crop_to_ratio` does not.

    Args:
        array: picture `[B, H, W, C]` or mask `[B, H, W]`.
        width: of the proportion.
        height: of the proportion.

    Returns:
        Array `[B, h, w, ...]`, a copy; at least 1 px of each side stays.

    Examples:
        >>> crop_evenly(np.zeros((1, 4, 7), np.float32), 1, 1).shape
        (1, 4, 3)
    """
    old_height, old_width = array.shape[1:3]
    # By these divisions: others round a half to another side.
    old, new = old_width / old_height, width / height
    left = round((old_width - old_width * (new / old)) / 2) if old > new else 0
    top = round((old_height - old_height * (old / new)) / 2) if old < new else 0
    left, top = min(left, (old_width - 1) // 2), min(top, (old_height - 1) // 2)
    return crop(array, Box(left, top, old_width - left, old_height - top))


def split_regions(mask: Mask, merge_distance: int = 0) -> list[Box]:
    """Boxes of the separate selected areas, from top to bottom.

    Areas whose boxes are at most `merge_distance` px apart share a box, so that no two boxes
    overlap. A batch is seen as one mask that selects whatever any of its masks selects.

    Args:
        mask: mask `[B, H, W]`; selected is what lies above 0.
        merge_distance: px.

    Returns:
        Boxes, by their top and then their left side.

    Examples:
        >>> mask = np.array([[[1, 0, 0, 0, 1]]], np.float32)
        >>> len(split_regions(mask)), len(split_regions(mask, merge_distance=3))
        (2, 1)
    """
    selected: NDArray[np.uint8] = np.any(mask > 0, axis=0).astype(np.uint8, copy=False)
    boxes = _boxes_of(selected, merge_distance)
    while True:
        # Areas become their boxes, which may reach others; ends, as there are fewer each time.
        areas = [selected[box.top : box.bottom, box.left : box.right] for box in boxes]
        are_boxes = all(area.all() for area in areas)
        for area in areas:
            area[:] = 1
        merged = boxes if are_boxes else _boxes_of(selected, merge_distance)
        if len(merged) == len(boxes):
            return sorted(merged, key=lambda box: (box.top, box.left))
        boxes = merged


def _boxes_of(selected: NDArray[np.uint8], distance: int) -> list[Box]:
    """Boxes of the areas `[H, W]` after those within `distance` px of each other are joined."""
    before, after = distance // 2, distance - distance // 2
    reach: NDArray[Any] = np.pad(selected, ((after, before), (after, before)))
    if distance > 0:
        # Each px grows `after` px back and `before` px on: neighbours just touch.
        kernel = np.ones((1, distance + 1), np.uint8)
        reach = cv2.dilate(reach, kernel, anchor=(before, 0), borderValue=0)
        reach = cv2.dilate(reach, kernel.T, anchor=(0, before), borderValue=0)
    _, _, stats, _ = cv2.connectedComponentsWithStats(reach, connectivity=8)
    return [
        Box(left, top, left + width - distance, top + height - distance)
        for left, top, width, height, _ in stats[1:].tolist()
    ]


def check_inside(array: NDArray[np.float32], box: Box) -> None:
    """Refuse, by a ContractError, a box that does not lie in an image or mask, or is empty.

    Args:
        array: picture `[B, H, W, C]` or mask `[B, H, W]`.
        box: px.

    Raises:
        ContractError: the box does not lie inside, or holds nothing (`bad_box`).
    """
    height, width = array.shape[1:3]
    if 0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height:
        return
    raise ContractError(
        f"{box} does not lie inside a picture of {height}x{width} px (height x width), "
        "or holds no pixel. Use a box inside it.",
        code="bad_box",
    )
