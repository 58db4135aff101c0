"""Boxes as nodes take and give them: a type of socket, or plain numbers in its place."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated, Any

import numpy as np
import orjson

from paintgraph.engine.graph.sockets import LIST, Socket, Value, shown
from paintgraph.engine.node.declaration import OneOf
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

Found = Annotated[Boxes, BOXES]
GivenBoxes = Annotated[
    Any,
    OneOf((BOXES, LIST)),
    "What was found; or left, top, right, bottom in px of each box, right and bottom exclusive.",
]


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
