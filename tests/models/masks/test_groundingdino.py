"""Grounding DINO by groundingdino-py, over small files: our loader against the library's own."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from paintgraph.models.errors import CheckpointError, PictureShapeError, PromptError
from paintgraph.models.families.dino.detection import caption_of
from paintgraph.models.families.dino.groundingdino import GroundingDino, ignore_known_warnings
from paintgraph.tests.models.text_models import CHECKPOINT, SAM, models_of
from paintgraph.tests.models.tiny_detectors import QUERIES, SMALL, architecture_values

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 128, 3)).astype(np.uint8)
WIDE = np.random.default_rng(1).integers(0, 256, (60, 150, 3)).astype(np.uint8)
PHRASES = ["cat", "red ball"]


@pytest.fixture(scope="module")
def files(text_models: Path) -> Iterator[tuple[Path, Path]]:
    checkpoint = text_models / CHECKPOINT
    with models_of(text_models):
        yield checkpoint, checkpoint.parent / "bert"


@pytest.fixture(scope="module")
def detector(files: tuple[Path, Path]) -> GroundingDino:
    return GroundingDino.load(*files, SMALL)


def test_our_loader_gives_what_the_librarys_own_path_gives(
    detector: GroundingDino, files: tuple[Path, Path], tmp_path: Path
) -> None:
    """The library's functions for configuration, model, picture, boxes and phrases."""
    ignore_known_warnings()
    from groundingdino.datasets import transforms
    from groundingdino.util.inference import load_model, predict
    from PIL import Image as Pillow

    from paintgraph.models.families.dino.groundingdino_text import text_encoder_from

    settings = "\n".join(f"{name} = {value!r}" for name, value in architecture_values().items())
    (tmp_path / "config.py").write_text(settings)
    with text_encoder_from(files[1]):
        model = load_model(str(tmp_path / "config.py"), str(files[0]), "cpu")
    prepare = transforms.Compose(
        [
            transforms.RandomResize([SMALL.shorter_side], max_size=SMALL.longer_side),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    seen, _ = prepare(Pillow.fromarray(WIDE), None)
    places, scores, phrases = predict(model, seen, caption_of(PHRASES), 0.5, 0.3, "cpu")

    found = detector.detect(WIDE, PHRASES, box_threshold=0.5, text_threshold=0.3)

    assert 0 < len(found) < QUERIES
    np.testing.assert_allclose(found.scores, scores.numpy(), rtol=1e-5)
    middles, sizes = places[:, :2].numpy() * (150, 60), places[:, 2:].numpy() * (150, 60)
    corners = np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1)
    np.testing.assert_allclose(found.corners, corners, atol=1e-4)
    assert any(phrases)
    for ours, theirs in zip(found.labels, phrases, strict=True):
        assert _words(ours) == _words(theirs) or not _words(theirs)  # ours is never empty


def _words(phrase: str) -> list[str]:
    """The library leaves the marks of the begin and end in its phrases."""
    return [word for word in phrase.split() if word not in ("[CLS]", "[SEP]")]


def test_an_untrained_model_gives_the_middles_of_its_grid(detector: GroundingDino) -> None:
    """Its last layers are 0, so boxes are where it begins to look: 0.05 x 2^n wide at scale n."""
    found = detector.detect(PICTURE, PHRASES, box_threshold=0, text_threshold=0)

    assert len(found) == QUERIES
    # A picture of 64 x 128 px has 8 x 16 places at scale 0, half as many each way at the next.
    expected = [
        ((column + 0.5) * 128 / (16 >> scale), (row + 0.5) * 64 / (8 >> scale), 0.05 * 2**scale)
        for scale in range(4)
        for row, column in product(range(8 >> scale), range(16 >> scale))
    ]
    for left, top, right, bottom in found.corners.tolist():
        place = ((left + right) / 2, (top + bottom) / 2, (right - left) / 128)
        assert (bottom - top) / 64 == pytest.approx(place[2], abs=1e-4)
        assert min(np.abs(np.subtract(place, e)).max() for e in expected) < 1e-3


def test_colours_are_seen_in_the_order_red_green_blue(detector: GroundingDino) -> None:
    seen = detector._seen(np.full((8, 8, 3), (255, 0, 0), np.uint8))

    red, green, blue = seen[:, 0, 0].tolist()
    assert red == pytest.approx((1 - 0.485) / 0.229)
    assert green == pytest.approx(-0.456 / 0.224)
    assert blue == pytest.approx(-0.406 / 0.225)


def test_equal_pictures_give_equal_boxes(detector: GroundingDino) -> None:
    first, second = (
        detector.detect(PICTURE, PHRASES, box_threshold=0, text_threshold=0.2) for _ in range(2)
    )

    assert first.to_json() == second.to_json()


def test_the_words_decide(detector: GroundingDino) -> None:
    first, second = (
        detector.detect(PICTURE, words, box_threshold=0, text_threshold=0)
        for words in (["cat"], ["dog"])
    )

    assert first.scores.tolist() != second.scores.tolist()


def test_the_text_encoder_sees_each_phrase_alone(files: tuple[Path, Path]) -> None:
    """As transformers 4 did: what a token does not see is far below all that it sees."""
    ignore_known_warnings()
    import torch
    from transformers import BertConfig, BertModel

    from paintgraph.models.families.dino.groundingdino_text import TextEncoder

    torch.manual_seed(0)
    config = BertConfig.from_pretrained(files[1])
    models: Any = BertModel
    bert = models(config).eval()
    ids = torch.tensor([[2, 48, 7, 50, 51, 7, 3], [2, 49, 7, 3, 0, 0, 0]])
    sees = torch.eye(7).repeat(2, 1, 1)
    sees[0, 1:3, 1:3] = sees[0, 3:6, 3:6] = sees[1, 1:3, 1:3] = 1
    positions = torch.tensor([[0, 0, 1, 0, 1, 2, 0], [0, 0, 1, 0, 0, 0, 0]])
    types = torch.zeros_like(ids)
    others: dict[str, Any] = {"position_ids": positions, "token_type_ids": types}
    with torch.inference_mode():
        ours = TextEncoder(bert)(ids, sees, **others).last_hidden_state
        below = (1 - sees[:, None]) * torch.finfo(torch.float32).min
        eager = models._from_config(config, attn_implementation="eager")
        eager.load_state_dict(bert.state_dict())
        theirs = eager.eval()(ids, below, **others).last_hidden_state

    assert torch.allclose(ours, theirs, atol=1e-5)


def test_nothing_of_the_library_stays_changed(files: tuple[Path, Path], text_models: Path) -> None:
    from groundingdino.models.GroundingDINO import bertwarper, groundingdino
    from groundingdino.util import get_tokenlizer

    GroundingDino.load(*files, SMALL)
    with pytest.raises(CheckpointError):
        GroundingDino.load(text_models / SAM, files[1], SMALL)

    assert groundingdino.BertModelWarper is bertwarper.BertModelWarper
    assert groundingdino.get_tokenlizer is get_tokenlizer


def test_nothing_is_printed(files: tuple[Path, Path], capfd: pytest.CaptureFixture[str]) -> None:
    loaded = GroundingDino.load(*files, SMALL)
    loaded.detect(PICTURE, PHRASES, box_threshold=0, text_threshold=0)

    assert capfd.readouterr() == ("", "")


def test_a_checkpoint_of_another_model_is_named(
    files: tuple[Path, Path], text_models: Path
) -> None:
    with pytest.raises(CheckpointError) as caught:
        GroundingDino.load(text_models / SAM, files[1], SMALL)

    message = str(caught.value)
    assert message.startswith(
        "file 'sam.pth' is no Grounding DINO of GroundingDINO_SwinT_OGC: it looks like Segment "
        "Anything (it lacks "
    )


def test_a_checkpoint_of_another_size_is_named(files: tuple[Path, Path]) -> None:
    from dataclasses import replace

    larger = replace(SMALL, changes={**SMALL.changes, "dim_feedforward": 65})

    with pytest.raises(CheckpointError, match=r"it looks like Grounding DINO \(.* another shape\)"):
        GroundingDino.load(*files, larger)


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (600, 4), (33, 65)])
def test_pictures_of_odd_sizes_are_looked_at(
    detector: GroundingDino, size: tuple[int, int]
) -> None:
    picture: NDArray[np.uint8] = np.zeros((*size, 3), np.uint8)

    found = detector.detect(picture, PHRASES, box_threshold=0, text_threshold=0)

    assert np.isfinite(found.corners).all()
    assert found.corners.max() <= 2 * max(size)


def test_a_picture_that_is_hardly_more_than_a_line_is_refused(detector: GroundingDino) -> None:
    with pytest.raises(PictureShapeError, match=r"is 8000x1 .*256 times the other at most"):
        detector.detect(
            np.zeros((8000, 1, 3), np.uint8), PHRASES, box_threshold=0, text_threshold=0
        )


def test_more_words_than_the_model_reads_are_refused(detector: GroundingDino) -> None:
    with pytest.raises(PromptError, match="the model reads 256"):
        detector.detect(PICTURE, ["cat"] * 200, box_threshold=0, text_threshold=0)
