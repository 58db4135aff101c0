"""What surrounds every engine: find the holes, show each with its context, put the result back.

Where the effective mask is 0 the result equals the picture bit for bit, whatever its size.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple, TypeAlias

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.alpha import continue_colours
from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.blend.composite import blend_into
from paintgraph.imaging.blend.stitching import RAMP, Stitch, fit
from paintgraph.imaging.fill.alpha import alpha_of_hole
from paintgraph.imaging.geometry.context import ContextRule
from paintgraph.imaging.geometry.regions import Box, grow_box
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.masks.widths import thin_islands
from paintgraph.imaging.repeats import measure_repeat
from paintgraph.models.inpainting.ahead import Painting, paint_ahead
from paintgraph.models.inpainting.by_width import ByWidth
from paintgraph.models.inpainting.choosing import (
    USUAL_SHARE,
    Judged,
    Quality,
    attempts,
    is_better,
    judge,
    judged_part,
)
from paintgraph.models.inpainting.copied import check_sources, may_be_copied, with_sources
from paintgraph.models.inpainting.protocols import Filler, Inpainter, InpaintRequest
from paintgraph.models.inpainting.showing import (
    Region,
    find_regions,
    find_steps,
    find_tiles,
    matched_avoid,
    middle_columns,
    never_copied,
    of_tile,
    show,
)

_Place: TypeAlias = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How parts are cut out and put back.

    Attributes:
        context: how much of the picture is shown with a hole.
        stitch: how what was painted is fitted into its place.
        in_steps: paint a large hole block by block at full size, from the outside in, instead of
            all at once at the engine's working size.
        filler: does the fill `patchmatch`.
        quality: how many ways an engine that copies patches tries, of which the best is kept.
    """

    context: ContextRule = field(default_factory=ContextRule)
    stitch: Stitch = field(default_factory=Stitch)
    in_steps: bool = False
    filler: Filler | None = None
    quality: Quality = "fast"


class Repainted(NamedTuple):
    """A repainted picture, what of it may have changed, and how well the engine kept its place."""

    image: Image
    mask: Mask
    """How much of each px is new; where it is 0, no bit has changed."""
    ring_shift: float | None
    """The most px that a part came back beside its place; None for engines that copy."""
    context: float | None = None
    """How much around the largest hole, as a part of its side, was best; None: tried once."""
    repeat: float | None = None
    """How much of a hole repeats what the picture has once, at most; None: not measured."""


def repaint(  # noqa: PLR0913 - what is painted is three arrays, how it is three more
    image: Image,
    mask: Mask,
    inpainter: Inpainter,
    request: InpaintRequest,
    listening: Listening = SILENT,
    *,
    avoid: Mask | None = None,
    geometry: Geometry | None = None,
) -> Repainted:
    """Paint what the mask selects (1 = all new, between 0 and 1 blended) and keep the rest.

    Separate holes are painted one by one where that is less work, each with the context around it
    and at most at the engine's working size. Alpha goes on into a hole from around it; new canvas
    stays opaque, and what an engine is shown (the fill `keep`) keeps its alpha. An empty mask gives
    an equal picture. An engine that copies never copies from where `avoid` is above 0.
    """
    image, mask = match_pair(image, mask)
    if isinstance(inpainter, ByWidth):
        return _by_width(image, mask, inpainter, request, listening, avoid=avoid, geometry=geometry)
    geometry = geometry or Geometry()
    if inpainter.tile_side:
        geometry = replace(geometry, in_steps=False)
    if inpainter.varies and not geometry.in_steps and (middle := middle_columns(mask)):
        return _by_sides(middle, image, mask, inpainter, request, listening, avoid, geometry)
    work = _Work(image, mask, avoid, inpainter, geometry)
    shifts = work.paint(request, listening)
    return Repainted(work.result, work.changed, max(shifts, default=None), *work.chosen())


def _by_width(  # noqa: PLR0913 - as `repaint`
    image: Image,
    mask: Mask,
    engines: ByWidth,
    request: InpaintRequest,
    listening: Listening,
    *,
    avoid: Mask | None,
    geometry: Geometry | None,
) -> Repainted:
    """Thin islands first, then wide ones; neither engine looks at what the other paints."""
    geometry = geometry or Geometry()
    selected = mask > (0.5 if geometry.stitch.weights(mask) is not mask else 0)
    thin = np.stack([thin_islands(layer) for layer in selected])
    wide = selected & ~thin
    if not (thin.any() and wide.any()):
        engine = engines.thin if thin.any() else engines.wide
        return repaint(image, mask, engine, request, listening, avoid=avoid, geometry=geometry)
    barred = 0 if avoid is None else matched_avoid(image, avoid)
    changed = np.zeros_like(mask)
    for number, (engine, own) in enumerate(((engines.thin, thin), (engines.wide, wide))):
        painted = repaint(
            image,
            np.where(own, mask, 0),
            engine,
            request,
            listening.part(number, 2),
            avoid=np.maximum(barred, (selected & ~own).astype(np.float32)),
            geometry=geometry,
        )
        image = painted.image
        np.maximum(changed, painted.mask, out=changed)
    return painted._replace(image=image, mask=changed)  # the wide ones are told of


