"""Fit what was painted into its place: how much of it is seen where, and in which colours."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.poisson import blend_gradients
from paintgraph.imaging.blend.ring import colour_shift, place_shift, ring_of
from paintgraph.imaging.opencv import cv2

StitchMode: TypeAlias = Literal["strict", "ramp"]
Match: TypeAlias = Literal["colour", "poisson", "none"]

RAMP = 31
"""Px beyond what is selected that `ramp` changes."""
_RAMP_STEP = 8
_RAMP_START = 256
_HIGHEST = 255
_SELECTED = 127 / 255


@dataclass(frozen=True, slots=True)
class Stitch:
    """How a painted part is put back.

    Attributes:
        mode: `strict` changes nothing outside the mask. `ramp` is what Fooocus does: what is more
            than half selected is new, and what was painted around it blends into the picture over
            31 px.
        match: `colour` undoes the shift of all colours that an engine gave the ring around the
            hole, `poisson` then also carries what still differs along the border smoothly into it.
    """

    mode: StitchMode = "strict"
    match: Match = "colour"

    def weights(self, mask: Mask) -> Mask:
        """How much of the painted part is seen: the mask that the promise is about."""
        return mask if self.mode == "strict" else soft_ramp(mask)


def soft_ramp(mask: Mask) -> Mask:
    """1 where more than half is selected, falling by 8/255 per px around it, 0 from 32 px on.

    The same along rows, columns and diagonals, as 32 dilations by 3x3 px less 8 give it.
    """
    ramp = np.empty(mask.shape, np.float32)
    for target, layer in zip(ramp, mask, strict=True):
        beyond = (layer <= np.float32(_SELECTED)).astype(np.uint8)
        if beyond.all():
            target[:] = 0
            continue
        distance = cv2.distanceTransform(beyond, cv2.DIST_C, cv2.DIST_MASK_3)
        codes = _RAMP_START - _RAMP_STEP * np.asarray(distance, np.float32)
        np.divide(np.clip(codes, 0, _HIGHEST), np.float32(_HIGHEST), out=target)
    return ramp


class Fitted(NamedTuple):
    """A painted part `[1, H, W, 3]` in the colours of its surroundings."""

    painted: Image
    shift: float | None
    """How many px it lies beside its place; None if the engine does not tell."""


def fit(part: Image, hole: Mask, painted: Image, match: Match, *, ring_is_painted: bool) -> Fitted:
    """Match the colours of a painted part `[1, H, W, 3]` to those around the hole `[1, H, W]`.

    The hole is where the mask is above 0. `ring_is_painted` says that around it the painted part
    holds what the engine made of the picture there, and not the picture itself.
    """
    inside: NDArray[np.bool_] = hole[0] > 0
    shift = None
    if ring_is_painted:
        usable = part[0, ..., 3] > 0 if part.shape[3] > 3 else None
        ring = ring_of(inside, usable)
        colours = colour_shift(part[0], painted[0], ring)
        corrected = colours.apply(painted[0])
        shift = place_shift(part[0], corrected, ring)
        if match != "none":
            painted = corrected[np.newaxis]
    if match == "poisson" and not inside.all():
        blended = blend_gradients(part[0], painted[0], inside, ring_is_painted=ring_is_painted)
        painted = blended[np.newaxis]
    return Fitted(painted, shift)
