"""What both libraries of Segment Anything need: pictures that are kept encoded, and logits."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2
from paintgraph.models.masks.roles import Picture

Encoded = TypeVar("Encoded")
Floats = NDArray[np.float32]

KEPT_BYTES = 64 * 2**20
"""What encoded pictures may take: about sixteen of SAM's usual size."""

_SURE = 10.0
"""The logit of what a mask selects, as SAM 2 turns masks into prompts (20 m - 10)."""


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
