"""The nodes that find what words name, over small models of both libraries."""

import numpy as np

from paintgraph.engine.graph.graph import Link
from paintgraph.engine.node.events import Executed
from paintgraph.imaging.geometry.boxes import no_boxes
from paintgraph.nodes.boxes import BOXES
from paintgraph.nodes.results import describe
from paintgraph.tests.models.text_models import FINDERS
from paintgraph.tests.nodes.bench import Bench, use
from paintgraph.tests.nodes.text_bench import (
    HEIGHT,
    IMAGE,
    TWO,
    WIDTH,
    boxes_in,
    detect,
    every_finder,
)


@every_finder
def test_boxes_come_with_scores_labels_and_their_count(text_bench: Bench, finder: str) -> None:
    ran = detect(text_bench, model=finder)

    boxes = boxes_in(ran)
    assert ran.value(output=1).data == tuple(boxes.scores.tolist())
    assert ran.value(output=2).data == boxes.labels
    assert ran.value(output=3).data == len(boxes) > 3
    assert np.all(np.diff(boxes.scores) <= 0)
    assert np.all(boxes.corners >= 0)
    assert np.all(boxes.corners <= [WIDTH, HEIGHT, WIDTH, HEIGHT])
    assert all(boxes.labels)


@every_finder
def test_a_batch_of_two_pictures_has_the_boxes_of_each(text_bench: Bench, finder: str) -> None:
    both = boxes_in(detect(text_bench, TWO, model=finder, max_detections=3))
    alone = [
        boxes_in(detect(text_bench, TWO[n : n + 1].copy(), model=finder, max_detections=3))
        for n in range(2)
    ]

    assert both.items.tolist() == [0, 0, 0, 1, 1, 1]
    assert both.corners.tolist() == [*alone[0].corners.tolist(), *alone[1].corners.tolist()]
    assert both.labels == alone[0].labels + alone[1].labels


def test_the_models_own_order_is_there_for_those_who_need_it(text_bench: Bench) -> None:
    by_query = boxes_in(detect(text_bench, order="query"))
    by_score = boxes_in(detect(text_bench))

    order = np.argsort(-by_query.scores, kind="stable")
    assert order.tolist() != list(range(len(order)))
    assert by_query.take(order).corners.tolist() == by_score.corners.tolist()
    first = boxes_in(detect(text_bench, order="query", max_detections=2))
    assert first.corners.tolist() == by_query.corners[:2].tolist()


