"""Draw on pictures: frames with labels, a colour over a mask, blur.

What is not drawn on stays bit for bit.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from paintgraph.imaging.alpha import filter_visible
from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.blend.composite import place_image, visible_box
from paintgraph.imaging.geometry.regions import Box
from paintgraph.imaging.opencv import cv2

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
_LEAST_WEIGHT = np.float32(1e-4)


def draw_boxes(
    image: Image, boxes: Sequence[Box], labels: Sequence[str] = (), thickness: int = 2
) -> Image:
    """The picture with a frame inside each box and its label in the upper left corner.

    Box n has label n, if there is one, and a colour that follows from n. What lies outside the
    picture is cut off. Drawn pixels are opaque.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        boxes: px; the same ones on each picture of the batch.
        labels: texts of the boxes, in their order.
        thickness: px of the frame.

    Returns:
        A new picture `[B, H, W, 3 or 4]`.
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


def blur(image: Image, radius: int, avoid: Mask | None = None) -> Image:
    """The picture blurred by a Gaussian whose sigma is half the radius (px); alpha as well.

    Each px counts as much as it is seen.

    What `avoid` selects (1) does not mix into its surroundings, which shine through there.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        radius: px; 0 changes nothing.
        avoid: mask `[B or 1, H, W]`, 0 to 1.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, 0 to 1.

    Raises:
        ContractError: sizes or batches differ (`size_mismatch`).
    """
    if radius <= 0:
        return image.copy()
    if avoid is None:
        return np.stack([filter_visible(each, partial(_blurred, radius=radius)) for each in image])
    image, avoid = match_pair(image, avoid, second_name="avoid")
    return np.stack(
        [
            filter_visible(picture, partial(_blurred_around, avoid=layer, radius=radius))
            for picture, layer in zip(image, avoid, strict=True)
        ]
    )


def blur_window(image: Image, radius: int, sigma: float) -> Image:
    """The picture blurred by a Gaussian that ends at `radius`; beyond its sides it is mirrored.

    Each px counts as much as it is seen.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        radius: px on each side of a px that count.
        sigma: standard deviation, in radii: from 1 on all of them count about as much.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, 0 to 1.
    """
    offsets = np.linspace(-1, 1, 2 * radius + 1)
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    weights /= weights.sum()

    def blurred(plane: Mask) -> Mask:
        border = cv2.BORDER_REFLECT_101
        filtered = cv2.sepFilter2D(plane, cv2.CV_32F, weights, weights, borderType=border)
        return np.asarray(filtered, np.float32)

    return np.stack([filter_visible(each, blurred) for each in image])


def overlay(image: Image, mask: Mask, colour: tuple[float, float, float], share: float) -> Image:
    """The picture with a colour laid over what the mask selects; `share` (0..1) of it is colour.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[B or 1, H, W]`, 0 to 1.
        colour: red, green and blue, 0 to 1.
        share: 0 to 1.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, 0 to 1.

    Raises:
        ContractError: sizes or batches differ (`size_mismatch`).
    """
    image, mask = match_pair(image, mask)
    sheet = np.broadcast_to(np.array(colour, np.float32), (*image.shape[:3], 3))
    return place_image(image, sheet, 0, 0, mask * np.float32(share))


def _blurred(plane: Mask, radius: int) -> Mask:
    blurred = cv2.GaussianBlur(plane, (0, 0), radius / 2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)


def _blurred_around(plane: Mask, avoid: Mask, radius: int) -> Mask:
    weight = 1 - avoid
    total = _blurred(weight, radius)
    mixed = _blurred(plane * weight, radius) / np.maximum(total, _LEAST_WEIGHT)
    # Deep inside the avoided area nothing else is near: it is hidden, so anything will do.
    return np.where(total > _LEAST_WEIGHT, mixed, _blurred(plane, radius))
