"""The nodes that select what boxes and points point at, over small models of both libraries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Blocked
from paintgraph.models.families.sam.sam import Sam
from paintgraph.models.roles import Prompt, picture_of
from paintgraph.tests.models.text_models import FINDERS, PICKERS
from paintgraph.tests.models.text_models import SAM as SAM_FILE
from paintgraph.tests.models.tiny_segmenters import KIND
from paintgraph.tests.nodes.bench import Bench, Ran, given, image_of, noise, use
from paintgraph.tests.nodes.text_bench import HEIGHT, IMAGE, TWO, WIDTH, every_picker


@every_picker
def test_each_box_selects_one_object_and_the_mask_all_of_them(
    text_bench: Bench, picker: str
) -> None:
    boxes = [5, 6, 30, 20, 10.5, 2, 50, 39]
    ran = text_bench.node("SegmentBoxes", image=TWO, boxes=boxes, model=picker)

    mask, masks = ran.array(), ran.array(output=1)
    assert mask.shape == (2, HEIGHT, WIDTH)
    assert masks.shape == (4, HEIGHT, WIDTH)
    assert set(np.unique(masks)) <= {0, 1}
    assert np.array_equal(mask, [masks[:2].max(axis=0), masks[2:].max(axis=0)])
    assert len(ran.value(output=2).data) == 4
    assert [masks[n].any() for n in range(4)].count(True) > 0


def test_masks_are_those_of_the_model(text_bench: Bench, text_models: Path) -> None:
    """The node against the model itself: fractions of px, best of three, all three."""
    sam = Sam.load(text_models / SAM_FILE, KIND)
    prompt = Prompt(box=(5.25, 6, 30, 20))
    picture = picture_of(IMAGE[0])
    (three,) = sam.segment(picture, [prompt], several=True)
    (one,) = sam.segment(picture, [prompt], several=False)

    def select(choose: str) -> Ran:
        return text_bench.node(
            "SegmentBoxes", image=IMAGE, boxes=[5.25, 6, 30, 20], model=PICKERS[0], choose=choose
        )

    assert np.array_equal(select("one").array(output=1), one.masks)
    best = select("best")
    assert np.array_equal(best.array(output=1), three.masks[[three.best]])
    # Two copies of a model lie elsewhere in memory, which changes the last bit of sums.
    assert best.value(output=2).data == pytest.approx((float(three.scores.max()),), rel=1e-6)
    every = select("all")
    assert np.array_equal(every.array(output=1), three.masks)
    assert every.value(output=2).data == pytest.approx(tuple(three.scores.tolist()), rel=1e-6)
    assert np.array_equal(every.array(), three.masks[[three.best]])


def test_boxes_reach_as_far_as_the_picture(text_bench: Bench) -> None:
    beyond, inside = (
        text_bench.node("SegmentBoxes", image=IMAGE, boxes=boxes, model=PICKERS[0]).array()
        for boxes in ([-20, 5, 30, 900], [0, 5, 30, HEIGHT])
    )

    assert np.array_equal(beyond, inside)


def test_without_boxes_nothing_is_selected(text_bench: Bench) -> None:
    ran = text_bench.node("SegmentBoxes", image=TWO, boxes=[], model=PICKERS[0])

    assert ran.array().shape == (2, HEIGHT, WIDTH)
    assert ran.array(output=1).shape == (1, HEIGHT, WIDTH)
    assert not ran.array().any()
    assert ran.value(output=2).data == ()


@pytest.mark.parametrize(
    ("boxes", "reason"),
    [
        ([1, 2, 30, 20, 30, 20, 10, 30], "box 1 is 30,20,10,30, which holds no pixel; left must"),
        ([60, 2, 90, 20], "box 0 is 60,2,90,20, which holds no pixel of a picture of 40x60 px"),
    ],
)
def test_bad_boxes_are_told(text_bench: Bench, boxes: Sequence[Any], reason: str) -> None:
    ran = text_bench.node("SegmentBoxes", image=IMAGE, boxes=boxes, model=PICKERS[0])

    assert ran.fault[0] == "bad_box"
    assert ran.fault[1].startswith(f"node 'it' (SegmentBoxes): {reason}")


def test_boxes_of_other_pictures_are_told(text_bench: Bench) -> None:
    ran = text_bench.run(
        {
            "found": use("DetectFromText", image=TWO, prompt="cat", model=FINDERS[0]),
            "it": use("SegmentBoxes", image=IMAGE, boxes=Link("found", "boxes"), model=PICKERS[0]),
        }
    )

    assert ran.fault == (
        "bad_box",
        (
            "node 'it' (SegmentBoxes): there are boxes of picture 1, but the batch has 1; pictures "
            "are counted from 0. Use boxes that were found in these pictures."
        ),
    )


@every_picker
def test_points_box_and_mask_select_together(text_bench: Bench, picker: str) -> None:
    prompts: list[dict[str, Any]] = [
        {"points": [10, 12]},
        {"points": [10, 12], "avoid": [50, 30]},
        {"points": [10, 12], "box": [5, 6, 30, 20]},
        {"box": [5, 6, 30, 20]},
        {"mask": np.ones((1, HEIGHT, WIDTH), np.float32)},
    ]
    scores = []
    for prompt in prompts:
        ran = text_bench.node("SegmentPoints", image=TWO, model=picker, **prompt)
        assert ran.array().shape == ran.array(output=1).shape == (2, HEIGHT, WIDTH)
        scores.append(ran.value(output=2).data)

    assert len(set(scores)) == len(prompts)


def test_one_point_may_mean_three_things(text_bench: Bench) -> None:
    ran = text_bench.node(
        "SegmentPoints", image=IMAGE, points=[10, 12], model=PICKERS[0], choose="all"
    )

    assert ran.array(output=1).shape == (3, HEIGHT, WIDTH)
    best = int(np.argmax(ran.value(output=2).data))
    assert np.array_equal(ran.array()[0], ran.array(output=1)[best])


@pytest.mark.parametrize(
    ("inputs", "code", "reason"),
    [
        (
            {"points": [1, 2, WIDTH, 0]},
            "bad_point",
            (
                "point 1 of points is 60,0; in a picture of 40x60 px (height x width) allowed "
                "are x of 0 to 59 and y of 0 to 39. Correct it."
            ),
        ),
        ({"points": [1, 2], "avoid": [-1, 0]}, "bad_point", "point 0 of avoid is -1,0; in a "),
        ({"avoid": [1, 2]}, "bad_prompt", "nothing says what is to be selected; needed is a point"),
        ({"box": [9, 9, 2, 2]}, "bad_box", "box 9,9,2,2 holds no pixel of a picture of 40x60"),
        (
            {"mask": np.ones((1, 8, 8), np.float32)},
            "size_mismatch",
            "image is 40x60 but mask is 8x8 (height x width)",
        ),
    ],
)
def test_bad_points_are_told(
    text_bench: Bench, inputs: dict[str, Any], code: str, reason: str
) -> None:
    ran = text_bench.node("SegmentPoints", image=IMAGE, model=PICKERS[0], **inputs)

    assert ran.fault[0] == code
    assert ran.fault[1].startswith(f"node 'it' (SegmentPoints): {reason}")


def test_small_holes_and_islands_are_tidied(text_bench: Bench) -> None:
    def select(**inputs: int) -> Ran:
        return text_bench.node(
            "SegmentPoints", image=IMAGE, points=[30, 20], model=PICKERS[0], **inputs
        )

    plain = select().array()
    filled = select(fill_holes=10_000).array()
    dropped = select(remove_islands=10_000)
    without = dropped.array()

    expected = text_bench.node("FillMaskHoles", mask=plain, max_area=10_000).array()
    assert np.array_equal(filled, expected)
    assert plain.any()
    assert not without.any()
    assert dropped.warnings == [
        "All that was found is dropped by remove_islands. Use a smaller area."
    ]
    assert select(remove_islands=1).warnings == []


def test_a_second_prompt_costs_the_decoder_only(text_bench: Bench) -> None:
    """Counted by torch's hook on whatever module runs."""
    from segment_anything.modeling import ImageEncoderViT
    from torch.nn.modules.module import register_module_forward_hook

    calls: list[str] = []

    def count(module: Any, *_: Any) -> None:
        if isinstance(module, ImageEncoderViT):
            calls.append(type(module).__name__)

    new = image_of(noise(HEIGHT, WIDTH, seed=77))
    hook = register_module_forward_hook(count)
    try:
        for point in (5, 10, 15):
            text_bench.node("SegmentPoints", image=new, points=[point, 9], model=PICKERS[0])
        text_bench.node("SegmentBoxes", image=new, boxes=[1, 1, 30, 30], model=PICKERS[0])
    finally:
        hook.remove()

    assert len(calls) == 1


