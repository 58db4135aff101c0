"""Transparency: filters in which a px counts as much as it is seen, and colours for what is clear.

Alpha is straight. The colours of a px whose alpha is 0 are hidden: files and nodes keep them, but
they never mix into what is seen.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.nearest import nearest_known

_Plane: TypeAlias = NDArray[np.float32]

NEUTRAL = np.float32(0.5)
"""Mid grey: what is clear looks like it to what knows no alpha."""
_LEAST_ALPHA = 0.5 / 65535  # less is nothing, in files of 16 bits too


def filter_visible(image: Image, linear: Callable[[_Plane], _Plane]) -> Image:
    """The picture under a linear filter, in which each px counts as much as it is seen.

    Colours are filtered premultiplied by alpha (Porter and Duff 1984) and divided by it again.
    Where nothing is seen afterwards, they are filtered as they are.

    Args:
        image: `[..., 3 or 4]`, 0 to 1.
        linear: filters one plane `[...]` at a time; the size may change. Values may leave 0 to 1.

    Returns:
        A new picture `[..., 3 or 4]`, 0 to 1.
    """
    if image.shape[-1] == 3 or (image[..., 3] == 1).all():
        planes = [linear(image[..., channel]) for channel in range(3)]
        opaque = [np.ones_like(planes[0])] * (image.shape[-1] - 3)
        return np.clip(np.stack([*planes, *opaque], axis=-1), 0, 1)
    alpha = linear(image[..., 3])
    visible = alpha > _LEAST_ALPHA
    hidden = None if visible.all() else ~visible
    filtered = np.empty((*alpha.shape, 4), np.float32)
    for channel in range(3):
        # One at a time: a weighted copy of a large picture would be large as well.
        weighted = linear(image[..., channel] * image[..., 3])
        np.divide(weighted, alpha, out=filtered[..., channel], where=visible)
        if hidden is not None:
            filtered[hidden, channel] = linear(image[..., channel])[hidden]
    filtered[..., 3] = np.where(visible, alpha, 0)
    return np.clip(filtered, 0, 1, out=filtered)


def continue_colours(image: Image, hole: Mask | None = None) -> Image:
    """The picture with the colours of the nearest seen px where it is clear; alpha stays.

    For what knows no alpha and works on the picture: nothing hidden can mix into its result.

    Args:
        image: `[B, H, W, 3 or 4]`, 0 to 1.
        hole: mask `[B, H, W]`; no colour is taken from where it is above 0.

    Returns:
        The picture `[B, H, W, 3 or 4]`; itself where nothing is clear. Mid grey is taken if nothing
        is seen outside the hole.

    Examples:
        >>> row = np.array([[[[0, 0, 0.5, 1], [1, 0, 1, 0]]]], np.float32)
        >>> continue_colours(row)[0, 0, 1].tolist()
        [0.0, 0.0, 0.5, 0.0]
    """
    if image.shape[3] == 3 or image[..., 3].all():
        return image
    continued = image.copy()
    for item, picture in enumerate(continued):
        clear = picture[..., 3] == 0
        unknown = clear if hole is None else clear | (hole[item] > 0)
        if unknown.all():
            picture[clear, :3] = NEUTRAL
        elif clear.any():
            picture[clear, :3] = picture[nearest_known(unknown, clear)][:, :3]
    return continued


def grey_where_clear(image: Image) -> Image:
    """The colours alone, and mid grey where the picture is clear.

    For what knows no alpha and looks for something in the picture.

    Args:
        image: `[..., 3 or 4]`, 0 to 1.

    Returns:
        Colours `[..., 3]`, 0 to 1.
    """
    if image.shape[-1] == 3:
        return image
    return np.where(image[..., 3:] > 0, image[..., :3], NEUTRAL)


def on_colour(image: Image, colour: tuple[float, float, float]) -> Image:
    """The colours as they look on one colour; what is clear becomes that.

    Args:
        image: `[..., 3 or 4]`, 0 to 1.
        colour: red, green and blue, 0 to 1.

    Returns:
        Colours `[..., 3]`, 0 to 1.

    Examples:
        >>> on_colour(np.array([[0, 0, 0, 0], [1, 0, 0, 0.5]], np.float32), (1, 1, 1)).tolist()
        [[1.0, 1.0, 1.0], [1.0, 0.5, 0.5]]
    """
    if image.shape[-1] == 3:
        return image
    colours, alpha = image[..., :3], image[..., 3:]
    seen = colours * alpha
    seen += (1 - alpha) * np.array(colour, np.float32)
    return np.clip(seen, 0, 1, out=seen)


def on_white(image: Image) -> Image:
    """The colours as they look on white; what is clear becomes white.

    Args:
        image: `[..., 3 or 4]`, 0 to 1.

    Returns:
        Colours `[..., 3]`, 0 to 1.
    """
    return on_colour(image, (1, 1, 1))