def _by_sides(  # noqa: PLR0913 - as `repaint`
    middle: slice,
    image: Image,
    mask: Mask,
    inpainter: Inpainter,
    request: InpaintRequest,
    listening: Listening,
    avoid: Mask | None,
    geometry: Geometry,
) -> Repainted:
    """What is new above and below first, then what is at the sides, along all of the height."""
    columns = np.s_[:, :, middle]
    first = repaint(
        image[columns],
        mask[columns],
        inpainter,
        request,
        listening.part(0, 2),
        avoid=None if avoid is None else avoid[columns],
        geometry=geometry,
    )
    image, beside = image.copy(), mask.copy()
    image[columns], beside[columns] = first.image, 0
    second = repaint(
        image, beside, inpainter, request, listening.part(1, 2), avoid=avoid, geometry=geometry
    )
    changed = second.mask.copy()
    np.maximum(changed[columns], first.mask, out=changed[columns])
    repeats = [each.repeat for each in (first, second) if each.repeat is not None]
    return second._replace(mask=changed, repeat=max(repeats, default=None))


class _Asked(NamedTuple):
    """A hole as it is shown once, and what is to be painted."""

    region: Region
    request: InpaintRequest
    share: float = USUAL_SHARE
    """How much is shown around it, as `Attempt` has it."""


