"""Engines and pictures for tests: small, real, and honest about what they were given."""

import numpy as np

from imaging.arrays import Image, Mask
from models.protocols import Check, InpaintRequest, Progress


class Painter:
    """Paints everything white and remembers what it saw."""

    name = "painter"

    def __init__(
        self,
        *,
        copies: bool = False,
        side: int = 64,
        pixels: int = 64 * 64,
        multiple: int = 1,
    ) -> None:
        self.copies_surroundings = copies
        self.working_side = side
        self.working_pixels = pixels
        self.size_multiple = multiple
        self.seen: list[tuple[Image, Mask]] = []

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        *,
        progress: Progress,
        check: Check,
    ) -> Image:
        self.seen.append((image, mask))
        for step in range(request.steps):
            check()
            progress(step + 1, request.steps)
        return np.ones_like(image)


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Image:
    """A read-only picture of random samples."""
    generator = np.random.default_rng(seed)
    image = generator.uniform(0, 1, (1, height, width, channels)).astype(np.float32)
    image.flags.writeable = False
    return image
