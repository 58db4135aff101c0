"""Engines and pictures for tests: small, real, and honest about what they were given."""

from collections.abc import Callable
from typing import Any

import numpy as np

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.inpainting.protocols import InpaintRequest, ResizedResult


class Painter(ResizedResult):
    """Paints everything white and remembers what it saw."""

    name = "painter"

    def __init__(
        self,
        *,
        copies: bool = False,
        side: int = 64,
        pixels: int = 64 * 64,
        least: int = 1,
        multiple: int = 1,
    ) -> None:
        self.copies_surroundings = copies
        self.working_side = side
        self.working_pixels = pixels
        self.least_side = least
        self.size_multiple = multiple
        self.seen: list[tuple[Image, Mask]] = []
        self.avoided: list[Mask | None] = []

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        self.seen.append((image, mask))
        self.avoided.append(avoid)
        for step in range(request.steps):
            listening.check()
            listening.progress(step + 1, request.steps)
        return np.ones_like(image)


class Echo(Painter):
    """Gives back what it was shown, with a fault: what a perfect engine paints, but for that."""

    def __init__(self, fault: Callable[[Image], Image] = lambda image: image, **more: Any) -> None:
        super().__init__(**more)
        self.fault = fault

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,
    ) -> Image:
        super().inpaint(image, mask, request, listening, avoid=avoid)
        return np.clip(self.fault(image), 0, 1).astype(np.float32)


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Image:
    """A read-only picture of random samples."""
    generator = np.random.default_rng(seed)
    image = generator.uniform(0, 1, (1, height, width, channels)).astype(np.float32)
    image.flags.writeable = False
    return image
