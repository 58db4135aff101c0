"""The node that selects what words name, over small models of every kind."""

from typing import Any

import numpy as np
import pytest

from paintgraph.engine.graph.coercion import Resources
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes.resource_names import checks
from paintgraph.tests.models.text_models import FINDERS, PICKERS
from paintgraph.tests.nodes.bench import Bench, image_of, noise, use
from paintgraph.tests.nodes.text_bench import (
    HEIGHT,
    IMAGE,
    TWO,
    WIDTH,
    boxes_in,
    every_finder,
    every_picker,
)


@pytest.mark.parametrize("prompt", ["", "..", "x" * 10_000, "cat\0"])
def test_a_bad_prompt_is_told(text_bench: Bench, prompt: str) -> None:
    for kind, inputs in (
        ("DetectFromText", {"model": FINDERS[0]}),
        ("MaskFromText", {"text_model": FINDERS[0], "segment_model": PICKERS[0]}),
    ):
        ran = text_bench.node(kind, image=IMAGE, prompt=prompt, **inputs)

        assert ran.fault[0] == "bad_prompt"
        assert ran.fault[1].startswith(f"node 'it' ({kind}): prompt ")


@every_finder
@every_picker
def test_words_select_what_finding_and_selecting_give(
    text_bench: Bench, finder: str, picker: str
) -> None:
    words: dict[str, Any] = {"prompt": "cat, dog", "box_threshold": 0.0, "max_detections": 3}
    ran = text_bench.run(
        {
            "it": use("MaskFromText", image=TWO, text_model=finder, segment_model=picker, **words),
            "found": use("DetectFromText", image=TWO, model=finder, **words),
            "selected": use("SegmentBoxes", image=TWO, boxes=Link("found", "boxes"), model=picker),
            "drawn": use("DrawBoxes", image=TWO, boxes=Link("found", "boxes")),
        }
    )

    assert ran.outcome.failures == ()
    boxes = boxes_in(ran, "found")
    assert np.array_equal(ran.array("it"), ran.array("selected"))
    assert np.array_equal(ran.array("it", 1), ran.array("selected", 1))
    assert boxes_in(ran, "it", 2).to_json() == boxes.to_json()
    assert ran.value("it", 3).data == tuple(boxes.scores.tolist())
    assert ran.value("it", 4).data == boxes.labels
    assert ran.value("it", 5).data == 6
    assert np.array_equal(ran.array("it", 6), ran.array("drawn"))
    assert not np.array_equal(ran.array("it", 6), TWO)
    assert ran.array("it").shape == (2, HEIGHT, WIDTH)
    assert ran.array("it", 1).shape == (6, HEIGHT, WIDTH)


def test_words_that_fit_nothing_give_an_empty_mask_and_a_warning(text_bench: Bench) -> None:
    inputs: dict[str, Any] = {
        "image": TWO,
        "prompt": "cat",
        "text_model": FINDERS[0],
        "segment_model": PICKERS[0],
        "box_threshold": 1.0,
    }
    ran = text_bench.node("MaskFromText", **inputs)
    failing = text_bench.node("MaskFromText", **inputs, on_nothing="fail")

    assert ran.array().shape == (2, HEIGHT, WIDTH)
    assert not ran.array().any()
    assert not ran.array(output=1).any()
    assert [ran.value(output=n).data for n in (3, 4, 5)] == [(), (), 0]
    assert np.array_equal(ran.array(output=6), TWO)
    assert len(ran.warnings) == 1
    assert "othing was found in picture 0, 1 for 'cat'" in ran.warnings[0]
    assert failing.fault[0] == "nothing_found"


@pytest.mark.parametrize("kind", ["grey", "alpha", "deep", "one px", "thin"])
def test_words_select_in_pictures_of_every_kind(text_bench: Bench, kind: str) -> None:
    samples = {
        "grey": noise(20, 30, 1)[..., 0],
        "alpha": noise(20, 30, 4),
        "deep": noise(20, 30, depth=16),
        "one px": noise(1, 1),
        "thin": noise(800, 20),
    }[kind]
    image = image_of(samples if samples.ndim > 2 else np.repeat(samples[..., None], 3, axis=2))

    ran = text_bench.node(
        "MaskFromText",
        image=image,
        prompt="cat",
        text_model=FINDERS[0],
        segment_model=PICKERS[0],
        box_threshold=0.0,
        max_detections=2,
    )

    assert ran.outcome.failures == ()
    assert ran.array().shape == image.shape[:3]
    assert ran.array(output=6).shape == image.shape


def test_a_model_that_is_missing_is_named_before_anything_runs(text_bench: Bench) -> None:
    assembly = text_bench.assembly
    graph = Graph(
        {
            "it": use(
                "MaskFromText",
                image=IMAGE,
                prompt="cat",
                text_model="grounding-dino-base",
                segment_model="sam_vit_h",
            )
        },
        outputs={"mask": Link("it", "mask")},
    )

    checked = check(graph, assembly.registry, (), Resources(checks(assembly.names)))

    assert [(p.code, p.input) for p in checked.problems] == [
        ("model_missing", "text_model"),
        ("model_missing", "segment_model"),
    ]
    assert all("paintgraph models pull" in problem.message for problem in checked.problems)


def test_models_stay_loaded_between_requests(text_bench: Bench) -> None:
    def ask() -> int:
        text_bench.node(
            "MaskFromText",
            image=IMAGE,
            prompt="cat",
            text_model=FINDERS[0],
            segment_model=PICKERS[0],
            box_threshold=0.0,
            max_detections=1,
        )
        loads: int = text_bench.assembly.loaded.numbers()["loads"]
        return loads

    assert ask() == ask()