def test_more_masks_than_the_memory_holds_come_together_only(text_bench: Bench) -> None:
    """As of many things in a large photo; who reads them one by one is told."""
    large = np.zeros((1, 1200, 1200, 3), np.float32)
    boxes = [0, 0, 10, 10] * 70
    ran = text_bench.run(
        {
            "it": use("SegmentBoxes", image=large, boxes=boxes, model=PICKERS[0]),
            "each": use("MaskToImage", mask=Link("it", "masks")),
            "all": use("MaskToImage", mask=Link("it", "mask")),
        }
    )
    single = text_bench.node("SegmentBoxes", image=large, boxes=boxes[:4], model=PICKERS[0])

    assert ran.outcome.failures == ()
    assert np.array_equal(ran.array("it"), single.array())
    assert len(ran.value("it", 2).data) == 70
    assert isinstance(ran.outcome.results["it"].slots[1][0], Blocked)
    assert len(ran.warnings) == 1
    assert ran.warnings[0].startswith("70 masks of 1200x1200 px (height x width) are more than")


def test_masks_are_saved_with_eight_bits_whatever_the_picture_has(text_bench: Bench) -> None:
    image = given(IMAGE, {"depth": 16})
    ran = text_bench.run(
        {"it": Node("SegmentBoxes", {"image": image, "boxes": [1, 1, 9, 9], "model": PICKERS[0]})}
    )

    assert [ran.value(output=n).facts.get("depth") for n in range(2)] == [8, 8]
