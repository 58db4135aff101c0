"""Masks made for a picture as it is stored, where EXIF turned the picture when it was read."""

import numpy as np

from paintgraph.engine.node.context import Context
from paintgraph.imaging.arrays import check_same_size
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.samples import turned
from paintgraph.nodes.sockets import TURNED, Image, Mask

_QUARTER = 5  # from this orientation on width and height change places


def orientation_of(context: Context, name: str) -> int:
    """How EXIF turned the picture at an input (1 to 8) when it was read; 1: not at all."""
    orientation: int = context.facts(name).get(TURNED, 1)
    return orientation


def turned_with(
    context: Context, image: Image, mask: Mask, name: str = "image", *, any_size: bool = False
) -> Mask:
    """The mask, turned as the picture at an input was if its size is that of the stored picture.

    Args:
        context: of the call.
        image: picture `[B, H, W, C]` at the input `name`, as it is seen.
        mask: mask `[B, h, w]`.
        name: of the input.
        any_size: whether a mask of another size is one in its proportions, to be scaled; else it
            is refused if the picture was turned by a quarter.

    Returns:
        The mask `[B, h, w]` or `[B, w, h]`; with a warning if it was turned.

    Raises:
        ContractError: the picture was turned, and the mask fits it neither before nor after that
            (`size_mismatch`).
    """
    orientation = orientation_of(context, name)
    if orientation < _QUARTER or _fits((image.shape[1], image.shape[2]), mask, any_size=any_size):
        return mask
    stored = image.shape[2], image.shape[1]
    if _fits(stored, mask, any_size=any_size):
        context.warn(
            f"The mask has the {'proportions' if any_size else 'size'} of the picture as it is "
            f"stored, {stored[0]}x{stored[1]} (height x width), which its EXIF orientation "
            f"{orientation} turns; the mask was turned with it. Make masks for the picture as it "
            "is seen."
        )
        return np.stack([turned(layer, orientation) for layer in mask])
    if not any_size:
        try:
            check_same_size(image, mask)
        except ContractError as error:
            raise ContractError(
                f"{error.message} The picture's EXIF orientation {orientation} turned it from "
                f"{stored[0]}x{stored[1]}; a mask of that size would be turned with it.",
                code=error.code,
            ) from error
    return mask


def warn_if_unsure(context: Context, image: Image, mask: Mask, name: str = "image") -> None:
    """Warn where a mask's size does not tell whether it was made before or after the turn."""
    orientation = orientation_of(context, name)
    is_same = orientation < _QUARTER or image.shape[1] == image.shape[2]
    if orientation > 1 and is_same and mask.min() < mask.max():
        context.warn(
            f"The picture's EXIF orientation {orientation} turned or mirrored it, and the mask's "
            "size does not tell whether it was made before; it was taken as made for the picture "
            "as it is seen. Check the place, or save the picture turned."
        )


def _fits(size: tuple[int, int], mask: Mask, *, any_size: bool) -> bool:
    """Whether a mask has a height and width, or, at any size, their proportions to a px."""
    height, width = mask.shape[1:3]
    if not any_size:
        return size == (height, width)
    return bool(abs(height * size[1] - width * size[0]) <= max(*size, height, width))
