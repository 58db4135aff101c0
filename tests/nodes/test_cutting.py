import numpy as np
import pytest

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import soft_ramp
from paintgraph.tests.imaging.pictures import clouds
from paintgraph.tests.nodes.bench import Bench, Ran, image_of, noise, use


def hole(height: int = 120, width: int = 160) -> Mask:
    mask = np.zeros((1, height, width), np.float32)
    mask[:, 50:70, 60:90] = 1
    return mask


def cut_and_stitch(bench: Bench, image: Image, mask: Mask, **more: object) -> Ran:
    """Cut out, do nothing, put back."""
    cutting = {
        name: more.pop(name) for name in ("crop", "crop_amount", "size", "side") & more.keys()
    }
    return bench.run(
        {
            "cut": use("CropForInpaint", image=image, mask=mask, **cutting),
            "it": Node(
                "StitchInpaint",
                {
                    **use("StitchInpaint", image=image, mask=mask).inputs,
                    "painted": Link("cut", 0),
                    "box": Link("cut", 2),
                    **more,
                },
            ),
        }
    )


@pytest.mark.parametrize(
    ("given", "box", "size"),
    [
        ({}, [0, 0, 154, 120], (120, 154)),
        ({"crop": "margin", "crop_amount": 10}, [50, 40, 100, 80], (40, 50)),
        ({"crop": "percent", "crop_amount": 50}, [45, 35, 105, 85], (50, 60)),
        ({"crop": "field", "crop_amount": 0}, [58, 43, 91, 76], (33, 33)),
        ({"crop": "field", "crop_amount": 1}, [0, 0, 160, 120], (120, 160)),
        (
            {"crop": "margin", "crop_amount": 10, "size": "side", "side": 256},
            [50, 40, 100, 80],
            (208, 256),
        ),
        (
            {"crop": "margin", "crop_amount": 10, "size": "megapixel"},
            [50, 40, 100, 80],
            (960, 1088),
        ),
    ],
)
def test_a_part_is_cut_out_with_its_context_at_its_size(
    bench: Bench, given: dict[str, object], box: list[int], size: tuple[int, int]
) -> None:
    image = clouds(120, 160)
    ran = bench.node("CropForInpaint", image=image, mask=hole(), **given)
    left, top, right, bottom = box

    assert list(ran.value("it", 2).data) == box
    assert ran.array().shape == (1, *size, 3)
    assert ran.array("it", 1).shape == (1, *size)
    if size == (bottom - top, right - left):
        assert np.array_equal(image[:, top:bottom, left:right], ran.array())
        assert np.array_equal(hole()[:, top:bottom, left:right], ran.array("it", 1))


@pytest.mark.parametrize("stitch", ["strict", "ramp"])
@pytest.mark.parametrize("size", ["keep", "side", "megapixel"])
def test_what_is_put_back_unpainted_is_the_picture(bench: Bench, size: str, stitch: str) -> None:
    image = clouds(120, 160)
    ran = cut_and_stitch(bench, image, hole(), size=size, side=64, stitch=stitch)

    assert np.abs(image - ran.array()).max() < 0.03
    weights = ran.array("it", 1)
    assert np.array_equal(image[weights == 0], ran.array()[weights == 0])
    assert np.array_equal(hole() if stitch == "strict" else weights, weights)
    assert ran.value().facts["repaint"]["max_abs_diff_outside"] == 0
    assert ran.value().facts["repaint"]["ring_shift"] < 0.1


def test_the_ramp_says_what_it_may_have_changed(bench: Bench) -> None:
    ran = cut_and_stitch(bench, clouds(120, 160), hole(), stitch="ramp")
    expected = soft_ramp(hole())
    expected[:, :, 154:] = 0  # beyond what was cut out

    assert np.array_equal(expected, ran.array("it", 1))


def test_a_painted_part_is_fitted_in_and_alpha_and_depth_stay(bench: Bench) -> None:
    samples = noise(120, 160, 4, depth=16)
    image = image_of(samples)
    painted = np.full((1, 7, 5, 3), 0.25, np.float32)
    ran = bench.node(
        "StitchInpaint", image=image, mask=hole(), painted=painted, box=[50, 40, 100, 80],
        match="none", feather=3,
    )  # fmt: skip
    result, weights = ran.array(), ran.array("it", 1)

    assert image[weights == 0].tobytes() == result[weights == 0].tobytes()
    assert (result[weights == 1][:, :3] == 0.25).all()
    assert np.isin(result[weights == 1][:, 3], image[weights == 0][:, 3]).all()
    assert 0 < np.count_nonzero(weights == 1) < np.count_nonzero(weights) == 20 * 30


def test_the_batch_is_the_longest(bench: Bench) -> None:
    image = np.concatenate([clouds(120, 160, 1), clouds(120, 160, 2)])
    ran = cut_and_stitch(bench, image, hole())

    assert np.array_equal(image, ran.array())
    three = bench.node(
        "StitchInpaint",
        image=image[:1],
        mask=hole(),
        painted=np.repeat(clouds(20, 20), 3, axis=0),
        box=[50, 40, 100, 80],
    )
    assert three.array().shape == (3, 120, 160, 3)


def test_an_empty_mask_leaves_the_picture(bench: Bench) -> None:
    image = clouds(120, 160)
    ran = cut_and_stitch(bench, image, hole() * 0)

    assert np.array_equal(image, ran.array())
    assert ran.warnings == [
        "The mask selects nothing, so the picture stays whole. Select something.",
        "The mask selects nothing in the box, so the picture stays as it is.",
    ]
    assert "repaint" not in ran.value().facts


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ([50, 40, 40, 80], "box 50,40,40,80 holds no pixel of a picture of 120x160 px"),
        ([50, 40, 200, 80], "box 50,40,200,80 reaches beyond the picture of 120x160 px"),
    ],
)
def test_a_box_that_does_not_fit_is_refused(bench: Bench, box: list[int], message: str) -> None:
    image = clouds(120, 160)
    ran = bench.node("StitchInpaint", image=image, mask=hole(), painted=image, box=box)

    assert ran.fault[0] == "bad_box"
    assert message in ran.fault[1]


@pytest.mark.parametrize("kind", ["CropForInpaint", "InpaintSampler"])
def test_a_context_out_of_range_is_refused(bench: Bench, kind: str) -> None:
    ran = bench.node(kind, image=clouds(120, 160), mask=hole(), crop="field", crop_amount=1.5)

    assert ran.fault == (
        "bad_context",
        (
            f"node 'it' ({kind}): the context's amount is 1.5; allowed with 'field' is 0 to 1. "
            "Choose one of these, or another kind of context."
        ),
    )
