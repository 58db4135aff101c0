"""What an engine is shown: which parts of a picture, one after the other, and how each looks.

A part is filled under its mask and brought to the engine's working size; of engines that copy,
nothing of the hole mixes into what is known.
"""

import math
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask, check_same_size, match_batch
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.fill.guess import FROM_SURROUNDINGS, fill
from paintgraph.imaging.geometry.context import ContextRule, fit_working_size
from paintgraph.imaging.geometry.regions import Box, selected_box, split_regions
from paintgraph.imaging.geometry.resize import resize
from paintgraph.models.inpainting.protocols import Filler, Inpainter, InpaintRequest

_NEAR = 64  # px; holes nearer to each other are painted together
_CALL = 64 * 64  # px that could be painted in the time that a call takes besides
_MANY = 24  # holes; of more, not every pair is looked at
_UNKNOWN_SHARE = 3 / 8
_GRID = 32  # px
KNOWN = 0.5  # least share of a px that an engine that copies takes for known


class Region(NamedTuple):
    """A hole in one picture of a batch, and the part of the picture that is shown with it."""

    item: int
    hole: Box
    around: Box


def working_size(width: int, height: int, holes: int, inpainter: Inpainter) -> tuple[int, int]:
    """Width and height at which an engine is given a part in which `holes` px are to be painted."""
    scale = math.sqrt(inpainter.working_pixels / max(1, holes))
    most = max(1, min(inpainter.working_side, int(max(width, height) * scale)))
    return fit_working_size(width, height, most, inpainter.least_side, inpainter.size_multiple)


def find_regions(mask: Mask, inpainter: Inpainter, rule: ContextRule) -> list[Region]:
    """The holes of each mask, from top to bottom, one by one where that is less work.

    Holes are put into one region if the engine then paints fewer px in all, and none of them
    smaller than it would be alone.
    """
    height, width = mask.shape[1:]
    regions = []
    for item, layer in enumerate(mask):

        def plan(hole: Box, layer: Mask = layer) -> tuple[float, float]:
            """Px to paint, and the scale at which."""
            around = rule.around(hole, width, height)
            part = layer[around.top : around.bottom, around.left : around.right]
            selected = int(np.count_nonzero(part))
            size = working_size(around.width, around.height, selected, inpainter)
            return size[0] * size[1] + _CALL, max(size) / max(around.width, around.height)

        holes = split_regions(mask[item : item + 1], _NEAR)
        holes = _join_while_cheaper(holes, plan) if len(holes) <= _MANY else holes
        regions += [Region(item, hole, rule.around(hole, width, height)) for hole in holes]
    return regions


