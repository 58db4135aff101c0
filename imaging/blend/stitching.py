"""Fit what was painted into its place: how much of it is seen where, in which colours, seamless."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.opencv import cv2

_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / np.float32(4)
_ROUNDS = 32  # on each level; a coarser one has found all but its own detail
_SMALL = 4  # px of a side
_ALONG = 8.0  # px of a Gaussian along the border: texture has no part in the step of a tone
_HARDLY = np.float32(1e-3)  # share of px in it that tell nothing

_Colours = NDArray[np.float32]
_Flags = NDArray[np.bool_]


def blend_gradients(
    part: _Colours, painted: _Colours, hole: _Flags, *, ring_is_painted: bool
) -> _Colours:
    """The painted colours `[H, W, 3]` in the hole `[H, W]`, made to meet the part along its border.

    With `ring_is_painted` they meet the known ones as they did those that the engine gave beside
    the hole. Without, a step of the tone that goes along the border is not taken for meant, but for
    the slope that the colours have on its two sides. Outside the hole, the part.

    Args:
        part: the known picture `[H, W, 3 or 4]`, 0 to 1.
        painted: what an engine painted, `[H, W, 3 or 4]`, 0 to 1.
        hole: `[H, W]`; at least one px is no hole.
        ring_is_painted: whether the engine painted what lies around the hole as well.

    Returns:
        Colours `[H, W, 3]`, 0 to 1.
    """
    border = (cv2.filter2D(hole.astype(np.float32), -1, _CROSS, borderType=0) > 0) & ~hole
    known, colours = part[..., :3], painted[..., :3]
    if not border.any():
        return np.where(hole[..., np.newaxis], colours, known)
    steps = known - colours if ring_is_painted else _tone_steps(known, colours, hole)
    sheet: _Colours = np.where(border[..., np.newaxis], steps, np.float32(0))
    sheet = _smoothest(sheet, hole, border)
    blended: _Colours = np.where(hole[..., np.newaxis], colours + sheet, known)
    return np.clip(blended, 0, 1, out=blended)


def _tone_steps(known: _Colours, colours: _Colours, hole: _Flags) -> _Colours:
    """By how much what is known is lighter than what is painted, at the border of the hole.

    Means along the border of the two lines of px on each side: the step between the inner ones,
    less the mean of the slopes on both sides, which the colours would have there anyway. What has
    no second line, as a scratch, counts as level.
    """
    beyond, within = ((known, ~hole), (colours, hole))
    (first, second), (inner, deeper) = (
        _means_along(picture, side) for picture, side in (beyond, within)
    )
    slope = (second - first + inner - deeper) / np.float32(2)
    return np.asarray(first - inner - slope, np.float32)


def _means_along(picture: _Colours, side: _Flags) -> tuple[_Colours, _Colours]:
    """Means along the border of the first and of the second line of px on a side of it."""
    away = cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L1, cv2.DIST_MASK_3)
    means: list[_Colours] = []
    for line in (1, 2):
        weights = (np.asarray(away) == line).astype(np.float32)
        sums, shares = (
            cv2.GaussianBlur(plane, (0, 0), _ALONG, borderType=0)
            for plane in (picture * weights[..., np.newaxis], weights)
        )
        shares = np.asarray(shares)[..., np.newaxis]
        mean = np.asarray(sums / np.maximum(shares, _HARDLY), np.float32)
        means.append(mean if line == 1 else np.where(shares > _HARDLY, mean, means[0]))
    return means[0], means[1]


def _smoothest(sheet: _Colours, hole: _Flags, border: _Flags) -> _Colours:
    """The sheet `[H, W, 3]`, given on the border, over the hole too; 0 elsewhere."""
    height, width = hole.shape
    if max(height, width) > _SMALL:
        sheet = np.where(hole[..., np.newaxis], _from_coarser(sheet, hole, border), sheet)
    for _ in range(_ROUNDS):
        # Beyond the edge of the picture lies what lies at it: the sheet ends level there.
        means = cv2.filter2D(sheet, -1, _CROSS, borderType=cv2.BORDER_REPLICATE)
        np.copyto(sheet, means, where=hole[..., np.newaxis])
    return sheet


def _from_coarser(sheet: _Colours, hole: _Flags, border: _Flags) -> _Colours:
    """A guess from the same task at half the size."""
    height, width = hole.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    weights = _halved(border.astype(np.float32), half)
    coarse_border = weights > 0
    coarse_hole = (_halved(hole.astype(np.float32), half) > 0) & ~coarse_border
    coarse = _halved(sheet, half)
    coarse /= np.maximum(weights, np.float32(1e-6))[..., np.newaxis]
    coarse *= coarse_border[..., np.newaxis]
    solved = _smoothest(coarse, coarse_hole, coarse_border)
    whole = cv2.resize(solved, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole, np.float32)[:height, :width]


def _halved(plane: _Colours, half: tuple[int, int]) -> _Colours:
    """Means of 2x2 px; a last odd row or column counts with zeros beyond it."""
    odd = (2 * half[1] - plane.shape[0], 2 * half[0] - plane.shape[1])
    padded = np.pad(plane, ((0, odd[0]), (0, odd[1]), *((0, 0),) * (plane.ndim - 2)))
    return np.asarray(cv2.resize(padded, half, interpolation=cv2.INTER_AREA), np.float32)


StitchMode: TypeAlias = Literal["strict", "ramp"]
Match: TypeAlias = Literal["colour", "poisson", "none"]

RAMP = 31
"""Px beyond what is selected that `ramp` changes."""
_RAMP_STEP = 8
_RAMP_START = 256
_HIGHEST = 255
_SELECTED = 127 / 255
_WIDTH = 16  # px of the ring
_BLUR = 2.0  # px of a Gaussian: fine texture says nothing about a shift of its whole
_STEADY = np.float32((2 / 255) ** 2)  # variance below which colours tell no gain
_OUTLIERS = 2.5  # deviations beyond which a px of the ring is another thing, not a shift
_LARGEST_OFFSET = 0.12
_GAINS = (0.8, 1.25)
_LEAST_PIXELS = 16
_LEAST_SLOPE = 1e-6


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

    Args:
        mask: mask `[B, H, W]`, 0 to 1.

    Returns:
        A new mask `[B, H, W]`, in steps of 8/255.

    Examples:
        >>> mask = np.array([[[1, 0, 0, 0.2]]], np.float32)
        >>> np.rint(soft_ramp(mask) * 255).astype(int).tolist()
        [[[255, 248, 240, 232]]]
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
    """By how many px it lies beside its place; None if the engine painted no surroundings."""


def fit(part: Image, hole: Mask, painted: Image, match: Match, *, ring_is_painted: bool) -> Fitted:
    """Match the colours of a painted part `[1, H, W, 3]` to those around the hole `[1, H, W]`.

    The hole is where the mask is above 0. `ring_is_painted` says that around it the painted part
    holds what the engine made of the picture there, and not the picture itself.

    Args:
        part: the known picture `[1, H, W, 3 or 4]`, 0 to 1.
        hole: mask `[1, H, W]`.
        painted: what an engine painted, `[1, H, W, 3]`, 0 to 1.
        match: how its colours are matched; see `Stitch`.
        ring_is_painted: see above.

    Returns:
        The colours `[1, H, W, 3]`, and by how many px they lie beside their place.
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


