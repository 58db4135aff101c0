"""Arrays of ours as tensors of packs, which may write into them, and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from paintgraph.models.sampling.values import Array

_LATENTS = 4


def tensor_of(array: Array) -> Any:
    """A copy as a tensor on the processor."""
    import torch

    return torch.from_numpy(np.array(array, np.float32, order="C"))


def array_of(tensor: Any) -> Array:
    """A tensor, or an array, as an array of float32 that shares its memory where it can."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().to("cpu").float().contiguous().numpy()
    array: Array = np.asarray(tensor, np.float32)
    return array


def latents_of(tensor: Any) -> Array:
    """Latents `[B, C, h, w]`; raises ValueError for those of videos and sounds."""
    array = array_of(tensor)
    if array.ndim != _LATENTS:
        raise ValueError(
            f"has samples of shape {list(array.shape)}; allowed are latents of pictures "
            "[batch, channels, height, width]"
        )
    return array


def mask_of(tensor: Any) -> Array:
    """A mask `[H, W]`, `[B, H, W]` or `[B, 1, H, W]` as `[B, H, W]`, 0 to 1."""
    array = array_of(tensor)
    if array.ndim == _LATENTS:
        array = array[:, 0]
    array = array.reshape(-1, *array.shape[-2:])
    return np.clip(array, 0.0, 1.0)


def with_channel(mask: Array) -> Any:
    """A mask `[B, H, W]` as a tensor `[B, 1, H, W]`, as samplers of packs have it."""
    return tensor_of(mask)[:, None]


def numbers_of(tensor: Any) -> tuple[float, ...]:
    """A tensor, or a list, of numbers as a tuple."""
    listed: Sequence[float] = array_of(tensor).reshape(-1).tolist()
    return tuple(listed)
