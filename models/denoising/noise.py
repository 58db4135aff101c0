"""Noise that a seed draws: on the processor, so that every device begins with the same."""

from collections.abc import Sequence
from typing import Any

LARGEST_SEED = 2**64 - 1


def generator_for(torch: Any, seed: int | None) -> Any:
    """A generator of noise; that of seed 0 for None."""
    return torch.Generator("cpu").manual_seed((seed or 0) & LARGEST_SEED)


def draw_noise(
    torch: Any, generator: Any, shape: Sequence[int], batch_index: Sequence[int] = ()
) -> Any:
    """Noise `[B, C, h, w]`, float32: one picture after the other, each with what it draws.

    With `batch_index` the pictures are those of a larger batch with these numbers, from 0, and have
    the noise that they have there; equal numbers have equal noise.
    """
    batch, *picture = shape
    wanted = [int(number) for number in batch_index] or list(range(batch))
    drawn = {}
    for number in range(max(wanted) + 1):
        noise = torch.randn(picture, generator=generator)
        if number in wanted:
            drawn[number] = noise
    return torch.stack([drawn[wanted[item % len(wanted)]] for item in range(batch)])
