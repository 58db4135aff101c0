"""The promise: where the final mask is exactly 0, a picture keeps every bit, from file to file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.tests.nodes.bench import Bench, Ran, Samples, noise, png, samples_of

LARGEST_SIDE = 96
PAINTERS = ("patchmatch", "telea", "edge", "mirror", "blur", "noise", "colour")
ENGINES = ("patchmatch", "telea")

SIZES = (
    (1, 1),
    (1, 2),
    (2, 2),
    (3, 5),
    (1, 700),
    (700, 1),
    (64, 64),
    (97, 89),
    (427, 641),
    (9, 2047),
    pytest.param((1021, 769), marks=pytest.mark.slow),
    pytest.param((1600, 1200), marks=pytest.mark.slow),
)


@dataclass(frozen=True)
class Edit:
    """One edit: the files it starts from, and what is done to them."""

    photo: Samples
    mask: Samples
    painter: str
    amount: int = 0
    footprint: Literal["square", "disk"] = "square"
    radius: int = 0
    direction: str = "inward"
    feather: int = 0
    seed: int = 0
    geometry: Mapping[str, Any] = field(default_factory=dict)


@st.composite
def photos(draw: st.DrawFn) -> Samples:
    sides = st.integers(1, LARGEST_SIDE)
    return noise(
        draw(sides),
        draw(sides),
        draw(st.sampled_from([3, 4])),
        depth=draw(st.sampled_from([8, 16])),
        seed=draw(st.integers(0, 1000)),
    )


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    photo = draw(photos())
    return Edit(
        photo,
        draw(mask_files(photo.shape[0], photo.shape[1])),
        draw(st.sampled_from(PAINTERS)),
        draw(st.integers(-3, 5)),
        draw(st.sampled_from(["square", "disk"])),
        draw(st.integers(0, 6)),
        draw(st.sampled_from(["inward", "outward", "both"])),
        draw(st.integers(0, 5)),
        draw(st.integers(0, 1000)),
        draw(geometries()),
    )


def geometries() -> st.SearchStrategy[dict[str, Any]]:
    """How parts are cut out and put back."""
    crops = st.one_of(
        st.tuples(st.just("auto"), st.just(0.0)),
        st.tuples(st.just("field"), st.floats(0, 1)),
        st.tuples(st.just("margin"), st.floats(0, 40)),
        st.tuples(st.just("percent"), st.floats(0, 200)),
    )
    rest = {
        "stitch": st.sampled_from(["strict", "strict", "ramp"]),
        "match": st.sampled_from(["colour", "poisson", "none"]),
        "quality": st.sampled_from(["fast", "good"]),
        "in_steps": st.booleans(),
    }
    return st.builds(
        lambda crop, rest: {"crop": crop[0], "crop_amount": crop[1], **rest},
        crops,
        st.fixed_dictionaries(rest),
    )


@st.composite
def mask_files(draw: st.DrawFn, height: int, width: int) -> Samples:
    """A grey 8-bit picture: some boxes, whole or soft, on black."""
    mask = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(1, 3))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        bottom = top + draw(st.integers(1, max(1, height // 2)))
        right = left + draw(st.integers(1, max(1, width // 2)))
        mask[top:bottom, left:right] = draw(st.sampled_from([255, 255, 254, 128, 1]))
    return mask


def run_edit(bench: Bench, edit: Edit) -> Ran:
    photo = bench.put("promise photo.png", png(edit.photo))
    mask = bench.put("promise mask.png", png(edit.mask))
    nodes = {
        "selected": Node("LoadImageMask", {"image": mask, "channel": "red"}),
        "grown": Node(
            "ErodeDilateMask",
            {
                "mask": Link("selected", 0),
                "amount": edit.amount,
                "footprint": edit.footprint,
            },
        ),
        "soft": Node(
            "SoftenMask",
            {"mask": Link("grown", 0), "radius": edit.radius, "direction": edit.direction},
        ),
    }
    return bench.run(nodes | painting(photo, Link("soft", 0), edit))


def painting(photo: str, mask: Link, edit: Edit) -> dict[str, Node]:
    """From the file to the file."""
    inputs: dict[str, Any] = {"image": Link("photo", 0), "mask": mask, "seed": edit.seed}
    if edit.painter in ENGINES:
        inputs |= {"engine": edit.painter, "feather": edit.feather, **edit.geometry}
    else:
        inputs |= {"fill": edit.painter}
    kind = "InpaintSampler" if edit.painter in ENGINES else "FillMasked"
    return {
        "photo": Node("LoadImage", {"image": photo, "alpha": "keep"}),
        "painted": Node(kind, inputs),
        "saved": Node("SaveImage", {"images": Link("painted", 0)}),
    }


def check_outside(before: Samples, after: Samples, outside: Any) -> None:
    assert before.dtype == after.dtype
    assert before.shape == after.shape
    assert before[outside].tobytes() == after[outside].tobytes()


@pytest.mark.slow
@settings(max_examples=200)
@given(edit=edits())
def test_what_is_not_selected_keeps_every_bit(bench: Bench, edit: Edit) -> None:
    ran = run_edit(bench, edit)

    mask = ran.array("soft")[0]
    if ran.outcome.failures:
        assert ran.fault[0] == "full_mask"
        assert (mask > 0).all()
        return
    if edit.painter in ENGINES:
        effective = ran.array("painted", 1)[0]
        if edit.geometry["stitch"] == "strict":
            assert np.array_equal(mask > 0, effective > 0)
        mask = effective
        told = ran.value("painted").facts.get("repaint", {"max_abs_diff_outside": 0})
        assert told["max_abs_diff_outside"] == 0
    after = samples_of(ran.files[0])
    check_outside(edit.photo, after, mask == 0)
    if edit.painter == "colour" and (mask > 0).any():
        # The test would see a change: every selected pixel is grey now.
        assert (
            after[mask > 0][:, :3] == np.iinfo(after.dtype).max // 2 + (after.itemsize > 1)
        ).all()


@settings(max_examples=60)
@given(
    photo=photos(),
    sides=st.sets(st.sampled_from(["left", "top", "right", "bottom"])),
    fill=st.sampled_from(["edge", "mirror", "grey"]),
    painter=st.sampled_from(ENGINES),
)
def test_what_lay_on_the_old_canvas_keeps_every_bit(
    bench: Bench, photo: Samples, sides: set[str], fill: str, painter: str
) -> None:
    name = bench.put("promise photo.png", png(photo))
    canvas = {"image": Link("photo", 0), "sides": sorted(sides), "fill": fill, "fraction": 0.2}
    nodes = painting(name, Link("canvas", 1), Edit(photo, photo, painter))
    nodes["canvas"] = Node("PadForOutpaint", canvas)
    nodes["painted"] = Node(
        "InpaintSampler", {**nodes["painted"].inputs, "image": Link("canvas", 0)}
    )

    ran = bench.run(nodes)

    assert ran.outcome.failures == ()
    after = samples_of(ran.files[0])
    height, width = photo.shape[:2]
    named = sides or {"left", "right"}
    left = max(1, width // 5) if "left" in named else 0
    top = max(1, height // 5) if "top" in named else 0
    old = (slice(top, top + height), slice(left, left + width))
    check_outside(photo, after[old], np.ones((height, width), np.bool_))
    assert (ran.array("canvas", 1)[0][old] == 0).all()
    assert after.shape[0] * after.shape[1] > height * width


def spot(height: int, width: int, seed: int = 0) -> Samples:
    """A hard box with a soft one at its corner; nothing in a picture of one pixel."""
    generator = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.uint8)
    if height * width == 1:
        return mask
    tall, wide = max(1, height // 12), max(1, width // 12)
    top = int(generator.integers(0, height - tall + 1))
    left = int(generator.integers(0, max(1, width - 2 * wide)))
    mask[top : top + tall, left : left + wide] = 255
    # Off a corner, so that the box around both has pixels that are not selected.
    mask[top + tall : top + 2 * tall, left + wide : left + 2 * wide] = 100
    if mask.all():
        mask.flat[0] = 0
    return mask


@pytest.mark.parametrize("painter", ENGINES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_keeps_what_is_not_selected(
    bench: Bench, size: tuple[int, int], painter: str
) -> None:
    photo = noise(*size, 4, depth=16)
    mask = spot(*size)
    ran = run_edit(bench, Edit(photo, mask, painter, geometry={"quality": "fast"}))

    assert ran.outcome.failures == ()
    after = samples_of(ran.files[0])
    check_outside(photo, after, mask == 0)
    whole = mask == 255
    assert np.isin(after[whole][:, 3], photo[mask == 0][:, 3]).all()
    assert not whole.any() or not np.array_equal(photo[whole], after[whole])


@pytest.mark.parametrize("painter", ENGINES)
@pytest.mark.parametrize("depth", [8, 16])
def test_ten_edits_in_a_row_keep_what_none_selects(bench: Bench, painter: str, depth: int) -> None:
    height, width = 83, 61
    photo = noise(height, width, 4, depth=depth)
    reference = bench.put("promise first.png", png(photo))
    touched = np.zeros((height, width), np.bool_)
    seen: Mapping[str, bool] = {}
    for step in range(10):
        mask = spot(height, width, seed=step)
        name = bench.put(f"promise mask {step}.png", png(mask))
        nodes = painting(
            reference, Link("grown", 0), Edit(photo, mask, painter, feather=2, seed=step)
        ) | {
            "selected": Node("LoadImageMask", {"image": name, "channel": "red"}),
            "grown": Node("ErodeDilateMask", {"mask": Link("selected", 0), "amount": 2}),
        }
        ran = bench.run(nodes)
        touched |= ran.array("grown")[0] > 0
        (effect,) = ran.effects
        seen = {**seen, effect.blob: True}
        reference = effect.blob

    after = samples_of(bench.assembly.blobs.get(reference))
    assert len(seen) == 10
    assert 0 < touched.mean() < 1
    check_outside(photo, after, ~touched)
    assert not np.array_equal(photo[touched], after[touched])
