"""What an engine is shown of a part of a picture: filled, at its working size, nothing mixed in."""

from typing import NamedTuple

import numpy as np

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.fill.guess import FROM_SURROUNDINGS, fill
from paintgraph.imaging.geometry.resize import resize
from paintgraph.models.inpainting.holes import working_size
from paintgraph.models.inpainting.protocols import Filler, Inpainter, InpaintRequest

_HALF = 0.5


class Shown(NamedTuple):
    """RGB `[1, h, w, 3]`, mask and avoided px `[1, h, w]` at an engine's working size."""

    image: Image
    mask: Mask
    avoid: Mask | None


def show(  # noqa: PLR0913 - a part is three arrays
    part: Image,
    mask: Mask,
    avoid: Mask | None,
    inpainter: Inpainter,
    request: InpaintRequest,
    listening: Listening,
    *,
    filler: Filler | None = None,
) -> Shown:
    """What the engine sees of a part `[1, H, W, C]` whose mask is `[1, H, W]`."""
    height, width = mask.shape[1:]
    size = working_size(width, height, int(np.count_nonzero(mask)), inpainter)
    small_avoid = None if avoid is None else (resize(avoid, *size) > 0).astype(np.float32)
    if inpainter.copies_surroundings:
        known = mask == 0
        visible = known * part[..., 3] if part.shape[3] == 4 else known
        visible = visible if visible.any() else known
        return Shown(*_shrink_known(part[..., :3], visible, *size), small_avoid)
    filled = _filled(part, mask, request, filler, listening)
    return Shown(resize(filled, *size)[..., :3], resize(mask, *size), small_avoid)


def _filled(
    part: Image, mask: Mask, request: InpaintRequest, filler: Filler | None, listening: Listening
) -> Image:
    """The part with a first guess under the mask."""
    if (mask > 0).all() and (request.fill == "patchmatch" or request.fill in FROM_SURROUNDINGS):
        # Nothing is known of a whole picture: what it shows is the best guess.
        return fill(part, mask, "keep")
    if request.fill != "patchmatch":
        return fill(part, mask, request.fill, request.seed)
    if filler is None:
        raise ContractError("fill is 'patchmatch', but nothing here does that. Use 'blur'.")
    return filler(part, mask, request.seed, listening)


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
