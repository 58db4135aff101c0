"""Bring what was painted in a hole at a small size to full size, with the detail of its sources.

What was painted resembles known parts of the picture (their nearest-neighbour field is searched at
the small size). Enlarging blurs both alike: the detail that it takes from the known part, the
difference between the picture and its enlarged copy, is added to the hole.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.fill.matching import Matches, find_matches
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.opencv import cv2

_Samples: TypeAlias = NDArray[np.float32]
_Selected: TypeAlias = NDArray[np.bool_]

_DEEP = 32767
_STRIP = 1_000_000  # px at once
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
    full = resize(painted, width, height)
    if small[0] >= height or small[1] >= width or max(height, width) > _LONGEST:
        return full
    hole = mask[0] > 0
    barred = hole if avoid is None else hole | (avoid[0] > 0)
    sources = _sources(barred, small)
    small_hole = _share(hole, small) > _EVEN
    if not sources.any() or not small_hole.any():
        return full
    check()
    matches = find_matches(np.ascontiguousarray(painted[0]), small_hole, sources, check)
    check()
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


def _detail(part: _Samples, full: _Samples, barred: _Selected) -> NDArray[np.int16]:
    """What the enlarged copy lacks, in 16 bits to save memory; nothing where it is barred."""
    detail = np.empty(part.shape, np.int16)
    rows = max(1, _STRIP // part.shape[1])
    for top in range(0, len(part), rows):
        strip = slice(top, top + rows)
        detail[strip] = np.rint((part[strip] - full[strip]) * np.float32(_DEEP))
    detail[barred] = 0
    return detail


def _add_detail(
    full: _Samples,
    hole: _Selected,
    detail: NDArray[np.int16],
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
    columns = np.arange(width, dtype=np.float32)
    small_columns = np.minimum((columns / scale_right).astype(np.intp), size[1] - 1)
    rows_at_once = max(1, _STRIP // width)
    for top in range(0, height, rows_at_once):
        strip = slice(top, min(top + rows_at_once, height))
        selected = hole[strip]
        if not selected.any():
            continue
        check()
        rows = np.arange(strip.start, strip.stop, dtype=np.float32)
        small_rows = np.minimum((rows / scale_down).astype(np.intp), size[0] - 1)
        at = np.ix_(small_rows, small_columns)
        copied = cv2.remap(
            detail,
            columns + right[at],
            rows[:, np.newaxis] + down[at],
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        added = np.asarray(copied, np.float32) / np.float32(_DEEP)
        full[strip][selected] += added[selected]
    np.clip(full, 0, 1, out=full)
