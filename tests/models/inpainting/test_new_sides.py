"""A new side continues what touches it, and nothing that is only near it."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage import data

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.measure import measure_seam
from paintgraph.imaging.repeats import measure_repeat
from paintgraph.models.families.patchmatch import sources
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.families.patchmatch.sources import find_sources
from paintgraph.models.inpainting.protocols import InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, Repainted, repaint
from paintgraph.models.inpainting.showing import middle_columns

_SIDE = 192
_NEW = 64
_THING, _POST = np.s_[56:80, 40:64], np.s_[40:120, 96:106]


def _wall(new: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Below a new side: a grey wall, a red thing near the side, a blue post that touches it."""
    picture = np.full((160, 160, 3), 0.7, np.float32)
    picture[_THING], picture[_POST] = (0.8, 0.1, 0.1), (0.1, 0.1, 0.6)
    hole = np.zeros((160, 160), np.bool_)
    hole[:new] = True
    return picture, hole


def test_a_thing_that_does_not_reach_the_new_side_is_not_copied_there() -> None:
    picture, hole = _wall(40)

    barred = find_sources(hole, np.zeros_like(hole), picture).barred

    assert barred[60:76, 44:60].all()
    assert not find_sources(hole, np.zeros_like(hole)).barred[_THING].any(), (
        "near enough without the picture"
    )


def test_what_touches_the_new_side_is_continued() -> None:
    picture, hole = _wall(40)

    barred = find_sources(hole, np.zeros_like(hole), picture).barred

    assert not barred[40:90, 90:112].any()
    assert not barred[40:90, 120:].any()


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_all_sides_are_judged_alike(turns: int) -> None:
    picture, hole = _wall(40)
    upright = find_sources(hole, np.zeros_like(hole), picture).barred

    turned = find_sources(
        np.rot90(hole, turns), np.zeros_like(np.rot90(hole, turns)), np.rot90(picture, turns)
    ).barred

    assert np.mean(np.rot90(turned, -turns) != upright) < 0.01


@given(st.data())
def test_something_is_left_whatever_the_picture(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    picture = data.draw(arrays(np.float32, (*shape, 3), elements=st.floats(0, 1, width=32)))
    hole = data.draw(arrays(np.bool_, shape))
    hole[data.draw(st.integers(0, shape[0] - 1)), data.draw(st.integers(0, shape[1] - 1))] = False

    barred = find_sources(hole, np.zeros_like(hole), picture).barred

    assert (~barred & ~hole).any()
    assert not (hole & barred).any(), "what is barred is not painted"


def test_noise_has_nothing_of_its_own() -> None:
    rng = np.random.default_rng(0)
    picture = rng.random((160, 160, 3), np.float32)
    hole = np.zeros((160, 160), np.bool_)
    hole[:, 120:] = True

    added = (
        find_sources(hole, np.zeros_like(hole), picture).barred
        & ~find_sources(hole, np.zeros_like(hole)).barred
    )

    assert added.mean() < 0.01


def test_the_middle_is_there_where_sides_of_both_directions_are_new() -> None:
    mask = np.ones((1, 6, 9), np.float32)
    mask[:, 2:, 3:5] = 0

    assert middle_columns(mask) == slice(3, 5)
    assert middle_columns(mask[:, 2:]) is None, "only at the left and at the right"
    assert middle_columns(mask[:, :, 3:5]) is None, "only above"
    assert middle_columns(np.ones_like(mask)) is None
    assert middle_columns(np.zeros_like(mask)) is None


class _Portrait(NamedTuple):
    image: Image
    mask: Mask

    def painted(self, pool: PatchMatchPool) -> Repainted:
        request, geometry = InpaintRequest(seed=1), Geometry(quality="good")
        return repaint(self.image, self.mask, PatchMatch(pool), request, geometry=geometry)


@pytest.fixture(scope="module")
def pool() -> Iterator[PatchMatchPool]:
    with PatchMatchPool() as one:
        yield one


@pytest.fixture(scope="module")
def portrait() -> _Portrait:
    """A portrait that is to be continued above and at the left."""
    samples: NDArray[np.uint8] = data.astronaut()  # type: ignore[no-untyped-call]
    small = cv2.resize(samples, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    shares = np.asarray(small, np.float32) / np.float32(255)
    image = np.pad(shares, ((_NEW, 0), (_NEW, 0), (0, 0)), "edge")[np.newaxis]
    mask = np.ones((1, *image.shape[1:3]), np.float32)
    mask[:, _NEW:, _NEW:] = 0
    return _Portrait(image, mask)


@pytest.fixture(scope="module")
def continued(pool: PatchMatchPool, portrait: _Portrait) -> Repainted:
    return portrait.painted(pool)


def test_heads_are_not_repeated_beside_a_portrait(
    monkeypatch: pytest.MonkeyPatch,
    pool: PatchMatchPool,
    portrait: _Portrait,
    continued: Repainted,
) -> None:
    monkeypatch.setattr(sources, "_UNLIKE", np.inf)
    copied = portrait.painted(pool)
    after, before = (measure_repeat(each.image, portrait.mask) for each in (continued, copied))

    assert before > 0.03
    assert after < 0.02
    assert measure_seam(continued.image, portrait.mask).ratio < 1.42, "of 5 % of untouched photos"


def test_sides_of_both_directions_are_all_new_and_all_else_is_as_it_was(
    portrait: _Portrait, continued: Repainted
) -> None:
    assert np.array_equal(continued.mask, portrait.mask)
    known = portrait.mask == 0
    assert np.array_equal(continued.image[known], portrait.image[known])
    assert continued.repeat is not None


def test_equal_seeds_give_equal_sides(
    pool: PatchMatchPool, portrait: _Portrait, continued: Repainted
) -> None:
    assert np.array_equal(portrait.painted(pool).image, continued.image)
