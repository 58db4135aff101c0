"""Segment Anything by both libraries, over small files: our loaders against their own paths."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.models.errors import CheckpointError, PictureShapeError
from paintgraph.models.families.sam.sam import Sam, mask_logits
from paintgraph.models.families.sam.transformers_segmenter import TransformersSegmenter
from paintgraph.models.roles import Candidates, Prompt, Segmenter
from paintgraph.tests.models.text_models import (
    CHECKPOINT,
    FINDER_FOLDER,
    PICKER_FOLDER,
    SAM,
    models_of,
)
from paintgraph.tests.models.tiny_segmenters import KIND, SIDE

HEIGHT, WIDTH = 40, 60
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
OTHER = PICTURE[::-1].copy()
BOX = Prompt(box=(5, 6, 30, 20))
POINT = Prompt(points=((10, 12),), is_wanted=(True,))
POINTS = Prompt(points=((10, 12), (50, 30)), is_wanted=(True, False))
BOTH = Prompt(points=((10, 12), (8, 9)), is_wanted=(True, False), box=(5, 6, 30, 20))
REFINED = Prompt(
    box=(5, 6, 30, 20),
    mask=np.pad(np.ones((14, 25), np.float32), ((6, 20), (5, 30))),
)
PROMPTS = {"box": BOX, "point": POINT, "points": POINTS, "both": BOTH, "refined": REFINED}
every_prompt = pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
either = pytest.mark.parametrize("several", [False, True])


@pytest.fixture(scope="module")
def folder(text_models: Path) -> Iterator[Path]:
    with models_of(text_models):
        yield text_models


@pytest.fixture(scope="module")
def sam(folder: Path) -> Sam:
    return Sam.load(folder / SAM, KIND)


@pytest.fixture(scope="module")
def transformers_sam(folder: Path) -> TransformersSegmenter:
    return TransformersSegmenter.load(folder / PICKER_FOLDER)


@pytest.fixture(params=["sam", "transformers_sam"])
def segmenter(request: pytest.FixtureRequest) -> Segmenter:
    found: Segmenter = request.getfixturevalue(request.param)
    return found


def select(
    segmenter: Segmenter, *prompts: Prompt, several: bool = False, picture: Any = PICTURE
) -> list[Candidates]:
    return list(segmenter.segment(picture, prompts, several=several))


@either
@every_prompt
def test_our_sam_gives_what_the_librarys_predictor_gives(
    folder: Path, sam: Sam, prompt: Prompt, *, several: bool
) -> None:
    import torch
    from segment_anything import SamPredictor, sam_model_registry

    model = sam_model_registry[KIND]()
    model.load_state_dict(torch.load(folder / SAM, weights_only=True))
    predictor = SamPredictor(model.eval())
    predictor.set_image(PICTURE)
    masks, scores, _ = predictor.predict(
        np.asarray(prompt.points) if prompt.points else None,
        np.asarray(prompt.is_wanted) if prompt.points else None,
        np.asarray(prompt.box) if prompt.box else None,
        None if prompt.mask is None else mask_logits(prompt.mask, SIDE // 4),
        multimask_output=several,
    )

    (found,) = select(sam, prompt, several=several)

    assert found.masks.shape == (3 if several else 1, HEIGHT, WIDTH)
    assert np.array_equal(found.masks, masks)
    assert found.scores.tolist() == scores.tolist()


@either
@every_prompt
def test_our_transformers_sam_gives_what_its_processor_and_model_give(
    folder: Path, transformers_sam: TransformersSegmenter, prompt: Prompt, *, several: bool
) -> None:
    import torch
    from transformers import SamModel, SamProcessor

    models: Any = SamModel
    model = models.from_pretrained(folder / PICKER_FOLDER).eval()
    processor: Any = SamProcessor.from_pretrained(folder / PICKER_FOLDER)
    points = [[[list(map(float, point)) for point in prompt.points]]] if prompt.points else None
    labels = [[[int(wanted) for wanted in prompt.is_wanted]]] if prompt.points else None
    boxes = [[list(map(float, prompt.box))]] if prompt.box else None
    given = processor(
        PICTURE, input_points=points, input_labels=labels, input_boxes=boxes, return_tensors="pt"
    )
    sizes = given.pop("original_sizes"), given.pop("reshaped_input_sizes")
    given = {name: t.float() if t.is_floating_point() else t for name, t in given.items()}
    if prompt.mask is not None:
        given["input_masks"] = torch.as_tensor(mask_logits(prompt.mask, SIDE // 4))[None]
    with torch.inference_mode():
        told = model(**given, multimask_output=several)
    (masks,) = processor.image_processor.post_process_masks(told.pred_masks, *sizes)

    (found,) = select(transformers_sam, prompt, several=several)

    assert found.masks.shape == (3 if several else 1, HEIGHT, WIDTH)
    assert np.array_equal(found.masks, masks[0].numpy())
    np.testing.assert_allclose(found.scores, told.iou_scores[0, 0].numpy(), atol=1e-6)


def test_a_picture_is_encoded_once_for_all_its_prompts(segmenter: Segmenter) -> None:
    """Counted by a hook of torch on the encoder itself."""
    model: Any = (
        segmenter._predictor.model.image_encoder
        if isinstance(segmenter, Sam)
        else segmenter._model.vision_encoder  # type: ignore[attr-defined]
    )
    calls: list[None] = []
    hook = model.register_forward_hook(lambda *_: calls.append(None))
    pictures = [np.full((20, 30, 3), value, np.uint8) for value in (7, 8)]
    try:
        counts = []
        for picture, prompt in (
            (pictures[0], BOX),
            (pictures[0], POINT),
            (pictures[0].copy(), BOTH),
            (pictures[1], BOX),
            (pictures[0], POINTS),
        ):
            (found,) = select(segmenter, prompt, picture=picture)
            counts.append(len(calls))
            assert found.masks.shape == (1, 20, 30)
    finally:
        hook.remove()

    assert counts == [1, 1, 1, 2, 2]


def test_a_kept_picture_gives_what_a_new_one_gives(segmenter: Segmenter) -> None:
    """Pictures of two sizes, in turns: sizes are kept with what was worked out."""
    small = PICTURE[:20].copy()
    alone = [select(segmenter, BOX, picture=p)[0].masks for p in (PICTURE, small)]
    again = [select(segmenter, BOX, picture=p)[0].masks for p in (small, PICTURE, small)]

    assert np.array_equal(again[0], alone[1])
    assert np.array_equal(again[1], alone[0])
    assert np.array_equal(again[2], alone[1])


def test_prompts_together_give_what_each_gives_alone(segmenter: Segmenter) -> None:
    together = select(segmenter, *PROMPTS.values())

    for found, prompt in zip(together, PROMPTS.values(), strict=True):
        assert np.array_equal(found.masks, select(segmenter, prompt)[0].masks)


def test_every_part_of_a_prompt_counts(segmenter: Segmenter) -> None:
    """By the models' own scores, which no two different prompts share."""
    scores = {name: select(segmenter, prompt)[0].scores[0] for name, prompt in PROMPTS.items()}

    assert len({float(score) for score in scores.values()}) == len(PROMPTS)


