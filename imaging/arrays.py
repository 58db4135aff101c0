"""The data contract: what an image and a mask are, and the only place that checks it.

An array that passed a check is float32, C-contiguous, finite, within 0..1 and read-only.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.errors import ContractError

Image: TypeAlias = NDArray[np.float32]
"""`[B, H, W, C]`, C = 3 (RGB) or 4 (RGB and straight alpha), 0..1."""

Mask: TypeAlias = NDArray[np.float32]
"""`[B, H, W]`, 0..1; 1 = selected, 0 = keep, between = soft."""

CHANNELS = (3, 4)
_IMAGE_SHAPE = "[batch, height, width, 3 or 4 channels]"
_MASK_SHAPE = "[batch, height, width]"
MOST_PIXELS = 100_000_000


def check_image(array: object, name: str = "image") -> Image:
    """The array as a read-only image `[B, H, W, C]`, or an error that names what is wrong.

    An array that is right already is frozen and returned, not copied.

    Args:
        array: float array `[B, H, W, C]`, C = 3 (RGB) or 4 (RGB and straight alpha), 0 to 1.
        name: what the error calls it.

    Returns:
        The picture `[B, H, W, C]`, float32, C-contiguous, read-only.

    Raises:
        ContractError: it is no array, or of another type, shape or range.
    """
    return freeze(validate_image(array, name).astype(np.float32, copy=False))


def check_mask(array: object, name: str = "mask") -> Mask:
    """The array as a read-only mask `[B, H, W]`, or an error that names what is wrong.

    An array that is right already is frozen and returned, not copied.

    Args:
        array: float array `[B, H, W]`, 0 to 1; 1 is selected.
        name: what the error calls it.

    Returns:
        The mask `[B, H, W]`, float32, C-contiguous, read-only.

    Raises:
        ContractError: it is no array, or of another type, shape or range.

    Examples:
        >>> check_mask(np.ones((2, 2), np.float32))
        Traceback (most recent call last):
            ...
        paintgraph.imaging.errors.ContractError: mask: shape is [2, 2]; allowed is ...
    """
    return freeze(validate_mask(array, name).astype(np.float32, copy=False))


def validate_image(array: object, name: str = "image") -> NDArray[np.floating[Any]]:
    """The array itself, left writeable, if it holds what an image may hold.

    Args:
        array: float array `[B, H, W, 3 or 4]`, 0 to 1.
        name: what the error calls it.

    Returns:
        The same array `[B, H, W, 3 or 4]`, not copied.

    Raises:
        ContractError: it is no array, or of another type, shape or range.
    """
    image = _check_kind(array, name, _IMAGE_SHAPE)
    if image.ndim != 4 or image.shape[3] not in CHANNELS:
        raise ContractError(
            f"{name}: shape is {_shape(image)}; allowed is {_IMAGE_SHAPE}. "
            "Add the missing axes, or drop the channels beyond alpha."
        )
    _check_values(image, name)
    return image


def validate_mask(array: object, name: str = "mask") -> NDArray[np.floating[Any]]:
    """The array itself, left writeable, if it holds what a mask may hold.

    Args:
        array: float array `[B, H, W]`, 0 to 1.
        name: what the error calls it.

    Returns:
        The same array `[B, H, W]`, not copied.

    Raises:
        ContractError: it is no array, or of another type, shape or range.
    """
    mask = _check_kind(array, name, _MASK_SHAPE)
    if mask.ndim != 3:
        raise ContractError(
            f"{name}: shape is {_shape(mask)}; allowed is {_MASK_SHAPE}. "
            "Add a batch axis, or take one channel."
        )
    _check_values(mask, name)
    return mask


def check_same_size(
    first: NDArray[Any],
    second: NDArray[Any],
    first_name: str = "image",
    second_name: str = "mask",
) -> None:
    """Refuse two images or masks whose height or width differ, by a ContractError.

    Args:
        first: picture `[B, H, W, C]` or mask `[B, H, W]`.
        second: another one, of any batch.
        first_name: what the error calls the first.
        second_name: what the error calls the second.

    Raises:
        ContractError: height or width differ (`size_mismatch`).
    """
    if first.shape[1:3] == second.shape[1:3]:
        return
    if first.ndim != second.ndim:
        is_first = first.ndim == 3
        mask, image = (first_name, second_name) if is_first else (second_name, first_name)
        cure = f"Scale {mask} to the size of {image} with ScaleMask"
    else:
        cure = f"Scale one of them with {'ScaleMask' if first.ndim == 3 else 'ImageScale'}"
    raise ContractError(
        f"{first_name} is {_size(first)} but {second_name} is {_size(second)} (height x width); "
        f"both must have the same size. {cure}, or crop both to one box.",
        code="size_mismatch",
    )


def match_pair(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    first_name: str = "image",
    second_name: str = "mask",
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both arrays, which must have one height and width, with the same batch size.

    Args:
        first: picture `[B, H, W, C]` or mask `[B, H, W]`.
        second: another one of the same height and width, of the same batch or of 1.
        first_name: what the error calls the first.
        second_name: what the error calls the second.

    Returns:
        Both, `[B, H, W, ...]`; a batch of one is repeated, as a read-only view.

    Raises:
        ContractError: sizes differ, or batches do and neither is 1 (`size_mismatch`).
    """
    check_same_size(first, second, first_name, second_name)
    return match_batch(first, second, first_name, second_name)


