"""Objects in photos that scikit-image ships, with outlines drawn by hand before anything was tried.

A corner is off by a px or two, so ratios of areas above 0.95 tell nothing any more.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.geometry.regions import Box, grow_box
from paintgraph.imaging.samples import to_image

_MARGIN = 0.08  # of the longer side of an object: how far a box is drawn around it

# x, y of each corner.
_SPOON = (
    *(374, 219, 382, 201, 393, 194, 385, 214, 386, 230, 384, 237, 395, 250, 404, 263, 407, 277),
    *(404, 292, 393, 308, 379, 320, 364, 325, 348, 321, 335, 310, 328, 295, 326, 279, 328, 266),
    *(337, 257, 353, 245, 364, 239, 373, 234),
)
_CROCKERY = (
    *(173, 107, 179, 85, 190, 62, 210, 40, 237, 26, 268, 19, 295, 19, 330, 26, 357, 38, 379, 54),
    *(395, 71, 411, 67, 424, 74, 422, 89, 417, 103, 446, 129, 464, 156, 475, 187, 480, 219),
    *(477, 250, 466, 281, 449, 308, 424, 335, 393, 357, 357, 377, 321, 387, 286, 390, 250, 387),
    *(214, 379, 179, 364, 147, 344, 116, 312, 96, 286, 85, 259, 78, 232, 77, 210, 80, 179),
    *(89, 152, 107, 125, 129, 103, 152, 87, 178, 71),
)
_ROCKET = (
    *(322, 126, 328, 131, 333, 142, 334, 160, 334, 176, 332, 180, 336, 180, 336, 270, 331, 272),
    *(331, 405, 313, 405, 313, 272, 309, 270, 310, 180, 312, 178, 311, 160, 312, 142, 316, 132),
)
_PATCH = tuple(
    int(value)
    for angle in np.linspace(0, 2 * np.pi, 36, endpoint=False)
    for value in (170.5 + 37 * np.cos(angle), 385.5 + 37 * np.sin(angle))
)
_SHUTTLE = (
    *(408, 0, 424, 0, 432, 10, 438, 35, 438, 48, 443, 40, 449, 48, 455, 68, 455, 230, 452, 236),
    *(458, 262, 453, 270, 472, 277, 466, 282, 430, 283, 424, 278, 418, 290, 372, 290, 367, 281),
    *(376, 274, 367, 272, 371, 258, 385, 228, 376, 224, 355, 221, 356, 210, 365, 195, 377, 183),
    *(378, 112, 381, 100, 382, 60, 388, 40, 392, 48, 394, 70, 396, 72, 397, 25, 402, 8),
)
_EYE = (
    *(135, 110, 137, 97, 144, 89, 161, 86, 177, 87, 191, 94, 201, 105, 205, 117, 205, 130),
    *(197, 140, 184, 147, 171, 147, 157, 143, 144, 132, 137, 122),
)
_NOSE = (
    *(240, 232, 254, 228, 268, 229, 291, 231, 292, 236, 281, 248, 268, 260, 258, 266, 251, 254),
    *(247, 242),
)
_TANK = (
    *(325, 228, 363, 190, 402, 167, 430, 156, 463, 163, 483, 181, 484, 195, 474, 218, 463, 237),
    *(452, 241, 424, 237, 391, 237, 363, 243, 345, 249),
)
_SEAT = (
    *(150, 173, 162, 162, 184, 162, 223, 167, 246, 167, 262, 184, 285, 192, 312, 195, 335, 192),
    *(354, 190, 357, 198, 340, 212, 312, 232, 273, 258, 262, 257, 240, 237, 212, 223, 178, 212),
    *(156, 198),
)
_BOTTLE = (401, 59, 406, 53, 410, 50, 414, 53, 418, 59, 418, 89, 416, 92, 402, 90)
_PERSON = (
    *(232, 16, 268, 28, 292, 48, 301, 85, 296, 112, 278, 135, 270, 138, 258, 177, 285, 195),
    *(301, 225, 306, 240, 340, 268, 352, 288, 363, 345, 375, 352, 420, 344, 455, 360, 485, 400),
    *(495, 445, 511, 460, 511, 511, 20, 511, 24, 400, 36, 310, 52, 262, 100, 215, 117, 205),
    *(120, 175, 150, 152, 182, 150, 180, 132, 172, 125, 155, 100, 155, 70, 180, 38, 210, 20),
)
_OUTLINES: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "spoon": ("coffee", _SPOON),
    "crockery": ("coffee", _CROCKERY),
    "rocket": ("rocket", _ROCKET),
    "patch": ("astronaut", _PATCH),
    "shuttle": ("astronaut", _SHUTTLE),
    "person": ("astronaut", _PERSON),
    "eye": ("chelsea", _EYE),
    "nose": ("chelsea", _NOSE),
    "tank": ("motorcycle_left", _TANK),
    "seat": ("motorcycle_left", _SEAT),
    "bottle": ("motorcycle_left", _BOTTLE),
}


class Outlined(NamedTuple):
    """An object: its photo `[1, H, W, 3]`, its mask `[1, H, W]`, corners and a box around it."""

    name: str
    photo: Image
    truth: Mask
    corners: list[tuple[int, int]]
    box: Box


def objects() -> Iterator[Outlined]:
    """Every object, in one order."""
    for name, (photo, numbers) in _OUTLINES.items():
        image = to_image(_samples(photo))
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        height, width = image.shape[1:3]
        truth = np.zeros((height, width), np.uint8)
        cv2.fillPoly(truth, [np.array(corners, np.int32)], 1)
        xs, ys = np.array(corners).T
        tight = Box(int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)
        margin = round(_MARGIN * max(tight.width, tight.height))
        box = grow_box(tight, margin, width, height)
        yield Outlined(name, image, truth[np.newaxis].astype(np.float32), corners, box)


def overlap(first: Mask, second: Mask) -> float:
    """What two masks share, of what either selects: 1 where they are equal."""
    either = np.maximum(first, second).sum()
    return float(np.minimum(first, second).sum() / either) if either else 1.0


def _samples(photo: str) -> NDArray[np.uint8]:
    file = next(Path(skimage.data.__file__).parent.glob(f"{photo}.*"))
    return np.asarray(Pillow.open(file).convert("RGB"))
