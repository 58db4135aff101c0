import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks import algebra as operations
from paintgraph.imaging.masks.algebra import Channel, Direction, Operation
from paintgraph.tests.strategies import images, masks

DIRECTIONS: tuple[Direction, ...] = ("inward", "outward", "both")
OPERATIONS: tuple[Operation, ...] = ("union", "intersect", "subtract", "exclude")


def row(*values: float) -> Mask:
    return np.array([[values]], np.float32)


@given(masks(), st.floats(0, 1))
def test_threshold_selects_what_lies_above(mask: Mask, level: float) -> None:
    expected = np.where(mask > level, 1, 0)

    assert np.array_equal(expected, operations.threshold(mask, level))


@given(masks(kind="hard"))
def test_invert_undoes_itself(mask: Mask) -> None:
    assert np.array_equal(mask, operations.invert(operations.invert(mask)))


@given(masks(), st.integers(0, 6))
def test_soften_inward_stays_below_and_outward_above(mask: Mask, radius: int) -> None:
    inward = operations.soften(mask, radius, "inward")
    outward = operations.soften(mask, radius, "outward")

    assert (inward <= mask).all()
    assert (outward >= mask).all()
    assert inward.min() >= 0
    assert outward.max() <= 1


@given(masks(kind="hard"), st.integers(1, 6))
def test_soften_inward_never_loses_a_selected_pixel(mask: Mask, radius: int) -> None:
    assert np.array_equal(mask > 0, operations.soften(mask, radius, "inward") > 0)


def test_soften_inward_ramps_over_the_radius() -> None:
    mask = row(0, 1, 1, 1, 1, 1)

    softened = operations.soften(mask, 3, "inward")

    assert row(0, 0.25, 0.5, 0.75, 1, 1) == pytest.approx(softened)


def test_soften_outward_ramps_over_the_radius() -> None:
    mask = row(1, 0, 0, 0, 0, 0)

    softened = operations.soften(mask, 3, "outward")

    assert row(1, 0.75, 0.5, 0.25, 0, 0) == pytest.approx(softened)


def test_soften_keeps_a_soft_contour_continuous() -> None:
    ramp = np.linspace(0, 1, 200, dtype=np.float32)[np.newaxis, np.newaxis]

    softened = operations.soften(ramp, 10, "inward")

    assert np.abs(np.diff(softened)).max() < 0.02


def test_soften_both_keeps_the_middle_of_the_contour() -> None:
    mask = row(*[0] * 20, *[1] * 20)

    softened = operations.soften(mask, 8, "both")[0, 0]

    assert softened[19] + softened[20] == pytest.approx(1, abs=1e-5)
    assert 0 < softened[15] < softened[19] < 0.5


@pytest.mark.parametrize("direction", DIRECTIONS)
@given(mask=masks(batch=2))
def test_soften_treats_each_mask_of_a_batch_alone(direction: Direction, mask: Mask) -> None:
    alone = [operations.soften(mask[item : item + 1], 3, direction) for item in range(2)]

    assert np.array_equal(np.concatenate(alone), operations.soften(mask, 3, direction))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("value", [0, 1])
def test_a_flat_mask_stays_flat(direction: Direction, value: float) -> None:
    mask = np.full((1, 5, 5), value, np.float32)

    assert np.array_equal(mask, operations.soften(mask, 3, direction))


@given(st.data(), masks(batch=2))
def test_union_and_intersection_commute(data: st.DataObject, first: Mask) -> None:
    second = data.draw(masks(size=(first.shape[1], first.shape[2]), batch=1))

    for operation in ("union", "intersect", "exclude"):
        one = operations.combine(first, second, operation)
        other = operations.combine(second, first, operation)
        assert np.array_equal(one, other)


@given(masks())
def test_a_mask_less_itself_is_empty(mask: Mask) -> None:
    assert not operations.combine(mask, mask, "subtract").any()
    assert not operations.combine(mask, mask, "exclude").any()


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("union", (0, 1, 1, 1)),
        ("intersect", (0, 0, 0, 1)),
        ("subtract", (0, 0, 1, 0)),
        ("exclude", (0, 1, 1, 0)),
    ],
)
def test_combine_hard_masks(operation: Operation, expected: tuple[float, ...]) -> None:
    combined = operations.combine(row(0, 0, 1, 1), row(0, 1, 0, 1), operation)

    assert np.array_equal(row(*expected), combined)


def test_combine_refuses_other_sizes() -> None:
    with pytest.raises(ContractError, match=re.escape("first is 1x2 but second is 1x3")):
        operations.combine(row(0, 1), row(0, 1, 1))


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ContractError, match="operation is 'plus'; allowed are union, intersect"):
        operations.combine(row(0, 1), row(0, 1), "plus")  # type: ignore[arg-type]


@given(masks())
def test_a_mask_survives_the_way_through_an_image(mask: Mask) -> None:
    image = operations.to_image(mask)

    assert image.shape == (*mask.shape, 3)
    assert np.array_equal(mask, operations.from_image(image, "green"))
    assert mask == pytest.approx(operations.from_image(image), abs=1e-6)


@given(images())
def test_from_image_takes_one_channel(image: Image) -> None:
    channels: tuple[Channel, ...] = ("red", "green", "blue", "alpha")
    opaque = np.ones((*image.shape[:3], 1), np.float32)
    expected = np.concatenate([image, opaque], axis=3)
    for index, channel in enumerate(channels):
        assert np.array_equal(expected[..., index], operations.from_image(image, channel))


def test_an_unknown_channel_is_refused() -> None:
    image = np.zeros((1, 1, 1, 3), np.float32)

    with pytest.raises(ContractError, match="channel is 'cyan'; allowed are red"):
        operations.from_image(image, "cyan")  # type: ignore[arg-type]
