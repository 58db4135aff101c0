"""What was found in pictures: boxes with scores and labels. Every function gives new boxes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import Box
from paintgraph.imaging.opencv import cv2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes in a batch of pictures, each with how sure its finder is and what it is called.

    Attributes:
        corners: `[N, 4]` left, top, right, bottom in px; right and bottom are exclusive.
        scores: `[N]`, 0..1.
        labels: N texts, some perhaps empty.
        items: `[N]`, which picture of the batch each lies in, from 0.
    """

    corners: Floats
    scores: Floats
    labels: tuple[str, ...]
    items: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.corners)

    def take(self, which: Sequence[int] | NDArray[Any]) -> "Boxes":
        """The boxes of these numbers, or those for which a mask `[N]` is true."""
        places = np.arange(len(self))[np.asarray(which, dtype=_index_type(which))]
        labels = tuple(self.labels[place] for place in places)
        return Boxes(self.corners[places], self.scores[places], labels, self.items[places])

    def of_item(self, item: int) -> "Boxes":
        """The boxes of one picture of the batch."""
        return self.take(self.items == item)

    def outlines(self) -> Iterator[Box]:
        """The boxes in whole px, rounded outward."""
        for left, top, right, bottom in self.corners.tolist():
            yield Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data, one mapping for each box."""
        return [
            {"box": corners, "score": score, "label": label, "picture": item}
            for corners, score, label, item in zip(
                self.corners.tolist(),
                self.scores.tolist(),
                self.labels,
                self.items.tolist(),
                strict=True,
            )
        ]


def _index_type(which: Sequence[int] | NDArray[Any]) -> type[np.generic]:
    """An empty list is one of numbers, which numpy would not think."""
    return np.bool_ if isinstance(which, np.ndarray) and which.dtype == np.bool_ else np.intp


def no_boxes() -> Boxes:
    """Nothing found."""
    return Boxes(np.zeros((0, 4), np.float32), _floats([]), (), np.zeros(0, np.int64))


def joined(parts: Sequence[Boxes]) -> Boxes:
    """The boxes of several pictures, of which each was looked at alone, as those of a batch."""
    if not parts:
        return no_boxes()
    return Boxes(
        np.concatenate([part.corners for part in parts]),
        np.concatenate([part.scores for part in parts]),
        tuple(label for part in parts for label in part.labels),
        np.concatenate([np.full(len(part), item, np.int64) for item, part in enumerate(parts)]),
    )


def boxes_of_numbers(numbers: Sequence[float], batch: int = 1) -> Boxes:
    """Boxes in each picture of a batch from left, top, right, bottom of one after the other.

    Raises ContractError if a number is missing or a box holds nothing.
    """
    if len(numbers) % 4:
        raise ContractError(
            f"boxes has {len(numbers)} numbers; allowed are 4 for each box: left, top, right, "
            "bottom in px. Give e.g. 120,80,300,260.",
            code="bad_box",
        )
    corners = _floats(numbers).reshape(-1, 4)
    for index, (left, top, right, bottom) in enumerate(corners.tolist()):
        if not (left < right and top < bottom):
            shown = ",".join(f"{number:g}" for number in (left, top, right, bottom))
            raise ContractError(
                f"box {index} is {shown}, which holds no pixel; left must be below right, top "
                "below bottom. Correct the box.",
                code="bad_box",
            )
    count = len(corners)
    each = Boxes(corners, np.ones(count, np.float32), ("",) * count, np.zeros(count, np.int64))
    return joined([each] * batch)


def check_boxes(given: object) -> Boxes:
    """The boxes, read-only, or a ContractError that says what is wrong with them."""
    if not isinstance(given, Boxes):
        raise ContractError(f"is of type {type(given).__name__}; allowed are boxes")
    count = len(given.labels)
    if (given.corners.shape, given.scores.shape, given.items.shape) != (
        (count, 4),
        (count,),
        (count,),
    ):
        raise ContractError(
            f"has corners {list(given.corners.shape)}, scores {list(given.scores.shape)}, "
            f"{count} labels and items {list(given.items.shape)}; allowed are [N, 4], [N], N, [N]"
        )
    if not (np.isfinite(given.corners).all() and np.isfinite(given.scores).all()):
        raise ContractError("has corners or scores of NaN or infinity; allowed are finite numbers")
    checked = Boxes(
        _frozen(given.corners, np.float32),
        _frozen(given.scores, np.float32),
        given.labels,
        _frozen(given.items, np.int64),
    )
    is_same = checked.corners is given.corners and checked.scores is given.scores
    return given if is_same and checked.items is given.items else checked


def grow_boxes(boxes: Boxes, amount: float) -> Boxes:
    """Boxes that are larger by `amount` px on each side, or smaller if it is negative.

    What shrank away is dropped.
    """
    change = _floats([-amount, -amount, amount, amount])
    return _whole(Boxes(boxes.corners + change, boxes.scores, boxes.labels, boxes.items))


def widen_boxes(boxes: Boxes, share: float) -> Boxes:
    """Boxes that are larger by a part of their own width and height, around the same middles."""
    left, top, right, bottom = boxes.corners.T
    wider, higher = (right - left) * (share / 2), (bottom - top) * (share / 2)
    change = np.stack([-wider, -higher, wider, higher], axis=1)
    corners = (boxes.corners + change).astype(np.float32)
    return _whole(Boxes(corners, boxes.scores, boxes.labels, boxes.items))


def clamp_boxes(boxes: Boxes, width: int, height: int) -> Boxes:
    """The parts of boxes inside pictures of `width` x `height` px; what has none is dropped."""
    corners = boxes.corners.clip(0, _floats([width, height, width, height]))
    return _whole(Boxes(corners, boxes.scores, boxes.labels, boxes.items))


def sort_by_score(boxes: Boxes) -> Boxes:
    """The surest first, within each picture; of equally sure ones the first stays first."""
    return boxes.take(np.lexsort((-boxes.scores, boxes.items)))


def first_boxes(boxes: Boxes, count: int) -> Boxes:
    """The first `count` of each picture; 0 takes all."""
    if count <= 0:
        return boxes
    seen: dict[int, int] = {}
    kept = []
    for place, item in enumerate(boxes.items.tolist()):
        seen[item] = seen.get(item, 0) + 1
        if seen[item] <= count:
            kept.append(place)
    return boxes.take(kept)


def suppress_overlaps(boxes: Boxes, most_overlap: float) -> Boxes:
    """Boxes of which no two in a picture share more than `most_overlap` of their union.

    Of two that do the surer one stays (non-maximum suppression, whatever their labels); the order
    stays as it was.
    """
    if not len(boxes) or most_overlap >= 1:
        return boxes
    left, top, right, bottom = boxes.corners.T
    rectangles = np.stack([left, top, right - left, bottom - top], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        rectangles.tolist(),
        boxes.scores.tolist(),
        boxes.items.tolist(),
        score_threshold=-1,
        nms_threshold=most_overlap,
    )
    return boxes.take(sorted(int(place) for place in kept))


def fill_boxes(boxes: Boxes, batch: int, width: int, height: int) -> Mask:
    """The mask `[B, H, W]` that selects every px which a box reaches.

    Args:
        boxes: in px of pictures of that size; what lies outside is cut off.
        batch: number of masks.
        width: px.
        height: px.

    Returns:
        Mask `[batch, height, width]` of 0 and 1.
    """
    mask = np.zeros((batch, height, width), np.float32)
    for item, box in zip(boxes.items.tolist(), boxes.outlines(), strict=True):
        mask[item, max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)] = 1
    return mask


def fill_ellipses(boxes: Boxes, batch: int, width: int, height: int) -> Mask:
    """The mask `[B, H, W]` that selects the ellipse in each box.

    Args:
        boxes: in px of pictures of that size; what lies outside is cut off.
        batch: number of masks.
        width: px.
        height: px.

    Returns:
        Mask `[batch, height, width]` of 0 and 1.
    """
    mask = np.zeros((batch, height, width), np.float32)
    for item, box in zip(boxes.items.tolist(), boxes.outlines(), strict=True):
        x = np.arange(max(box.left, 0), max(min(box.right, width), 0)) + 0.5
        y = np.arange(max(box.top, 0), max(min(box.bottom, height), 0)) + 0.5
        across = (2 * x - box.left - box.right) / box.width
        down = (2 * y - box.top - box.bottom) / box.height
        inside = across**2 + down[:, np.newaxis] ** 2 <= 1
        place = mask[item, max(box.top, 0) :, max(box.left, 0) :][: len(y), : len(x)]
        np.maximum(place, inside, out=place)
    return mask


def _whole(boxes: Boxes) -> Boxes:
    """The boxes that hold something."""
    left, top, right, bottom = boxes.corners.T
    return boxes.take((left < right) & (top < bottom))


def _frozen(array: NDArray[Any], kind: type[np.generic]) -> NDArray[Any]:
    if array.dtype == kind and not array.flags.writeable:
        return array
    copy = array.astype(kind)
    copy.flags.writeable = False
    return copy


def _floats(numbers: Sequence[float]) -> Floats:
    return np.asarray(numbers, np.float32)
