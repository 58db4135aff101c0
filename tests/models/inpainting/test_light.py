"""What is copied into a hole takes on the light that lies over its new place."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from paintgraph.models.families.patchmatch import engine
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.inpainting.protocols import InpaintRequest
from paintgraph.models.inpainting.repaint import repaint

_HOLE = np.s_[50:150, 60:170]


@pytest.fixture(scope="module")
def painter() -> Iterator[PatchMatch]:
    with PatchMatchPool() as pool:
        yield PatchMatch(pool)


def _table() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """A grainy table under a lamp, its light, and the mask of a dark thing where that is most."""
    down, right = np.mgrid[0:200, 0:230].astype(np.float32)
    far = ((right - 115) / 115) ** 2 + ((down - 100) / 100) ** 2
    light = (np.float32(0.6) - np.float32(0.15) * far)[..., np.newaxis].repeat(3, axis=2)
    grain = np.random.default_rng(0).normal(0, 0.02, (200, 230, 1)).astype(np.float32)
    mask = np.zeros((1, 200, 230), np.float32)
    mask[0][_HOLE] = 1
    picture = np.where(mask[0][..., np.newaxis] > 0, np.float32(0.05), light + grain)
    codes = np.rint(picture[np.newaxis] * 255) / np.float32(255)
    return codes.astype(np.float32), light, mask


def _low_pass(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 10), np.float32)


@pytest.mark.parametrize("depth", [8, 16])
def test_a_hole_has_the_light_of_its_place(
    painter: PatchMatch, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, light, mask = _table()
    if depth == 16:
        picture += np.float32(0.25 / 255)
    request = InpaintRequest(depth=depth)

    result = repaint(picture, mask, painter, request).image
    again = repaint(picture, mask, painter, request).image
    monkeypatch.setattr(engine, "find_shading", lambda *_: None)
    without = repaint(picture, mask, painter, request).image

    off, off_without = (
        np.abs(_low_pass(each[0]) - _low_pass(light))[_HOLE].max() for each in (result, without)
    )
    assert off < 4 / 255
    assert off_without > 8 / 255, "the test would pass without light"
    assert np.array_equal(result, again)
    assert np.array_equal(picture[mask == 0], result[mask == 0])
    if depth == 8:
        codes = result * np.float32(255)
        assert np.abs(codes - np.rint(codes)).max() < 1e-3


def test_the_grain_stays(painter: PatchMatch) -> None:
    picture, light, mask = _table()

    result = repaint(picture, mask, painter, InpaintRequest()).image

    grain = result[0] - light
    assert grain[_HOLE].std() == pytest.approx(grain[:40].std(), rel=0.3)
