"""What PatchMatch may copy when it continues a picture past its edges.

Left to itself it copies the main object once more. So it copies from a band beside each new side
only, and rather along that side's direction: sky continues as sky, ground as ground.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_LEAST_BAND = 16  # px


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


class Sources(NamedTuple):
    """Where patches come from."""

    barred: NDArray[np.bool_]
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


def find_sources(hole: NDArray[np.bool_], avoid: NDArray[np.bool_]) -> Sources:
    """What may be copied into a hole, both `[H, W]`; at least one known px is not to be avoided.

    A hole inside the picture takes from all that is known and not to be avoided.
    """
    avoid = avoid & ~hole  # what is barred is not painted either
    left, right = _new_ends(hole)
    top, bottom = _new_ends(hole.T)
    keep_row, keep_column = bool(left or right), bool(top or bottom)
    care = _care(keep_row, keep_column)
    far = np.ones(hole.shape, np.bool_)
    _open_bands(far, left, right, care)
    _open_bands(far.T, top, bottom, care)
    if not (keep_row or keep_column) or (far | hole | avoid).all():
        return Sources(avoid, keep_row, keep_column)
    return Sources(avoid | (far & ~hole), keep_row, keep_column)


def _new_ends(hole: NDArray[np.bool_]) -> tuple[int, int]:
    """How many columns at the left and at the right are all new; some column is not."""
    known = np.flatnonzero(~hole.all(axis=0))
    return int(known[0]), int(hole.shape[1] - 1 - known[-1])


def _open_bands(far: NDArray[np.bool_], before: int, after: int, care: _Care) -> None:
    """Unmark the columns beside what is new at the left and at the right, in place."""
    width = far.shape[1]
    known = width - before - after
    most = known * care.most if before and after else known
    for new, first in ((before, True), (after, False)):
        if new:
            band = max(1, round(min(max(care.band * new, _LEAST_BAND), most)))
            begin = before if first else width - after - band
            far[:, max(0, begin) : begin + band] = False