def test_a_box_whose_score_equals_the_threshold_is_not_kept(text_bench: Bench) -> None:
    scores = boxes_in(detect(text_bench)).scores.tolist()

    middle = sorted(set(scores))[len(set(scores)) // 2]

    kept = boxes_in(detect(text_bench, box_threshold=middle)).scores.tolist()

    assert kept == [score for score in scores if score > middle]
    assert 0 < len(kept) < len(scores)


def test_boxes_grow_and_shrink_within_the_picture(text_bench: Bench) -> None:
    plain = boxes_in(detect(text_bench, max_detections=1))
    left, top, right, bottom = plain.corners[0].tolist()

    grown = boxes_in(detect(text_bench, max_detections=1, grow_boxes=5))

    assert grown.corners[0].tolist() == [
        max(left - 5, 0),
        max(top - 5, 0),
        min(right + 5, WIDTH),
        min(bottom + 5, HEIGHT),
    ]
    everything = boxes_in(detect(text_bench, max_detections=1, grow_boxes=1000))
    assert everything.corners.tolist() == [[0, 0, WIDTH, HEIGHT]]


def test_boxes_that_shrink_away_are_told(text_bench: Bench) -> None:
    ran = detect(text_bench, max_detections=2, grow_boxes=-1000)

    assert len(boxes_in(ran)) == 0
    assert ran.warnings == [
        (
            "2 of 2 boxes hold nothing of the picture after growing by -1000 px, so they are left "
            "out. Shrink them less."
        ),
        (
            "Nothing was found for 'cat', 'red ball' with a score above 0. Use other words, "
            "or lower box_threshold."
        ),
    ]


def test_overlapping_boxes_are_dropped_if_wanted(text_bench: Bench) -> None:
    every = boxes_in(detect(text_bench))
    some = boxes_in(detect(text_bench, max_overlap=0.0))

    assert 0 < len(some) <= len(every)
    for item, box in enumerate(some.corners):
        for other in some.corners[item + 1 :]:
            common = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
            assert (common <= 1e-3).any()


def test_finding_nothing_is_a_warning_or_an_error(text_bench: Bench) -> None:
    quiet = detect(text_bench, TWO, box_threshold=1.0)
    loud = detect(text_bench, box_threshold=1.0, on_nothing="fail")

    assert [quiet.value(output=n).data for n in (1, 2, 3)] == [(), (), 0]
    assert quiet.warnings == [
        (
            "Nothing was found in picture 0, 1 for 'cat', 'red ball' with a score above 1. Use "
            "other words, or lower box_threshold."
        ),
    ]
    assert loud.fault == (
        "nothing_found",
        (
            "node 'it' (DetectFromText): nothing was found for 'cat', 'red ball' with a score "
            "above 1. Use other words, or lower box_threshold."
        ),
    )


def test_boxes_select_all_in_them(text_bench: Bench) -> None:
    mask = text_bench.node("MaskFromBoxes", image=TWO, boxes=[1, 2, 3, 4, 50, 30, 90, 90]).array()

    expected = np.zeros((2, HEIGHT, WIDTH), np.float32)
    expected[:, 2:4, 1:3] = expected[:, 30:, 50:] = 1
    assert np.array_equal(mask, expected)


def test_what_was_found_is_drawn_with_label_and_score(text_bench: Bench) -> None:
    found = {"found": use("DetectFromText", image=TWO, prompt="cat", model=FINDERS[0])}
    drawn = text_bench.run(
        {**found, "it": use("DrawBoxes", image=TWO, boxes=Link("found", "boxes"))}
    )
    boxes = boxes_in(drawn, "found")
    alone = text_bench.node(
        "DrawBoxes",
        image=TWO[1:].copy(),
        boxes=[side for box in boxes.of_item(1).outlines() for side in box],
        labels=[f"cat {score:.2f}" for score in boxes.of_item(1).scores.tolist()],
    )

    assert np.array_equal(drawn.array()[1:], alone.array())


def test_boxes_and_arrays_of_any_type_are_results(text_bench: Bench) -> None:
    """A list of one box stays a list; what a Switch gives is a picture for all that."""
    ran = detect(text_bench, max_detections=1)
    boxes = ran.value()
    (told,) = describe(boxes, text_bench.assembly.blobs)
    mask = text_bench.node("MaskFromBoxes", image=TWO, boxes=[1, 2, 30, 40]).value()
    pictures = describe(mask, text_bench.assembly.blobs)

    assert told["box"] == boxes.data.corners[0].tolist()
    assert told["label"] == boxes.data.labels[0]
    assert [(p["width"], p["height"]) for p in pictures] == [(WIDTH, HEIGHT)] * 2


def test_boxes_are_stored_and_read_again_unchanged(text_bench: Bench) -> None:
    boxes = boxes_in(detect(text_bench, TWO))
    assert BOXES.encode is not None
    assert BOXES.decode is not None

    again = BOXES.decode(BOXES.encode(boxes))

    assert again.to_json() == boxes.to_json()
    assert again.corners.dtype == np.float32
    empty = BOXES.decode(BOXES.encode(no_boxes()))
    assert empty.corners.shape == (0, 4)


def test_boxes_are_shown_as_text(text_bench: Bench) -> None:
    ran = text_bench.run(
        {
            "found": use("DetectFromText", image=IMAGE, prompt="cat", model=FINDERS[0]),
            "it": use("PreviewAny", source=Link("found", "boxes")),
        },
        ["it"],
    )

    (executed,) = [e for e in ran.events if isinstance(e, Executed) and e.ui]
    assert executed.ui is not None
    assert '"label": "cat"' in executed.ui["text"][0]