class ColourShift(NamedTuple):
    """What takes painted colours to those of the ring: `colour * gain + offset`, per channel."""

    gain: _Colours
    offset: _Colours

    def apply(self, painted: _Colours) -> _Colours:
        """The painted colours `[..., 3]`, corrected, within 0 to 1."""
        corrected = painted[..., :3] * self.gain
        corrected += self.offset
        return np.clip(corrected, 0, 1, out=corrected)


NO_SHIFT = ColourShift(np.ones(3, np.float32), np.zeros(3, np.float32))


def ring_of(hole: _Flags, usable: _Flags | None = None) -> _Flags:
    """The px within 16 px of a hole, those of them that are usable.

    Args:
        hole: `[H, W]`.
        usable: `[H, W]`; all px without it.

    Returns:
        `[H, W]`, true in the ring.
    """
    kernel = np.ones((2 * _WIDTH + 1, 2 * _WIDTH + 1), np.uint8)
    near = cv2.dilate(hole.astype(np.uint8), kernel, borderValue=0) > 0
    ring: _Flags = near & ~hole
    return ring if usable is None else ring & usable


def colour_shift(part: _Colours, painted: _Colours, ring: _Flags) -> ColourShift:
    """The gain and offset by which an engine changed all colours of the ring, to be undone.

    Least squares over the px that agree. Nothing is changed where the two pictures differ by more
    than such a shift: then the engine did not give the ring back at all.

    Args:
        part: the known picture `[H, W, 3 or 4]`, 0 to 1.
        painted: the same as an engine gave it back, `[H, W, 3 or 4]`, 0 to 1.
        ring: `[H, W]`, the px to compare.

    Returns:
        Gain and offset `[3]`; a gain of 1 and an offset of 0 where no such shift is found.
    """
    known, given = part[ring][:, :3], painted[ring][:, :3]
    if len(known) < _LEAST_PIXELS:
        return NO_SHIFT
    gain, offset = _fit(known, given)
    errors = np.abs(known - (given * gain + offset)).max(axis=1)
    spread = np.median(errors) * 1.4826  # of normally spread errors the standard deviation
    agree = errors <= _OUTLIERS * spread + 1 / 255
    if agree.sum() >= _LEAST_PIXELS:
        gain, offset = _fit(known[agree], given[agree])
    change = np.abs(given * (gain - 1) + offset).mean(axis=0)
    is_shift = (gain > _GAINS[0]) & (gain < _GAINS[1]) & (change < _LARGEST_OFFSET)
    return ColourShift(gain, offset) if is_shift.all() else NO_SHIFT


