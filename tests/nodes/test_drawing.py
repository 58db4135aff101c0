import numpy as np
import pytest

from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.sockets import Value
from paintgraph.tests.nodes.bench import Bench, Samples, png, samples_of

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


def strokes(height: int, width: int) -> Samples:
    """Strokes on a clear ground: an opaque red one above a half transparent green one."""
    drawn = np.zeros((height, width, 4), np.uint8)
    drawn[1, 2:5] = 255, 0, 0, 255
    drawn[3, 2:5] = 0, 255, 0, 51
    return drawn


def test_strokes_are_laid_over_every_picture_of_a_batch(bench: Bench) -> None:
    name = bench.put("strokes.png", png(strokes(6, 8)))
    image = np.random.default_rng(0).random((2, 6, 8, 3), np.float32)

    ran = bench.node("Painter", image=image, mask=name)

    painted, mask = ran.array(), ran.array(output=1)
    assert np.allclose(mask, [strokes(6, 8)[..., 3] / np.float32(255)] * 2)
    assert np.array_equal(painted[mask == 0], image[mask == 0])
    assert (painted[mask == 1] == [1, 0, 0]).all()
    half = (mask > 0) & (mask < 1)
    assert np.allclose(painted[half], image[half] * 0.8 + np.array([0, 0.2, 0]))


def test_strokes_on_an_empty_canvas_of_a_colour_and_size(bench: Bench) -> None:
    name = bench.put("strokes.png", png(strokes(64, 128)))

    ran = bench.node("Painter", mask=name, width=128, height=64, bg_color="#0000ff")

    assert ran.array().shape == (1, 64, 128, 3)
    assert ran.array()[0, 0, 0].tolist() == [0, 0, 1]
    assert ran.array()[0, 1, 2].tolist() == [1, 0, 0]


def test_strokes_of_another_size_are_stretched(bench: Bench) -> None:
    drawn = np.zeros((10, 10, 4), np.uint8)
    drawn[:, 5:] = 255
    name = bench.put("half.png", png(drawn))

    mask = bench.node("Painter", image=IMAGE, mask=name).array(output=1)

    assert mask.shape == IMAGE.shape[:3]
    assert not mask[:, :, :24].any()
    assert mask[:, :, 36:].all()


@pytest.mark.parametrize("channels", [3, 4])
def test_without_strokes_a_picture_stays_bit_for_bit(bench: Bench, channels: int) -> None:
    image = np.random.default_rng(0).random((2, 6, 8, channels), np.float32)

    ran = bench.node("Painter", image=image, mask="")

    assert np.array_equal(image, ran.array())
    assert np.array_equal(np.zeros((2, 6, 8)), ran.array(output=1))


def test_a_picture_of_strokes_that_is_not_there_is_told(bench: Bench) -> None:
    with pytest.raises(
        GraphError, match=r"node 'it' \(Painter\): mask: there is no file 'gone.png'"
    ):
        bench.node("Painter", mask="gone.png")


def test_a_canvas_of_no_colour_is_told(bench: Bench) -> None:
    assert bench.node("Painter", bg_color="bluish").fault[0] == "bad_colour"


FOUND = {"x": 5, "y": 4, "width": 20, "height": 10.5, "label": "cat", "score": 0.87}
OTHER = {"x": 40, "y": 20, "width": 10, "height": 10}


def found(data: object) -> Value:
    """Boxes as a node of ComfyUI gives them."""
    return Value(data, key=repr(data))


@pytest.mark.parametrize("data", [FOUND, [FOUND], [[FOUND]]])
def test_boxes_of_one_picture_are_drawn_on_each_as_drawboxes_does(
    bench: Bench, data: object
) -> None:
    ours = bench.node(
        "DrawBoxes", image=IMAGE, boxes=[5, 4, 25, 14.5], labels=["cat 0.87"], thickness=2
    )
    ran = bench.node("DrawBBoxes", image=np.repeat(IMAGE, 2, axis=0), bboxes=found(data))

    assert ran.array().any()
    assert np.array_equal(np.repeat(ours.array(), 2, axis=0), ran.array())


def test_boxes_of_several_pictures_are_drawn_on_the_picture_of_each(bench: Bench) -> None:
    lists = found([[OTHER], [], [OTHER, OTHER]])

    three = bench.node("DrawBBoxes", image=np.repeat(IMAGE, 3, axis=0), bboxes=lists).array()
    from_one = bench.node("DrawBBoxes", image=IMAGE, bboxes=lists).array()

    assert [bool(picture.any()) for picture in three] == [True, False, True]
    assert three[0].any(axis=2).nonzero()[0].min() == 20
    assert np.array_equal(three, from_one)


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (FOUND, (1, 640, 640, 3)),
        ([[FOUND | {"x": 700}], []], (2, 640, 720, 3)),
        ([], (1, 640, 640, 3)),
        ((1, 1, 5, 900.5), (1, 901, 640, 3)),
    ],
)
def test_without_a_picture_there_is_a_canvas_that_holds_all(
    bench: Bench, data: object, shape: tuple[int, ...]
) -> None:
    drawn = bench.node("DrawBBoxes", bboxes=found(data)).array()

    assert drawn.shape == shape
    assert drawn.any() == bool(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ([{"x": 1}], "a box is a mapping of 1; allowed are mappings with numbers of px for x, y"),
        ([FOUND | {"x": "left"}], "a box is a mapping of 6; allowed"),
        ([FOUND | {"width": 1e30}], "a box is a mapping of 6; allowed"),
        ([FOUND | {"score": float("nan")}], "a box is a mapping of 6; allowed"),
        ("cat", "a box is 'cat'; allowed"),
        ([[FOUND], "cat"], "a box is a list of 1; allowed"),
        (7, "a box is 7; allowed"),
        ([[FOUND]] * 3, "there are lists of boxes for 3 pictures, but the batch has 2; allowed"),
        ((1, 2, 3), "boxes has 3 numbers; allowed are 4 for each box"),
    ],
)
def test_what_is_no_box_is_told(bench: Bench, data: object, told: str) -> None:
    ran = bench.node("DrawBBoxes", image=np.repeat(IMAGE, 2, axis=0), bboxes=found(data))

    code, message = ran.fault
    assert code == "bad_box"
    assert message.startswith(f"node 'it' (DrawBBoxes): {told}")


def test_too_large_a_canvas_is_refused_before_it_is_made(bench: Bench) -> None:
    far = found({"x": 10**6, "y": 10**6, "width": 1, "height": 1})

    assert bench.node("DrawBBoxes", bboxes=far).fault[0] == "too_many_pixels"
