"""A distinct thing that was copied is told from a texture that was continued."""

import numpy as np
import pytest

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.repeats import measure_repeat

_SIDE = 160
_HOLE = np.s_[:, 90:130, 90:130]
_THING = np.s_[:, 20:60, 20:60]


def _texture() -> Image:
    rng = np.random.default_rng(0)
    return rng.uniform(0.4, 0.6, (1, _SIDE, _SIDE, 3)).astype(np.float32)


def _with_thing() -> Image:
    """A texture with one thing of other colours, of which no part is like another."""
    picture = _texture()
    rows, columns = np.mgrid[:40, :40].astype(np.float32) / 40
    picture[_THING][0] = np.stack([rows, columns, 1 - rows * columns], axis=2)
    return picture


def _mask() -> Mask:
    mask = np.zeros((1, _SIDE, _SIDE), np.float32)
    mask[_HOLE] = 1
    return mask


def test_a_copied_thing_repeats() -> None:
    picture = _with_thing()
    picture[_HOLE] = picture[_THING]

    assert measure_repeat(picture, _mask()) > 0.5


def test_a_copied_part_of_the_texture_does_not_repeat() -> None:
    picture = _with_thing()
    picture[_HOLE] = picture[0, 90:130, 20:60]

    assert measure_repeat(picture, _mask()) == 0


def test_what_is_not_copied_does_not_repeat_however_odd() -> None:
    picture = _texture()
    picture[_HOLE] = _with_thing()[_THING]

    assert measure_repeat(picture, _mask()) == 0


def test_one_more_of_many_alike_does_not_repeat() -> None:
    """What comes in numbers is nothing of its own: another one is no copy that one sees."""
    many = np.tile(_with_thing(), (1, 4, 4, 1))
    mask = np.zeros(many.shape[:3], np.float32)
    mask[:, 180:220, 180:220] = 1

    assert measure_repeat(many, mask) == 0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mask_of_nothing_or_all_repeats_nothing(value: float) -> None:
    assert measure_repeat(_with_thing(), np.full((1, _SIDE, _SIDE), value, np.float32)) == 0


def test_where_the_rest_is_too_narrow_to_compare_nothing_repeats() -> None:
    picture = _texture()[:, :16, :10]
    mask = np.zeros((1, 16, 10), np.float32)
    mask[:, 9:] = 1

    assert measure_repeat(picture, mask) == 0
