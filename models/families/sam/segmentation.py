"""What a model that selects by points and boxes promises; what it worked out is kept."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2
from paintgraph.models.pictures import Picture

Encoded = TypeVar("Encoded")
Floats = NDArray[np.float32]

KEPT_BYTES = 64 * 2**20
"""What encoded pictures may take: about sixteen of SAM's usual size."""

_SURE = 10.0
"""The logit of what a mask selects, as SAM 2 turns masks into prompts (20 m - 10)."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is to be selected, by any of these together.

    Attributes:
        points: x, y in px.
        is_wanted: of each point, whether what lies there is to be selected.
        box: left, top, right, bottom in px.
        mask: `[H, W]` 0..1, a selection of the picture's size that is to be made better.
    """

    points: tuple[tuple[float, float], ...] = ()
    is_wanted: tuple[bool, ...] = ()
    box: tuple[float, float, float, float] | None = None
    mask: Floats | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a prompt may mean: masks `[M, H, W]`, and how good each is thought to be, `[M]`."""

    masks: NDArray[np.bool_]
    scores: Floats

    @property
    def best(self) -> int:
        """Which of them is thought to be the best; of equal ones the first."""
        return int(np.argmax(self.scores))


class Segmenter(Protocol):
    """Selects what prompts point at."""

    def segment(
        self,
        picture: Picture,
        prompts: Sequence[Prompt],
        *,
        several: bool,
    ) -> Iterator[Candidates]:
        """For each prompt one candidate, or three (whole, part, part of a part) with `several`.

        They come one by one, as many masks of a large picture would fill the memory; take all of
        them before the next picture. What is worked out of the picture alone is kept for further
        prompts. Raises PictureShapeError for a picture that is too narrow.
        """


class EncodedPictures(Generic[Encoded]):
    """What a model worked out of pictures, by their content; bounded, the last used stay."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, tuple[Encoded, int]] = OrderedDict()

    def get(self, picture: Picture, encode: Callable[[], tuple[Encoded, int]]) -> Encoded:
        """What is kept of the picture, else what `encode` gives, with its size in bytes."""
        key = blake2b(repr(picture.shape).encode(), digest_size=20)
        key.update(np.ascontiguousarray(picture).data)
        name = key.digest()
        if name not in self._kept:
            self._kept[name] = encode()
        self._kept.move_to_end(name)
        encoded, _ = self._kept[name]
        while sum(size for _, size in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)
        return encoded


def mask_logits(mask: Floats, side: int) -> Floats:
    """A mask `[H, W]` as SAM wants it: `[1, side, side]`, the longer side scaled to it.

    What lies beyond the shorter side is not selected.
    """
    height, width = mask.shape
    scale = side / max(height, width)
    size = max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))
    logits = np.full((1, side, side), -_SURE, np.float32)
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    logits[0, : size[1], : size[0]] = (2 * small - 1) * _SURE
    return logits
