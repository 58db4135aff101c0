"""Grounding DINO by transformers, over a small folder: our loader against its own path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.models.errors import CheckpointError, PictureShapeError, PromptError
from paintgraph.models.families.dino.detection import caption_of
from paintgraph.models.families.dino.transformers_detector import TransformersDetector
from paintgraph.tests.models.text_models import FINDER_FOLDER, PICKER_FOLDER, models_of
from paintgraph.tests.models.tiny_detectors import QUERIES

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 150, 3)).astype(np.uint8)
PHRASES = ["cat", "red ball"]


@pytest.fixture(scope="module")
def folder(text_models: Path) -> Iterator[Path]:
    with models_of(text_models):
        yield text_models / FINDER_FOLDER


@pytest.fixture(scope="module")
def detector(folder: Path) -> TransformersDetector:
    return TransformersDetector.load(folder)


def test_our_loader_gives_what_the_librarys_own_path_gives(
    detector: TransformersDetector, folder: Path
) -> None:
    """Its processor, its model, and its way from answers to boxes."""
    import torch
    from transformers import GroundingDinoForObjectDetection, GroundingDinoProcessor

    processors: Any = GroundingDinoProcessor
    processor = processors.from_pretrained(folder)
    models: Any = GroundingDinoForObjectDetection
    model = models.from_pretrained(folder).eval()
    given = processor(images=PICTURE, text=caption_of(PHRASES), return_tensors="pt")
    with torch.inference_mode():
        answers = model(**given)
    scores = np.sort(answers.logits.sigmoid().amax(-1)[0].numpy())
    middle = float(scores[QUERIES // 2 - 1])
    (expected,) = processor.post_process_grounded_object_detection(
        answers,
        given["input_ids"],
        threshold=middle,
        text_threshold=middle,
        target_sizes=[(60, 150)],
    )

    found = detector.detect(PICTURE, PHRASES, box_threshold=middle, text_threshold=middle)

    assert len(found) == QUERIES // 2  # half are above; the one that equals it is not
    np.testing.assert_allclose(found.scores, expected["scores"].numpy(), rtol=1e-5)
    np.testing.assert_allclose(found.corners, expected["boxes"].numpy(), atol=1e-4)
    marks = str.maketrans(dict.fromkeys(".", ""))  # they leave marks between phrases in labels
    theirs = [
        [word for word in label.translate(marks).split() if word != "[SEP]"]
        for label in expected["text_labels"]
    ]
    for label, words in zip(found.labels, theirs, strict=True):
        assert label.split() == words or not words  # ours is never empty
    assert any(theirs)


def test_the_words_decide(detector: TransformersDetector) -> None:
    first, second = (
        detector.detect(PICTURE, words, box_threshold=0, text_threshold=0).scores.tolist()
        for words in (["cat"], ["dog"])
    )

    assert first != second


def test_nothing_is_printed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    TransformersDetector.load(folder).detect(PICTURE, PHRASES, box_threshold=0, text_threshold=0)

    assert capfd.readouterr() == ("", "")


def test_a_folder_of_another_model_is_named(text_models: Path) -> None:
    with pytest.raises(CheckpointError, match="holds a model of kind 'sam'; needed is grounding"):
        TransformersDetector.load(text_models / PICKER_FOLDER)


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (600, 4)])
def test_pictures_of_odd_sizes_are_looked_at(
    detector: TransformersDetector, size: tuple[int, int]
) -> None:
    found = detector.detect(
        np.zeros((*size, 3), np.uint8), PHRASES, box_threshold=0, text_threshold=0
    )

    assert np.isfinite(found.corners).all()


def test_a_picture_that_is_hardly_more_than_a_line_is_refused(
    detector: TransformersDetector,
) -> None:
    with pytest.raises(PictureShapeError):
        detector.detect(
            np.zeros((1, 8000, 3), np.uint8), PHRASES, box_threshold=0, text_threshold=0
        )


def test_more_words_than_the_model_reads_are_refused(detector: TransformersDetector) -> None:
    with pytest.raises(PromptError, match="the model reads 64"):
        detector.detect(PICTURE, ["cat"] * 40, box_threshold=0, text_threshold=0)