def place_shift(part: _Colours, painted: _Colours, ring: _Flags) -> float:
    """How many px the painted ring lies beside the known one; 0 where it has no texture to tell.

    The method of Lucas and Kanade (1981); right below about 2 px, too small above.

    Args:
        part: the known picture `[H, W, 3 or 4]`, 0 to 1.
        painted: the same as an engine gave it back, `[H, W, 3 or 4]`, 0 to 1.
        ring: `[H, W]`, the px to compare.

    Returns:
        Px, 0 or more.
    """
    if not ring.any() or min(ring.shape) == 1:
        return 0.0
    weights = ring.astype(np.float32)
    known, given = (_blurred(picture, weights) for picture in (part, painted))
    # Slopes need both neighbours in the ring.
    inner = cv2.erode(weights, np.ones((3, 3), np.uint8), borderValue=0) > 0
    count = np.count_nonzero(inner)
    if count < _LEAST_PIXELS:
        return 0.0
    slopes = [np.gradient(given, axis=axis)[inner] for axis in (1, 0)]
    difference = (known - given)[inner].astype(np.float64)
    # An offset that is left between the two must not pass for a shift along a slope.
    matrix = np.column_stack([*slopes, np.ones(count)])
    normal = matrix.T @ matrix
    if np.linalg.eigvalsh(normal[:2, :2] / count)[0] < _LEAST_SLOPE:
        return 0.0
    moved = np.linalg.solve(normal, matrix.T @ difference)
    return float(np.hypot(moved[0], moved[1]))


def _fit(known: _Colours, given: _Colours) -> tuple[_Colours, _Colours]:
    # Sums over a long ring need more than the samples' own precision.
    mean_known, mean_given = (each.mean(axis=0, dtype=np.float64) for each in (known, given))
    centred = given - mean_given
    covariance = (centred * (known - mean_known)).mean(axis=0)
    gain = (covariance + _STEADY) / (np.square(centred).mean(axis=0) + _STEADY)
    return gain.astype(np.float32), (mean_known - gain * mean_given).astype(np.float32)


def _blurred(picture: _Colours, weights: _Colours) -> _Colours:
    """Brightness, smoothed within the ring only."""
    grey = picture[..., :3].mean(axis=2) * weights
    blurred, share = (cv2.GaussianBlur(plane, (0, 0), _BLUR) for plane in (grey, weights))
    smooth: _Colours = np.asarray(blurred / np.maximum(share, np.float32(1e-6)), np.float32)
    return smooth
