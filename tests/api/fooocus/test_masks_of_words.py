"""Masks by `sam`: boxes of what words name, and the object in each, with small models."""

import base64
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.fooocus.asking import MASK, ask, text_of
from paintgraph.tests.api.serving import Answer, Served, encoded
from paintgraph.tests.nodes.bench import noise

pytestmark = pytest.mark.slow  # a worker imports torch

HEIGHT, WIDTH = 40, 60
SAMPLES = (noise(HEIGHT, WIDTH)).astype(np.uint8)
PHOTO = encoded(SAMPLES)
WORDS = {"mask_model": "sam", "dino_prompt_text": "Cat . red ball", "box_threshold": 0.0}


@pytest.fixture(scope="module")
def server(models: Served) -> Served:
    return models


def mask_in(answer: Answer) -> Any:
    """Where a mask of three equal channels is 255."""
    assert answer.status == 200, answer.body
    with Image.open(BytesIO(base64.b64decode(answer.json, validate=True))) as mask:
        assert (mask.format, mask.mode, mask.size) == ("PNG", "RGB", (WIDTH, HEIGHT))
        samples = np.array(mask)
    assert set(np.unique(samples)) <= {0, 255}
    assert (samples == samples[..., :1]).all()
    return samples[..., 0] > 0


def asked(server: Served, **fields: Any) -> Answer:
    return ask(server, MASK, **{"image": text_of(PHOTO), **WORDS, **fields})


def boxes_of(server: Served, answer: Answer) -> list[list[float]]:
    """The boxes that were found for a mask."""
    job = server.call("GET", f"/v1/jobs/{answer.headers['X-Paintgraph-Job']}").json
    return [found["box"] for found in job["outputs"]["boxes"]]


def filled(boxes: list[list[float]]) -> Any:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for left, top, right, bottom in boxes:
        rows = slice(int(np.floor(top)), int(np.ceil(bottom)))
        mask[rows, int(np.floor(left)) : int(np.ceil(right))] = True
    return mask


def test_objects_are_selected_and_counted(server: Served) -> None:
    answer = asked(server)

    mask_in(answer)
    boxes = boxes_of(server, answer)
    assert int(answer.headers["X-Paintgraph-Detections"]) == len(boxes) > 3


def test_the_maximum_takes_the_first_boxes(server: Served) -> None:
    every = boxes_of(server, asked(server))
    answer = asked(server, sam_max_detections=2)

    mask_in(answer)
    assert answer.headers["X-Paintgraph-Detections"] == "2"
    assert boxes_of(server, answer) == every[:2]


def test_debugging_shows_all_boxes_grown_or_shrunk(server: Served) -> None:
    plain = asked(server, dino_debug=True, sam_max_detections=1, box_threshold=0.3)
    boxes = boxes_of(server, plain)
    assert np.array_equal(mask_in(plain), filled(boxes))
    for amount in (4, 1.5, -1):
        moved = asked(server, dino_debug=True, dino_erode_or_dilate=amount, box_threshold=0.3)
        expected = [
            [
                max(left - amount, 0),
                max(top - amount, 0),
                min(right + amount, WIDTH),
                min(bottom + amount, HEIGHT),
            ]
            for left, top, right, bottom in boxes
        ]
        expected = [box for box in expected if box[0] < box[2] and box[1] < box[3]]
        if amount > 0:  # else what lay beyond the picture's side was cut off after shrinking
            assert np.allclose(boxes_of(server, moved), expected, atol=1e-3)
        assert np.array_equal(mask_in(moved), filled(boxes_of(server, moved)))


@pytest.mark.parametrize("debug", [False, True])
def test_nothing_found_is_black_with_a_warning(server: Served, debug: bool) -> None:  # noqa: FBT001
    answer = asked(server, box_threshold=1.0, dino_debug=debug)

    assert not mask_in(answer).any()
    assert answer.headers["X-Paintgraph-Detections"] == "0"
    assert "nothing was found" in answer.headers["X-Paintgraph-Warning"].lower()


@pytest.mark.parametrize("words", ["", " . ", "\n"])
def test_no_words_find_nothing(server: Served, words: str) -> None:
    answer = asked(server, dino_prompt_text=words)

    assert not mask_in(answer).any()
    assert answer.headers["X-Paintgraph-Detections"] == "0"
    assert "dino_prompt_text" in answer.headers["X-Paintgraph-Warning"]


def test_alpha_is_left_out(server: Served) -> None:
    alpha = np.full((HEIGHT, WIDTH, 1), 90, np.uint8)
    clear = encoded(np.concatenate([SAMPLES, alpha], axis=2))

    assert asked(server, image=text_of(clear)).json == asked(server).json


def test_another_sam_that_is_missing_is_named(server: Served) -> None:
    answer = asked(server, sam_model="vit_h")

    assert answer.status == 424
    assert "sam_vit_h" in answer.json["detail"]
