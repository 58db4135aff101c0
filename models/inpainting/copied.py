"""What of a picture an engine that copies may take."""

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import MaskError
from paintgraph.imaging.geometry.regions import grow_box
from paintgraph.imaging.masks.reading import told_darkest
from paintgraph.models.inpainting.showing import KNOWN, Region, known_share

_LEAST_GROWTH = 64  # px
_ENOUGH = 0.25  # of the px of a hole: what there should be to copy from


def may_be_copied(mask: Mask, avoid: Mask | None) -> NDArray[np.bool_]:
    """What of one picture or of several is known and not to be avoided, as large as the mask."""
    known: NDArray[np.bool_] = mask == 0
    return known if avoid is None else known & (avoid == 0)


def check_sources(engine: str, mask: Mask, avoid: Mask | None) -> None:
    """Raise MaskError where a picture of a batch has nothing that the engine may copy."""
    for item, layer in enumerate(mask):
        if not layer.any():
            continue
        if layer.all():
            raise MaskError(
                f"the mask selects the whole picture{told_darkest(layer)}, but "
                f"{engine} copies from what is not selected; use a smaller mask, or an engine "
                "that generates.",
                code="full_mask",
            )
        if avoid is not None and not may_be_copied(layer, avoid[item]).any():
            raise MaskError(
                f"avoid covers all that the mask does not select, so {engine} has nothing to "
                "copy from; avoid less, or use an engine that generates.",
                code="nothing_to_copy",
            )


def with_sources(region: Region, image: Image, mask: Mask, avoid: Mask | None) -> Region:
    """The region with more around it, if what is around it holds too little to copy."""
    item, hole, around = region
    layer, barred = mask[item], None if avoid is None else avoid[item]
    known = may_be_copied(layer, barred) & (known_share(image[item], layer) >= KNOWN)
    height, width = known.shape
    selected = layer[hole.top : hole.bottom, hole.left : hole.right]
    wanted = max(1, int(_ENOUGH * np.count_nonzero(selected)))
    enough = min(int(np.count_nonzero(known)), wanted)
    growth = _LEAST_GROWTH
    while np.count_nonzero(known[around.top : around.bottom, around.left : around.right]) < enough:
        around = grow_box(around, growth, width, height)
        growth *= 2
    return region._replace(around=around)
