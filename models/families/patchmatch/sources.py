"""What may be copied into a hole: beside a new side of the picture what is near and belongs there.

A thing that does not reach the side is not continued beyond it, however near it is: copied it would
be there twice, a head above a head. What belongs to a side is like something that touches it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2

_LEAST_BAND = 16  # px
_SIDE = 96  # px: the side of a square as large as the small copy in which likeness is judged
_REACH = 2  # px of it around the middle of a patch
_TOUCHES = 2  # px of it from a side: whose patches touch that
_UNLIKE = 8.0  # Delta E, root of the mean over a patch, more than is usual: at 6 textures became
# plain (their distance from the truth grew by a fifth), at 10 a mountain was copied into the sky
_MOST = 0.6  # of a band: as much may be barred, as what belongs to a side may be little
_AT_ONCE = 1024  # patches


class _Care(NamedTuple):
    """How little may be copied.

    Chosen by eye on photographs: less care copies objects, more makes stripes.
    """

    band: float
    """Of the depth of the new canvas."""
    most: float
    """Of the known picture, where it is continued on both sides."""
    weight: float
    """How dear a place off the line is, against a difference of patches."""


_ALONG_ONE_LINE = _Care(band=1.5, most=0.45, weight=0.0005)
_ROUND_CORNERS = _Care(band=0.75, most=1 / 3, weight=0.008)

_Selected = NDArray[np.bool_]
_Samples = NDArray[np.float32]


class Sources(NamedTuple):
    """Where patches come from."""

    barred: _Selected
    """`[H, W]`: what is never copied; nothing of the hole."""
    keep_row: bool
    """Rather take patches from the same height in the picture."""
    keep_column: bool
    """Rather take patches from above or below."""

    @property
    def guide_weight(self) -> float:
        """How much rather, as PyPatchMatch counts."""
        return _care(self.keep_row, self.keep_column).weight


def _care(keep_row: bool, keep_column: bool) -> _Care:  # noqa: FBT001 - one for each direction
    return _ROUND_CORNERS if keep_row and keep_column else _ALONG_ONE_LINE


def find_sources(hole: _Selected, avoid: _Selected, picture: _Samples | None = None) -> Sources:
    """What may be copied into a hole; at least one known px is not to be avoided.

    A hole inside the picture takes from all that is known and not to be avoided.

    Args:
        hole: `[H, W]`.
        avoid: `[H, W]`, what is never copied.
        picture: `[H, W, 3]`, 0 to 1: what is unlike all that touches a new side is not copied there
            either. Without it all beside a side may be.
    """
    avoid = avoid & ~hole  # what is barred is not painted either
    left, right = _new_ends(hole)
    top, bottom = _new_ends(hole.T)
    keep_row, keep_column = bool(left or right), bool(top or bottom)
    care = _care(keep_row, keep_column)
    far = np.ones(hole.shape, np.bool_)
    for plane, bands in ((far, _bands(hole, care)), (far.T, _bands(hole.T, care))):
        for band, _ in bands:
            plane[:, band] = False
    if not (keep_row or keep_column) or (far | hole | avoid).all():
        return Sources(avoid, keep_row, keep_column)
    barred = avoid | (far & ~hole)
    if picture is not None:
        barred |= _strange(picture, hole, ~(barred | hole), care)
    return Sources(barred, keep_row, keep_column)


def _new_ends(hole: _Selected) -> tuple[int, int]:
    """How many columns at the left and at the right are all new; some column is not."""
    known = np.flatnonzero(~hole.all(axis=0))
    return int(known[0]), int(hole.shape[1] - 1 - known[-1])


def _bands(hole: _Selected, care: _Care) -> Iterator[tuple[slice, bool]]:
    """The columns beside what is new at the left and at the right, and whether it is the left."""
    before, after = _new_ends(hole)
    width = hole.shape[1]
    known = width - before - after
    most = known * care.most if before and after else known
    for new, is_first in ((before, True), (after, False)):
        if new:
            band = max(1, round(min(max(care.band * new, _LEAST_BAND), most)))
            last = width - after
            yield (
                slice(before, before + band) if is_first else slice(max(0, last - band), last),
                is_first,
            )


def _strange(picture: _Samples, hole: _Selected, free: _Selected, care: _Care) -> _Selected:
    """What of the free px beside new sides is unlike all that touches these, `[H, W]`.

    Where that is most of them only the most unlike are.
    """
    (left, right), (top, bottom) = _new_ends(hole), _new_ends(hole.T)
    inner = np.s_[top : len(hole) - bottom, left : hole.shape[1] - right]
    height, width = len(hole) - top - bottom, hole.shape[1] - left - right
    scale = min(1.0, _SIDE / (height * width) ** 0.5)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(
        cv2.resize(np.ascontiguousarray(picture[inner]), size, interpolation=cv2.INTER_AREA)
    )
    patches = _patches(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2Lab), np.float32))
    known = cv2.resize((~hole[inner]).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    is_known = np.asarray(known) > 1 - 1e-3
    unlike: _Samples = np.full(is_known.shape, np.inf, np.float32)
    for plane, all_of_it, sure, found in (
        (hole, patches, is_known, unlike),
        (hole.T, patches.swapaxes(0, 1), is_known.T, unlike.T),
    ):
        begin, end = _new_ends(plane)
        share = found.shape[1] / (plane.shape[1] - begin - end)
        for band, is_first in _bands(plane, care):
            depth = max(_TOUCHES + 1, round((band.stop - band.start) * share))
            inwards = slice(depth) if is_first else slice(None, -depth - 1, -1)
            own = found[:, inwards]
            np.minimum(own, _unlikeness(all_of_it[:, inwards], sure[:, inwards]), out=own)
    unlike[~np.isfinite(unlike)] = 0
    barred = np.zeros(hole.shape, np.float32)
    barred[inner] = cv2.resize(unlike, (width, height), interpolation=cv2.INTER_LINEAR)
    limit = max(_UNLIKE, float(np.quantile(barred[free], 1 - _MOST))) if free.any() else np.inf
    strange: _Selected = free & (barred > limit)
    return strange


def _patches(small: _Samples) -> _Samples:
    """What is around each px, `[h, w, D]`; distances are those of a px."""
    height, width = small.shape[:2]
    padded = np.pad(small, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)), "symmetric")
    steps = range(2 * _REACH + 1)
    around = [
        padded[down : down + height, right : right + width] for down in steps for right in steps
    ]
    patches: _Samples = np.concatenate(around, axis=2) / np.float32(len(steps))
    return patches


def _unlikeness(patches: _Samples, known: _Selected) -> _Samples:
    """How unlike all that touches a side each patch beside it is, `[h, w]`, in Delta E.

    The side is at the left. What patches that touch it usually differ by counts for nothing, so
    that of noise, of which all is unlike all, nothing is strange.
    """
    height, width, length = patches.shape
    rows, columns = np.nonzero(known[:, :_TOUCHES])
    if not len(rows):
        return np.zeros((height, width), np.float32)
    touching = patches[rows, columns]
    squares = _squares(touching, touching)
    squares[np.abs(rows[:, np.newaxis] - rows) <= 2 * _REACH] = np.inf
    nearest = squares.min(axis=1)
    usual = np.median(np.sqrt(nearest[np.isfinite(nearest)])) if np.isfinite(nearest).any() else 0.0
    every = patches.reshape(-1, length)
    far = [
        _squares(every[begin : begin + _AT_ONCE], touching).min(axis=1)
        for begin in range(0, len(every), _AT_ONCE)
    ]
    unlike = np.sqrt(np.concatenate(far)).reshape(height, width) - np.float32(usual)
    unlike[:, :_TOUCHES] = 0
    return np.asarray(unlike, np.float32)


def _squares(first: _Samples, second: _Samples) -> _Samples:
    """Squared distances `[N, M]`."""
    lengths = (first**2).sum(axis=1)[:, np.newaxis] + (second**2).sum(axis=1)
    squares: _Samples = np.maximum(lengths - 2 * first @ second.T, 0)
    return squares
