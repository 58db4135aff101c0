import cv2
import numpy as np
import pytest

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import Box
from paintgraph.imaging.masks.selection import select_in_box


def disc_on_noise(height: int, width: int, radius: int) -> tuple[Image, Mask]:
    """A red disc in the middle of dark noise, and its mask."""
    generator = np.random.default_rng(0)
    image = generator.uniform(0, 0.3, (1, height, width, 3)).astype(np.float32)
    row, column = np.ogrid[:height, :width]
    disc = (row - height / 2) ** 2 + (column - width / 2) ** 2 < radius**2
    image[0, disc] = (0.9, 0.2, 0.1)
    image.flags.writeable = False
    return image, disc[np.newaxis].astype(np.float32)


def box_mask(image: Image, box: Box) -> Mask:
    mask = np.zeros(image.shape[:3], np.float32)
    mask[:, box.top : box.bottom, box.left : box.right] = 1
    return mask


def overlap(first: Mask, second: Mask) -> float:
    return float(np.minimum(first, second).sum() / np.maximum(first, second).sum())


@pytest.mark.parametrize(("height", "width", "radius"), [(60, 80, 15), (1500, 1600, 420)])
def test_the_object_in_the_box_is_found(height: int, width: int, radius: int) -> None:
    image, disc = disc_on_noise(height, width, radius)
    side = round(radius * 1.2)
    middle = height // 2, width // 2
    box = Box(middle[1] - side, middle[0] - side, middle[1] + side, middle[0] + side)

    mask = select_in_box(image, box, iterations=2)

    assert overlap(disc, mask) > 0.95
    assert not mask[box_mask(image, box) == 0].any()
    assert set(np.unique(mask)) == {0, 1}


def test_a_selection_is_repeatable_and_each_picture_has_its_own() -> None:
    image, _ = disc_on_noise(40, 40, 10)
    batch = np.concatenate([image, 1 - image])
    box = Box(5, 5, 35, 35)

    masks = select_in_box(batch, box)

    assert np.array_equal(masks, select_in_box(batch, box))
    assert np.array_equal(masks[:1], select_in_box(batch[:1], box))


@pytest.mark.parametrize("box", [Box(0, 0, 30, 40), Box(10, 5, 40, 40)])
def test_a_box_may_touch_the_edges(box: Box) -> None:
    image, disc = disc_on_noise(40, 40, 8)

    mask = select_in_box(image, box)

    assert overlap(disc * box_mask(image, box), mask) > 0.9


@pytest.mark.parametrize(
    "box", [Box(0, 0, 40, 40), Box(3, 3, 4, 4), Box(5, 5, 7, 30), Box(39, 0, 40, 40)]
)
def test_what_cannot_be_told_apart_is_the_box_itself(box: Box) -> None:
    flat = np.full((1, 40, 40, 3), 0.5, np.float32)

    assert np.array_equal(box_mask(flat, box), select_in_box(flat, box))


def test_a_flat_picture_gives_the_box() -> None:
    flat = np.full((1, 40, 40, 4), 0.5, np.float32)
    box = Box(10, 10, 30, 30)

    assert np.array_equal(box_mask(flat, box), select_in_box(flat, box))


def test_where_grabcut_gives_up_the_box_is_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_arguments: object) -> None:
        raise cv2.error

    monkeypatch.setattr(cv2, "grabCut", give_up)
    image, _ = disc_on_noise(40, 40, 8)
    box = Box(10, 10, 30, 30)

    assert np.array_equal(box_mask(image, box), select_in_box(image, box))


def test_a_tiny_picture_gives_the_box() -> None:
    assert select_in_box(np.zeros((1, 1, 1, 3), np.float32), Box(0, 0, 1, 1)).tolist() == [[[1]]]


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(ContractError, match="does not lie inside a picture of 4x4 px") as caught:
        select_in_box(np.zeros((1, 4, 4, 3), np.float32), Box(0, 0, 5, 2))

    assert caught.value.code == "bad_box"


