"""A mask and a photo that EXIF turns: made before or after, what it selects is the same place."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.imaging.arrays import Mask
from paintgraph.imaging.blend.stitching import Stitch
from paintgraph.imaging.samples import turned
from paintgraph.models.inpainting.protocols import InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, repaint
from paintgraph.nodes.sockets import Array
from paintgraph.tests.imaging.files import exif_block
from paintgraph.tests.masks import BOX, PHOTO, oriented, saved
from paintgraph.tests.models.fakes import Painter
from paintgraph.tests.nodes.bench import Bench, Ran, Samples
from paintgraph.tests.strategies import masks

PAINTER, REQUEST = Painter(side=64), InpaintRequest(seed=1)
UNMATCHED = Geometry(stitch=Stitch(match="none"))
TURNED = "turned"
QUARTERS, SAME_SIZE = (5, 6, 7, 8), (2, 3, 4)
SELECTION = BOX.astype(np.uint8) * 255


def _graph(bench: Bench, orientation: int, mask: bytes, **load: Any) -> dict[str, Node]:
    photo = bench.put("photo.png", oriented(PHOTO, orientation))
    name = bench.put("mask.png", mask)
    return {
        "photo": Node("LoadImage", {"image": photo}),
        "mask": Node("LoadImageMask", {"image": name, "channel": "luminance", **load}),
    }


def _loaded(bench: Bench, orientation: int, mask: bytes, photo: bytes | None = None) -> Ran:
    size_of = Link("photo", "image")
    graph = _graph(bench, orientation, mask, size_of=size_of)
    if photo is not None:
        graph["photo"] = Node("LoadImage", {"image": bench.put("photo", photo)})
    return bench.run(graph, ["mask"])


def _seen(orientation: int) -> Array:
    return np.ascontiguousarray(turned(BOX, orientation)).astype(np.float32)


@pytest.mark.parametrize("orientation", QUARTERS)
def test_a_mask_of_the_stored_size_is_turned_with_its_picture(
    bench: Bench, orientation: int
) -> None:
    ran = _loaded(bench, orientation, saved(SELECTION))

    assert np.array_equal(_seen(orientation), ran.array("mask")[0])
    (warning,) = ran.warnings
    assert warning == (
        "The mask has the size of the picture as it is stored, 48x64 (height x width), which its "
        f"EXIF orientation {orientation} turns; the mask was turned with it. Make masks for the "
        "picture as it is seen."
    )


def test_a_mask_is_turned_with_a_heic_picture_too(bench: Bench) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    file = BytesIO()
    exif = exif_block(6, "Maker")
    pillow_heif.from_pillow(Pillow.fromarray(SELECTION).convert("RGB")).save(file, exif=exif)

    ran = _loaded(bench, 6, saved(SELECTION), photo=file.getvalue())

    assert np.array_equal(_seen(6), ran.array("mask")[0])
    assert "EXIF orientation 6 turns" in ran.warnings[0]


@pytest.mark.parametrize("orientation", QUARTERS)
@pytest.mark.parametrize("is_turned_itself", [False, True])
def test_a_mask_as_the_picture_is_seen_stays(
    bench: Bench, orientation: int, *, is_turned_itself: bool
) -> None:
    seen = (_seen(orientation) * 255).astype(np.uint8)
    mask = oriented(SELECTION, orientation) if is_turned_itself else saved(seen)
    ran = _loaded(bench, orientation, mask)

    assert np.array_equal(_seen(orientation), ran.array("mask")[0])
    assert ran.warnings == []


@pytest.mark.parametrize("orientation", SAME_SIZE)
def test_where_the_size_does_not_tell_a_warning_does(bench: Bench, orientation: int) -> None:
    ran = _loaded(bench, orientation, saved(SELECTION))

    assert np.array_equal(BOX, ran.array("mask")[0] == 1)
    (warning,) = ran.warnings
    assert f"EXIF orientation {orientation} turned or mirrored it" in warning
    assert _loaded(bench, 1, saved(SELECTION)).warnings == []
    assert _loaded(bench, orientation, oriented(SELECTION, orientation)).warnings == []
    assert _loaded(bench, orientation, saved(np.full_like(SELECTION, 255))).warnings == []


def test_a_square_picture_does_not_tell_either(bench: Bench) -> None:
    photo = bench.put("square.png", oriented(PHOTO[:48, :48], 6))
    mask = bench.put("mask.png", saved(SELECTION[:, 8:56]))
    load = {"image": mask, "channel": "luminance", "size_of": Link("photo", "image")}
    nodes = {"photo": Node("LoadImage", {"image": photo}), "mask": Node("LoadImageMask", load)}
    ran = bench.run(nodes, ["mask"])

    assert np.array_equal(BOX[:, 8:56], ran.array("mask")[0] == 1)
    assert len(ran.warnings) == 1


MEETINGS: Mapping[str, dict[str, Any]] = {
    "InpaintSampler": {"engine": "telea"},
    "CropForInpaint": {},
    "CropToMask": {"margin": 0},
}


@pytest.mark.parametrize("kind", MEETINGS)
def test_graphs_need_not_say_for_which_picture_a_mask_is(bench: Bench, kind: str) -> None:
    links = {"image": Link("photo", "image"), "mask": Link("mask", "mask"), **MEETINGS[kind]}

    def run_with(mask: Samples) -> Ran:
        nodes = _graph(bench, 6, saved(np.ascontiguousarray(mask)))
        return bench.run({**nodes, "it": Node(kind, links)}, ["it"])

    for_stored, for_seen = run_with(SELECTION), run_with(turned(SELECTION, 6))

    assert np.array_equal(for_seen.array(), for_stored.array())
    assert for_seen.warnings == []
    assert len(for_stored.warnings) == 1
    assert TURNED not in for_seen.value().facts


@pytest.mark.parametrize("kind", [*MEETINGS, "LoadImageMask"])
def test_another_size_is_refused_with_a_word_on_exif_and_the_cure_works(
    bench: Bench, kind: str
) -> None:
    small = saved(SELECTION[::2, ::2])
    links = {"image": Link("photo", "image"), "mask": Link("mask", "mask")}
    if kind == "LoadImageMask":
        nodes, target = _graph(bench, 6, small, size_of=Link("photo", "image")), "mask"
    else:
        nodes, target = _graph(bench, 6, small), "it"
        nodes["it"] = Node(kind, {**links, **MEETINGS[kind]})
    code, message = bench.run(nodes, [target]).fault

    assert code == "size_mismatch"
    assert message.endswith(
        "The picture's EXIF orientation 6 turned it from 48x64; a mask of that size would be "
        "turned with it."
    )
    scaled = _graph(bench, 6, small)
    scaled["turned"] = Node(
        "TurnMaskWithImage", {"mask": Link("mask", "mask"), "size_of": Link("photo", "image")}
    )
    size = {"mask": Link("turned", "mask"), "size_of": Link("photo", "image"), "method": "nearest"}
    scaled["scaled"] = Node("ScaleMask", size)
    ran = bench.run(scaled, ["scaled"])
    assert ran.array("scaled").shape == (1, 64, 48)
    assert (ran.array("scaled")[0] != _seen(6)).mean() < 0.05


def test_no_result_and_no_file_says_that_its_picture_was_turned(bench: Bench) -> None:
    nodes = _graph(bench, 6, saved(SELECTION))
    nodes["bigger"] = Node("ImageScaleBy", {"image": Link("photo", "image"), "scale_by": 2})
    nodes["blurred"] = Node("BlurImage", {"image": Link("photo", "image"), "radius": 1})
    ran = bench.run(nodes, ["bigger", "blurred", "photo"])

    assert ran.value("photo").facts[TURNED] == 6
    assert TURNED not in ran.value("bigger").facts
    assert TURNED not in ran.value("blurred").facts


@settings(deadline=None)
@given(masks(batch=1, max_side=9), st.sampled_from([*QUARTERS, *SAME_SIZE]))
def test_turning_a_mask_and_its_picture_turns_what_changes(mask: Mask, orientation: int) -> None:
    """What a repaint may change of a turned picture is what it may change, turned."""
    picture = np.zeros((*mask.shape, 3), np.float32)

    def changed(picture: Array, mask: Array) -> Array:
        result: Array = repaint(picture, mask, PAINTER, REQUEST, geometry=UNMATCHED).image[0]
        return result

    expected = turned(changed(picture, mask), orientation)
    found = changed(_turn(picture, orientation), _turn(mask, orientation))
    assert np.array_equal(expected, found)


def _turn(array: Array, orientation: int) -> Array:
    result: Array = np.ascontiguousarray(turned(array[0], orientation))[np.newaxis]
    return result


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_mask_of_another_size_is_stretched_if_asked(bench: Bench, orientation: int) -> None:
    half = SELECTION[::2, ::2]
    wanted = {"size_of": Link("photo", "image"), "fit": "stretch"}

    ran = bench.run(_graph(bench, orientation, saved(half), **wanted), ["mask"])

    found, exact = ran.array("mask")[0], _seen(orientation)
    assert found.shape == exact.shape
    assert np.abs(found - exact).mean() < 0.05


def test_masks_are_not_stretched_to_more_px_than_a_result_may_have(bench: Bench) -> None:
    masks, large = np.zeros((101, 1, 1), np.float32), np.zeros((1, 1000, 1000, 3), np.float32)

    ran = bench.node("LoadImageMask", image=masks, size_of=large, fit="stretch")

    assert "would be 101 pictures of 1000x1000" in ran.fault[1]
