"""The numbers of a repainted picture, and how far they go with it."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import orjson
import pytest
from numpy.typing import NDArray
from skimage import data

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.files.descriptions.texts import read_text
from paintgraph.nodes.results import describe
from paintgraph.tests.imaging.pictures import clouds
from paintgraph.tests.nodes.bench import Bench, png, use

NUMBERS = ("max_abs_diff_outside", "seam_ratio", "ring_delta_e", "repeat")


def middle() -> Mask:
    mask = np.zeros((1, 100, 140), np.float32)
    mask[:, 30:70, 40:100] = 1
    return mask


def measured(bench: Bench, before: Image, after: Image, mask: Mask) -> dict[str, float]:
    ran = bench.node("MeasureSeam", before=before, after=after, mask=mask)
    return {name: ran.value("it", place).data for place, name in enumerate(NUMBERS)}


def fit_of(*given: Any) -> dict[str, float]:
    """Without what only engines that copy tell of themselves."""
    numbers = measured(*given)
    del numbers["repeat"]
    return numbers


def test_a_picture_against_itself_is_perfect(bench: Bench) -> None:
    numbers = measured(bench, clouds(), clouds(), middle())

    assert numbers["max_abs_diff_outside"] == 0
    assert numbers["seam_ratio"] == pytest.approx(1, abs=0.2)
    assert numbers["ring_delta_e"] < 0.5


FAULTS: dict[str, tuple[Callable[[Image], Image], str, float]] = {
    "gain": (lambda image: image * np.float32(1.03), "ring_delta_e", 0.5),
    "offset": (lambda image: image + np.float32(4 / 255), "ring_delta_e", 1.0),
    "shift": (lambda image: np.roll(image, 1, axis=1), "max_abs_diff_outside", 0.01),
    "blur": (lambda image: np.stack([cv2.GaussianBlur(image[0], (0, 0), 1)]), NUMBERS[0], 0.005),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_shows_in_a_number(bench: Bench, fault: str) -> None:
    change, number, least = FAULTS[fault]
    image, mask = clouds(), middle()
    is_outside = number == "max_abs_diff_outside"
    changed = (mask == 0) == is_outside
    after = np.where(changed[..., np.newaxis], change(image), image)

    assert measured(bench, image, after, mask)[number] > least
    assert measured(bench, image, image, mask)[number] < least / 2


def test_of_a_batch_each_number_is_the_worst(bench: Bench) -> None:
    image, mask = clouds(), middle()
    spoilt = np.where(mask[..., np.newaxis] > 0, image + np.float32(0.1), image)
    both = measured(bench, image, np.concatenate([image, spoilt]), mask)

    assert both == measured(bench, image, spoilt, mask)


def thing() -> Image:
    """Noise with one thing of other colours in it, right of the middle."""
    picture = np.random.default_rng(0).uniform(0.4, 0.6, (1, 100, 140, 3)).astype(np.float32)
    rows, columns = np.mgrid[:36, :36].astype(np.float32) / 36
    picture[0, 2:38, 102:138] = np.stack([rows, columns, 1 - rows * columns], axis=2)
    return picture


def test_a_copied_thing_is_told(bench: Bench) -> None:
    before, mask = thing(), np.zeros((1, 100, 140), np.float32)
    mask[:, 50:86, 30:66] = 1
    after = before.copy()
    after[:, 50:86, 30:66] = after[:, 2:38, 102:138]

    assert measured(bench, before, after, mask)["repeat"] > 0.5
    assert measured(bench, before, before, mask)["repeat"] == 0


def test_new_sides_that_repeat_a_thing_are_warned_of(bench: Bench) -> None:
    """The flag and the sleeve that touch the left of an astronaut's portrait are in it once."""
    portrait: NDArray[np.uint8] = data.astronaut()  # type: ignore[no-untyped-call]
    small = cv2.resize(portrait, (128, 128), interpolation=cv2.INTER_AREA)
    image = small[np.newaxis].astype(np.float32) / np.float32(255)
    canvas = bench.node("PadForOutpaint", image=image, sides=["left"])
    nodes = {"it": use("InpaintSampler", image=canvas.array(), mask=canvas.array("it", 1))}
    ran = bench.run(nodes)

    assert ran.value().facts["repaint"]["repeat"] > 0.15
    assert any("repeats something that the picture has once" in text for text in ran.warnings)


