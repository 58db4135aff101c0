"""How transparent a picture is where a hole in it was painted."""

import numpy as np

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.geometry.regions import Box, grow_box, selected_box
from paintgraph.imaging.nearest import nearest_known


def alpha_of_hole(image: Image, mask: Mask) -> Mask:
    """Alpha of the picture, continued into the hole from the nearest px around it.

    What lies under the mask has no part in it, but for new canvas, which stays opaque as it was
    added. As that counts what is opaque beyond the box of all that is not selected.

    Args:
        image: picture `[B, H, W, 4]`, 0 to 1.
        mask: mask `[B, H, W]`; the hole is where it is above 0. If it is everywhere, alpha stays.

    Returns:
        Alpha `[B, H, W]`; outside the hole bit for bit that of the picture.

    Examples:
        >>> row = np.array([[[[0, 0, 0, alpha] for alpha in (0.5, 1, 0.25, 0, 1)]]], np.float32)
        >>> alpha_of_hole(row, np.array([[[0, 1, 0, 1, 1]]], np.float32)).tolist()
        [[[0.5, 0.5, 0.25, 0.25, 1.0]]]
    """
    alpha = image[..., 3].copy()
    for plane, hole in zip(alpha, mask > 0, strict=True):
        known = selected_box((~hole)[np.newaxis])
        selected = selected_box(hole[np.newaxis])
        if known is not None and selected is not None:
            # All that is nearest to px of the hole touches it.
            height, width = hole.shape
            near = _slices(grow_box(selected, 1, width, height))
            canvas = plane == 1
            canvas[_slices(known)] = False
            changed = (hole & ~canvas)[near]
            around = plane[near]
            around[changed] = around[nearest_known(hole[near], changed)]
    return alpha


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)
