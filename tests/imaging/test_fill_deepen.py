"""What was painted at 8 bits gets the steps of the picture around it, and keeps all else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from paintgraph.imaging.fill.deepen import deepen

Samples = NDArray[np.float32]
Selected = NDArray[np.bool_]


def at_8_bits(picture: Samples) -> Samples:
    rounded: Samples = np.rint(picture * 255).astype(np.float32) / np.float32(255)
    return rounded


def sheet(height: int, width: int) -> Samples:
    """A slope that 8 bits show as bands."""
    rows, columns = np.indices((height, width), np.float32)
    grey = 0.3 + columns * np.float32(2e-4) + rows * np.float32(1e-4)
    return np.repeat(grey[..., np.newaxis], 3, axis=2).astype(np.float32)


def holes(height: int, width: int) -> dict[str, Selected]:
    rows, columns = np.indices((height, width))
    inner = (rows - height // 2) ** 2 + (columns - width // 2) ** 2 < (height // 3) ** 2
    inside = (rows > 8) & (rows < height - 9) & (columns > 8) & (columns < width - 9)
    return {"disk": inner, "box": inside, "side": columns > width * 0.7, "frame": ~inner}


def never() -> None:
    """A check that lets all pass."""


@pytest.mark.parametrize("name", ["disk", "box"])
@pytest.mark.parametrize("size", [(64, 96), (61, 83), (33, 33)])
def test_bands_become_the_slope(name: str, size: tuple[int, int]) -> None:
    picture = sheet(*size)
    hole = holes(*size)[name]

    deep = deepen(picture, hole, at_8_bits(picture), ~hole, never)

    assert np.abs(at_8_bits(picture) - picture)[hole].max() * 65535 > 100
    assert np.abs(deep - picture)[hole].max() * 65535 < 2
    assert np.array_equal(deep[~hole], picture[~hole])


@pytest.mark.parametrize("name", ["disk", "box", "side", "frame"])
def test_one_colour_stays_one_at_any_hole(name: str) -> None:
    picture = np.full((61, 83, 3), 10000 / 65535, np.float32)
    hole = holes(61, 83)[name]

    assert np.array_equal(deepen(picture, hole, at_8_bits(picture), ~hole, never), picture)


def test_edges_that_were_painted_stay_and_equal_arguments_give_equal_bits() -> None:
    picture = sheet(64, 96)
    hole = holes(64, 96)["box"]
    painted = at_8_bits(picture)
    painted[20:40, 30:60] += np.float32(0.4)
    painted.flags.writeable = picture.flags.writeable = False

    picture = np.where(np.arange(96)[:, np.newaxis] < 4, picture + np.float32(0.4), picture)
    deep = deepen(picture, hole, painted, ~hole, never)

    assert np.abs(deep - painted)[hole].max() < 4 / 255
    assert np.array_equal(deep, deepen(picture, hole, painted, ~hole, never))


def test_it_can_be_ended() -> None:
    def stop() -> None:
        raise InterruptedError

    picture, hole = sheet(20, 20), np.eye(20, dtype=np.bool_)

    with pytest.raises(InterruptedError):
        deepen(picture, hole, picture, ~hole, stop)
