"""Files of pictures for the page: gradients, so that each place has a colour of its own."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image


def gradient(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards, blue in squares."""
    y, x = np.mgrid[0:height, 0:width]
    blue = ((x // 64 + y // 64) % 2) * 255
    samples = np.stack([x * 255 // max(1, width - 1), y * 255 // max(1, height - 1), blue], -1)
    return Image.fromarray(samples.astype(np.uint8))


def file_of(picture: Image.Image, format: str = "PNG", **options: Any) -> bytes:  # noqa: A002
    """The picture as a file."""
    file = BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()
