"""Strokes say for sure, colours say the rest, and what no stroke touches stays."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks.strokes import select_by_strokes
from paintgraph.tests.strategies import images, masks


def blank(height: int = 60, width: int = 80) -> Mask:
    return np.zeros((1, height, width), np.float32)


def area(left: int, top: int, right: int, bottom: int, value: float = 1) -> Mask:
    mask = blank()
    mask[:, top:bottom, left:right] = value
    return mask


def two_squares() -> Image:
    """Dark noise with a red square at 10..30, 20..40 and another one at 50..70, 20..40."""
    image = np.random.default_rng(0).uniform(0, 0.3, (1, 60, 80, 3)).astype(np.float32)
    for left in (10, 50):
        image[:, 20:40, left : left + 20] = (0.9, 0.2, 0.1)
    return image


SQUARE, OTHER = area(10, 20, 30, 40), area(50, 20, 70, 40)


def test_one_stroke_selects_the_object_under_it_and_none_like_it() -> None:
    assert np.array_equal(select_by_strokes(two_squares(), area(15, 28, 25, 31)), SQUARE)


def test_a_stroke_over_what_is_unwanted_takes_away_its_part_alone() -> None:
    both = np.maximum(SQUARE, OTHER)

    found = select_by_strokes(two_squares(), blank(), area(55, 28, 65, 31), both)

    assert np.array_equal(found, SQUARE)


def test_a_stroke_over_what_is_wanted_adds_its_part_to_a_mask() -> None:
    rim = area(0, 0, 5, 5, 0.75)  # nothing that colours would select

    found = select_by_strokes(two_squares(), area(55, 28, 65, 31), None, np.maximum(SQUARE, rim))

    assert np.array_equal(found, np.maximum(np.maximum(SQUARE, OTHER), rim))


def test_a_thin_stroke_counts_in_a_large_picture() -> None:
    image = np.zeros((1, 1300, 1300, 3), np.float32)
    image[:, 300:1000, 300:1000] = (0.9, 0.2, 0.1)
    stroke = np.zeros((1, 1300, 1300), np.float32)
    stroke[:, 600, 400:900] = 1

    found = select_by_strokes(image, stroke, iterations=1)

    assert abs(found.sum() / 700**2 - 1) < 0.01
    assert (found[stroke > 0] == 1).all()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_strokes_are_sure_and_what_is_not_changed_stays(data: st.DataObject) -> None:
    image = data.draw(images(batch=1))
    size = image.shape[1:3]
    wanted, unwanted, mask = (data.draw(masks(batch=1, size=size)) for _ in range(3))
    if not (wanted > 0.5).any() and not (mask > 0.5).any():
        return

    found = select_by_strokes(image, wanted, unwanted, mask, 1)

    assert (found[wanted > 0.5] == 1).all()
    assert (found[(unwanted > 0.5) & (wanted <= 0.5)] == 0).all()
    assert np.isin(found[found != mask], (0, 1)).all()
    changed = ((found > 0.5) != (mask > 0.5))[0].astype(np.uint8)
    _, parts = cv2.connectedComponents(changed, connectivity=8)
    near = cv2.dilate(np.maximum(wanted, unwanted)[0], np.ones((3, 3))) > 0.5
    assert set(np.unique(parts)) - {0} == set(np.unique(parts[near])) - {0}
    assert np.array_equal(select_by_strokes(image, wanted, unwanted, mask, 1), found)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_mask_without_strokes_stays_as_it_is(data: st.DataObject) -> None:
    image = data.draw(images(batch=2))
    mask = np.maximum(data.draw(masks(batch=2, size=image.shape[1:3])), np.float32(0.6))
    none = np.zeros((1, *image.shape[1:3]), np.float32)

    assert np.array_equal(select_by_strokes(image, none, none, mask), mask)


def test_hidden_colours_say_nothing() -> None:
    image = np.concatenate([two_squares(), np.ones((1, 60, 80, 1), np.float32)], axis=3)
    image[:, :, 45:, 3] = 0
    other = image.copy()
    other[:, :, 45:, :3] = 1

    stroke = area(15, 28, 25, 31)

    assert np.array_equal(select_by_strokes(image, stroke), select_by_strokes(other, stroke))


def test_one_stroke_serves_a_batch() -> None:
    batch = np.concatenate([two_squares(), two_squares()[:, :, ::-1]])

    found = select_by_strokes(batch, area(15, 28, 25, 31))

    assert np.array_equal(found, np.concatenate([SQUARE, SQUARE]))


def test_nothing_to_select_is_refused() -> None:
    with pytest.raises(ContractError, match="no px of wanted is above") as caught:
        select_by_strokes(two_squares(), blank(), SQUARE)

    assert caught.value.code == "nothing_selected"


def test_strokes_of_another_size_are_refused_by_name() -> None:
    with pytest.raises(ContractError, match="unwanted is 4x4"):
        select_by_strokes(two_squares(), SQUARE, np.zeros((1, 4, 4), np.float32))
