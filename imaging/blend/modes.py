"""Blend modes: what becomes of a colour under another one."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import numpy as np

from paintgraph.imaging.arrays import Image, match_pair
from paintgraph.imaging.blend.composite import lay_over

Mode: TypeAlias = Literal["normal", "multiply", "screen", "overlay", "soft_light", "difference"]


def blend(below: Image, above: Image, share: float, mode: Mode) -> Image:
    """One picture seen through another, whose colours are changed by those below.

    W3C's Compositing and Blending (Level 1), but for `difference`, which is ComfyUI's: `above` is
    taken away from `below`, and what would be less than 0 is 0. As much as `above` is transparent
    `below` is seen; where `below` is clear, `above` is seen as it is.

    Args:
        below: picture `[B or 1, H, W, 3 or 4]`, 0 to 1; the result has its channels.
        above: picture `[B or 1, H, W, 3 or 4]`, 0 to 1.
        share: how much of `above` is seen, 0 to 1.
        mode: how its colours are changed.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, 0 to 1.

    Raises:
        ContractError: sizes differ, or batches do and neither is 1 (`size_mismatch`).

    Examples:
        >>> grey, white = np.full((1, 1, 1, 3), 0.5, np.float32), np.ones((1, 1, 1, 3), np.float32)
        >>> blend(grey, white, 0.5, "screen")[0, 0, 0].tolist()
        [0.75, 0.75, 0.75]
    """
    below, above = match_pair(below, above, "image1", "image2")
    colours = _MODES[mode](below[..., :3], above[..., :3])
    if below.shape[3] == 4:
        colours = above[..., :3] + (colours - above[..., :3]) * below[..., 3:]
    layer = np.concatenate([colours, above[..., 3:]], axis=3)
    blended = lay_over(below, layer, 0, 0, np.full(below.shape[:3], share, np.float32))
    return np.clip(blended, 0, 1, out=blended)


def _overlay(below: Image, above: Image) -> Image:
    dark, light = 2 * below * above, 1 - 2 * (1 - below) * (1 - above)
    return np.where(below <= 0.5, dark, light)


def _soft_light(below: Image, above: Image) -> Image:
    curve = np.where(below <= 0.25, ((16 * below - 12) * below + 4) * below, np.sqrt(below))
    darker = below - (1 - 2 * above) * below * (1 - below)
    return np.where(above <= 0.5, darker, below + (2 * above - 1) * (curve - below))


_MODES: Mapping[Mode, Callable[[Image, Image], Image]] = {
    "normal": lambda _, above: above,
    "multiply": np.multiply,
    "screen": lambda below, above: 1 - (1 - below) * (1 - above),
    "overlay": _overlay,
    "soft_light": _soft_light,
    "difference": np.subtract,
}
