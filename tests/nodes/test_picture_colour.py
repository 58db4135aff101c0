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
def test_invert_undoes_itself_and_leaves_transparency(image: Image) -> None:
    inverted = image_invert(image)

    assert np.array_equal(image[..., 3:], inverted[..., 3:])
    assert image_invert(inverted) == pytest.approx(image, abs=1e-6)
    assert image[..., :3] + inverted[..., :3] == pytest.approx(1)


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
