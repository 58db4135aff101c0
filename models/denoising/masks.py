"""Masks over latents: where noise is taken out, and where the original stays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.models.denoising.course import Course

Array = NDArray[np.float32]


def to_latents(torch: Any, mask: Array, size: Sequence[int], batch: int) -> Any:
    """A mask `[B, H, W]` as `[batch, 1, h, w]`, bilinearly resized; its pictures are repeated."""
    tensor = torch.from_numpy(np.array(mask, np.float32))[:, None]
    if tuple(tensor.shape[-2:]) != tuple(size):
        tensor = torch.nn.functional.interpolate(tensor, tuple(size), mode="bilinear")
    return repeated(tensor, batch)


def repeated(tensor: Any, batch: int) -> Any:
    """The first `batch` items; from the beginning again where there are fewer."""
    if len(tensor) == batch:
        return tensor
    rounds = -(-batch // len(tensor))
    return tensor.repeat(rounds, *([1] * (tensor.ndim - 1)))[:batch]


class Held:
    """Puts back, after each evaluation, what a noise mask does not select.

    A mask between 0 and 1 mixes. With `differential`, its share from 0 to 1, what is selected by s
    waits for the first part 1 - s of the steps and is then sampled whole (Levin and Fried,
    Differential Diffusion, https://arxiv.org/abs/2306.00950).
    """

    def __init__(self, mask: Any, known: Any, noise: Any | None, differential: float) -> None:
        self._mask = mask
        self._known = known
        self._noise = noise
        self._differential = differential

    def put_back(self, course: Course, x: Any, evaluation: int) -> Any:
        """What is sampled, after an evaluation, with the original, as noisy, where it stays."""
        known = course.noised(self._known, self._noise, evaluation + 1)
        return self._mixed(course, x, known, evaluation)

    def put_back_clean(self, course: Course, latents: Any, evaluation: int) -> Any:
        """What was taken for the picture in an evaluation, with the original where it stays."""
        return self._mixed(course, latents, self._known, evaluation)

    def _mixed(self, course: Course, new: Any, known: Any, evaluation: int) -> Any:
        mask = self._mask
        if self._differential:
            done = (evaluation - course.first) // course.per_step
            is_sampled = (mask > 0) & (mask >= 1 - done / course.steps)
            mask = mask + self._differential * (is_sampled.to(mask.dtype) - mask)
        return mask * new + (1 - mask) * known