def match_batch(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    first_name: str = "image",
    second_name: str = "mask",
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both arrays with the same batch size; a batch of one is repeated, as a read-only view.

    Two other batch sizes are a ContractError.

    Args:
        first: array `[B, ...]`.
        second: array `[B, ...]` of the same batch or of 1.
        first_name: what the error calls the first.
        second_name: what the error calls the second.

    Returns:
        Both, `[B, ...]`.

    Raises:
        ContractError: the batches differ and neither is 1 (`size_mismatch`).

    Examples:
        >>> one, three = np.zeros((1, 2, 2), np.float32), np.ones((3, 2, 2), np.float32)
        >>> [array.shape for array in match_batch(one, three)]
        [(3, 2, 2), (3, 2, 2)]
    """
    batches = first.shape[0], second.shape[0]
    if batches[0] == batches[1]:
        return first, second
    if 1 not in batches:
        names = f"{second_name}s" if second_name == "mask" else f"of {second_name}"
        taking = (
            f", or take {batches[1]} of {first_name} with ImageFromBatch"
            if first.ndim == 4 and batches[0] > batches[1]
            else ""
        )
        raise ContractError(
            f"{first_name} has a batch of {batches[0]} but {second_name} one of {batches[1]}; "
            f"allowed are equal batches or a batch of 1. Give 1 or {batches[0]} {names}{taking}.",
            code="size_mismatch",
        )
    batch = max(batches)
    return (
        np.broadcast_to(first, (batch, *first.shape[1:])),
        np.broadcast_to(second, (batch, *second.shape[1:])),
    )


def freeze(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """The array, C-contiguous and read-only; copied only if other memory could still change it.

    A view of a whole array freezes that array too; a view of a part is copied, so that a small
    result never keeps a large array in memory.

    Args:
        array: float32 of any shape `[...]`.

    Returns:
        The array `[...]`, or a copy of it.
    """
    array = np.ascontiguousarray(array)
    if _is_frozen(array):
        return array
    owner = array.base if isinstance(array.base, np.ndarray) else array
    if not owner.flags.owndata or owner.nbytes != array.nbytes:
        array = owner = array.copy()
    owner.flags.writeable = False
    array.flags.writeable = False
    return array


def _is_frozen(array: NDArray[Any]) -> bool:
    """Whether neither the array nor the memory that it looks at can be written."""
    if array.flags.writeable:
        return False
    if isinstance(array.base, np.ndarray):
        return _is_frozen(array.base)
    return array.flags.owndata or isinstance(array.base, bytes)


def _check_kind(array: object, name: str, shape: str) -> NDArray[np.floating[Any]]:
    if not isinstance(array, np.ndarray):
        raise ContractError(
            f"{name}: is of type {type(array).__name__}; allowed is a numpy float32 array "
            f"{shape}. Convert it first."
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise ContractError(
            f"{name}: samples are {array.dtype}; allowed is float32, 0 to 1. "
            "Divide by the largest code value (255 or 65535)."
        )
    if array.size == 0:
        raise ContractError(
            f"{name}: shape is {_shape(array)}, which holds no pixel; "
            "allowed is at least 1 along every axis. Check the node that made it."
        )
    return array


def _check_values(array: NDArray[np.floating[Any]], name: str) -> None:
    # NaN and infinity show in min and max, which need no second array of the same size.
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ContractError(
            f"{name}: holds NaN or infinity; allowed are finite values from 0 to 1. "
            "Check the node that made it."
        )
    if low < 0 or high > 1:
        raise ContractError(
            f"{name}: values go from {low:g} to {high:g}; allowed is 0 to 1. "
            "Scale or clip them first."
        )


def _shape(array: NDArray[Any]) -> str:
    return str(list(array.shape))


def _size(array: NDArray[Any]) -> str:
    return f"{array.shape[1]}x{array.shape[2]}"


def check_pixels(width: int, height: int, batch: int = 1) -> None:
    """Refuse, by a ContractError, pictures that have more than a hundred million px together."""
    if width * height * batch <= MOST_PIXELS:
        return
    pictures = f"{batch} pictures of " if batch > 1 else ""
    raise ContractError(
        f"the result would be {pictures}{height}x{width} (height x width); allowed are "
        f"{MOST_PIXELS // 10**6} million px in all. Ask for less.",
        code="too_many_pixels",
    )
