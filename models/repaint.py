"""What surrounds every engine: find the holes, show each with its context, put the result back.

Where the mask is 0 the result equals the picture bit for bit, whatever its size.
"""

import math
from typing import NamedTuple

import numpy as np

from imaging.arrays import Image, Mask, match_pair
from imaging.composite import blend_into
from imaging.errors import MaskError
from imaging.fill import FROM_SURROUNDINGS, fill
from imaging.regions import Box, grow_box, split_regions
from imaging.resize import resize, scale_to_fit
from models.protocols import (
    Check,
    Inpainter,
    InpaintRequest,
    Progress,
    never_cancelled,
    unheard,
)

_LEAST_CONTEXT = 64  # px around a hole; holes nearer to each other are painted together
# Of the side of a square as large as the hole. With more, PatchMatch copies whole objects into
# the hole; with less, it has too little to continue.
_CONTEXT = 0.5
_HALF = 0.5


class _Region(NamedTuple):
    item: int
    hole: Box
    around: Box


def repaint(  # noqa: PLR0913 - the two callbacks come beside what is painted
    image: Image,
    mask: Mask,
    inpainter: Inpainter,
    request: InpaintRequest,
    *,
    progress: Progress = unheard,
    check: Check = never_cancelled,
) -> Image:
    """Paint what the mask selects (1 = all new, between 0 and 1 blended) and keep the rest.

    Separate holes are painted one by one, each with the context around it and at most at the
    engine's working size. New pixels are opaque. An empty mask gives an equal picture.
    """
    image, mask = match_pair(image, mask)
    regions = _find_regions(mask)
    if inpainter.copies_surroundings:
        _check_something_known(mask, inpainter.name)
    result = image.copy()
    for index, region in enumerate(regions):
        check()

        def report(done: int, total: int, before: int = index) -> None:
            progress(before * total + done, len(regions) * total)

        part, part_mask = _cut(image, mask, region)
        small, small_mask = _shrink(part, part_mask, inpainter, request)
        painted = inpainter.inpaint(small, small_mask, request, progress=report, check=check)
        _put_back(result, painted, part_mask, region)
    return result


def _find_regions(mask: Mask) -> list[_Region]:
    height, width = mask.shape[1:]
    regions = []
    for item in range(len(mask)):
        for hole in split_regions(mask[item : item + 1], _LEAST_CONTEXT):
            side = math.isqrt(hole.width * hole.height)
            margin = max(_LEAST_CONTEXT, round(_CONTEXT * side))
            regions.append(_Region(item, hole, grow_box(hole, margin, width, height)))
    return regions


def _check_something_known(mask: Mask, engine: str) -> None:
    if (mask > 0).all(axis=(1, 2)).any():
        raise MaskError(
            f"the mask selects the whole picture, but {engine} copies from what is not selected; "
            "use a smaller mask, or an engine that generates.",
            code="full_mask",
        )


def _cut(image: Image, mask: Mask, region: _Region) -> tuple[Image, Mask]:
    """Views of the region: of a large picture a copy would be large as well."""
    left, top, right, bottom = region.around
    part = np.s_[region.item : region.item + 1, top:bottom, left:right]
    return image[part], mask[part]


def _shrink(
    part: Image, mask: Mask, inpainter: Inpainter, request: InpaintRequest
) -> tuple[Image, Mask]:
    """What the engine sees: RGB `[1, h, w, 3]` and mask `[1, h, w]` at its working size."""
    width, height = _working_size(mask, inpainter)
    if not inpainter.copies_surroundings:
        # Nothing is known of a whole picture: what it shows is the best guess.
        blind = request.fill in FROM_SURROUNDINGS and (mask > 0).all()
        filled = fill(part, mask, "keep" if blind else request.fill, request.seed)
        return resize(filled, width, height)[..., :3], resize(mask, width, height)
    known = mask == 0
    visible = known * part[..., 3] if part.shape[3] > 3 else known  # noqa: PLR2004 - RGB
    return _shrink_known(part[..., :3], visible if visible.any() else known, width, height)


def _working_size(mask: Mask, inpainter: Inpainter) -> tuple[int, int]:
    """Width and height at which the engine paints the part of the picture under this mask."""
    height, width = mask.shape[1:]
    scale = math.sqrt(inpainter.working_pixels / max(1, int(np.count_nonzero(mask))))
    side = min(inpainter.working_side, max(1, int(max(width, height) * scale)))
    multiple = inpainter.size_multiple
    fitted_width, fitted_height = (
        max(multiple, length // multiple * multiple)
        for length in scale_to_fit(width, height, side, side)
    )
    return fitted_width, fitted_height


def _shrink_known(part: Image, known: Mask, width: int, height: int) -> tuple[Image, Mask]:
    """Shrink so that nothing of the hole mixes into the known pixels around it."""
    weighted = np.concatenate([part, known[..., np.newaxis]], axis=3, dtype=np.float32)
    small = resize(weighted, width, height)
    coverage = small[..., 3]
    hole = coverage < _HALF
    if hole.all():
        # Little is known anywhere: start from where most is.
        hole = coverage < coverage.max()
    return small[..., :3], hole.astype(np.float32)


def _put_back(result: Image, painted: Image, part_mask: Mask, region: _Region) -> None:
    """Blend what was painted into the hole of the region, in place."""
    hole, around = region.hole, region.around
    rows = slice(hole.top - around.top, hole.bottom - around.top)
    columns = slice(hole.left - around.left, hole.right - around.left)
    full = resize(painted, around.width, around.height)[0, rows, columns]
    target = result[region.item, hole.top : hole.bottom, hole.left : hole.right]
    blend_into(target, full, part_mask[0, rows, columns])
