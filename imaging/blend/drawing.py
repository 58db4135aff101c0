"""Draw boxes with labels on a picture; what is not drawn on stays bit for bit."""

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.placing import visible_box
from paintgraph.imaging.geometry.regions import Box

# Colours that differ for most colour-blind people too (Okabe and Ito 2008).
_COLOURS = (
    (213, 94, 0),
    (0, 114, 178),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (240, 228, 66),
)
_LETTERS = 0.03  # of the shorter side: height of the letters of a label
_SMALLEST_LETTERS = 10  # px


def draw_boxes(
    image: Image, boxes: Sequence[Box], labels: Sequence[str] = (), thickness: int = 2
) -> Image:
    """The picture with a frame inside each box and its label in the upper left corner.

    Box n has label n, if there is one, and a colour that follows from n. What lies outside the
    picture is cut off. Drawn pixels are opaque.
    """
    drawn = image.copy()
    height, width = image.shape[1:3]
    size = max(_SMALLEST_LETTERS, round(_LETTERS * min(width, height)))
    for index, box in enumerate(boxes):
        colour = np.array(_COLOURS[index % len(_COLOURS)], np.float32) / np.float32(255)
        for side in _sides(box, thickness):
            _fill(drawn, side, colour)
        if index < len(labels) and labels[index].strip():
            _write(drawn, box, labels[index], size, colour)
    return drawn


def _sides(box: Box, thickness: int) -> tuple[Box, Box, Box, Box]:
    """The four bars of a frame that lies inside the box."""
    left, top, right, bottom = box
    return (
        Box(left, top, right, min(top + thickness, bottom)),
        Box(left, max(bottom - thickness, top), right, bottom),
        Box(left, top, min(left + thickness, right), bottom),
        Box(max(right - thickness, left), top, right, bottom),
    )


def _fill(image: Image, box: Box, colour: Mask) -> None:
    inside = visible_box(image.shape[2], image.shape[1], box)
    if inside is not None:
        area = image[:, inside.top : inside.bottom, inside.left : inside.right]
        area[..., :3] = colour
        area[..., 3:] = 1


def _write(image: Image, box: Box, label: str, size: int, colour: Mask) -> None:
    """A line of text on a bar of the colour, black or white, whichever stands out."""
    shape = _letters(label, size)
    place = Box(box.left, box.top, box.left + shape.shape[1], box.top + shape.shape[0])
    inside = visible_box(image.shape[2], image.shape[1], place)
    if inside is None:
        return
    _fill(image, inside, colour)
    ink = np.float32(colour.mean() < 0.5)
    shares = shape[inside.top - place.top :, inside.left - place.left :]
    shares = shares[: inside.height, : inside.width, np.newaxis]
    area = image[:, inside.top : inside.bottom, inside.left : inside.right, :3]
    area += (ink - area) * shares


def _letters(label: str, size: int) -> Mask:
    """How much of each px `[H, W]` is covered by the letters of a line."""
    font = ImageFont.load_default(size)
    line = " ".join(label.split())
    left, top, right, bottom = (round(side) for side in font.getbbox(line))
    margin = max(1, size // 5)
    canvas = Pillow.new("L", (right - left + 2 * margin, bottom - top + 2 * margin))
    ImageDraw.Draw(canvas).text((margin - left, margin - top), line, fill=255, font=font)
    return np.asarray(canvas, np.float32) / np.float32(255)
