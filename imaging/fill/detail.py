"""Bring what was painted in a hole at a small size to full size, with the detail of its sources.

What was painted resembles known parts of the picture (their nearest-neighbour field is searched at
the small size). Enlarging blurs both alike: the detail that it takes from the known part, the
difference between the picture and its enlarged copy, is added to the hole.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.opencv import cv2

_Samples: TypeAlias = NDArray[np.float32]
_Selected: TypeAlias = NDArray[np.bool_]
_Places: TypeAlias = NDArray[np.int32]

REACH = 3  # px on each side of a pixel that are compared
_MOST_PAIRS = 100_000_000
_ROWS_AT_ONCE = 512
_THREADS = 2
_PIXELS_AT_ONCE = 1 << 15  # what is compared of them stays in a processor's cache
_JITTERS = 3
_STEPS = (8, 4, 2, 1)
_AROUND = ((0, 1), (0, -1), (1, 0), (-1, 0))
# A neighbour's place is taken even if it is that much worse: pieces in one are worth more.
_TOGETHER = np.float32(0.95)


class Matches(NamedTuple):
    """The nearest-neighbour field `[H, W]`: row and column of the most similar known px."""

    rows: _Places
    columns: _Places


def find_matches(
    picture: _Samples, hole: _Selected, sources: _Selected, check: Callable[[], None]
) -> Matches:
    """Match each px of the hole in a picture `[H, W, 3]` with one of the sources (at least one).

    Outside the hole a px matches itself. Equal arguments give equal matches. Calls `check` often.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        hole: `[H, W]`.
        sources: `[H, W]`, at least one true.
        check: called often; may raise to cancel.

    Returns:
        Row and column `[H, W]` of the source of each px.
    """
    height, width = hole.shape
    rows, columns = np.indices(hole.shape, np.int32)
    coarse = _coarse_size(hole, sources)
    small = cv2.resize(picture, coarse[::-1], interpolation=cv2.INTER_AREA)
    small_sources = _all_inside(sources, coarse)
    small_hole = ~_all_inside(~hole, coarse)
    near = _search_all(np.asarray(small, np.float32), small_hole, small_sources, check)
    up = (rows * coarse[0] // height, columns * coarse[1] // width)
    scale_rows, scale_columns = height / coarse[0], width / coarse[1]
    shift_rows = np.rint((near.rows[up] - up[0]) * scale_rows).astype(np.int32)
    shift_columns = np.rint((near.columns[up] - up[1]) * scale_columns).astype(np.int32)
    jitter = max(1, round(max(scale_rows, scale_columns)))
    with ThreadPoolExecutor(_THREADS, "matches") as threads:
        search = _Search(picture, hole, sources, threads)
        search.start(shift_rows, shift_columns)
        for _ in range(_JITTERS):
            search.jitter(jitter)
            for step in _STEPS:
                for down, right in _AROUND:
                    check()
                    search.propagate(down * step, right * step)
        return search.matches()


def _coarse_size(hole: _Selected, sources: _Selected) -> tuple[int, int]:
    """Height and width at which every pair of hole and source can be compared."""
    pairs = float(np.count_nonzero(hole)) * float(np.count_nonzero(sources))
    scale = max(1.0, (pairs / _MOST_PAIRS) ** 0.25)
    return max(1, int(hole.shape[0] / scale)), max(1, int(hole.shape[1] / scale))


def _all_inside(selected: _Selected, size: tuple[int, int]) -> _Selected:
    """Which px of a smaller copy cover selected px only; the best ones if there are none."""
    shrunk = cv2.resize(selected.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    share = np.asarray(shrunk, np.float32)
    inside: _Selected = share >= min(share.max(), np.float32(0.999))
    return inside


def _describe(picture: _Samples) -> _Samples:
    """What surrounds each px, `[H * W, 18]`: the first terms of a cosine transform."""
    side = 2 * REACH + 1
    angles = (np.arange(side) + 0.5) * np.pi / side
    waves = [np.cos(angles * term) * np.sqrt((2 if term else 1) / side) for term in range(3)]
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0)]
    filtered = [
        cv2.sepFilter2D(picture, -1, waves[across], waves[down], borderType=cv2.BORDER_REFLECT_101)
        for down, across in pairs
    ]
    described = np.concatenate(filtered, axis=2).reshape(-1, 3 * len(pairs))
    return np.ascontiguousarray(described, np.float32)


def _search_all(
    picture: _Samples, hole: _Selected, sources: _Selected, check: Callable[[], None]
) -> Matches:
    """The most similar source of each px of the hole, by comparing all."""
    described = _describe(picture)
    candidates = np.flatnonzero(sources)
    known = described[candidates]
    # The squared distance, less what is equal for all sources, as one product: larger is nearer.
    lengths = (known * known).sum(axis=1, keepdims=True) / np.float32(-2)
    known = np.concatenate([known, lengths], axis=1).T
    asked = np.pad(described, ((0, 0), (0, 1)), constant_values=1)
    best = np.arange(hole.size)
    wanted = np.flatnonzero(hole)
    for first in range(0, len(wanted), _ROWS_AT_ONCE):
        check()
        some = wanted[first : first + _ROWS_AT_ONCE]
        best[some] = candidates[np.argmax(asked[some] @ known, axis=1)]
    rows, columns = np.divmod(best.reshape(hole.shape), hole.shape[1])
    return Matches(rows.astype(np.int32), columns.astype(np.int32))


class _Search:
    """The best shift from each px of the hole to a source that was seen so far."""

    def __init__(
        self,
        picture: _Samples,
        hole: _Selected,
        sources: _Selected,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._threads = threads
        self._described = _describe(picture)
        self._hole, self._sources = hole, sources
        self._rows, self._columns = (part.astype(np.int32) for part in np.nonzero(hole))
        self._own = self._described[np.flatnonzero(hole)]
        # Where in the lists of the hole's px a px is found; -1: not in the hole.
        self._index = np.full(hole.shape, -1, np.int32)
        self._index[hole] = np.arange(len(self._rows), dtype=np.int32)
        self._random = np.random.default_rng(0)

    def start(self, shift_rows: _Places, shift_columns: _Places) -> None:
        """Begin with these shifts `[H, W]`; px that they lead to no source begin with any."""
        anywhere = np.flatnonzero(self._sources)
        picked = anywhere[self._random.integers(0, len(anywhere), len(self._rows))]
        rows, columns = np.divmod(picked, self._hole.shape[1])
        self._down = rows.astype(np.int32) - self._rows
        self._right = columns.astype(np.int32) - self._columns
        self._cost = np.full(len(self._rows), np.inf, np.float32)
        # Taken wherever they lead to a source, as the search at random knows nothing.
        self._try(shift_rows[self._hole], shift_columns[self._hole], np.float32(1))

    def jitter(self, radius: int) -> None:
        """Try places a little beside."""
        count = len(self._rows)
        down, right = self._random.integers(-radius, radius + 1, (2, count), np.int32)
        self._try(self._down + down, self._right + right, np.float32(1))

    def propagate(self, down: int, right: int) -> None:
        """Try the shift of the px that is so far away."""
        height, width = self._hole.shape
        rows = np.clip(self._rows + down, 0, height - 1)
        columns = np.clip(self._columns + right, 0, width - 1)
        index = self._index[rows, columns]
        from_there = np.where(index < 0, np.arange(len(index)), index)
        self._try(self._down[from_there], self._right[from_there], _TOGETHER)

    def matches(self) -> Matches:
        """What was found."""
        height, width = self._hole.shape
        rows = np.repeat(np.arange(height, dtype=np.int32)[:, np.newaxis], width, axis=1)
        columns = np.repeat(np.arange(width, dtype=np.int32)[np.newaxis], height, axis=0)
        rows[self._hole] += self._down
        columns[self._hole] += self._right
        return Matches(rows, columns)

    def _try(self, down: _Places, right: _Places, factor: np.float32) -> None:
        """Take these shifts where they are better; some px after the other, two times at once."""

        def take(begin: int) -> None:
            some = slice(begin, begin + _PIXELS_AT_ONCE)
            changed = (down[some] != self._down[some]) | (right[some] != self._right[some])
            picked = begin + np.flatnonzero(changed)
            costs = self._costs(down[picked], right[picked], picked)
            better = costs * factor < self._cost[picked]
            taken = picked[better]
            self._down[taken], self._right[taken] = down[taken], right[taken]
            self._cost[taken] = costs[better]

        for _ in self._threads.map(take, range(0, len(down), _PIXELS_AT_ONCE)):
            pass

    def _costs(self, down: _Places, right: _Places, picked: NDArray[np.intp]) -> _Samples:
        """How unlike some px of the hole and those places are; infinite where is no source."""
        height, width = self._hole.shape
        rows, columns = self._rows[picked] + down, self._columns[picked] + right
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        places = np.where(inside, rows, 0) * width + np.where(inside, columns, 0)
        difference = self._described[places]
        difference -= self._own[picked]
        costs: _Samples = np.einsum("nd,nd->n", difference, difference)
        costs[~(inside & self._sources.ravel()[places])] = np.inf
        return costs


_DEEP = 32767
_STRIP = 250_000  # px at once
_MARGIN = 2  # small px between a source and what must not be copied
_LONGEST = 32_000  # px; OpenCV's remap cannot address more
_EVEN = 1e-3


def enlarge_with_detail(
    part: Image,
    mask: Mask,
    painted: Image,
    avoid: Mask | None,
    check: Callable[[], None],
) -> Image:
    """What was painted `[1, h, w, 3]` where the mask `[1, H, W]` is above 0, as large as the part.

    `part` is `[1, H, W, 3]`. Detail is copied from where mask and `avoid` are 0; where there is no
    such place the result is only enlarged. Calls `check` often. Equal arguments give equal bits.

    Args:
        part: the known picture `[1, H, W, 3]`, 0 to 1.
        mask: mask `[1, H, W]`, 0 to 1; above 0 is the hole.
        painted: what was painted, `[1, h, w, 3]`, 0 to 1.
        avoid: mask `[1, H, W]` of what no detail is copied from, or None.
        check: called often; may raise to cancel.

    Returns:
        The painted picture `[1, H, W, 3]`, 0 to 1.
    """
    height, width = mask.shape[1:]
    small = painted.shape[1:3]
    if small[0] >= height or small[1] >= width or max(height, width) > _LONGEST:
        return resize(painted, width, height)
    hole = mask[0] > 0
    barred = hole if avoid is None else hole | (avoid[0] > 0)
    sources = _sources(barred, small)
    small_hole = _share(hole, small) > _EVEN
    if not sources.any() or not small_hole.any():
        return resize(painted, width, height)
    check()
    matches = find_matches(np.ascontiguousarray(painted[0]), small_hole, sources, check)
    check()
    full = resize(painted, width, height)  # only now, as the search takes most of the memory
    detail = _detail(part[0], full[0], barred)
    _add_detail(full[0], hole, detail, matches, check)
    return full


def _share(selected: _Selected, size: tuple[int, int]) -> _Samples:
    """How much of each px of a smaller copy is selected."""
    shrunk = cv2.resize(selected.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.float32)


def _sources(barred: _Selected, size: tuple[int, int]) -> _Selected:
    """The small px that detail may come from: well away from all that is barred."""
    near = (_share(barred, size) > _EVEN).astype(np.uint8)
    kernel = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    sources: _Selected = cv2.dilate(near, kernel) == 0
    return sources


class _Detail(NamedTuple):
    """What the enlarged copy lacks, of the columns in which something may be copied."""

    samples: NDArray[np.int16]
    """`[H, w, 3]`, in 16 bits to save memory; 0 where it is barred."""
    left: int
    """The first of these columns."""


def _detail(part: _Samples, full: _Samples, barred: _Selected) -> _Detail:
    known = ~barred
    across = _columns(known)
    samples = np.empty((len(part), across.stop - across.start, 3), np.int16)
    rows = max(1, _STRIP // part.shape[1])
    for top in range(0, len(part), rows):
        place = np.s_[top : top + rows, across]
        lacks = np.rint((part[place] - full[place]) * np.float32(_DEEP))
        samples[top : top + rows] = lacks * known[place][..., np.newaxis]
    return _Detail(samples, across.start)


def _columns(selected: _Selected) -> slice:
    """The columns from the first to the last in which something is selected; some px is."""
    columns = np.flatnonzero(selected.any(axis=0))
    return slice(int(columns[0]), int(columns[-1]) + 1)


def _add_detail(
    full: _Samples,
    hole: _Selected,
    detail: _Detail,
    matches: Matches,
    check: Callable[[], None],
) -> None:
    """Add to each px of the hole the detail of what its nearest small px is like, in place."""
    height, width = hole.shape
    size = matches.rows.shape
    scale_down, scale_right = height / size[0], width / size[1]
    own_rows, own_columns = np.indices(size, np.int32)
    down = np.rint((matches.rows - own_rows) * scale_down).astype(np.float32)
    right = np.rint((matches.columns - own_columns) * scale_right).astype(np.float32)
    across = _columns(hole)
    columns = np.arange(across.start, across.stop, dtype=np.float32)
    small_columns = np.minimum((columns / scale_right).astype(np.intp), size[1] - 1)
    rows_at_once = max(1, _STRIP // len(columns))
    for top in range(0, height, rows_at_once):
        strip = slice(top, min(top + rows_at_once, height))
        selected = hole[strip, across]
        if not selected.any():
            continue
        check()
        rows = np.arange(strip.start, strip.stop, dtype=np.float32)
        small_rows = np.minimum((rows / scale_down).astype(np.intp), size[0] - 1)
        at = np.ix_(small_rows, small_columns)
        copied = cv2.remap(
            detail.samples,
            columns - np.float32(detail.left) + right[at],
            rows[:, np.newaxis] + down[at],
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        added = np.asarray(copied, np.float32) / np.float32(_DEEP)
        added *= selected[..., np.newaxis]
        full[strip, across] += added
    np.clip(full, 0, 1, out=full)
