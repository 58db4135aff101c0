"""An outline goes through its points, and along the edges that lie between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks.outline import select_outline
from paintgraph.tests.strategies import images

CORNERS = [(30, 20), (69, 20), (69, 59), (30, 59)]


def disc() -> tuple[Image, Mask]:
    """A red disc of radius 40 in the middle of 120x120 px of dark noise, and its mask."""
    image = np.random.default_rng(0).uniform(0, 0.2, (1, 120, 120, 3)).astype(np.float32)
    row, column = np.ogrid[:120, :120]
    inside = (row - 60) ** 2 + (column - 60) ** 2 <= 40**2
    image[0, inside] = (0.9, 0.2, 0.1)
    return image, inside[np.newaxis].astype(np.float32)


def around(count: int) -> list[tuple[int, int]]:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return [(round(60 + 40 * np.cos(a)), round(60 + 40 * np.sin(a))) for a in angles]


def overlap(first: Mask, second: Mask) -> float:
    return float(np.minimum(first, second).sum() / np.maximum(first, second).sum())


def test_the_outline_follows_what_a_straight_one_cuts() -> None:
    image, truth = disc()

    assert overlap(select_outline(image, around(6)), truth) > 0.96
    assert overlap(select_outline(image, around(6), follow=False), truth) < 0.87


def test_a_straight_outline_is_the_polygon() -> None:
    expected = np.zeros((2, 80, 90), np.float32)
    expected[:, 20:60, 30:70] = 1

    found = select_outline(np.zeros((2, 80, 90, 4), np.float32), CORNERS, follow=False)

    assert np.array_equal(found, expected)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_point_is_selected_and_nothing_but_0_and_1(data: st.DataObject) -> None:
    image = data.draw(images())
    height, width = image.shape[1:3]
    place = st.tuples(st.integers(0, width - 1), st.integers(0, height - 1))
    points = data.draw(st.lists(place, min_size=3, max_size=8))

    for follow in (True, False):
        found = select_outline(image, points, follow=follow)

        assert all((found[:, y, x] == 1).all() for x, y in points)
        assert set(np.unique(found)) <= {0, 1}
        assert np.array_equal(select_outline(image, points, follow=follow), found)


def test_hidden_colours_lead_nowhere() -> None:
    image, _ = disc()
    clear = np.concatenate([image, np.zeros_like(image[..., :1])], axis=3)
    flat = np.full_like(clear, 0.3)
    flat[..., 3] = 0

    assert np.array_equal(select_outline(clear, around(6)), select_outline(flat, around(6)))


def test_two_points_are_refused() -> None:
    with pytest.raises(ContractError, match="there are 2 points; needed are at least 3") as caught:
        select_outline(disc()[0], CORNERS[:2])

    assert caught.value.code == "bad_point"
