"""The small models that packages ship, on real photos: what they find is what is there."""

from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from paintgraph.imaging.arrays import Image
from paintgraph.imaging.masks.writing import find_lines, mask_of_lines, mask_of_strokes
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.selectors import Selectors
from paintgraph.tests.weights.outlines import drawn

Small = tuple[Selectors, ModelNames]

FLOORS = {"astronaut": 0.95, "coffee": 0.95}


def image_of(samples: Any) -> Image:
    image: Image = (samples[np.newaxis] / np.float32(255)).astype(np.float32)
    return image


def photo(name: str) -> Image:
    return image_of(getattr(skimage.data, name)())


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_the_small_subject_model_covers_what_is_drawn(small_models: Small, name: str) -> None:
    selectors, names = small_models
    image = photo(name)

    found = selectors.subject(names.bind("u2netp"), image)[0] > 0.5

    outline = drawn(name, *found.shape)
    assert (found & outline).sum() / (found | outline).sum() >= FLOORS[name]


def test_a_face_is_found_and_nothing_where_there_is_none(small_models: Small) -> None:
    selectors, names = small_models
    ref = names.bind("centerface")

    faces = selectors.faces(ref, photo("astronaut"), 0.3)

    assert len(faces) == 1
    left, top, right, bottom = faces.corners[0].tolist()
    assert (170 < left < 195, 45 < top < 80) == (True, True)
    assert (255 < right < 280, 165 < bottom < 190) == (True, True)
    assert len(selectors.faces(ref, photo("coffee"), 0.3)) == 0


def test_all_strokes_of_writing_on_a_photo_are_selected(small_models: Small) -> None:
    selectors, names = small_models
    rocket = skimage.data.rocket()  # type: ignore[no-untyped-call]
    shown = Pillow.fromarray(rocket)
    writing = Pillow.new("L", shown.size)
    for place, text, size in (((20, 20), "LAUNCH", 80), ((40, 330), "We go up at dawn", 30)):
        ImageDraw.Draw(writing).text(place, text, 255, ImageFont.load_default(size))
    shown.paste("white", mask=writing)
    image, strokes = image_of(np.asarray(shown)), np.asarray(writing) > 40

    (likely,) = selectors.writing(names.bind("ch_PP-OCRv4_det"), image)

    lines, seen = find_lines(likely, 0.3, 0.5), (likely.shape[0], likely.shape[1])
    assert len(lines) == 2
    whole = mask_of_lines(lines, seen, strokes.shape[0], strokes.shape[1], 0.1)[0] > 0
    found = mask_of_strokes(image, lines, seen, 0.1)[0] > 0
    assert whole[strokes].all()
    assert found[strokes].mean() > 0.995
    assert found.sum() < 0.8 * whole.sum()