def test_the_outline_in_a_large_picture_is_that_of_its_own_px() -> None:
    """The object is looked for in a small copy, whose px are nearly three px wide."""
    height, width = 900, 1200
    y, x = np.mgrid[:height, :width].astype(np.float32)
    truth = ((x - 600) / 330) ** 2 + ((y - 450) / 260) ** 2 <= 1
    truth |= (np.abs(x - 600) < 12) & (np.abs(y - 450) < 390)  # a rod that is thinner than most
    rng = np.random.default_rng(5)
    image = 0.35 + 0.06 * rng.standard_normal((height, width, 3)).astype(np.float32)
    image[truth, 0] += 0.4
    image = np.clip(image, 0, 1)[np.newaxis]

    first, again = (select_in_box(image, Box(200, 40, 1000, 860), 2)[0] for _ in range(2))

    assert np.array_equal(first, again)
    found = first > 0
    assert (found & truth).sum() / (found | truth).sum() > 0.995


def a_fence(side: int = 260) -> tuple[Image, Mask, Box]:
    """A yellow fence with a white sign before a road of many greys and a pavement, and its box."""
    rng = np.random.default_rng(2)
    fence = np.zeros((side, side), np.bool_)
    for left in range(50, 211, 32):
        fence[50:211, left : left + 5] = True
    for top in (50, 120, 206):
        fence[top : top + 5, 50:215] = True
    light = np.linspace(0.35, 0.6, side)[:, np.newaxis, np.newaxis]
    picture = light + 0.05 * rng.standard_normal((side, side, 3))
    picture[170:, :, 0] += 0.12
    picture[fence] = np.array([0.85, 0.65, 0.05]) + 0.05 * rng.standard_normal((fence.sum(), 3))
    image = np.clip(picture, 0, 1).astype(np.float32)[np.newaxis]
    return image, fence[np.newaxis].astype(np.float32), Box(42, 42, 222, 218)


def test_what_shows_between_the_bars_of_a_fence_is_not_selected_and_its_bars_are() -> None:
    image, fence, box = a_fence()

    mask = select_in_box(image, box)

    assert overlap(fence, mask) > 0.9


def test_the_hole_of_a_ring_is_not_selected() -> None:
    image, disc = disc_on_noise(120, 120, 40)
    _, hole = disc_on_noise(120, 120, 20)
    background, _ = disc_on_noise(120, 120, 0)
    ring = np.where(hole[..., np.newaxis] > 0, background, image)

    assert overlap(disc - hole, select_in_box(ring, Box(12, 12, 108, 108))) > 0.95


def test_an_object_in_a_box_of_the_whole_picture_is_told_from_the_sides() -> None:
    image, disc = disc_on_noise(90, 120, 25)

    assert overlap(disc, select_in_box(image, Box(0, 0, 120, 90))) > 0.9


def test_a_blurred_part_of_the_background_is_not_selected() -> None:
    """Its colour is nowhere outside the box, and no edge lies around it."""
    height, width = 240, 240
    y, x = np.mgrid[:height, :width].astype(np.float32)
    picture = np.full((height, width, 3), (0.75, 0.75, 0.8), np.float32)
    glow = np.exp(-((x - 150) ** 2 + (y - 80) ** 2) / (2 * 24**2))[..., np.newaxis]
    picture += glow * np.array([-0.35, 0.0, -0.6], np.float32)
    bird = ((x - 95) / 40) ** 2 + ((y - 150) / 25) ** 2 <= 1
    rng = np.random.default_rng(7)
    picture[bird] = (0.3, 0.25, 0.2) + 0.12 * rng.standard_normal((bird.sum(), 3))
    image = np.clip(picture, 0, 1).astype(np.float32)[np.newaxis]

    mask = select_in_box(image, Box(40, 20, 205, 190))

    assert overlap(bird[np.newaxis].astype(np.float32), mask) > 0.95
