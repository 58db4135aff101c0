import numpy as np
import pytest

from paintgraph.tests.nodes.bench import Bench, samples_of

IMAGE = np.zeros((1, 40, 60, 3), np.float32)


def test_boxes_are_drawn_and_labelled(bench: Bench) -> None:
    boxes = [5, 5, 50, 35, 20, 10, 90, 90]
    plain = bench.node("DrawBoxes", image=IMAGE, boxes=boxes, thickness=1)
    labelled = bench.node("DrawBoxes", image=IMAGE, boxes=boxes, labels=["cat"], thickness=1)

    drawn = plain.array()[0].any(axis=2)
    assert drawn[5, 5:50].all()
    assert drawn[10, 20:60].all()
    assert not drawn[:5].any()
    assert not np.array_equal(plain.array(), labelled.array())


@pytest.mark.parametrize(
    ("boxes", "labels", "message"),
    [
        (
            [1, 2, 3],
            [],
            (
                "boxes has 3 numbers; allowed are 4 for each box: left, top, right, bottom in px. "
                "Give e.g. 120,80,300,260."
            ),
        ),
        (
            [1, 2, 9, 9],
            ["a", "b"],
            (
                "there are 2 labels for 1 boxes; allowed is one for each box. Drop labels, or add "
                "boxes."
            ),
        ),
        (
            [1, 2, 9, 9, 7, 7, 7, 9],
            [],
            (
                "box 1 is 7,7,7,9, which holds no pixel; left must be below right, top below "
                "bottom. Correct the box."
            ),
        ),
    ],
)
def test_bad_boxes_are_told(
    bench: Bench, boxes: list[int], labels: list[str], message: str
) -> None:
    ran = bench.node("DrawBoxes", image=IMAGE, boxes=boxes, labels=labels)

    assert ran.fault == ("bad_box", f"node 'it' (DrawBoxes): {message}")


def test_no_boxes_leave_the_picture(bench: Bench) -> None:
    assert not bench.node("DrawBoxes", image=IMAGE, boxes=[]).array().any()


def test_a_mask_is_shown_in_black_and_white_and_passed_on(bench: Bench) -> None:
    mask = np.zeros((2, 5, 6), np.float32)
    mask[0, 1:3, 2:4], mask[1, 4, 5] = 1, 0.4

    ran = bench.node("MaskPreview", mask=mask)

    assert np.array_equal(mask, ran.array())
    assert [(e.folder, e.ui, e.media_type) for e in ran.effects] == [
        ("temp", "images", "image/png")
    ] * 2
    for data, layer in zip(ran.files, mask, strict=True):
        shown = samples_of(data)
        assert np.array_equal(shown, np.repeat((layer * 255).astype(np.uint8)[..., None], 3, 2))
