"""How much of a hole shows once more what the rest of the picture has only once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask, match_pair
from paintgraph.imaging.geometry.regions import Box, grow_box, selected_box
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.opencv import cv2

_HOLE = 24  # px: the side of a square as large as the hole, in the small copy that is looked at
_PX = 8  # sides of what a px of that copy is the mean of, at least: more cost memory for nothing
_REACH = 2  # px around the middle of a patch of that copy
_AROUND = 2  # sides of the hole: how far around it is looked
_ALIKE = 8  # patches that a common one has its like in
_FAR = 2 * _REACH + 1  # px: nearer patches overlap
_SAMPLE = 400  # patches that say what is usual
_AT_ONCE = 128
_RARE = 6.0  # Delta E, root of the mean over a patch: less is no thing of its own

_Vectors = NDArray[np.float32]


class _Patches(NamedTuple):
    """Patches `[N, D]` around `places` `[N, 2]`."""

    vectors: _Vectors
    places: NDArray[np.intp]


def measure_repeat(after: Image, mask: Mask) -> float:
    """How much of what the mask selects repeats a distinct part of the rest, in a picture.

    Each small patch of the hole has a patch of the rest that it is most like. If that one is unlike
    all others of the rest (as distinctness of Goferman, Context-Aware Saliency Detection, 2012) by
    far more than the two differ and than is usual, something was copied that was there once.

    Args:
        after: picture `[1, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[1, H, W]`, 0 to 1; above 0.5 is the hole.

    Returns:
        The share of the hole, 0 to 1; 0 where the hole or the rest is too small to tell. Photos
        that nobody touched have some as well: things come in pairs.

    Raises:
        ContractError: sizes differ (`size_mismatch`).
    """
    after, mask = match_pair(after, mask)
    step = max(1, int(np.count_nonzero(mask > 0.5) ** 0.5 / (_HOLE * _PX)))
    after, mask = after[:, ::step, ::step], mask[:, ::step, ::step]
    excess = _repeated(after, mask)
    return float((excess > _RARE).mean()) if len(excess) else 0.0


def _repeated(after: Image, mask: Mask) -> _Vectors:
    """For each patch of the hole in a small copy how distinct what it repeats is, `[N]`.

    In Delta E: how far the patch that it resembles is from the others most like that, less how far
    it is from it itself, and no less than is usual in this picture.
    """
    hole = selected_box((mask > 0.5).astype(np.float32))
    if hole is None:
        return np.empty(0, np.float32)
    area = float(np.count_nonzero(mask > 0.5))
    side = area**0.5
    height, width = mask.shape[1:]
    box = grow_box(hole, round(_AROUND * side), width, height)
    small, inside = _small(after, mask, box, min(1.0, _HOLE / side))
    known = cv2.erode((~inside).astype(np.uint8), np.ones((_FAR, _FAR), np.uint8)) > 0
    rest, own = _patches(small, known), _patches(small, inside)
    if min(len(rest.places), len(own.places)) <= _FAR**2:
        return np.empty(0, np.float32)
    nearest, distance = _nearest(own, rest, 1)
    chosen, back = np.unique(nearest[:, 0], return_inverse=True)
    found = _Patches(rest.vectors[chosen], rest.places[chosen])
    others = _nearest(found, rest, _ALIKE)[1].mean(axis=1)
    others[np.isinf(others)] = 0  # of a patch without enough others beside it nothing is told
    every = slice(None, None, max(1, len(rest.places) // _SAMPLE))
    sample = _Patches(rest.vectors[every], rest.places[every])
    # Of noise each patch is unlike all others: that is usual there, and nothing of its own.
    usual = np.median(_nearest(sample, rest, _ALIKE)[1].mean(axis=1))
    excess: _Vectors = others[back] - np.maximum(distance[:, 0], usual)
    return excess


def _small(
    picture: Image, mask: Mask, box: Box, scale: float
) -> tuple[_Vectors, NDArray[np.bool_]]:
    """L*a*b* `[h, w, 3]` and the hole `[h, w]` of a part, shrunk."""
    place = np.s_[:, box.top : box.bottom, box.left : box.right]
    size = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    colours = resize(np.ascontiguousarray(picture[place][..., :3]), *size)[0]
    inside = resize((mask[place] > 0.5).astype(np.float32), *size)[0] > 0.5
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2Lab), np.float32), inside


def _patches(small: _Vectors, chosen: NDArray[np.bool_]) -> _Patches:
    """Patches whose middle is chosen, not over the edge; scaled so that distances are of a px."""
    inner = chosen.copy()
    inner[:_REACH] = inner[-_REACH:] = False
    inner[:, :_REACH] = inner[:, -_REACH:] = False
    places = np.argwhere(inner)
    steps = range(-_REACH, _REACH + 1)
    around = [small[places[:, 0] + down, places[:, 1] + right] for down in steps for right in steps]
    vectors = np.concatenate(around, axis=1) / np.float32(_FAR)
    return _Patches(vectors, places)


def _nearest(asked: _Patches, among: _Patches, count: int) -> tuple[NDArray[np.intp], _Vectors]:
    """The nearest of the patches that do not overlap with each one, and how far they are."""
    lengths = (among.vectors**2).sum(axis=1)
    overlaps = _Overlaps(among.places)
    found, far = [], []
    for begin in range(0, len(asked.places), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        vectors = asked.vectors[part]
        squares = lengths - 2 * vectors @ among.vectors.T
        squares[overlaps.of(asked.places[part])] = np.inf
        best = np.argpartition(squares, count - 1, axis=1)[:, :count]
        found.append(best)
        own = (vectors**2).sum(axis=1)[:, None]
        taken = np.take_along_axis(squares, best, axis=1) + own
        far.append(np.sqrt(np.maximum(taken, 0)))
    return np.concatenate(found), np.concatenate(far).astype(np.float32)


class _Overlaps:
    """Which of some patches overlap with others; looked up on a map, not compared pair by pair."""

    def __init__(self, places: NDArray[np.intp]) -> None:
        beside = np.arange(1 - _FAR, _FAR)
        self._beside = np.stack(np.meshgrid(beside, beside), axis=2).reshape(-1, 2)
        self._numbers = np.full(places.max(axis=0) + 2 * _FAR, -1)
        self._numbers[tuple(places.T + _FAR)] = np.arange(len(places))

    def of(self, places: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pairs of one of these places `[N, 2]` and one of the patches, as indices of both."""
        near = places[:, None] + self._beside + _FAR
        near = near.clip(0, np.array(self._numbers.shape) - 1)
        numbers = self._numbers[near[..., 0], near[..., 1]]
        asked, which = np.nonzero(numbers >= 0)
        return asked, numbers[asked, which]
