"""What the reconstruction of thin holes promises, on pictures whose truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from paintgraph.imaging.fill.frequencies import reconstruct
from paintgraph.imaging.fill.guess import fill

Colours = NDArray[np.float32]


def stripes(height: int = 60, width: int = 70) -> Colours:
    rows, columns = np.indices((height, width))
    waves = 0.5 + 0.3 * np.sin(rows / 2.1 + columns / 3.7)
    return np.repeat(waves[..., np.newaxis], 3, axis=2).astype(np.float32)


def scratch(height: int = 60, width: int = 70, thick: int = 5) -> NDArray[np.bool_]:
    hole = np.zeros((height, width), np.bool_)
    for row in range(height):
        begin = 10 + row * (width - 30) // height
        hole[row, begin : begin + thick] = True
    return hole


def photo_of(name: str) -> Colours:
    return np.asarray(getattr(data, name)(), np.float32) / np.float32(255)


def psnr(first: Colours, second: Colours, hole: NDArray[np.bool_]) -> float:
    return float(-10 * np.log10(np.square((first - second)[hole]).mean()))


def hidden(picture: Colours, hole: NDArray[np.bool_], value: float = 1) -> Colours:
    return np.where(hole[..., np.newaxis], np.float32(value), picture)


def test_waves_go_on_through_a_scratch() -> None:
    painted = reconstruct(hidden(stripes(), scratch()), scratch())

    assert psnr(painted, stripes(), scratch()) > 40


def test_a_photo_is_met_better_than_by_fast_marching() -> None:
    photo = photo_of("astronaut")[40:200, 160:300]
    hole = scratch(*photo.shape[:2])

    painted = reconstruct(hidden(photo, hole), hole)
    marched = fill(hidden(photo, hole)[np.newaxis], hole[np.newaxis].astype(np.float32), "telea")

    assert psnr(painted, photo, hole) > psnr(marched[0], photo, hole) + 1


def test_what_is_known_stays_and_what_is_hidden_does_not_count() -> None:
    dark, bright = (reconstruct(hidden(stripes(), scratch(), v), scratch()) for v in (0, 1))

    assert dark.tobytes() == bright.tobytes()
    assert dark[~scratch()].tobytes() == stripes()[~scratch()].tobytes()


def test_what_is_not_usable_does_not_count() -> None:
    usable = np.ones(scratch().shape, np.bool_)
    usable[20:30] = False
    other = stripes()
    other[20:30] = 0

    first, second = (
        reconstruct(hidden(picture, scratch()), scratch(), usable) for picture in (stripes(), other)
    )

    assert np.array_equal(first[scratch()], second[scratch()])


def test_a_flat_colour_stays_flat_and_nothing_leaves_the_range_around() -> None:
    flat = np.full((40, 40, 3), 0.25, np.float32)
    photo = np.clip(photo_of("coffee")[:60, :70], 0.2, 0.4)

    even = reconstruct(hidden(flat, scratch(40, 40)), scratch(40, 40))
    painted = reconstruct(hidden(photo, scratch()), scratch())

    assert even == pytest.approx(flat, abs=1e-6)
    assert painted.min() >= photo.min()
    assert painted.max() <= photo.max()


@pytest.mark.parametrize("thick", [1, 30])
def test_every_px_is_painted_whatever_the_width(thick: int) -> None:
    hole = scratch(thick=thick)

    painted = reconstruct(hidden(stripes(), hole), hole)

    assert (painted[hole] < 0.9).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 5)])
def test_small_pictures_are_filled(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 0.5, np.float32)
    hole = np.zeros(shape, np.bool_)
    hole[-1, -1] = shape != (1, 1)

    assert reconstruct(hidden(picture, hole), hole) == pytest.approx(picture, abs=1e-6)


def test_it_tells_how_far_it_is_and_can_be_ended() -> None:
    told: list[tuple[int, int]] = []

    def step(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconstruct(hidden(stripes(), scratch()), scratch(), step=step)

    assert told[0][0] == 0 < told[1][0] < told[1][1] == scratch().sum()
