"""Put new canvas around a picture; the old pixels stay as they are."""

import math
from collections.abc import Collection
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError

Side: TypeAlias = Literal["left", "top", "right", "bottom"]
PaddingFill: TypeAlias = Literal["edge", "mirror", "colour"]
Colour: TypeAlias = tuple[float, float, float]

SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")
GREY: Colour = (0.5, 0.5, 0.5)
# Fractions are meant as people write them: 0.3333 is a third of no picture, 1/3 and 0.35 are.
_LARGEST_DENOMINATOR = 10_000


class Padding(NamedTuple):
    """Px to add outside each side of a picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def padding_from_fraction(
    width: int, height: int, sides: Collection[Side], fraction: float = 1 / 3
) -> Padding:
    """Padding of a fraction of the width (left, right) or height (top, bottom) on some sides.

    Parts of a px are dropped, but each side gets at least 1 px: a third of 900 px is 300 px.
    """
    unknown = sorted(set(sides) - set(SIDES))
    if unknown:
        raise ContractError(
            f"sides holds {', '.join(map(repr, unknown))}; allowed are {', '.join(SIDES)}.",
            code="bad_padding",
        )
    if not (math.isfinite(fraction) and fraction >= 0):
        raise ContractError(f"fraction is {fraction}; allowed is 0 or more.", code="bad_padding")
    exact = Fraction(fraction).limit_denominator(_LARGEST_DENOMINATOR)
    lengths = {"left": width, "top": height, "right": width, "bottom": height}
    return Padding(
        **{side: max(1, math.floor(exact * lengths[side])) for side in SIDES if side in sides}
    )


def pad_image(
    image: Image, padding: Padding, fill: PaddingFill = "edge", colour: Colour = GREY
) -> Image:
    """The picture on a larger canvas; the new pixels are opaque.

    `edge` repeats the outermost pixels, `mirror` reflects the picture, `colour` is one colour.
    """
    _check(padding)
    batch, height, width, channels = image.shape
    left, top, right, bottom = padding
    canvas = np.empty((batch, height + top + bottom, width + left + right, channels), np.float32)
    old_rows = slice(top, top + height)
    canvas[:, old_rows, left : left + width] = image
    if fill == "colour":
        _paint(canvas, padding, colour)
    else:
        columns = _sources(width, left, right, fill)
        rows = _sources(height, top, bottom, fill)
        canvas[:, old_rows, :left] = image[:, :, columns[:left]]
        canvas[:, old_rows, left + width :] = image[:, :, columns[left + width :]]
        # Rows come from the canvas: what was added left and right is part of them.
        for row in (*range(top), *range(top + height, canvas.shape[1])):
            canvas[:, row] = canvas[:, top + rows[row]]
    _paint(canvas[..., 3:], padding, 1)
    return canvas


def pad_mask(mask: Mask, padding: Padding, *, selected: bool = True) -> Mask:
    """The mask on a larger canvas; the new pixels are selected, or none of them."""
    _check(padding)
    left, top, right, bottom = padding
    margins = ((0, 0), (top, bottom), (left, right))
    return np.pad(mask, margins, constant_values=float(selected))


def _sources(length: int, before: int, after: int, fill: PaddingFill) -> NDArray[np.intp]:
    """For each place on the longer side: the old place that its colour is taken from."""
    places = np.arange(-before, length + after)
    if fill == "edge":
        return np.clip(places, 0, length - 1)
    places %= 2 * length
    return np.minimum(places, 2 * length - 1 - places)


def _paint(canvas: Image, padding: Padding, colour: Colour | float) -> None:
    """Give the new pixels one colour (with alpha behind it, if there is alpha)."""
    left, top, right, bottom = padding
    height, width = canvas.shape[1:3]
    new = canvas[..., :3]
    new[:, :top] = colour
    new[:, height - bottom :] = colour
    new[:, :, :left] = colour
    new[:, :, width - right :] = colour


def _check(padding: Padding) -> None:
    if min(padding) < 0:
        raise ContractError(
            f"{padding} is negative; allowed is 0 px or more. Crop the picture instead.",
            code="bad_padding",
        )
