"""Several pictures in one batch."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.alpha import on_colour
from paintgraph.imaging.arrays import Image, check_pixels
from paintgraph.imaging.blend.composite import lay_over, with_channels
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import crop_evenly
from paintgraph.imaging.geometry.resize import resize, scale_to_fit
from paintgraph.imaging.geometry.sampling import Method, sample


def join(first: Image, second: Image) -> Image:
    """Both batches in one; the second is brought to the size of the first.

    Its longer side is cut to the proportions of the first. If either has alpha, so has the result.

    Args:
        first: picture `[A, H, W, 3 or 4]`, 0 to 1.
        second: picture `[B, h, w, 3 or 4]`, 0 to 1.

    Returns:
        Pictures `[A + B, H, W, 3 or 4]`.

    Raises:
        ContractError: they would have too many px together (`too_many_pixels`).
    """
    _, height, width, _ = first.shape
    check_pixels(width, height, len(first) + len(second))
    second = fitted(second, first, "bilinear")
    channels = max(first.shape[3], second.shape[3])
    return np.concatenate([with_channels(picture, channels) for picture in (first, second)])


def fitted(image: Image, size_of: Image, method: Method) -> Image:
    """The pictures at the size of others; of their longer side what does not fit is cut off.

    Args:
        image: pictures `[B, h, w, 3 or 4]`, 0 to 1.
        size_of: pictures `[N, H, W, C]`.
        method: how new values follow from old ones; what shrinks is not averaged, but by `area`.

    Returns:
        Pictures `[B, H, W, 3 or 4]`; the same ones if they have that size.

    Raises:
        ContractError: they would have too many px together (`too_many_pixels`).
    """
    height, width = size_of.shape[1:3]
    if image.shape[1:3] == (height, width):
        return image
    check_pixels(width, height, len(image))
    return sample(crop_evenly(image, width, height), width, height, method)


def regroup(images: Sequence[Image], size: int) -> list[Image]:
    """All pictures of the batches, in batches of `size`; the last one may be smaller.

    Args:
        images: pictures `[B, H, W, 3 or 4]`, each of its own batch size.
        size: pictures of a batch, at least 1.

    Returns:
        Pictures `[size, H, W, 3 or 4]`.

    Raises:
        ContractError: pictures of one batch differ in height or width (`size_mismatch`), or have
            too many px together (`too_many_pixels`).

    Examples:
        >>> singles = [np.zeros((1, 4, 4, 3), np.float32)] * 3
        >>> [batch.shape[0] for batch in regroup(singles, 2)]
        [2, 1]
    """
    singles = [image[item : item + 1] for image in images for item in range(len(image))]
    return [_joined(singles[at : at + size]) for at in range(0, len(singles), size)]


def plain(width: int, height: int, batch: int, colour: tuple[int, int, int]) -> Image:
    """Opaque pictures of one colour, given in 8-bit values.

    Args:
        width: px.
        height: px.
        batch: number of pictures.
        colour: red, green and blue, 0 to 255.

    Returns:
        Pictures `[batch, height, width, 3]`, 0 to 1.
    """
    samples = np.array(colour, np.float32) / np.float32(255)
    return np.tile(samples, (batch, height, width, 1))


def collage(  # noqa: PLR0913 - a grid of cells
    images: Sequence[Image],
    width: int,
    height: int,
    colour: tuple[int, int, int],
    columns: int = 0,
    margin: int = 0,
) -> Image:
    """Pictures in the cells of a grid on one colour, row by row, each as large as fits and central.

    Args:
        images: batches `[B, H, W, 3 or 4]`, 0 to 1; every picture of each has a cell.
        width: px of a cell.
        height: px of a cell.
        colour: red, green and blue, 0 to 255; seen through what is transparent.
        columns: cells side by side; 0: about as many as rows.
        margin: px that stay free on each side of a picture.

    Returns:
        One picture `[1, rows * height, columns * width, 3]`.

    Raises:
        ContractError: the margins leave no room (`bad_size`), or it would be too large.
    """
    singles = [image[item : item + 1] for image in images for item in range(len(image))]
    across = min(columns or math.ceil(math.sqrt(len(singles))), len(singles))
    inner_width, inner_height = width - 2 * margin, height - 2 * margin
    if inner_width < 1 or inner_height < 1:
        raise ContractError(
            f"margin is {margin} px on each side of a cell of {height}x{width} px "
            "(height x width); allowed is less than half of its shorter side, "
            f"{(min(width, height) - 1) // 2} px at most. Make the cell larger, or the margin "
            "smaller.",
            code="bad_size",
        )
    size = across * width, math.ceil(len(singles) / across) * height
    check_pixels(*size)
    sheet, cell = plain(*size, 1, colour), plain(width, height, 1, colour)
    for place, single in enumerate(singles):
        fits = scale_to_fit(
            single.shape[2], single.shape[1], inner_width, inner_height, enlarge=True
        )
        left, top = (width - fits[0]) // 2, (height - fits[1]) // 2
        row, column = divmod(place, across)
        down, right = row * height, column * width
        filled = lay_over(cell, resize(single, *fits), left, top)
        sheet[:, down : down + height, right : right + width] = filled
    return sheet


def side_by_side(first: Image, second: Image, gap: int, colour: tuple[int, int, int]) -> Image:
    """Each picture left of its partner, at its own size and central, on one colour.

    Args:
        first: pictures `[A, H, W, 3 or 4]`, 0 to 1.
        second: pictures `[B, h, w, 3 or 4]`, 0 to 1; of the fewer the first one comes again.
        gap: px between them.
        colour: of the ground and behind what is transparent: red, green and blue, 0 to 255.

    Returns:
        Pictures `[max(A, B), max(H, h), W + gap + w, 3]`.

    Raises:
        ContractError: it would be too large (`too_many_pixels`).
    """
    count = max(len(first), len(second))
    width = first.shape[2] + gap + second.shape[2]
    height = max(first.shape[1], second.shape[1])
    check_pixels(width, height, count)
    sheet = plain(width, height, count, colour)
    shares = colour[0] / 255, colour[1] / 255, colour[2] / 255
    for image, left in ((first, 0), (second, first.shape[2] + gap)):
        top = (height - image.shape[1]) // 2
        place = np.s_[:, top : top + image.shape[1], left : left + image.shape[2]]
        sheet[place] = on_colour(take(image, count), shares)
    return sheet


def take(image: NDArray[np.float32], batch: int) -> NDArray[np.float32]:
    """The first `batch` pictures or masks; from the first one again where there are fewer.

    Args:
        image: pictures or masks `[B, H, W, ...]`.
        batch: how many are wanted, at least 1.

    Returns:
        Pictures or masks `[batch, H, W, ...]`.

    Raises:
        ContractError: those that are repeated would have too many px together (`too_many_pixels`).
    """
    if batch <= len(image):
        return image[:batch]
    check_pixels(image.shape[2], image.shape[1], batch)
    return image[np.arange(batch) % len(image)]


def _joined(images: Sequence[Image]) -> Image:
    shapes = {image.shape[1:3] for image in images}
    if len(shapes) > 1:
        sizes = ", ".join(f"{height}x{width}" for height, width in sorted(shapes))
        raise ContractError(
            f"pictures of one batch are {sizes} (height x width); all must have one size. Use "
            "ImageScale on them, or a batch_size of 1.",
            code="size_mismatch",
        )
    height, width = shapes.pop()
    check_pixels(width, height, len(images))
    channels = max(image.shape[3] for image in images)
    return np.concatenate([with_channels(image, channels) for image in images])
