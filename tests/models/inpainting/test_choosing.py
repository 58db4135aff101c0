"""The best of several attempts is kept, and nothing else than the hole changes."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.geometry.regions import Box
from paintgraph.imaging.likeness import measure_unlikeness
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.inpainting.choosing import Judged, Quality, attempts, is_better
from paintgraph.models.inpainting.protocols import InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, Repainted, repaint

_USUAL = Judged(unlikeness=2, repeat=0.1, seam=1)


@pytest.fixture(scope="module")
def pool() -> Iterator[PatchMatchPool]:
    with PatchMatchPool() as one:
        yield one


@pytest.fixture(scope="module")
def gravel() -> Image:
    samples: NDArray[np.uint8] = data.gravel()  # type: ignore[no-untyped-call]
    grey = samples.astype(np.float32) / np.float32(255)
    return np.repeat(grey[np.newaxis, ..., np.newaxis], 3, axis=3)


@pytest.fixture(scope="module")
def hole() -> Mask:
    mask = np.zeros((1, 512, 512), np.float32)
    mask[:, 180:330, 180:330] = 1
    return mask


def _painted(
    pool: PatchMatchPool,
    gravel: Image,
    hole: Mask,
    quality: Quality,
    listening: Listening = SILENT,
) -> Repainted:
    geometry = Geometry(quality=quality)
    request = InpaintRequest(seed=1)
    return repaint(gravel, hole, PatchMatch(pool), request, listening, geometry=geometry)


@pytest.fixture(scope="module")
def good(pool: PatchMatchPool, gravel: Image, hole: Mask) -> Repainted:
    return _painted(pool, gravel, hole, "good")


def test_the_better_of_two_contexts_is_kept(
    pool: PatchMatchPool, gravel: Image, hole: Mask, good: Repainted
) -> None:
    """Gravel becomes fish scales where little of it is shown."""
    fast = _painted(pool, gravel, hole, "fast")
    once, twice = (measure_unlikeness(each.image, hole, 1 - hole) for each in (fast, good))

    assert fast.context is None
    assert good.context == 1.0
    assert twice < 0.8 * once


def test_equal_seeds_give_equal_bits_and_the_rest_stays(
    pool: PatchMatchPool, gravel: Image, hole: Mask, good: Repainted
) -> None:
    assert np.array_equal(_painted(pool, gravel, hole, "good").image, good.image)
    assert np.array_equal(good.image[hole == 0], gravel[hole == 0])


def test_an_attempt_can_be_ended(pool: PatchMatchPool, gravel: Image, hole: Mask) -> None:
    """In the middle of the second one too."""

    def progress(done: int, total: int) -> None:
        if 2 * done > total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _painted(pool, gravel, hole, "good", Listening(progress=progress))


@pytest.mark.parametrize(
    "other",
    [
        Judged(unlikeness=0.5, repeat=0.2, seam=1),
        Judged(unlikeness=0.5, repeat=0.1, seam=1.5),
        Judged(unlikeness=1.9, repeat=0, seam=1),
    ],
    ids=["repeats", "has a seam", "is hardly better"],
)
def test_the_usual_attempt_stays_before_one_that(other: Judged) -> None:
    assert not is_better(other, _USUAL, _USUAL)


def test_a_clearly_better_attempt_wins_and_only_a_better_one_after_it() -> None:
    better, best = _USUAL._replace(unlikeness=1.5), _USUAL._replace(unlikeness=1)

    assert is_better(better, _USUAL, _USUAL)
    assert is_better(best, better, _USUAL)
    assert not is_better(better, best, _USUAL)


def test_attempts_differ_and_new_sides_have_one() -> None:
    inner, side = Box(400, 400, 500, 500), Box(0, 0, 200, 1000)
    around = Box(336, 336, 564, 564)
    counts = [len(list(attempts(around, inner, (1000, 1000), q))) for q in ("fast", "good", "best")]

    assert counts == [1, 2, 6]
    assert len(list(attempts(Box(0, 0, 300, 1000), side, (1000, 1000), "best"))) == 1
    assert len(list(attempts(Box(0, 0, 9, 9), Box(3, 3, 5, 5), (9, 9), "good"))) == 1
