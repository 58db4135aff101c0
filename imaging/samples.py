"""Code values of files to numbers from 0 to 1 and back, and the digest that names equal pictures.

Large pictures are worked on in strips of rows.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import PictureError

Depth: TypeAlias = Literal[8, 16]
Samples: TypeAlias = NDArray[np.unsignedinteger[Any]]

_STRIP_VALUES = 1 << 20
# Of a code: float32 leaves what was a whole number up to that much beside it (after a blur, a
# scaling, an inversion), and nothing else is meant by so small a part.
_NOISE = np.float32(1e-3)


def quantise(image: Image | Mask, depth: int = 8) -> Samples:
    """Code values of numbers from 0 to 1, in an array of the same shape.

    8 bits truncate (0.5 gives 127), but what lies less than 1/1000 of a code below a whole number
    is that number; 16 bits round. So whatever came from a file of the same depth becomes exactly
    what it was there, also where arithmetic left it a little beside.

    Args:
        image: picture or mask `[...]`, 0 to 1.
        depth: bits per sample, 8 or 16.

    Returns:
        Code values `[...]`, uint8 or uint16.

    Raises:
        PictureError: the depth is neither 8 nor 16.

    Examples:
        >>> quantise(np.array([0, 0.5, 1], np.float32)).tolist()
        [0, 127, 255]
    """
    samples: Samples = np.empty(image.shape, _sample_type(depth))
    at = 0
    flat = samples.reshape(-1)
    for strip in quantised_strips(image, depth):
        flat[at : at + strip.size] = strip
        at += strip.size
    return samples


def quantised_strips(image: Image | Mask, depth: int = 8) -> Iterator[Samples]:
    """The code values of `quantise`, flat and in order, a few rows at a time.

    Args:
        image: picture or mask `[...]`, 0 to 1.
        depth: bits per sample, 8 or 16.

    Yields:
        Code values `[N]`, uint8 or uint16.

    Raises:
        PictureError: the depth is neither 8 nor 16.
    """
    kind = _sample_type(depth)
    highest = np.float32(np.iinfo(kind).max)
    flat = np.ascontiguousarray(image).reshape(-1)
    for start in range(0, flat.size, _STRIP_VALUES):
        strip = flat[start : start + _STRIP_VALUES] * highest
        if depth == 8:
            strip += _NOISE
        else:
            np.rint(strip, out=strip)
        yield strip.astype(kind)


def nearest_bytes(image: Image | Mask) -> NDArray[np.uint8]:
    """The nearest 8-bit code values, for algorithms that know no others; files have `quantise`.

    Args:
        image: picture or mask `[...]`, 0 to 1.

    Returns:
        Code values `[...]`.
    """
    codes: NDArray[np.uint8] = np.rint(image * np.float32(255)).astype(np.uint8)
    return codes


def to_image(samples: NDArray[Any]) -> Image:
    """The picture `[1, H, W, 3 or 4]` of code values `[H, W]` or `[H, W, C]`; grey becomes RGB.

    Args:
        samples: code values `[H, W]` or `[H, W, 1 to 4]`, uint8 or uint16; two channels are grey
            and alpha.

    Returns:
        Picture `[1, H, W, 3 or 4]`, 0 to 1.
    """
    if samples.ndim == 2:
        samples = samples[..., np.newaxis]
    height, width, channels = samples.shape
    highest = np.float32(np.iinfo(samples.dtype).max)
    has_alpha = channels in {2, 4}
    image = np.empty((1, height, width, 4 if has_alpha else 3), np.float32)
    colours = samples[..., : channels - has_alpha]
    np.divide(colours, highest, out=image[0, ..., :3], dtype=np.float32)
    if has_alpha:
        np.divide(samples[..., -1], highest, out=image[0, ..., 3], dtype=np.float32)
    return image


def turned(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of `[H, W, ...]` as EXIF's orientation (1 to 8) wants it to be seen.

    Args:
        samples: code values `[H, W, ...]`.
        orientation: 1 to 8 (EXIF 2.32, tag 274).

    Returns:
        A view `[H, W, ...]` or `[W, H, ...]`.

    Examples:
        Orientation 6 turns by a quarter clockwise:

        >>> turned(np.array([[1, 2, 3], [4, 5, 6]]), 6).tolist()
        [[4, 1], [5, 2], [6, 3]]
    """
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in {2, 3, 6, 7}:
        samples = samples[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        samples = samples[::-1]
    return samples


def _sample_type(depth: int) -> type[np.unsignedinteger[Any]]:
    if depth == 8:
        return np.uint8
    if depth == 16:
        return np.uint16
    raise PictureError(f"depth: is {depth} bits per sample; allowed are 8 and 16. Choose one.")


def pixel_digest(image: Image, depth: Depth, icc: bytes | None) -> str:
    """SHA-256, in hex, over shape, sample depth, samples and ICC profile of a batch of images.

    Args:
        image: picture `[B, H, W, 3 or 4]` or `[H, W, 3 or 4]`, 0 to 1.
        depth: bits per sample, 8 or 16.
        icc: colour profile, or None.

    Returns:
        64 hexadecimal digits.
    """
    shape = image.shape if image.ndim == 4 else (1, *image.shape)
    digest = hashlib.sha256()
    digest.update(f"{'x'.join(map(str, shape))} {depth} ".encode())
    for strip in quantised_strips(image, depth):
        digest.update(np.ascontiguousarray(strip, strip.dtype.newbyteorder("<")).data)
    digest.update(b"" if icc is None else b"icc" + icc)
    return digest.hexdigest()
