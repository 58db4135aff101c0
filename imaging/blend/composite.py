"""Put painted pixels into a picture; what is not selected stays bit for bit."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from paintgraph.imaging.arrays import Image, Mask, match_batch, match_pair
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import Box

Operation: TypeAlias = Literal["multiply", "add", "subtract", "and", "or", "xor"]
_Slices: TypeAlias = tuple[slice, slice]


def blend_into(target: Image, painted: Image, weights: Mask) -> None:
    """Write what is painted into `target` `[H, W, C]` (its own result so far, never an input).

    Args:
        target: pixels `[H, W, C]`, 0 to 1, changed in place.
        painted: pixels `[H, W, 3 or C]`, 0 to 1; three channels are opaque.
        weights: how much of them is seen, `[H, W]`, 0 to 1. Where it is 0 nothing changes.

    Raises:
        ContractError: what is painted has alpha and the target has none.
    """
    soft = (weights > 0) & (weights < 1)
    if soft.any():
        target[soft] = _blend(target[soft], _with_channels(painted[soft], target), weights[soft])
    whole = weights >= 1
    if whole.all() and painted.shape == target.shape:
        target[:] = painted
    else:
        target[whole] = _with_channels(painted[whole], target)


def _with_channels(pixels: Image, target: Image) -> Image:
    """The pixels `[N, C]` with as many channels as the target; new alpha is opaque."""
    if pixels.shape[-1] == target.shape[-1]:
        return pixels
    if pixels.shape[-1] > target.shape[-1]:
        raise ContractError(
            "the painted pixels have alpha but the target has none. Give both the same channels."
        )
    return np.concatenate([pixels, np.ones((len(pixels), 1), np.float32)], axis=1)


def _blend(below: Image, above: Image, weights: Mask) -> Image:
    """Blend pixels `[N, C]` by weights `[N]` between 0 and 1."""
    shares = weights[:, np.newaxis]
    # Equal values stay equal, whatever the weight.
    blended = below + (above - below) * shares
    if below.shape[1] == 4:
        alpha = blended[:, 3:]
        # The share of the painted colour in what is seen; equal alphas give the weight itself.
        seen = np.where(alpha > 0, above[:, 3:] * shares / np.where(alpha > 0, alpha, 1), shares)
        blended[:, :3] = below[:, :3] + (above[:, :3] - below[:, :3]) * seen
        # Of a hidden colour not even its rounding comes to light.
        np.copyto(blended[:, :3], above[:, :3], where=below[:, 3:] == 0)
    return np.clip(blended, 0, 1, out=blended)


def _yes_or_no(combine: Callable[[Mask, Mask], Mask]) -> Callable[[Mask, Mask], Mask]:
    """The operation on masks that were made hard first; a half counts as not selected."""
    return lambda below, above: combine(np.rint(below), np.rint(above))


_OPERATIONS: dict[str, Callable[[Mask, Mask], Mask]] = {
    "multiply": np.multiply,
    "add": lambda below, above: np.minimum(below + above, np.float32(1)),
    "subtract": lambda below, above: np.maximum(below - above, np.float32(0)),
    "and": _yes_or_no(np.minimum),
    "or": _yes_or_no(np.maximum),
    "xor": _yes_or_no(lambda below, above: np.abs(below - above)),
}


def place_image(image: Image, part: Image, left: int, top: int, mask: Mask | None = None) -> Image:
    """The picture with a part laid over it, whose upper left corner comes to (left, top).

    What of the part lies outside the picture is cut off. The mask, of the part's size, says how
    much of it is seen: all without one. In a picture with alpha the part takes the place of what
    is there, alpha as well, so that what was cut out can be put back; on one without, a part with
    alpha is laid `over` it.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        part: picture `[B or 1, h, w, 3 or 4]`, 0 to 1.
        left: px from the left side of the picture; may be negative.
        top: px from its top; may be negative.
        mask: how much of the part is seen, `[B or 1, h, w]`, 0 to 1.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, as many channels as the picture has; what is not
        covered is equal bit for bit.

    Raises:
        ContractError: the mask has another size than the part, or batches differ (`size_mismatch`).

    Examples:
        >>> black = np.zeros((1, 1, 4, 3), np.float32)
        >>> placed = place_image(black, np.ones((1, 1, 3, 3), np.float32), 2, 0)
        >>> placed[0, 0, :, 0].tolist()
        [0.0, 0.0, 1.0, 1.0]
    """
    if image.shape[3] < part.shape[3]:
        return lay_over(image, part, left, top, mask)
    image, part = match_batch(image, part, "image", "the part")
    if mask is not None:
        part, mask = match_pair(part, mask, "the part")
        image, part = match_batch(image, part, "image", "the part")
    placed = image.copy()
    part = with_channels(part, image.shape[3])
    where = _overlap(image, part, left, top)
    if where is None:
        return placed
    (rows, columns), (part_rows, part_columns) = where
    if mask is None:
        placed[:, rows, columns] = part[:, part_rows, part_columns]
        return placed
    for below, above, weights in zip(placed, part, mask, strict=True):
        blend_into(
            below[rows, columns],
            above[part_rows, part_columns],
            weights[part_rows, part_columns],
        )
    return placed


def lay_over(image: Image, part: Image, left: int, top: int, mask: Mask | None = None) -> Image:
    """The picture seen through a part that is laid over it: Porter and Duff's "over" (1984).

    As `place_image`, but where the part is transparent the picture is seen, as much as it is.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        part: picture `[B or 1, h, w, 3 or 4]`, 0 to 1.
        left: px from the left side of the picture; may be negative.
        top: px from its top; may be negative.
        mask: how much of the part is seen, `[B or 1, h, w]`, 0 to 1.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, as many channels as the picture has.

    Raises:
        ContractError: the mask has another size than the part, or batches differ (`size_mismatch`).
    """
    if part.shape[3] == 4:
        alpha = part[..., 3]
        if mask is None:
            mask = alpha
        else:
            alpha, mask = match_pair(alpha, mask, "the part")
            mask = alpha * mask
    return place_image(image, part[..., :3], left, top, mask)


def put_behind(image: Image, background: Image, mask: Mask | None = None) -> Image:
    """The picture over a background, which takes the place of what the mask selects.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        background: picture `[B or 1, H, W, 3 or 4]`, 0 to 1.
        mask: how much the background takes the place of the picture, `[B or 1, H, W]`, 0 to 1;
            without one it only shows through.

    Returns:
        A new picture `[B, H, W, 3 or 4]`, with alpha if either has it. It is opaque where the
        background is; opaque px of the picture that are not selected stay bit for bit.

    Raises:
        ContractError: sizes differ, or batches do and are not 1 (`size_mismatch`).
    """
    image, background = match_pair(image, background, second_name="the background")
    background = with_channels(background, max(image.shape[3], background.shape[3]))
    composed = lay_over(background, image, 0, 0)
    return composed if mask is None else place_image(composed, background, 0, 0, mask)


def place_mask(
    mask: Mask, part: Mask, left: int, top: int, operation: Operation = "multiply"
) -> Mask:
    """The mask, combined with a part whose upper left corner lies at (left, top).

    What of the part lies outside is cut off. `and`, `or` and `xor` make hard masks of both first.

    Args:
        mask: mask `[B, H, W]`, 0 to 1.
        part: mask `[B or 1, h, w]`, 0 to 1.
        left: px from the left side of the mask; may be negative.
        top: px from its top; may be negative.
        operation: what becomes of the two values where they lie over each other.

    Returns:
        A new mask `[B, H, W]`, 0 to 1.

    Raises:
        ContractError: there is no such operation, or the batches differ (`size_mismatch`).
    """
    combine = _OPERATIONS.get(operation)
    if combine is None:
        raise ContractError(f"operation is {operation!r}; allowed are {', '.join(_OPERATIONS)}.")
    mask, part = match_batch(mask, part, "the mask", "the part")
    placed = mask.copy()
    where = _overlap(mask, part, left, top)
    if where is not None:
        (rows, columns), (part_rows, part_columns) = where
        covered = mask[:, rows, columns]
        placed[:, rows, columns] = combine(covered, part[:, part_rows, part_columns])
    return placed


def with_channels(image: Image, channels: int) -> Image:
    """The picture with 3 or 4 channels; new alpha is opaque, old alpha is dropped.

    Args:
        image: picture `[B, H, W, 3 or 4]`, 0 to 1.
        channels: 3 or 4.

    Returns:
        The picture `[B, H, W, channels]`; a view where channels were dropped or are right already.
    """
    if image.shape[3] < channels:
        return np.concatenate([image, np.ones((*image.shape[:3], 1), np.float32)], axis=3)
    return image[..., :channels]


def visible_box(width: int, height: int, box: Box) -> Box | None:
    """What of a box lies in a picture of `width` x `height` px, or None."""
    inside = Box(max(box.left, 0), max(box.top, 0), min(box.right, width), min(box.bottom, height))
    return inside if inside.width > 0 and inside.height > 0 else None


def _overlap(
    whole: Image | Mask, part: Image | Mask, left: int, top: int
) -> tuple[_Slices, _Slices] | None:
    """Rows and columns that a part covers, of the whole and of the part itself, or None."""
    height, width = whole.shape[1:3]
    box = visible_box(width, height, Box(left, top, left + part.shape[2], top + part.shape[1]))
    if box is None:
        return None
    return (
        (slice(box.top, box.bottom), slice(box.left, box.right)),
        (slice(box.top - top, box.bottom - top), slice(box.left - left, box.right - left)),
    )
