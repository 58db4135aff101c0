"""Tones of pictures and masks: levels, curves, saturation; alpha stays as it is.

What is worked on are the code values, as in the dialogs of these names in picture editors.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.colours import strips
from paintgraph.imaging.errors import ContractError

_Array = NDArray[np.float32]

# ITU-R BT.601, as in `masks.algebra.from_image`.
_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


def levels(  # noqa: PLR0913 - as picture editors have them
    array: _Array,
    black: float = 0,
    white: float = 1,
    gamma: float = 1,
    darkest: float = 0,
    lightest: float = 1,
) -> _Array:
    """Spread the tones from `black` to `white` over `darkest` to `lightest`.

    Args:
        array: picture `[B, H, W, 3 or 4]` or mask `[B, H, W]`, 0 to 1.
        black: becomes `darkest`, as does all below; below `white`.
        white: becomes `lightest`, as does all above.
        gamma: above 1 the middle becomes lighter, below 1 darker.
        darkest: 0 to 1.
        lightest: 0 to 1; below `darkest` it turns tones around.

    Returns:
        A new array of the same shape, 0 to 1.

    Raises:
        ContractError: `black` is not below `white` (`bad_levels`).

    Examples:
        >>> levels(np.array([[[0.2, 0.5, 0.8]]], np.float32), 0.25, 0.75).tolist()
        [[[0.0, 0.5, 1.0]]]
    """
    if black >= white:
        raise ContractError(
            f"black is {black:g} but white is {white:g}; allowed is a black below white. "
            "Swap them, and to turn tones around swap darkest and lightest.",
            code="bad_levels",
        )
    colours = array[..., :3] if array.ndim == 4 else array
    part = np.clip((colours - np.float32(black)) / np.float32(white - black), 0, 1)
    if gamma != 1:
        part = part ** np.float32(1 / gamma)
    spread = part if darkest == 0 and lightest == 1 else darkest + part * (lightest - darkest)
    return _with_alpha(array, np.clip(spread, 0, 1).astype(np.float32))


def curve(array: _Array, points: Sequence[tuple[float, float]]) -> _Array:
    """Change tones by a smooth curve through points (before, after).

    Piecewise cubic (Fritsch and Carlson 1980): it runs through all points, and where they rise it
    rises. Before the first point and after the last it is level.

    Args:
        array: picture `[B, H, W, 3 or 4]` or mask `[B, H, W]`, 0 to 1.
        points: two or more, 0 to 1.

    Returns:
        A new array of the same shape, 0 to 1.

    Raises:
        ContractError: fewer than two points, or two with one tone before (`bad_curve`).

    Examples:
        >>> curve(np.array([[[0.25, 0.5]]], np.float32), [(0, 1), (1, 0)]).tolist()
        [[[0.75, 0.5]]]
    """
    x, y = np.array(sorted(points), np.float64).reshape(-1, 2).T
    if len(x) < 2 or len(set(x.tolist())) < len(x):
        raise ContractError(
            f"the curve has {len(x)} points with {len(set(x.tolist()))} different tones before; "
            "needed are two or more that all differ there. Give e.g. 0,0,0.5,0.6,1,1.",
            code="bad_curve",
        )
    colours = array[..., :3] if array.ndim == 4 else array
    changed = np.empty(colours.shape, np.float32)
    for item, rows in strips(colours):
        changed[item, rows] = np.clip(_through(colours[item, rows], x, y), 0, 1)
    return _with_alpha(array, changed)


def saturate(image: Image, factor: float) -> Image:
    """Move colours away from the grey of their luminance (ITU-R BT.601), or towards it.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        factor: 0 leaves greys, 1 changes nothing, above 1 colours become stronger.

    Returns:
        A new picture, 0 to 1; greys stay greys.
    """
    if factor == 1:
        return image.copy()
    grey = (image[..., :3] @ _WEIGHTS)[..., np.newaxis]
    colours = grey + (image[..., :3] - grey) * np.float32(factor)
    return _with_alpha(image, np.clip(colours, 0, 1))


def _through(tones: _Array, x: NDArray[np.float64], y: NDArray[np.float64]) -> _Array:
    """Values of the monotone cubic through x and y at the tones."""
    steps, rises = np.diff(x), np.diff(y)
    slopes = rises / steps
    tangents = np.concatenate([slopes[:1], (slopes[:-1] + slopes[1:]) / 2, slopes[-1:]])
    # A peak is flat, and no tangent is steeper than three times the slopes on its sides.
    tangents[1:-1][slopes[:-1] * slopes[1:] <= 0] = 0
    most = 3 * np.abs(np.stack([np.insert(slopes, 0, slopes[0]), np.append(slopes, slopes[-1])]))
    tangents = np.clip(tangents, -most.min(axis=0), most.min(axis=0))
    place = np.clip(np.searchsorted(x, tones, side="right") - 1, 0, len(steps) - 1)
    t = np.clip((tones - x[place]) / steps[place], 0, 1)
    bend = (tangents[place] * (1 - t) - tangents[place + 1] * t) * steps[place]
    straight = rises[place] * (3 - 2 * t) * t * t
    return np.asarray(y[place] + straight + bend * t * (1 - t), np.float32)


def _with_alpha(array: _Array, colours: _Array) -> _Array:
    if array.ndim < 4 or array.shape[3] == 3:
        return colours
    return np.concatenate([colours, array[..., 3:]], axis=3)
