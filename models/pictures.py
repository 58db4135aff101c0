"""Pictures as models that look at them want them."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.samples import quantise
from paintgraph.models.errors import PictureShapeError

Picture: TypeAlias = NDArray[np.uint8]
"""`[H, W, 3]`, red, green, blue."""

MOST_TIMES = 256
"""How often one side of a picture may hold the other, so that a model sees more than a line."""


def pictures_of(image: Image) -> list[Picture]:
    """The pictures of a batch `[B, H, W, C]`; what lies under alpha is seen as it is."""
    return [
        np.ascontiguousarray(quantise(picture[..., :3]).astype(np.uint8, copy=False))
        for picture in image
    ]


def check_shape(picture: Picture) -> None:
    """Refuse, by a PictureShapeError, a picture that is hardly more than a line."""
    height, width = picture.shape[:2]
    if max(height, width) <= MOST_TIMES * min(height, width):
        return
    raise PictureShapeError(
        f"the picture is {height}x{width} (height x width); for a model that looks for things one "
        f"side may be {MOST_TIMES} times the other at most. Cut it into parts."
    )
