"""Give what an algorithm painted at 8 bits the fine steps of the picture that it copied from.

Its result resembles known parts of the picture (their nearest-neighbour field is searched). Where
they differ from px to px as the result does, but for what 8 bits cannot tell, they tell how it
would at full depth; what has these differences and meets the known px is the solution of Poisson's
equation (Pérez, Gangnet and Blake 2003), found by conjugate gradients over multigrid cycles.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.fill.detail import Matches, find_matches
from paintgraph.imaging.opencv import cv2

_Samples: TypeAlias = NDArray[np.float32]
_Selected: TypeAlias = NDArray[np.bool_]

# Rounding moves a difference by up to a step of 8 bits, copying from beside by another one.
_ALIKE = np.float32(2.5 / 255)
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
_CYCLES = 10  # each leaves about a third of the error, or less
_ROUNDS = 4
_LAST_ROUNDS = 32
_DAMPING = np.float32(0.8)
_SMALL = 4  # px of a side
_MOSTLY = np.float32(0.9)


def deepen(
    picture: _Samples,
    hole: _Selected,
    painted: _Samples,
    sources: _Selected,
    check: Callable[[], None],
) -> _Samples:
    """The picture with what was painted in its hole, in steps as fine as the picture's own.

    Equal arguments give equal bits. Calls `check` often.

    Args:
        picture: the known picture `[H, W, 3]`, 0 to 1.
        hole: `[H, W]`; at least one px is no hole.
        painted: what was painted, `[H, W, 3]`, 0 to 1, in steps of 1/255.
        sources: `[H, W]`, what it may have been copied from; at least one px, none of the hole.
        check: may raise to cancel.

    Returns:
        The picture `[H, W, 3]`, 0 to 1; outside the hole it is the known one.
    """
    filled = np.where(hole[..., np.newaxis], painted, picture)
    matches = find_matches(filled, hole, _inner(sources), check)
    wanted = np.zeros_like(filled)
    for across in (False, True):
        here, flow = (each.swapaxes(0, across) for each in (filled, wanted))
        steps = _steps(here, hole.swapaxes(0, across), _turned(matches, across=across))
        flow[:-1] += steps
        flow[1:] -= steps
    filled = _solved(filled, wanted, hole, check)
    known = picture[~hole]
    deep: _Samples = np.where(
        hole[..., np.newaxis], np.clip(filled, known.min(axis=0), known.max(axis=0)), picture
    )
    return deep


def _inner(sources: _Selected) -> _Selected:
    """The sources whose four neighbours are sources as well, if there are any."""
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    inner: _Selected = cv2.erode(sources.astype(np.uint8), cross, borderValue=0) > 0
    return inner if inner.any() else sources


def _turned(matches: Matches, *, across: bool) -> Matches:
    return Matches(matches.columns.T, matches.rows.T) if across else matches


def _steps(filled: _Samples, hole: _Selected, matches: Matches) -> _Samples:
    """How each px should differ from the one above it, `[H - 1, W, 3]`."""
    own = np.diff(filled, axis=0)
    height = len(hole)
    total, count = np.zeros_like(own), np.zeros(own.shape[:2], np.float32)
    # Both px of a pair tell it, by the neighbour of their match; known px tell nothing new.
    for place, further in ((slice(0, -1), 1), (slice(1, None), -1)):
        rows, columns = matches.rows[place], matches.columns[place]
        beside = np.clip(rows + further, 0, height - 1)
        tells = hole[place] & (beside != rows) & ~hole[beside, columns]
        total += (filled[beside, columns] - filled[rows, columns]) * (further * tells)[..., None]
        count += tells
    found = total / np.maximum(count, np.float32(1))[..., np.newaxis]
    is_alike = (count > 0) & (np.abs(found - own) <= _ALIKE).all(axis=2)
    steps: _Samples = np.where(is_alike[..., np.newaxis], found, own)
    return steps


def _solved(
    sheet: _Samples, wanted: _Samples, hole: _Selected, check: Callable[[], None]
) -> _Samples:
    """The sheet `[H, W, 3]` with the wanted Laplacian in the hole, by conjugate gradients."""
    inside = hole[..., np.newaxis]
    way, bent, curved = np.zeros_like(sheet), np.zeros_like(sheet), 1.0
    for _ in range(_CYCLES):
        check()
        missing = np.where(inside, wanted + 4 * sheet - _around(sheet), 0)
        better = _relaxed(np.zeros_like(sheet), missing, hole, 4)
        way = better - way * np.float32(np.vdot(bent, better) / curved)
        bent = np.where(inside, 4 * way - _around(way), 0)
        curved = float(np.vdot(way, bent))
        if curved <= 0:
            break
        sheet = sheet - way * np.float32(np.vdot(missing, way) / curved)
    return sheet


def _relaxed(
    sheet: _Samples, wanted: _Samples, hole: _Selected, centre: _Samples | float
) -> _Samples:
    """One V-cycle nearer to the sheet `[H, W, 3]` whose Laplacian in the hole is the wanted one.

    `centre` is how much a px itself counts, against its four neighbours.
    """
    if min(hole.shape) <= _SMALL:
        return _smoothed(sheet, wanted, hole, centre, _LAST_ROUNDS)
    sheet = _smoothed(sheet, wanted, hole, centre, _ROUNDS)
    height, width = hole.shape
    inside = _halved(hole.astype(np.float32)) > _MOSTLY
    if inside.any():
        missing = np.where(hole[..., np.newaxis], wanted + centre * sheet - _around(sheet), 0)
        coarse = np.where(inside[..., np.newaxis], 4 * _halved(missing), 0)
        # What is known begins at the side of a coarse px, not at the centre of its neighbour.
        sides = _around((~inside).astype(np.float32))[..., np.newaxis]
        change = _relaxed(np.zeros_like(coarse), coarse, inside, 4 + sides)
        enlarged = cv2.resize(change, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
        change = np.where(hole[..., np.newaxis], np.asarray(enlarged)[:height, :width], 0)
        # The step along it that helps most: coarse px know the hole's shape only roughly.
        curved = float(np.vdot(change, centre * change - _around(change)))
        if curved > 0:
            sheet = sheet - change * np.float32(np.vdot(missing, change) / curved)
    return _smoothed(sheet, wanted, hole, centre, _ROUNDS)


def _smoothed(
    sheet: _Samples, wanted: _Samples, hole: _Selected, centre: _Samples | float, rounds: int
) -> _Samples:
    """Rounds of damped Jacobi iteration."""
    for _ in range(rounds):
        better = (_around(sheet) - wanted) / centre
        better -= sheet
        better *= _DAMPING
        sheet = np.where(hole[..., np.newaxis], sheet + better, sheet)
    return sheet


def _around(sheet: _Samples) -> _Samples:
    """The sum of the four neighbours; beyond the edge of the picture lies what lies at it."""
    return np.asarray(cv2.filter2D(sheet, -1, _CROSS, borderType=cv2.BORDER_REPLICATE), np.float32)


def _halved(plane: _Samples) -> _Samples:
    """Means of 2x2 px; a last odd row or column counts twice."""
    odd = [(0, side % 2) for side in plane.shape[:2]]
    padded = np.pad(plane, [*odd, *((0, 0),) * (plane.ndim - 2)], "edge")
    half = padded.shape[1] // 2, padded.shape[0] // 2
    return np.asarray(cv2.resize(padded, half, interpolation=cv2.INTER_AREA), np.float32)
