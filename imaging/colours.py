"""How different colours look."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image

_STRIP = 1 << 18  # px worked on at once, so that a large picture needs little memory
_25_7 = np.float32(25.0**7)
# IEC 61966-2-1: red, green and blue to X, Y and Z, each divided by that of white.
_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
)
_TO_WHITES = (_XYZ / _XYZ.sum(axis=1, keepdims=True)).T

_Floats = NDArray[np.float32]


def to_lab(colours: _Floats) -> _Floats:
    """CIE L*a*b* (D65; L* is 0 to 100) of sRGB colours `[..., 3]`, 0 to 1.

    OpenCV interpolates in a table here, which is off by up to 0.6.
    """
    linear = np.where(colours > 0.04045, ((colours + 0.055) / 1.055) ** 2.4, colours / 12.92)
    whites = linear @ _TO_WHITES
    f = np.where(whites > (6 / 29) ** 3, np.cbrt(whites), whites * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def colour_difference(lab: _Floats, other: _Floats) -> _Floats:
    """How different colours look: CIEDE2000 (kL = kC = kH = 1).

    About 1 is the least that is seen side by side; black and white are 100 apart. After Sharma, Wu
    and Dalal 2005, "The CIEDE2000 color-difference formula", Color Research and Application 30 (1).

    Args:
        lab: colours in CIE L*a*b*, `[..., 3]`.
        other: one colour `[3]`, or as many.

    Returns:
        Differences `[...]`, 0 or more.
    """
    l1, a1, b1 = np.moveaxis(lab, -1, 0)
    l2, a2, b2 = np.moveaxis(other, -1, 0)
    seventh = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = np.float32(1.5) - np.sqrt(seventh / (seventh + _25_7)) / 2
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1), np.arctan2(b2, a2)
    turn = h2 - h1
    turn = turn - 2 * np.pi * np.round(turn / (2 * np.pi))  # the shorter way around
    has_hue = c1 * c2 > 0
    hue_step = np.where(has_hue, 2 * np.sqrt(c1 * c2) * np.sin(turn / 2), 0)
    hue = np.where(has_hue, h1 + turn / 2, h1 + h2)  # of greys only the other has one
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(hue - np.pi / 6)
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.pi / 30)
        - 0.20 * np.cos(4 * hue - np.deg2rad(63))
    )
    from_middle = (lightness - 50) ** 2
    s_l = 1 + 0.015 * from_middle / np.sqrt(20 + from_middle)
    s_c = 1 + 0.045 * chroma
    s_h = 1 + 0.015 * chroma * t
    degrees = np.rad2deg(hue) % 360
    bend = np.deg2rad(60) * np.exp(-(((degrees - 275) / 25) ** 2))
    seventh = chroma**7
    rotation = -2 * np.sqrt(seventh / (seventh + _25_7)) * np.sin(bend)
    lights, chromas, hues = (l2 - l1) / s_l, (c2 - c1) / s_c, hue_step / s_h
    squared = lights**2 + chromas**2 + hues**2 + rotation * chromas * hues
    difference: _Floats = np.sqrt(np.maximum(squared, 0)).astype(np.float32)
    return difference


def differences_from(image: Image, colour: _Floats) -> _Floats:
    """How different each px of a picture looks from a colour, in CIEDE2000.

    Args:
        image: pictures `[B, H, W, 3 or 4]`, 0 to 1; alpha does not count.
        colour: red, green and blue `[3]`, 0 to 1.

    Returns:
        Differences `[B, H, W]`.
    """
    wanted = to_lab(colour)
    found = np.empty(image.shape[:3], np.float32)
    for item, rows in strips(image):
        found[item, rows] = colour_difference(to_lab(image[item, rows, :, :3]), wanted)
    return found


def strips(array: _Floats) -> Iterator[tuple[int, slice]]:
    """The rows of each picture or mask of a batch, as many at once as is quick and small."""
    batch, height, width = array.shape[:3]
    step = max(1, _STRIP // width)
    for item in range(batch):
        for top in range(0, height, step):
            yield item, slice(top, top + step)