class _Work:
    """One picture while its holes are painted, one after the other."""

    def __init__(
        self,
        image: Image,
        mask: Mask,
        avoid: Mask | None,
        inpainter: Inpainter,
        geometry: Geometry,
    ) -> None:
        self.inpainter = inpainter
        self.geometry = geometry
        self.quality = geometry.quality if geometry.context.mode == "auto" else "fast"
        weights = geometry.stitch.weights(mask)
        is_ramp = weights is not mask
        # Only a generating engine gives back what is around a hole, to blend over a ramp.
        blends_around = is_ramp and not (inpainter.copies_surroundings or geometry.in_steps)
        self.reach = RAMP if blends_around else 0
        self.mask = (mask > 0.5).astype(np.float32) if is_ramp else mask
        self.weights = weights if blends_around else self.mask
        self.image = image
        self.result = image.copy()
        self.choices: list[tuple[int, float]] = []  # px of a hole, and what was shown around it
        self.repeats: list[float] = []
        self.changed = np.zeros_like(self.weights) if blends_around else self.weights
        self.alpha = alpha_of_hole(image, self.mask) if image.shape[3] == 4 else None
        self.avoid = matched_avoid(image, avoid) if avoid is not None and avoid.any() else None
        if inpainter.copies_surroundings:
            check_sources(inpainter.name, self.mask, self.avoid)
        if geometry.in_steps:
            # What is painted is known to the next block.
            self.image, self.mask = self.result, self.mask.copy()

    def regions(self) -> list[Region]:
        """What is painted, in this order."""
        if self.inpainter.tile_side:
            return find_tiles(self.mask, self.inpainter.tile_side)
        find = find_steps if self.geometry.in_steps else find_regions
        return find(self.mask, self.inpainter, self.geometry.context)

    def paint(self, request: InpaintRequest, listening: Listening) -> list[float]:
        """Paint all holes into the result; gives how many px the engine was off, where it was."""
        regions = self.regions()
        if self.inpainter.varies and not self.geometry.in_steps:
            self._paint_ahead(regions, request, listening)
            return []
        shifts = []
        blocks = Counter[int]()
        for index, region in enumerate(regions):
            listening.check()
            # Equal noise in every block would show as a pattern.
            own = replace(request, seed=request.seed + blocks[region.item])
            blocks[region.item] += self.geometry.in_steps
            asked = _Asked(self._with_sources(region), own)
            part = listening.part(index, len(regions))
            shifts.append(self._put(asked, self._painting(asked, part)(part), part))
        return [shift for shift in shifts if shift is not None]

    def _paint_ahead(
        self, regions: list[Region], request: InpaintRequest, listening: Listening
    ) -> None:
        """Paint each hole in the ways that may be best; several are under way at once."""
        tried = [self._tried(self._with_sources(region), request) for region in regions]
        asked = list(chain.from_iterable(tried))
        paintings = (self._painting(each, listening) for each in asked)
        with closing(paint_ahead(paintings, len(asked), listening)) as painted:
            for ways in tried:
                self._keep_best(ways, painted, listening)

    def _tried(self, region: Region, request: InpaintRequest) -> list[_Asked]:
        """The ways in which one hole is painted, the usual one first."""
        size = self.mask.shape[2], self.mask.shape[1]
        return [
            _Asked(
                region._replace(around=attempt.around),
                replace(request, seed=request.seed + attempt.seed),
                attempt.share,
            )
            for attempt in attempts(region.around, region.hole, size, self.quality)
        ]

    def _keep_best(
        self, ways: list[_Asked], painted: Iterator[Image], listening: Listening
    ) -> None:
        """Put what was painted in one hole into the result, and leave the best there."""
        region = ways[0].region
        if len(ways) == 1:
            self._put(ways[0], next(painted), listening)
            if self.quality != "fast":  # only now: of a large picture it takes much memory
                window, own = judged_part(region.hole, self.mask[region.item])
                looked_at = self.result[_cut(region.item, window)]
                self.repeats.append(measure_repeat(looked_at, own))
            return
        window, own = judged_part(region.hole, self.mask[region.item])
        place, hole = _cut(region.item, window), _cut(region.item, region.hole)
        avoid = None if self.avoid is None else self.avoid[place]
        known = may_be_copied(self.mask[place], avoid).astype(np.float32)
        before = self.result[hole].copy()
        usual: Judged | None = None
        best = Judged(0, 0, 0)
        kept, share = before, USUAL_SHARE
        for way in ways:
            self.result[hole] = before
            self._put(way, next(painted), listening)
            listening.check()
            judged = judge(self.result[place], own, known)
            if usual is None or is_better(judged, best, usual):
                usual, best = usual or judged, judged
                kept = self.result[hole].copy()
                share = way.share
        self.result[hole] = kept
        self.choices.append((region.hole.width * region.hole.height, share))
        self.repeats.append(best.repeat)

    def chosen(self) -> tuple[float | None, float | None]:
        """The context of the largest hole, and the most that one repeats."""
        share = max(self.choices)[1] if self.choices else None
        return share, max(self.repeats, default=None)

    def _part(self, region: Region) -> tuple[Image, Mask, Mask | None]:
        """What is shown with a hole, which of it is painted, and what is avoided."""
        cut = _cut(region.item, region.around)
        part_mask = self.mask[cut]
        part = continue_colours(self.image[cut], part_mask)
        avoid = None if self.avoid is None else self.avoid[cut]
        if self.inpainter.tile_side:
            part_mask, avoid = of_tile(region, part_mask, avoid)
        return part, part_mask, avoid

    def _painting(self, asked: _Asked, listening: Listening) -> Painting:
        """Show a hole to the engine; what is given paints it."""
        inpainter, request = self.inpainter, asked.request
        part = self._part(asked.region)
        shown = show(*part, inpainter, request, listening, filler=self.geometry.filler)
        return lambda listening: inpainter.inpaint(
            shown.image, shown.mask, request, listening, avoid=shown.avoid
        )

    def _put(self, asked: _Asked, painted: Image, listening: Listening) -> float | None:
        """Put what was painted into the result; gives how many px the engine was off."""
        inpainter, region = self.inpainter, asked.region
        part, part_mask, avoid = self._part(region)
        if not inpainter.copies_surroundings:
            painted = resize(painted, region.around.width, region.around.height)
        full = inpainter.finish(
            part[..., :3], part_mask, painted, listening, avoid=never_copied(part, avoid)
        )
        fitted = fit(
            part,
            part_mask,
            full,
            "none" if inpainter.tile_side else self.geometry.stitch.match,
            ring_is_painted=not inpainter.copies_surroundings,
        )
        cut = _cut(region.item, region.around)
        self._put_back(region, self._with_alpha(cut, fitted.painted, asked.request))
        return fitted.shift

    def _with_alpha(self, cut: _Place, painted: Image, request: InpaintRequest) -> Image:
        """What was painted, with alpha if the picture has it."""
        if self.alpha is None:
            return painted
        # An engine that works on what is there leaves its shape.
        keeps = request.fill == "keep" and not self.inpainter.copies_surroundings
        alpha = self.image[cut][..., 3] if keeps else self.alpha[cut]
        return np.concatenate([painted, alpha[..., np.newaxis]], axis=3)

    def _put_back(self, region: Region, full: Image) -> None:
        around = region.around
        target = grow_box(region.hole, self.reach, *self.weights.shape[:0:-1])
        target = Box(
            max(target.left, around.left),
            max(target.top, around.top),
            min(target.right, around.right),
            min(target.bottom, around.bottom),
        )
        place = _cut(region.item, target)
        inner = np.s_[
            0, target.top - around.top : target.bottom - around.top,
            target.left - around.left : target.right - around.left,
        ]  # fmt: skip
        blend_into(self.result[place][0], full[inner], self.weights[place][0])
        if self.reach:
            self.changed[place] = self.weights[place]
        if self.geometry.in_steps:
            self.mask[place] = 0

    def _with_sources(self, region: Region) -> Region:
        """The region with enough around it for an engine that copies."""
        if not self.inpainter.copies_surroundings:
            return region
        return with_sources(region, self.image, self.mask, self.avoid)


def _cut(item: int, box: Box) -> _Place:
    """Where a box lies; what it cuts out is a view: of a large picture a copy is large as well."""
    return np.s_[item : item + 1, box.top : box.bottom, box.left : box.right]
