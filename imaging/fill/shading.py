"""Find the light that lies over a picture: how its colours change smoothly from side to side.

What is copied from where it is lighter is too light where it is put, and shows as a patch. Without
the light of its place it fits everywhere; then the light of the new place is added.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paintgraph.imaging.opencv import cv2

_CELLS = 16  # along the side of a square as large as the picture
_ROUNDS = 10
_STIFF = 0.5  # how dear a bend of the light is, against what it leaves of a cell, in cells
_OUTLIERS = 3.0  # deviations beyond which a cell is a thing, not the ground that the light is on
_SMOOTH = 0.5  # Delta E that any cell may be off, as rounding and noise are
_MOSTLY = 0.5  # of a cell: that much is known of one that tells

# On photographs half the cells of a table, a wall or a sky are within 1 Delta E of the light, of
# asphalt 1.1, of brick, grass, gravel and roofs 2 and more.
_EVEN = 1.5
_EXPLAINED = 0.3  # of what colours differ without it
_SEEN = 2.0  # Delta E that it differs over the hole: less is no patch
_MOST_THINGS = 0.3  # of the cells
_GRAIN = 4.0  # px of a Gaussian: what is finer is grain
_ONE_GROUND = 2.25  # times as strong as where it is weak: a road and a pavement differ by 2.8 to 4
_A_LEVEL = 1 / 255

_Samples = NDArray[np.float32]
_Numbers = NDArray[np.float64]
_Selected = NDArray[np.bool_]


class _Light(NamedTuple):
    colours: _Numbers
    """`[N, 3]`, of each cell."""
    off: _Numbers
    """`[N]`, how far each cell is from it."""
    weights: _Numbers
    """`[N]`, how much each cell counted: 0 is a thing, or unknown."""


def find_shading(picture: _Samples, hole: _Selected, known: _Selected) -> _Samples | None:
    """How much lighter or darker than in the middle of a hole it is at each px, by the light alone.

    A thin plate (Duchon 1977) through the means of cells, in which cells that are far off do not
    count (the biweight of Tukey): things on a table are not its light.

    Args:
        picture: `[H, W, 3]`, 0 to 1.
        hole: `[H, W]`.
        known: `[H, W]`, what tells of the light; nothing of the hole.

    Returns:
        What to take off each px, `[H, W, 3]`, -1 to 1; None where there is no such light: the
        ground is no even one, or several, or of one tone.
    """
    height, width = known.shape
    scale = _CELLS / (height * width) ** 0.5
    if scale >= 1:
        return None
    size = max(1, round(width * scale)), max(1, round(height * scale))
    share = _shrunk(known.astype(np.float32), size)
    colours = _shrunk(np.where(known[..., np.newaxis], picture, 0), size)
    colours /= np.maximum(share, np.float32(1e-6))[..., np.newaxis]
    tells = share.ravel() > _MOSTLY
    if tells.sum() < _CELLS:
        return None
    stiffness = _STIFF * _bending(size[1], size[0])
    lab = np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2Lab), np.float64).reshape(-1, 3)
    light = _fitted(lab, tells, stiffness)
    inside = _shrunk(hole.astype(np.float32), size).ravel() > _MOSTLY
    if not _is_even(lab, light, tells, inside):
        return None
    if not _is_one_ground(picture, known, light.weights > 0, size):
        return None
    sheet = _plate(colours.reshape(-1, 3).astype(np.float64), light.weights, stiffness)
    small = sheet.reshape(size[1], size[0], 3).astype(np.float32)
    shading = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    result: _Samples = shading - shading[hole].mean(axis=0)
    return result


def _shrunk(plane: _Samples, size: tuple[int, int]) -> _Samples:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _bending(height: int, width: int) -> _Numbers:
    """`[N, N]`: what it costs to bend a plate of so many cells, between each two of them."""
    cells = np.eye(height * width).reshape(height, width, -1)
    down, right = (np.diff(cells, 2, axis=axis) for axis in (0, 1))
    both = np.diff(np.diff(cells, axis=0), axis=1) * 2**0.5
    bends = np.concatenate([each.reshape(-1, height * width) for each in (down, right, both)])
    cost: _Numbers = bends.T @ bends
    return cost


def _plate(colours: _Numbers, weights: _Numbers, stiffness: _Numbers) -> _Numbers:
    """The smoothest colours `[N, 3]` that are near those that count."""
    normal = stiffness + np.diag(weights + 1e-9)
    return np.asarray(np.linalg.solve(normal, weights[:, np.newaxis] * colours), np.float64)


def _fitted(lab: _Numbers, tells: _Selected, stiffness: _Numbers) -> _Light:
    """The light of the ground that most cells are of."""
    weights = tells.astype(np.float64)
    for _ in range(_ROUNDS):
        plate = _plate(lab, weights, stiffness)
        off = np.linalg.norm(lab - plate, axis=1)
        usual = max(1.4826 * np.median(off[tells]), _SMOOTH)
        near = np.maximum(0, 1 - np.square(off / (_OUTLIERS * usual)))
        weights = np.asarray(np.square(near) * tells, np.float64)
    return _Light(plate, off, weights)


def _is_even(lab: _Numbers, light: _Light, tells: _Selected, hole: _Selected) -> bool:
    """Whether there is a ground of even colours but for a light that is seen in the hole."""
    left = np.median(light.off[tells])
    without = np.median(np.linalg.norm(lab - np.median(lab[tells], axis=0), axis=1)[tells])
    things = np.mean(light.weights[tells] == 0)
    if left > min(_EVEN, _EXPLAINED * without) or things > _MOST_THINGS or not hole.any():
        return False
    inside = light.colours[hole]
    differs = np.quantile(np.linalg.norm(inside - inside.mean(axis=0), axis=1), 0.9)
    return bool(differs > _SEEN)


def _is_one_ground(
    picture: _Samples, known: _Selected, ground: _Selected, size: tuple[int, int]
) -> bool:
    """Whether the grain of the cells that are ground is about as strong everywhere.

    Two grounds of one lightness would be copied one into the other, if tone did not tell them.
    """
    there = known.astype(np.float32)
    grey = picture.mean(axis=2) * there
    smooth, near = (np.asarray(cv2.GaussianBlur(each, (0, 0), _GRAIN)) for each in (grey, there))
    fine = (grey - smooth / np.maximum(near, np.float32(1e-6))) * there
    sums, share = (_shrunk(each, size).ravel() for each in (np.square(fine), there))
    grain = np.sqrt(sums[ground] / share[ground]) + _A_LEVEL
    weak, strong = np.quantile(grain, (0.1, 0.9))
    return bool(strong < _ONE_GROUND * weak)
