import numpy as np
import pytest
from hypothesis import given

from paintgraph.imaging.arrays import Image
from paintgraph.nodes.pictures.colour import (
    image_color_to_mask,
    image_invert,
    mask_from_alpha,
    mask_from_color,
)
from paintgraph.tests.nodes.bench import Bench, image_of
from paintgraph.tests.strategies import images

SAMPLES = np.array([[[255, 128, 0], [255, 127, 0], [239, 144, 16], [238, 128, 0]]], np.uint8)


@given(images())
def test_invert_undoes_itself_and_turns_transparency_too(image: Image) -> None:
    inverted = image_invert(image)

    assert image_invert(inverted) == pytest.approx(image, abs=1e-6)
    assert image + inverted == pytest.approx(1)


def test_a_colour_is_selected_by_number_exactly_and_by_name_nearly() -> None:
    image = image_of(SAMPLES)

    assert image_color_to_mask(image, 0xFF8000).tolist() == [[[1, 0, 0, 0]]]
    assert mask_from_color(image, "#FF8000", 0).tolist() == [[[1, 0, 0, 0]]]
    assert mask_from_color(image, "#ff8000", 16).tolist() == [[[1, 1, 1, 0]]]
    assert mask_from_color(image, "ff8000", 255).all()


def test_a_bad_colour_is_told(bench: Bench) -> None:
    assert bench.node("MaskFromColor", image=image_of(SAMPLES), colour="orange").fault == (
        "bad_colour",
        (
            "node 'it' (MaskFromColor): colour is 'orange'; allowed is #rrggbb, two hexadecimal "
            "digits each for red, green and blue. Write e.g. #ff8000."
        ),
    )


@given(images(channels=4))
def test_what_is_transparent_is_selected(image: Image) -> None:
    assert np.array_equal(1 - image[..., 3], mask_from_alpha(image))
    assert not mask_from_alpha(image[..., :3]).any()


def test_lines_are_white_on_black(bench: Bench) -> None:
    image = np.zeros((2, 9, 12, 4), np.float32)
    image[..., 3] = 1
    image[1, :, 6:, :3] = 1

    lines = bench.node("Canny", image=image).array()

    assert lines.shape == (2, 9, 12, 3)
    assert not lines[0].any()
    assert np.array_equal(lines[1], np.repeat(lines[1, ..., :1], 3, axis=2))
    assert np.array_equal(lines[1, ..., 0].sum(axis=1), np.ones(9))


def test_a_low_threshold_above_the_high_one_is_told_and_swapped_is_fine(bench: Bench) -> None:
    image = np.zeros((1, 4, 5, 3), np.float32)

    assert bench.node("Canny", image=image, low_threshold=0.8, high_threshold=0.4).fault == (
        "bad_threshold",
        (
            "node 'it' (Canny): low_threshold is 0.8 but high_threshold 0.4; allowed is at most "
            "the same. Swap them."
        ),
    )
    swapped = bench.node("Canny", image=image, low_threshold=0.4, high_threshold=0.8)
    assert swapped.outcome.failures == ()
