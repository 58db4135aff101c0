import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from paintgraph.imaging.fill.shading import find_shading

_SIDE = 240
_HOLE = np.zeros((_SIDE, _SIDE), np.bool_)
_HOLE[80:170, 70:180] = True


def _light(strength: float) -> NDArray[np.float32]:
    """A corner that is darker, as of a lamp at the other side, in steps of no direction alone."""
    down, right = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32) / np.float32(_SIDE)
    falls = (right + down * down) * np.array([1, 0.8, 0.5], np.float32)[:, None, None]
    return np.asarray(np.float32(strength) * np.moveaxis(falls, 0, 2), np.float32)


def _grain(deviation: float) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, deviation, (_SIDE, _SIDE, 1))
    return noise.astype(np.float32)


def test_light_is_found_under_grain_and_beside_things() -> None:
    """Within 1 of 255 levels on the ground, though a tenth of what is known is things."""
    light = _light(0.2)
    picture = np.float32(0.3) + light + _grain(0.02)
    picture[20:60, 30:130] = 0.95
    picture[190:220, 60:120] = (0.7, 0.1, 0.1)

    shading = find_shading(picture, _HOLE, ~_HOLE)

    assert shading is not None
    expected = light - light[_HOLE].mean(axis=0)
    assert np.abs(shading - expected)[_HOLE].max() < 2.5 / 255
    assert np.abs(shading - expected)[_HOLE].mean() < 1 / 255


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_textures_have_no_light_of_their_own(name: str) -> None:
    photo = np.repeat(getattr(data, name)()[100:400, 100:400, np.newaxis], 3, axis=2)
    hole = np.zeros(photo.shape[:2], np.bool_)
    hole[80:230, 80:230] = True

    assert find_shading(photo.astype(np.float32) / np.float32(255), hole, ~hole) is None


def test_an_even_ground_has_none() -> None:
    assert find_shading(np.float32(0.4) + _grain(0.02).repeat(3, 2), _HOLE, ~_HOLE) is None


def test_two_grounds_have_none() -> None:
    """The border between a lawn and a wall is an edge, which is to go on, and no light."""
    picture = np.full((_SIDE, _SIDE, 3), 0.3, np.float32)
    picture[:, 120:] = (0.7, 0.6, 0.3)

    assert find_shading(picture + _grain(0.01), _HOLE, ~_HOLE) is None


def test_two_grounds_that_differ_in_grain_have_none() -> None:
    """A pavement beside a road of the same lightness is not to be continued over it."""
    grain = _grain(0.04)
    grain[:, 130:] /= 10
    assert find_shading(np.float32(0.3) + _light(0.2) + grain, _HOLE, ~_HOLE) is None


def test_what_is_unknown_does_not_count() -> None:
    picture = np.float32(0.3) + _light(0.2)
    known = ~_HOLE
    known[:40] = False
    other = picture.copy()
    other[~known] = np.random.default_rng(1).random((np.count_nonzero(~known), 3))

    first, second = (find_shading(each, _HOLE, known) for each in (picture, other))

    assert first is not None
    assert second is not None
    assert np.array_equal(first, second)


@pytest.mark.parametrize("side", [1, 5, 20])
def test_little_pictures_tell_of_none(side: int) -> None:
    hole = np.zeros((side, side), np.bool_)
    hole[side // 2] = True

    assert find_shading(np.zeros((side, side, 3), np.float32), hole, ~hole) is None
