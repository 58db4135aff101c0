from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.fill.detail import enlarge_with_detail, find_matches
from paintgraph.imaging.geometry.resize import resize


class StoppedError(Exception):
    """What a check of the tests raises."""


def never() -> None:
    """A check that lets all pass."""


def gravel(height: int = 360, width: int = 480, factor: int = 3) -> tuple[Image, Mask, Image]:
    """A picture with a hole, and what was painted there: its own gravel, without the detail."""
    tile = np.asarray(data.gravel(), np.float32) / np.float32(255)  # type: ignore[no-untyped-call]
    rows, columns = (-(-length // 512) for length in (height, width))
    grey = np.tile(tile, (rows, columns))[:height, :width]
    part: Image = np.repeat(grey[np.newaxis, ..., np.newaxis], 3, axis=3)
    mask = np.zeros((1, height, width), np.float32)
    mask[:, height // 4 : -height // 4, width // 3 : -width // 3] = 1
    moved = np.roll(part, (height // 3, width // 3), axis=(1, 2))
    shown = np.where(mask[..., np.newaxis] > 0, moved, part)
    return part, mask, resize(shown, width // factor, height // factor)


def energy(image: Image, selected: NDArray[np.bool_]) -> float:
    down, right = np.gradient(image[0].mean(axis=2))
    return float((down * down + right * right)[selected].mean())


def check_detail(part: Image, mask: Mask, painted: Image) -> None:
    """In the hole there is about as much detail as around it; merely enlarged there is not."""
    hole = mask[0] > 0
    around = energy(part, ~hole)

    full = enlarge_with_detail(part, mask, painted, None, never)

    assert full.shape == part.shape
    assert full.dtype == np.float32
    assert 0 <= full.min() <= full.max() <= 1
    assert energy(full, hole) > 0.6 * around
    assert energy(resize(painted, part.shape[2], part.shape[1]), hole) < 0.5 * around


def test_the_hole_is_as_sharp_as_the_rest() -> None:
    check_detail(*gravel())


@pytest.mark.slow
def test_a_large_hole_that_was_painted_far_smaller_is_sharp_too() -> None:
    part, mask, _ = gravel(1800, 2400, 6)
    mask[:, 150:1650, 200:2200] = 1
    moved = np.roll(part, (256, 256), axis=(1, 2))
    shown = np.where(mask[..., np.newaxis] > 0, moved, part)

    check_detail(part, mask, resize(shown, 400, 300))


def test_equal_arguments_give_equal_bits_and_change_nothing() -> None:
    part, mask, painted = gravel(120, 150)
    copies = part.copy(), mask.copy(), painted.copy()

    first = enlarge_with_detail(part, mask, painted, None, never)

    assert np.array_equal(first, enlarge_with_detail(part, mask, painted, None, never))
    for before, after in zip(copies, (part, mask, painted), strict=True):
        assert np.array_equal(before, after)


def test_what_lies_in_the_hole_is_never_looked_at() -> None:
    part, mask, painted = gravel(120, 150)
    other = part.copy()
    other[mask > 0] = 0.25

    assert np.array_equal(
        enlarge_with_detail(part, mask, painted, None, never),
        enlarge_with_detail(other, mask, painted, None, never),
    )


def test_no_detail_comes_from_what_is_to_be_avoided() -> None:
    part, mask, painted = gravel(120, 150)
    avoid = np.zeros_like(mask)
    avoid[:, :, 100:] = 1
    other = part.copy()
    other[..., 100:, 1] = 1

    assert np.array_equal(
        enlarge_with_detail(part, mask, painted, avoid, never),
        enlarge_with_detail(other, mask, painted, avoid, never),
    )


@pytest.mark.parametrize("everything", ["masked", "avoided"])
def test_without_sources_it_is_only_enlarged(everything: str) -> None:
    part, mask, painted = gravel(60, 90)
    mask, avoid = (np.ones_like(mask), None) if everything == "masked" else (mask, 1 - mask)

    full = enlarge_with_detail(part, mask, painted, avoid, never)

    assert np.array_equal(full, resize(painted, 90, 60))


@pytest.mark.parametrize("factor", [1, 2])
def test_what_was_not_painted_smaller_is_only_resized(factor: int) -> None:
    part, mask, _ = gravel(60, 90)
    painted = resize(part, 90 * factor, 60 * factor)

    full = enlarge_with_detail(part, mask, painted, None, never)

    assert np.array_equal(full, resize(painted, 90, 60))


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (3, 5), (31, 17)])
def test_odd_sizes_keep_their_size(size: tuple[int, int]) -> None:
    part, mask, _ = gravel(*size, 1)
    mask[...] = 0
    mask[:, : max(1, size[0] // 2), : max(1, size[1] // 2)] = 1
    painted = resize(part, max(1, size[1] // 2), max(1, size[0] // 2))

    assert enlarge_with_detail(part, mask, painted, None, never).shape == part.shape


@pytest.mark.parametrize("calls", [1, 2, 10, 30])
def test_it_can_be_cancelled_in_the_middle(calls: int) -> None:
    def stop_after(count: int) -> Callable[[], None]:
        left = iter(range(count - 1))

        def check() -> None:
            if next(left, None) is None:
                raise StoppedError

        return check

    with pytest.raises(StoppedError):
        enlarge_with_detail(*gravel(), None, stop_after(calls))


@pytest.mark.parametrize(
    ("size", "corners", "known", "shift"),
    [
        ((80, 120), (30, 60, 70, 110), 60, (20, 60)),
        ((160, 400), (20, 140, 220, 380), 200, (12, 203)),
    ],
    ids=["every pair is compared", "600 million pairs are compared on a smaller copy"],
)
def test_a_copy_is_found_where_it_came_from(
    size: tuple[int, int], corners: tuple[int, int, int, int], known: int, shift: tuple[int, int]
) -> None:
    """The places of a smaller copy are only near, and neighbours' places find the rest."""
    noise = np.random.default_rng(0).random((*size, 3), np.float32)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1), np.float32)
    top, bottom, left, right = corners
    up, back = shift
    hole, sources = np.zeros((2, *size), np.bool_)
    hole[top:bottom, left:right] = True
    sources[:, :known] = True
    copied = picture[top - 4 - up : bottom + 4 - up, left - 4 - back : right + 4 - back]
    picture[top - 4 : bottom + 4, left - 4 : right + 4] = copied

    matches = find_matches(picture, hole, sources, never)

    rows, columns = (np.asarray(places) for places in np.indices(hole.shape))
    found = (matches.rows == rows - up) & (matches.columns == columns - back)
    assert found[hole].mean() > 0.95
    assert np.array_equal(matches.rows[~hole], rows[~hole])
    assert sources[matches.rows[hole], matches.columns[hole]].all()
