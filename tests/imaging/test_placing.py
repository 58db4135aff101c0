import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.composite import Operation, place_image, place_mask, with_channels
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.regions import Box, crop
from paintgraph.tests.strategies import images, images_with_masks, masks, sizes

places = st.integers(-6, 14)


def row(*values: float) -> Mask:
    return np.array([[values]], np.float32)


@st.composite
def boxes(draw: st.DrawFn, height: int, width: int) -> Box:
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Box(left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height)))


@given(st.data(), images())
def test_paste_of_a_crop_gives_the_picture(data: st.DataObject, image: Image) -> None:
    box = data.draw(boxes(*image.shape[1:3]))

    assert np.array_equal(image, place_image(image, crop(image, box), box.left, box.top))


@given(st.data(), images(), places, places)
def test_what_is_not_covered_stays(data: st.DataObject, image: Image, left: int, top: int) -> None:
    part = data.draw(images(batch=1, channels=image.shape[3]))
    covered = np.zeros(image.shape[1:3], np.bool_)
    rows = slice(max(top, 0), max(top + part.shape[1], 0))
    columns = slice(max(left, 0), max(left + part.shape[2], 0))
    covered[rows, columns] = True

    placed = place_image(image, part, left, top)

    assert np.array_equal(image[:, ~covered], placed[:, ~covered])
    shown = part[:, max(-top, 0) :, max(-left, 0) :][:, : covered[rows].shape[0]]
    shown = shown[:, :, : covered[:, columns].shape[1]]
    assert all(np.array_equal(shown[0], one[rows, columns]) for one in placed)


@given(images_with_masks(), st.data())
def test_the_mask_says_how_much_is_seen(given_: tuple[Image, Mask], data: st.DataObject) -> None:
    part, mask = given_
    batch, height, width, channels = part.shape
    image = data.draw(images(size=(height, width), batch=batch, channels=channels))

    placed = place_image(image, part, 0, 0, mask)

    assert np.array_equal(image[mask == 0], placed[mask == 0])
    assert np.array_equal(part[mask == 1], placed[mask == 1])
    soft = (mask > 0) & (mask < 1)
    weights = mask[soft][:, np.newaxis]
    expected = image[soft] * (1 - weights) + part[soft] * weights
    assert expected[:, 3:] == pytest.approx(placed[soft][:, 3:], abs=1e-6)
    if channels == 3:
        assert expected == pytest.approx(placed[soft], abs=1e-6)


def test_an_opaque_picture_stays_opaque_and_is_seen_through_glass() -> None:
    opaque, glass = np.zeros((1, 1, 2, 3), np.float32), np.full((1, 1, 1, 4), 0.5, np.float32)

    assert place_image(opaque, glass, 1, 0).tolist() == [[[[0, 0, 0], [0.25, 0.25, 0.25]]]]
    assert place_image(glass, opaque, 0, 0).tolist() == [[[[0, 0, 0, 1]]]]
    assert with_channels(glass, 3).shape == (1, 1, 1, 3)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("multiply", (0.5, 0.25, 0.5, 0.5)),
        ("add", (0.5, 1, 1, 0.5)),
        ("subtract", (0.5, 0, 0, 0.5)),
        ("and", (0.5, 0, 0, 0.5)),
        ("or", (0.5, 0, 1, 0.5)),
        ("xor", (0.5, 0, 1, 0.5)),
    ],
)
def test_place_mask_combines_where_the_part_lies(
    operation: Operation, expected: tuple[float, ...]
) -> None:
    placed = place_mask(row(0.5, 0.5, 0.5, 0.5), row(0.5, 1), 1, 0, operation)

    assert np.array_equal(row(*expected), placed)


@given(masks(), masks(batch=1), st.sampled_from(("and", "or", "xor")), sizes())
def test_yes_or_no_operations_give_hard_masks(
    mask: Mask, part: Mask, operation: Operation, place: tuple[int, int]
) -> None:
    hard = np.rint(mask)

    assert set(np.unique(place_mask(hard, part, *place, operation))) <= {0, 1}


@given(masks(), masks(batch=1), st.sampled_from(("multiply", "add", "subtract")))
def test_place_mask_stays_a_mask(mask: Mask, part: Mask, operation: Operation) -> None:
    placed = place_mask(mask, part, 2, 1, operation)

    assert placed.dtype == np.float32
    assert placed.min() >= 0
    assert placed.max() <= 1
    assert np.array_equal(mask[:, :1], placed[:, :1])


def test_a_part_beside_the_mask_changes_nothing() -> None:
    assert np.array_equal(row(0.5, 1), place_mask(row(0.5, 1), row(0), 2, 0))


def test_an_unknown_operation_is_refused() -> None:
    message = "operation is 'nand'; allowed are multiply, add, subtract, and, or, xor."
    with pytest.raises(ContractError, match=re.escape(message)):
        place_mask(row(0), row(0), 0, 0, "nand")  # type: ignore[arg-type]


def test_a_mask_of_another_size_than_the_part_is_refused() -> None:
    image = np.zeros((1, 4, 4, 3), np.float32)
    message = "the part is 4x4 but mask is 1x2 (height x width); both must have the same size."
    with pytest.raises(ContractError, match=re.escape(message)):
        place_image(image, image, 0, 0, row(0, 1))
