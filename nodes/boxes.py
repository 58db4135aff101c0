"""Boxes as nodes take and give them: a type of socket, or plain numbers in its place."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Any

import numpy as np
import orjson

from paintgraph.engine.graph.sockets import LIST, Socket, Value, shown
from paintgraph.engine.node.declaration import OneOf, Rows
from paintgraph.imaging.blend.composite import visible_box
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.boxes import Boxes, boxes_of_numbers, check_boxes
from paintgraph.imaging.geometry.regions import Box

_EMPTY = 64


def _weigh(boxes: Boxes) -> int:
    labels = sum(len(label) for label in boxes.labels)
    arrays = boxes.corners.nbytes + boxes.scores.nbytes + boxes.items.nbytes
    return _EMPTY + int(arrays) + labels


def _encode(boxes: Boxes) -> bytes:
    return orjson.dumps(
        {
            "corners": boxes.corners.tolist(),
            "scores": boxes.scores.tolist(),
            "labels": boxes.labels,
            "items": boxes.items.tolist(),
        }
    )


def _decode(data: bytes) -> Boxes:
    plain = orjson.loads(data)
    return check_boxes(
        Boxes(
            np.asarray(plain["corners"], np.float32).reshape(-1, 4),
            np.asarray(plain["scores"], np.float32),
            tuple(plain["labels"]),
            np.asarray(plain["items"], np.int64),
        )
    )


def _digest(value: Value) -> str:
    return blake2b(_encode(value.data), digest_size=20).hexdigest()


BOXES = Socket("boxes", "BOXES", check_boxes, _weigh, _digest, _encode, _decode)

BOX = ("left", "top", "right", "bottom")
POINT = ("x", "y")

Found = Annotated[Boxes, BOXES]
GivenBoxes = Annotated[
    Any,
    OneOf((BOXES, LIST)),
    Rows(BOX),
    "What was found; or numbers of px for each box, right and bottom exclusive.",
]


BOUNDING_BOX = Socket("bounding_box", "BOUNDING_BOX", lambda given: given)
"""What ComfyUI's finders give: mappings of x, y, width and height, perhaps with label and score.

One alone or a list of them is meant for every picture, a list of lists for one picture each.
"""


def boxes_of_mappings(given: Any) -> list[Boxes]:
    """What ComfyUI calls boxes, for each picture; a single entry is for every picture.

    Raises ContractError for what is no such box; boxes without a pixel are left out.
    """
    if isinstance(given, Mapping):
        given = [given]
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise _no_box(given)
    is_nested = bool(given) and all(isinstance(each, list | tuple) for each in given)
    return [_boxes_of_mappings(each) for each in (given if is_nested else [given])]


def _boxes_of_mappings(given: Sequence[Any]) -> Boxes:
    corners, scores, labels = [], [], []
    for each in given:
        if not isinstance(each, Mapping) or not each.keys() >= _SIDES:
            raise _no_box(each)
        try:
            x, y, width, height = (float(each[name]) for name in ("x", "y", "width", "height"))
            score = float(each.get("score", 1))
        except (TypeError, ValueError) as error:
            raise _no_box(each) from error
        if not all(abs(number) < _FAR for number in (x, y, width, height, score)):
            raise _no_box(each)
        if width > 0 and height > 0:
            corners.append((x, y, x + width, y + height))
            scores.append(score)
            labels.append(str(each.get("label") or ""))
    items = np.zeros(len(corners), np.int64)
    floats = np.asarray(corners, np.float32).reshape(-1, 4)
    return check_boxes(Boxes(floats, np.asarray(scores, np.float32), tuple(labels), items))


_SIDES = {"x", "y", "width", "height"}
_FAR = 2**24  # px; float32 has whole numbers up to there


def _no_box(given: object) -> ContractError:
    return ContractError(
        f"a box is {shown(given)}; allowed are mappings with numbers of px for x, y, width and "
        "height, and perhaps a label and a score. Correct what gives them.",
        code="bad_box",
    )


def boxes_of(given: Boxes | Sequence[Any], batch: int) -> Boxes:
    """The boxes that an input was given; numbers are boxes in each picture of the batch.

    Raises ContractError for what is no number, no box, or in no picture of the batch.
    """
    boxes = given if isinstance(given, Boxes) else boxes_of_numbers(numbers_of(given), batch)
    if len(boxes) and not 0 <= boxes.items.min() <= boxes.items.max() < batch:
        raise ContractError(
            f"there are boxes of picture {boxes.items.max()}, but the batch has {batch}; pictures "
            "are counted from 0. Use boxes that were found in these pictures.",
            code="bad_box",
        )
    return boxes


def numbers_of(given: Sequence[Any], name: str = "boxes") -> list[float]:
    """The numbers of a list; raises ContractError."""
    for number in given:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ContractError(
                f"{name} has {shown(number)}; allowed are numbers of px. Correct it.",
                code="bad_box",
            )
    return [float(number) for number in given]


def points_of(
    given: Sequence[Any], name: str, width: int, height: int
) -> tuple[tuple[float, float], ...]:
    """The points of a list of numbers; raises ContractError if one is not in the picture."""
    numbers = numbers_of(given, name)
    if len(numbers) % 2:
        raise ContractError(
            f"{name} has {len(numbers)} numbers; allowed are 2 for each point: x and y in px. "
            "Give e.g. 120,80.",
            code="bad_point",
        )
    points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    for place, (x, y) in enumerate(points):
        if not (0 <= x < width and 0 <= y < height):
            raise ContractError(
                f"point {place} of {name} is {x:g},{y:g}; in a picture of {height}x{width} px "
                f"(height x width) allowed are x of 0 to {width - 1} and y of 0 to {height - 1}. "
                "Correct it.",
                code="bad_point",
            )
    return points


def box_of(numbers: list[int], width: int, height: int) -> Box:
    """The part of a box that lies in a picture of `width` x `height` px."""
    if len(numbers) != 4:
        raise ContractError(
            f"box has {len(numbers)} numbers; allowed are 4: left, top, right, bottom in px. "
            "Give e.g. 120,80,300,260.",
            code="bad_box",
        )
    left, top, right, bottom = numbers
    inside = visible_box(width, height, Box(*numbers))
    if inside is None:
        raise ContractError(
            f"box {left},{top},{right},{bottom} holds no pixel of a picture of {height}x{width} px "
            "(height x width); left must be below right, top below bottom. Correct the box.",
            code="bad_box",
        )
    return inside
