"""Latents at another size, by the methods that ComfyUI has for them."""

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from paintgraph.models.sampling.values import Array

if TYPE_CHECKING:
    from torch import Tensor

LatentMethod: TypeAlias = Literal["nearest-exact", "bilinear", "area", "bicubic", "bislerp"]


def resized(samples: Array, width: int, height: int, method: LatentMethod) -> Array:
    """Latents `[B, C, h, w]` with another width and height, in latents.

    The numbers of `torch.nn.functional.interpolate`, without antialiasing; see `bislerp` for that.
    """
    import torch

    if samples.shape[2:] == (height, width):
        return samples
    tensor = torch.from_numpy(np.array(samples))
    if method == "bislerp":
        scaled = bislerp(tensor, width, height)
    else:
        scaled = torch.nn.functional.interpolate(tensor, size=(height, width), mode=method)
    result: Array = scaled.numpy()
    return result


def margins(height: int, width: int, ratio: float) -> tuple[int, int]:
    """What is cut at the top and at the left, and as much at the other ends.

    The largest part around the middle is left whose width is `ratio` of its height.
    """
    left = round((width - height * ratio) / 2) if width / height > ratio else 0
    top = round((height - width / ratio) / 2) if width / height < ratio else 0
    return top, left


def bislerp(samples: "Tensor", width: int, height: int) -> "Tensor":
    """Pictures or latents `[B, C, H, W]` at another size, between whose pixels the channels turn.

    Of two neighbouring pixels, taken as vectors of their channels, direction and length are mixed
    by themselves (K. Shoemake, Animating rotation with quaternion curves, 1985).
    """
    return _turned(_turned(samples.float(), width, 3), height, 2).to(samples.dtype)


def _turned(samples: "Tensor", length: int, axis: int) -> "Tensor":
    """As `bislerp`, along one axis."""
    import torch

    old = samples.shape[axis]
    places = ((torch.arange(length, device=samples.device) + 0.5) * old / length - 0.5).clamp(0)
    first = places.floor().long().clamp(max=old - 1)
    shape = [1, 1, 1, 1]
    shape[axis] = length
    share = (places - first).clamp(max=1).reshape(shape)
    before = samples.index_select(axis, first)
    after = samples.index_select(axis, (first + 1).clamp(max=old - 1))
    lengths = [vectors.norm(dim=1, keepdim=True) for vectors in (before, after)]
    units = [v / n.clamp(min=1e-12) for v, n in zip((before, after), lengths, strict=True)]
    angle = (units[0] * units[1]).sum(1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    is_flat = sine < 1e-4  # the same direction or the opposite one: nothing to turn by
    weights = [(angle * part).sin() / torch.where(is_flat, 1, sine) for part in (1 - share, share)]
    turned = (units[0] * weights[0] + units[1] * weights[1]) * torch.lerp(
        lengths[0], lengths[1], share
    )
    return torch.where(is_flat, torch.lerp(before, after, share), turned)
