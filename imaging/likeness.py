"""How unlike its surroundings the texture of a hole is, whatever lies where."""

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.arrays import Image, Mask, check_same_size
from paintgraph.imaging.geometry.regions import Box, grow_box, selected_box
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.opencv import cv2

_AROUND = 0.5  # sides of the hole: how far its surroundings reach
_MOST = 160_000  # px of a hole; of larger ones a smaller copy is looked at
_LEVELS = 3
_REACH = 3  # px around the middle of a patch
_PATCHES = 1500
_LEAST = 50
_DIRECTIONS = 48
_SHARES = np.linspace(0.005, 0.995, 200)

_Samples = NDArray[np.float32]
_Selected = NDArray[np.bool_]


def measure_unlikeness(after: Image, mask: Mask, known: Mask) -> float:
    """How unlike what is known around it the texture in a hole is; 0 is alike.

    Sliced Wasserstein distance between the patches of 7 x 7 px in the hole and those around it, in
    the bands of a Laplacian pyramid (Rabin 2011; Karras 2018 uses it so for pictures). Blur,
    lattices, and things that are not around the hole all make it larger. In steps of 8 bits.

    Args:
        after: picture `[1, H, W, 3 or 4]`, 0 to 1.
        mask: mask `[1, H, W]`; above 0 is the hole.
        known: mask `[1, H, W]`; above 0 is what it is compared with.

    Returns:
        0 where the hole or what is known is too small to tell.

    Raises:
        ContractError: sizes differ (`size_mismatch`).
    """
    check_same_size(after, mask)
    check_same_size(after, known, second_name="the known part")
    hole = selected_box(mask)
    if hole is None:
        return 0.0
    area = float(np.count_nonzero(mask))
    around = grow_box(hole, round(_AROUND * area**0.5) + _REACH, *mask.shape[:0:-1])
    scale = min(1.0, (_MOST / area) ** 0.5)
    picture = _shrunk(after[..., :3], around, scale) * np.float32(255)
    inside, outside = (_shrunk(each, around, scale) > 0.5 for each in (mask > 0, known > 0))
    return _distance(picture, inside, outside & ~inside)


def _shrunk(plane: NDArray[np.generic], box: Box, scale: float) -> _Samples:
    part = plane[:, box.top : box.bottom, box.left : box.right].astype(np.float32)
    size = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    shrunk: _Samples = resize(np.ascontiguousarray(part), *size)[0]
    return shrunk


def _distance(picture: _Samples, inside: _Selected, outside: _Selected) -> float:
    rng = np.random.default_rng(0)
    kernel = np.ones((2 * _REACH + 1, 2 * _REACH + 1), np.uint8)
    found = []
    for _ in range(_LEVELS):
        directions = rng.normal(size=(kernel.size * 3, _DIRECTIONS)).astype(np.float32)
        directions /= np.linalg.norm(directions, axis=0)
        smaller = np.asarray(cv2.pyrDown(picture), np.float32)
        band = picture - np.asarray(cv2.pyrUp(smaller, dstsize=picture.shape[1::-1]), np.float32)
        # Patches around the hole hold nothing of it.
        clear = cv2.erode((~inside).astype(np.uint8), kernel) > 0
        places = [_places(chosen, rng) for chosen in (inside, outside & clear)]
        if min(map(len, places)) < _LEAST:
            break
        own, other = (
            np.quantile(_patches(band, at) @ directions, _SHARES, axis=0) for at in places
        )
        found.append(float(np.abs(own - other).mean()))
        inside, outside = (_half(each, smaller.shape[1::-1]) for each in (inside, outside))
        picture = smaller
    return float(np.mean(found)) if found else 0.0


def _places(chosen: _Selected, rng: np.random.Generator) -> NDArray[np.intp]:
    inner = chosen.copy()
    inner[:_REACH] = inner[-_REACH:] = False
    inner[:, :_REACH] = inner[:, -_REACH:] = False
    places = np.argwhere(inner)
    return places[rng.permutation(len(places))[:_PATCHES]]


def _patches(band: _Samples, places: NDArray[np.intp]) -> _Samples:
    steps = range(-_REACH, _REACH + 1)
    around = [band[places[:, 0] + down, places[:, 1] + right] for down in steps for right in steps]
    return np.concatenate(around, axis=1)


def _half(chosen: _Selected, size: tuple[int, int]) -> _Selected:
    shrunk = cv2.resize(chosen.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    halved: _Selected = np.asarray(shrunk) > 0
    return halved