def test_pictures_of_two_sizes_are_refused(bench: Bench) -> None:
    ran = bench.node("MeasureSeam", before=clouds(), after=clouds(), mask=middle()[:, 1:])

    assert ran.fault[0] == "size_mismatch"


def repainting(**inputs: object) -> dict[str, Node]:
    return {"it": use("InpaintSampler", image=clouds(), mask=middle(), engine="telea", **inputs)}


def test_every_repainted_picture_carries_its_numbers(bench: Bench) -> None:
    nodes = repainting() | {"saved": Node("SaveImage", {"images": Link("it", 0)})}
    ran = bench.run(nodes)
    told = ran.value().facts["repaint"]

    assert told == fit_of(bench, clouds(), ran.array(), middle())
    assert told["max_abs_diff_outside"] == 0
    assert orjson.loads(read_text(ran.files[0])["repaint"]) == told
    described = describe(ran.value(), ran.blobs)
    assert described["repaint"] == told
    assert orjson.loads(read_text(ran.blobs.get(described["digest"]))["repaint"]) == told


def test_the_numbers_stay_with_the_picture_that_they_describe(bench: Bench) -> None:
    others: dict[str, tuple[str, dict[str, Any]]] = {
        "scaled": ("ImageScale", {"image": Link("it", 0), "width": 50, "height": 0}),
        "flipped": ("ImageInvert", {"image": Link("it", 0)}),
        "part": ("ImageCrop", {"image": Link("it", 0), "width": 9, "height": 9}),
        "mask": ("ImageToMask", {"image": Link("it", 0), "channel": "red"}),
    }
    kinds = bench.assembly.registry.ids()
    others = {name: other for name, other in others.items() if other[0] in kinds}
    ran = bench.run(repainting() | {name: Node(*other) for name, other in others.items()})

    assert len(others) >= 3
    assert "repaint" in ran.value().facts
    for name in others:
        assert "repaint" not in ran.value(name).facts


def test_a_picture_that_is_only_passed_on_keeps_its_numbers(bench: Bench) -> None:
    passed = Node("Switch", {"switch": True, "on_true": Link("it", 0), "on_false": Link("it", 0)})
    loaded = Node("LoadImage", {"image": Link("it", 0)})
    passing = {
        "passed": passed,
        "loaded": loaded,
        "saved": Node("SaveImage", {"images": Link("it", 0)}),
        "shown": Node("PreviewImage", {"images": Link("it", 0)}),
    }
    ran = bench.run(repainting() | passing)

    for name in passing:
        assert ran.value(name).facts["repaint"] == ran.value().facts["repaint"]


def test_a_picture_that_loses_its_alpha_loses_its_numbers(bench: Bench) -> None:
    image = np.concatenate([clouds(), np.full((1, 100, 140, 1), 0.5, np.float32)], axis=3)
    nodes = {"it": use("InpaintSampler", image=image, mask=middle(), engine="telea")}
    ran = bench.run(nodes | {"loaded": Node("LoadImage", {"image": Link("it", 0)})})

    assert "repaint" in ran.value().facts
    assert "repaint" not in ran.value("loaded").facts


def test_painting_again_tells_of_the_last_time(bench: Bench) -> None:
    other = np.zeros((1, 100, 140), np.float32)
    other[:, 5:9, 5:9] = 1
    again = use("InpaintSampler", mask=other, engine="telea")
    nodes = repainting() | {"again": Node(again.kind, {**again.inputs, "image": Link("it", 0)})}
    ran = bench.run(nodes)

    assert ran.value("again").facts["repaint"] == fit_of(
        bench, ran.array(), ran.array("again"), other
    )


def test_the_depth_and_the_profile_go_on(bench: Bench) -> None:
    samples = np.random.default_rng(1).integers(0, 65536, (40, 50, 4)).astype(np.uint16)
    name = bench.put("deep.png", png(samples))
    mask = np.zeros((1, 40, 50), np.float32)
    mask[:, 10:20, 10:20] = 1
    given = use("InpaintSampler", mask=mask, engine="telea")
    nodes = {
        "photo": Node("LoadImage", {"image": name, "alpha": "keep"}),
        "it": Node(given.kind, {**given.inputs, "image": Link("photo", 0)}),
    }
    assert bench.run(nodes).value().facts["depth"] == 16