def find_steps(mask: Mask, inpainter: Inpainter, rule: ContextRule) -> list[Region]:
    """Blocks that the engine paints at full size, those next to what is known first.

    Each block with its context is about as large as what the engine works on at once. Blocks begin
    at the box of what is known, so that an outpaint has none that straddle the picture's edge.
    """
    height, width = mask.shape[1:]
    most = max(1, int(inpainter.working_pixels * _UNKNOWN_SHARE))
    side = max(1, inpainter.working_side // 2)
    regions = []
    for item, layer in enumerate(mask):
        known = selected_box((layer == 0)[np.newaxis]) or Box(0, 0, width, height)
        blocks = []
        for top, bottom, left, right in _cells((height, width), known, side, most):
            hole = selected_box(layer[np.newaxis, top:bottom, left:right])
            if hole is not None:
                shifted = Box(*map(sum, zip(hole, (left, top, left, top), strict=True)))
                blocks.append(shifted)
        blocks.sort(key=lambda hole: (_distance(hole, known), hole.top, hole.left))
        regions += [Region(item, hole, rule.around(hole, width, height)) for hole in blocks]
    return regions


def _join_while_cheaper(holes: list[Box], plan: Callable[[Box], tuple[float, float]]) -> list[Box]:
    plans = {hole: plan(hole) for hole in holes}
    while True:
        best, joined = 0.0, None
        for pair in combinations(holes, 2):
            both = _reach(*pair)
            taken = [hole for hole in holes if _overlap(hole, both)]
            if both not in plans:
                plans[both] = plan(both)
            cost, scale = plans[both]
            saved = sum(plans[hole][0] for hole in taken) - cost
            if saved > best and scale >= min(1.0, *(plans[hole][1] for hole in taken)):
                best, joined = saved, both
        if joined is None:
            return holes
        # A box around two holes may reach a third, and so on; boxes never overlap at the end.
        while touched := [hole for hole in holes if _overlap(hole, joined) and hole != joined]:
            holes = [hole for hole in holes if hole not in touched]
            joined = _reach(joined, *touched)
        holes = sorted([*holes, joined], key=lambda hole: (hole.top, hole.left))
        plans.setdefault(joined, plan(joined))


def _reach(*holes: Box) -> Box:
    """The box around several."""
    lefts, tops, rights, bottoms = zip(*holes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def _overlap(first: Box, second: Box) -> bool:
    is_beside = first.right <= second.left or second.right <= first.left
    return not (is_beside or first.bottom <= second.top or second.bottom <= first.top)


def _cells(
    shape: tuple[int, int], known: Box, side: int, most: int
) -> Iterator[tuple[int, int, int, int]]:
    """Top, bottom, left and right of cells that cut neither edge of what is known.

    None has a side of more than `side` px, or more than `most` px in all; the shorter side of what
    is divided stays whole as long as it can, because every cut may show.
    """
    height, width = shape
    for rows in pairwise((0, known.top, known.bottom, height)):
        for columns in pairwise((0, known.left, known.right, width)):
            down, across = (min(end - start, side) for start, end in (rows, columns))
            if not down or not across:
                continue
            if down <= across:
                across = min(across, max(1, most // down))
                down = min(down, max(1, most // across))
            else:
                down = min(down, max(1, most // across))
                across = min(across, max(1, most // down))
            for top, bottom in _divide(*rows, down):
                for left, right in _divide(*columns, across):
                    yield top, bottom, left, right


def _divide(start: int, end: int, side: int) -> Iterator[tuple[int, int]]:
    """A stretch in equal parts of at most `side`."""
    count = math.ceil((end - start) / side)
    return pairwise(start + (end - start) * part // count for part in range(count + 1))


def _distance(hole: Box, known: Box) -> int:
    """Squared px between the middle of a block and the box of what is known, each doubled."""
    across, down = hole.left + hole.right, hole.top + hole.bottom
    beside = max(2 * known.left - across, across - 2 * known.right, 0)
    above = max(2 * known.top - down, down - 2 * known.bottom, 0)
    return beside**2 + above**2


def find_tiles(mask: Mask, side: int) -> list[Region]:
    """The tiles of a grid in which something is selected, row by row.

    A tile is cut to what is selected in it; what is shown around it begins at a multiple of 32 px.
    """
    height, width = mask.shape[1:]
    regions = []
    for item, layer in enumerate(mask):
        for top in range(0, height, side):
            for left in range(0, width, side):
                hole = selected_box(layer[np.newaxis, top : top + side, left : left + side])
                if hole is not None:
                    hole = Box(*map(sum, zip(hole, (left, top, left, top), strict=True)))
                    regions.append(Region(item, hole, _on_grid(hole, width, height)))
    return regions


def _on_grid(hole: Box, width: int, height: int) -> Box:
    """The box of the px whose 32 x 32 cell, or one beside it, holds a px of the hole."""
    left, top = (max(0, start - start % _GRID - _GRID) for start in (hole.left, hole.top))
    right, bottom = (end - end % -_GRID + _GRID for end in (hole.right, hole.bottom))
    return Box(left, top, min(right, width), min(bottom, height))


def of_tile(region: Region, mask: Mask, avoid: Mask | None) -> tuple[Mask, Mask]:
    """What a tile paints; and what it does not look at, which is painted by other tiles too."""
    own, (hole, around) = np.zeros_like(mask), region[1:]
    rows = slice(hole.top - around.top, hole.bottom - around.top)
    columns = slice(hole.left - around.left, hole.right - around.left)
    own[:, rows, columns] = mask[:, rows, columns]
    others = ((mask > 0) & (own == 0)).astype(np.float32)
    return own, others if avoid is None else np.maximum(avoid, others)


def middle_columns(mask: Mask) -> slice | None:
    """The columns that hold all that is known, if new sides are beside it and above or below.

    Sides of both directions are then better painted one direction after the other.
    """
    hole = mask > 0
    columns, rows = (np.flatnonzero(~hole.all(axis=(0, axis))) for axis in (1, 2))
    height, width = hole.shape[1:]
    if not len(columns) or not len(rows):
        return None
    is_beside = columns[0] > 0 or columns[-1] < width - 1
    is_above = rows[0] > 0 or rows[-1] < height - 1
    return slice(int(columns[0]), int(columns[-1]) + 1) if is_beside and is_above else None


def matched_avoid(image: Image, avoid: Mask) -> Mask:
    """The avoided px, one mask for each picture."""
    check_same_size(image, avoid, second_name="avoid")
    return match_batch(image, avoid, second_name="avoid")[1][: len(image)]


def never_copied(part: Image, avoid: Mask | None) -> Mask | None:
    """What is never copied: what is avoided, and what cannot be seen."""
    if part.shape[3] == 3:
        return avoid
    clear: Mask = (part[..., 3] == 0).astype(np.float32)
    if avoid is not None:
        np.maximum(clear, avoid, out=clear)
    return clear


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
    """What the engine sees of a part `[1, H, W, C]` whose mask is `[1, H, W]`.

    Of px with alpha it sees the colours; none may be hidden.
    """
    height, width = mask.shape[1:]
    size = working_size(width, height, int(np.count_nonzero(mask)), inpainter)
    small_avoid = None if avoid is None else (resize(avoid, *size) > 0).astype(np.float32)
    if inpainter.copies_surroundings:
        known = known_share(part, mask)
        return Shown(*_shrink_known(part[..., :3], known, *size), small_avoid)
    filled = _filled(part, mask, request, filler, listening)
    return Shown(resize(filled[..., :3], *size), resize(mask, *size), small_avoid)


def known_share(part: Image, mask: Mask) -> Mask:
    """How much an engine that copies may take each px for known: `[..., H, W]`, 0 to 1.

    Nothing of what the mask selects; of the rest as much as it is seen, beside what is seen most.
    """
    known: Mask = (mask == 0).astype(np.float32)
    if part.shape[-1] < 4:
        return known
    seen = known * part[..., 3]
    return seen / seen.max() if seen.any() else known


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
    hole = coverage < KNOWN
    if hole.all():
        # Little is known anywhere: start from where most is.
        hole = coverage < coverage.max()
    return small[..., :3], hole.astype(np.float32)
