"""New canvas around a picture: how much, what fills it, and masks that fade towards its sides.

The old pixels stay as they are.
"""

import math
import re
from collections.abc import Collection
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.base.words import shorten
from paintgraph.imaging.alpha import continue_colours
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError

Side: TypeAlias = Literal["left", "top", "right", "bottom"]
PaddingFill: TypeAlias = Literal["edge", "mirror", "colour"]
Colour: TypeAlias = tuple[float, float, float]

SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")
GREY: Colour = (0.5, 0.5, 0.5)
# Fractions are meant as people write them: 0.3333 is a third of no picture, 1/3 and 0.35 are.
_LARGEST_DENOMINATOR = 10_000
Anchor: TypeAlias = Literal[
    "center",
    "left",
    "top",
    "right",
    "bottom",
    "top_left",
    "top_right",
    "bottom_left",
    "bottom_right",
]
_RATIO = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(?:[:/x](\d{1,6}(?:\.\d{1,6})?))?", re.ASCII)


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

    `edge` repeats the outermost pixels, `mirror` reflects the picture, `colour` is one colour. In
    place of a hidden colour the one of the nearest px that is seen is taken.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        padding: px to add.
        fill: what the new pixels show.
        colour: red, green and blue, 0 to 1.

    Returns:
        Picture `[B, top + H + bottom, left + W + right, 3 or 4]`; the old pixels bit for bit.

    Raises:
        ContractError: a padding is negative (`bad_padding`).

    Examples:
        >>> row = np.array([0, 1], np.float32)
        >>> picture = np.repeat(row[np.newaxis, np.newaxis, :, np.newaxis], 3, axis=3)
        >>> pad_image(picture, Padding(left=2), "mirror")[0, 0, :, 0].tolist()
        [1.0, 0.0, 0.0, 1.0]
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
        image = continue_colours(image)
        columns = _sources(width, left, right, fill)
        rows = _sources(height, top, bottom, fill)
        canvas[:, old_rows, :left] = image[:, :, columns[:left]]
        canvas[:, old_rows, left + width :] = image[:, :, columns[left + width :]]
        # Rows come from the canvas: what was added left and right is part of them.
        for row in (*range(top), *range(top + height, canvas.shape[1])):
            source = rows[row]
            canvas[:, row] = canvas[:, top + source]
            canvas[:, row, left : left + width] = image[:, source]
    _paint(canvas[..., 3:], padding, 1)
    return canvas


def pad_mask(mask: Mask, padding: Padding, *, selected: bool = True) -> Mask:
    """The mask on a larger canvas; the new pixels are selected, or none of them.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        padding: px to add.
        selected: whether the new pixels are.

    Returns:
        Mask `[B, top + H + bottom, left + W + right]`.

    Raises:
        ContractError: a padding is negative (`bad_padding`).
    """
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


def parse_ratio(text: str) -> Fraction:
    """Width divided by height, from text such as 16:9, 4/5, or 1.5."""
    found = _RATIO.fullmatch(text.strip().replace(" ", ""))
    across, down = (Fraction(part or 1) for part in found.groups()) if found else (0, 0)
    if not across or not down:
        raise ContractError(
            f"ratio is {shorten(text, 40)!r}; allowed is width:height such as 16:9, or a number "
            "above 0 such as 1.5. Correct it.",
            code="bad_ratio",
        )
    return Fraction(across) / Fraction(down)


def canvas_size(
    width: int, height: int, new_width: int = 0, new_height: int = 0, ratio: Fraction | None = None
) -> tuple[int, int]:
    """Width and height of the canvas for a picture of `width` x `height` px.

    A new side of 0 follows: from the other one by the ratio, or, if both are 0, so that the canvas
    is the smallest of that ratio which holds the picture. Without a ratio it stays. A canvas that
    is smaller than the picture is a ContractError.
    """
    if ratio is not None and not (new_width or new_height):
        if width >= height * ratio:
            new_width, new_height = width, max(height, round(width / ratio))
        else:
            new_width, new_height = max(width, round(height * ratio)), height
    elif ratio is not None:
        new_width = new_width or max(1, round(new_height * ratio))
        new_height = new_height or max(1, round(new_width / ratio))
    new_width, new_height = new_width or width, new_height or height
    if new_width < width or new_height < height:
        raise ContractError(
            f"the size asked for is {new_height}x{new_width} but the picture is {height}x{width} "
            "(height x width); allowed is at least the picture's size. Ask for more, or scale the "
            "picture down first with ImageScale.",
            code="target_too_small",
        )
    return new_width, new_height


def padding_to(
    width: int, height: int, new_width: int, new_height: int, anchor: Anchor = "center"
) -> Padding:
    """What is added on each side; `left` keeps the picture at the left, in the middle of height."""
    across, down = new_width - width, new_height - height
    places = anchor.split("_")
    left = 0 if "left" in places else across if "right" in places else across // 2
    top = 0 if "top" in places else down if "bottom" in places else down // 2
    return Padding(left, top, across - left, down - top)


def fade_sides(mask: Mask, fade: Padding) -> Mask:
    """The mask, fading out towards the sides of the picture over some px each.

    A fade of 4 px multiplies what lies next to the side by 1/4, then 2/4, 3/4 and 4/4.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        fade: px at each side.

    Returns:
        A new mask `[B, H, W]`, nowhere above the old one.

    Examples:
        >>> fade_sides(np.ones((1, 1, 5), np.float32), Padding(left=4))[0, 0].tolist()
        [0.25, 0.5, 0.75, 1.0, 1.0]
    """
    height, width = mask.shape[1:3]
    across = _ramp(width, fade.left) * _ramp(width, fade.right)[::-1]
    down = _ramp(height, fade.top) * _ramp(height, fade.bottom)[::-1]
    faded: Mask = mask * across * down[:, np.newaxis]
    return faded


def outpaint_mask(width: int, height: int, padding: Padding, feathering: int) -> Mask:
    """The mask `[1, H, W]` of what is new after padding a picture of `width` x `height` px.

    It reaches softly into the picture at the padded sides: (1 - distance / feathering) squared,
    where that is above 0. A feathering of half a side of the picture or more is left out.

    Args:
        width: px of the picture.
        height: px of the picture.
        padding: px that are added at its sides.
        feathering: px that the mask reaches into the picture.

    Returns:
        Mask `[1, top + height + bottom, left + width + right]`, 0 to 1.
    """
    old = np.zeros((height, width), np.float32)
    if 0 < 2 * feathering < min(width, height):
        rows = _distance(height, padding.top, padding.bottom)
        columns = _distance(width, padding.left, padding.right)
        nearest = np.minimum(rows[:, np.newaxis], columns)
        share = np.maximum(feathering - nearest, 0) / np.float32(feathering)
        old = np.square(share, dtype=np.float32)
    margins = ((padding.top, padding.bottom), (padding.left, padding.right))
    return np.pad(old, margins, constant_values=1)[np.newaxis]


def _ramp(length: int, fade: int) -> Mask:
    fade = min(fade, length)
    ramp = np.ones(length, np.float32)
    ramp[:fade] = np.arange(1, fade + 1, dtype=np.float32) / np.float32(max(fade, 1))
    return ramp


def _distance(length: int, before: int, after: int) -> Mask:
    """How far each px is from the nearer padded side; the first counts 0, the last 1."""
    places = np.arange(length, dtype=np.float32)
    far = np.full(length, length, np.float32)
    return np.minimum(places if before else far, length - places if after else far)
