import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.geometry.canvas import (
    SIDES,
    Padding,
    PaddingFill,
    pad_image,
    pad_mask,
    padding_from_fraction,
)
from paintgraph.tests.strategies import images, masks

FILLS: tuple[PaddingFill, ...] = ("edge", "mirror", "colour")
paddings = st.builds(Padding, *[st.integers(0, 30)] * 4)


@pytest.mark.parametrize("fill", FILLS)
@given(image=images(), padding=paddings)
def test_old_pixels_stay_and_new_ones_are_opaque(
    fill: PaddingFill, image: Image, padding: Padding
) -> None:
    height, width = image.shape[1:3]
    canvas = pad_image(image, padding, fill)
    old = slice(padding.top, padding.top + height), slice(padding.left, padding.left + width)

    assert np.array_equal(image, canvas[:, *old])
    is_new = np.ones(canvas.shape[1:3], np.bool_)
    is_new[old] = False
    assert (canvas[:, is_new, 3:] == 1).all()


@pytest.mark.parametrize(("fill", "mode"), [("edge", "edge"), ("mirror", "symmetric")])
@given(image=images(channels=3), padding=paddings)
def test_new_pixels_are_those_of_numpy(
    fill: PaddingFill, mode: str, image: Image, padding: Padding
) -> None:
    margins = ((0, 0), (padding.top, padding.bottom), (padding.left, padding.right), (0, 0))
    expected = np.pad(image, margins, mode)  # type: ignore[call-overload]

    assert np.array_equal(expected, pad_image(image, padding, fill))


def test_a_colour_fills_the_new_canvas() -> None:
    canvas = pad_image(np.zeros((1, 1, 1, 3), np.float32), Padding(left=1), "colour", (1, 0.5, 0))

    assert canvas[0, 0].tolist() == [[1, 0.5, 0], [0, 0, 0]]


@given(masks(), paddings)
def test_new_canvas_is_selected(mask: Mask, padding: Padding) -> None:
    padded = pad_mask(mask, padding)
    height, width = mask.shape[1:]
    new = padded.shape[1] * padded.shape[2] - height * width

    assert padded.sum() == pytest.approx(mask.sum() + new * len(mask), rel=1e-5)


@pytest.mark.parametrize(
    ("length", "fraction", "expected"),
    [(900, 1 / 3, 300), (640, 1 / 3, 213), (1000, 0.35, 350), (1000, 0.1, 100), (2, 1 / 3, 1)],
)
def test_a_fraction_is_floored_but_not_by_rounding_errors(
    length: int, fraction: float, expected: int
) -> None:
    assert padding_from_fraction(length, 7, ["left"], fraction) == Padding(left=expected)


def test_each_side_takes_its_own_length() -> None:
    assert padding_from_fraction(900, 600, SIDES) == Padding(300, 200, 300, 200)


@pytest.mark.parametrize(
    ("sides", "fraction", "message"),
    [
        (["up"], 0.5, "sides holds 'up'; allowed are left, top, right, bottom."),
        (["left"], -0.5, "fraction is -0.5; allowed is 0 or more."),
        (["left"], float("nan"), "fraction is nan; allowed is 0 or more."),
    ],
)
def test_a_bad_padding_is_refused(sides: list[str], fraction: float, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        padding_from_fraction(9, 9, sides, fraction)  # type: ignore[arg-type]

    assert str(caught.value) == message
    assert caught.value.code == "bad_padding"


def test_negative_padding_is_refused() -> None:
    with pytest.raises(ContractError, match="is negative"):
        pad_mask(np.zeros((1, 2, 2), np.float32), Padding(left=-1))