@pytest.mark.parametrize("size", [(1, 1), (8000, 200), (3, 300)])
def test_pictures_of_odd_sizes_are_looked_at(segmenter: Segmenter, size: tuple[int, int]) -> None:
    (found,) = select(segmenter, Prompt(box=(0, 0, 1, 1)), picture=np.zeros((*size, 3), np.uint8))

    assert found.masks.shape == (1, *size)


def test_a_picture_that_is_hardly_more_than_a_line_is_refused(segmenter: Segmenter) -> None:
    with pytest.raises(PictureShapeError, match="is 1x8000 "):
        select(segmenter, BOX, picture=np.zeros((1, 8000, 3), np.uint8))


def test_nothing_is_printed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    select(TransformersSegmenter.load(folder / PICKER_FOLDER), BOX)
    select(Sam.load(folder / SAM, KIND), BOX)

    assert capfd.readouterr() == ("", "")


def test_a_checkpoint_of_another_model_is_named(folder: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        Sam.load(folder / CHECKPOINT, KIND)

    assert str(caught.value) == (
        "file 'groundingdino.pth' is no Segment Anything of type vit_tiny: it looks like Grounding "
        "DINO; needed are the weights that the catalogue names. Delete it and pull the model "
        "again, or place the right file."
    )


def test_a_folder_of_another_model_is_named(folder: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        TransformersSegmenter.load(folder / FINDER_FOLDER)

    assert str(caught.value) == (
        "folder '0123' holds a model of kind 'grounding-dino'; needed is sam. Pull the model that "
        "the catalogue names, or mend the catalogue's entry."
    )


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no model of transformers; needed is sam"):
        TransformersSegmenter.load(tmp_path)
