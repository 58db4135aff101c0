import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.node.context import Cancellation, Services
from paintgraph.engine.node.events import Progress
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.fill.guess import FillMethod
from paintgraph.imaging.masks.algebra import soften
from paintgraph.models.inpainters import Inpainters
from paintgraph.nodes.painting.inpaint import fill_masked
from paintgraph.tests.nodes.bench import Bench, image_of, noise, use
from paintgraph.tests.strategies import images_with_masks

ENGINES = ("auto", "patchmatch", "fsr", "telea")
FROM_NOWHERE: tuple[FillMethod, ...] = ("keep", "noise", "colour")
FROM_SURROUNDINGS: tuple[FillMethod, ...] = ("edge", "mirror", "blur", "telea")


def picture(height: int = 24, width: int = 30, channels: int = 3) -> Image:
    return image_of(noise(height, width, channels))


def hole(height: int = 24, width: int = 30) -> Mask:
    mask = np.zeros((1, height, width), np.float32)
    mask[:, 8:16, 10:20] = 1
    return mask


def paint(bench: Bench, **inputs: object) -> Image:
    ran = bench.node("InpaintSampler", **({"image": picture(), "mask": hole()} | inputs))
    assert ran.outcome.failures == ()
    return ran.array()


@given(images_with_masks(), st.sampled_from(FROM_NOWHERE + FROM_SURROUNDINGS), st.integers(-1, 9))
def test_a_fill_changes_no_more_than_the_colours_that_are_selected(
    pair: tuple[Image, Mask], method: FillMethod, seed: int
) -> None:
    image, mask = pair
    if method in FROM_SURROUNDINGS:
        mask = mask.copy()
        mask[:, 0, 0] = 0

    filled = fill_masked(image, mask, method, seed)

    assert filled.shape == image.shape
    assert image[mask == 0].tobytes() == filled[mask == 0].tobytes()
    assert image[..., 3:].tobytes() == filled[..., 3:].tobytes()


def test_a_fill_takes_the_nearest_edge_or_one_colour() -> None:
    image = np.zeros((1, 1, 5, 3), np.float32)
    image[0, 0, 0], image[0, 0, 4] = 0.2, 0.8
    mask = np.array([[[0, 1, 1, 1, 0]]], np.float32)
    edge = fill_masked(image, mask)[0, 0, :, 0]

    assert edge[[0, 1, 3, 4]] == pytest.approx([0.2, 0.2, 0.8, 0.8])
    assert fill_masked(image, mask, "colour")[0, 0, 1:4] == pytest.approx(0.5)
    assert np.array_equal(image, fill_masked(image, mask, "keep"))


@pytest.mark.parametrize("method", FROM_SURROUNDINGS)
def test_a_full_mask_leaves_nothing_to_fill_from(bench: Bench, method: str) -> None:
    ran = bench.node("FillMasked", image=picture(), mask=np.ones((1, 24, 30)), fill=method)

    assert ran.fault == (
        "full_mask",
        (
            f"node 'it' (FillMasked): the mask selects the whole picture, so '{method}' has no "
            "pixel to fill from; use fill 'noise', 'colour' or 'keep', or a smaller mask."
        ),
    )


@pytest.mark.parametrize("method", FROM_NOWHERE)
def test_a_full_mask_can_be_filled_from_nowhere(bench: Bench, method: str) -> None:
    ran = bench.node("FillMasked", image=picture(), mask=np.ones((1, 24, 30)), fill=method)

    assert ran.outcome.state == "succeeded"


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_selected_is_painted_and_the_rest_stays(bench: Bench, engine: str) -> None:
    painted = paint(bench, engine=engine)
    mask = hole()

    assert np.array_equal(picture()[mask == 0], painted[mask == 0])
    assert not np.isclose(picture()[mask == 1], painted[mask == 1]).all(axis=1).any()


def test_auto_is_the_surroundings_where_no_model_is_installed(bench: Bench) -> None:
    assert np.array_equal(paint(bench, engine="surroundings"), paint(bench))
    assert not np.array_equal(paint(bench, engine="telea"), paint(bench))


def test_what_lies_under_the_mask_does_not_matter(bench: Bench) -> None:
    other = picture()
    other[hole() == 1] = 0
    for engine in ENGINES:
        assert np.array_equal(paint(bench, engine=engine), paint(bench, engine=engine, image=other))


def test_equal_seeds_give_equal_pictures_and_others_differ(bench: Bench) -> None:
    first, again, other = (paint(bench, engine="patchmatch", seed=seed) for seed in (7, 7, 8))

    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, other)


def test_equal_seeds_give_equal_pictures_in_another_process(bench: Bench) -> None:
    with Inpainters() as others:
        fresh = _with_inpainters(bench, others)

        for engine in ("auto", "patchmatch"):
            here = paint(bench, engine=engine, seed=3)
            assert np.array_equal(here, paint(fresh, engine=engine, seed=3))


def test_a_random_seed_is_drawn_before_the_run(bench: Bench) -> None:
    first, other = (paint(bench, engine="patchmatch", seed=-1) for _ in range(2))

    assert not np.array_equal(first, other)


@pytest.mark.parametrize("engine", ["patchmatch", "telea"])
def test_a_prompt_that_nobody_reads_is_told(bench: Bench, engine: str) -> None:
    ran = bench.node(
        "InpaintSampler", image=picture(), mask=hole(), engine=engine, prompt="a red boat"
    )

    assert ran.warnings == [
        f"The engine '{engine}' continues what surrounds the hole; it reads no prompt."
    ]
    assert np.array_equal(paint(bench, engine=engine), ran.array())


def test_progress_ends_at_its_total(bench: Bench) -> None:
    far = np.concatenate([hole(), np.zeros((1, 24, 300), np.float32), hole()], axis=2)
    ran = bench.node("InpaintSampler", image=picture(24, 360), mask=far, engine="telea")
    reports = [(e.done, e.total) for e in ran.events if isinstance(e, Progress)]

    assert reports == [(1, 2), (2, 2)]


def test_without_a_prompt_there_is_nothing_to_warn_of(bench: Bench) -> None:
    assert bench.node("InpaintSampler", image=picture(), mask=hole()).warnings == []


@pytest.mark.parametrize("feather", [0, 9])
def test_an_empty_mask_gives_the_picture_unchanged_with_a_warning(
    bench: Bench, feather: int
) -> None:
    image = picture(channels=4)
    ran = bench.node(
        "InpaintSampler", image=image, mask=np.zeros((1, 24, 30), np.float32), feather=feather
    )

    assert image.tobytes() == ran.array().tobytes()
    assert ran.warnings == [
        "The mask selects nothing, so the picture stays as it is. Select something."
    ]


@pytest.mark.parametrize("value", [0, 1])
def test_the_batch_is_that_of_the_longer_input_whatever_is_selected(
    bench: Bench, value: float
) -> None:
    three = np.repeat(hole() * np.float32(value), 3, axis=0)

    assert paint(bench, mask=three, engine="telea").shape == (3, 24, 30, 3)


def test_an_empty_mask_in_a_batch_leaves_its_picture(bench: Bench) -> None:
    image = np.concatenate([picture(), picture()[:, ::-1]])
    mask = np.concatenate([hole(), hole() * 0])

    painted = paint(bench, image=image, mask=mask)

    assert np.array_equal(image[1], painted[1])
    assert not np.array_equal(image[0], painted[0])


@pytest.mark.parametrize("engine", ["patchmatch", "telea"])
@pytest.mark.parametrize("feather", [0, 4])
def test_a_full_mask_leaves_nothing_to_copy_from(bench: Bench, engine: str, feather: int) -> None:
    ran = bench.node(
        "InpaintSampler", image=picture(), mask=np.ones((1, 24, 30)), engine=engine, feather=feather
    )

    assert ran.fault == (
        "full_mask",
        (
            f"node 'it' (InpaintSampler): the mask selects the whole picture, but {engine} copies "
            "from what is not selected; use a smaller mask, or an engine that generates."
        ),
    )


@pytest.mark.parametrize("kind", ["InpaintSampler", "FillMasked"])
@pytest.mark.parametrize("value", [0, 1])
def test_a_mask_of_another_size_is_refused(bench: Bench, kind: str, value: int) -> None:
    mask = np.full((1, 20, 30), value, np.float32)
    ran = bench.node(kind, image=picture(), mask=mask)

    assert ran.fault == (
        "size_mismatch",
        (
            f"node 'it' ({kind}): image is 24x30 but mask is 20x30 (height x width); both must "
            "have the same size. Scale mask to the size of image with ScaleMask, or crop both to "
            "one box."
        ),
    )


@pytest.mark.parametrize("engine", ["patchmatch", "telea"])
def test_a_feather_blends_inside_the_selection_only(bench: Bench, engine: str) -> None:
    hard = paint(bench, engine=engine)
    soft = paint(bench, engine=engine, feather=2)
    image = picture()
    mask = hole()
    weights = np.zeros_like(mask)
    for inset, weight in enumerate((1 / 3, 2 / 3, 1)):
        weights[:, 8 + inset : 16 - inset, 10 + inset : 20 - inset] = weight

    assert np.array_equal(image[mask == 0], soft[mask == 0])
    assert np.array_equal(hard[weights == 1], soft[weights == 1])
    expected = image + (hard - image) * weights[..., np.newaxis]
    assert expected == pytest.approx(soft, abs=1e-5)


def test_what_is_selected_a_little_is_filled_wholly() -> None:
    mask = hole()

    assert np.array_equal(fill_masked(picture(), mask), fill_masked(picture(), mask * 0.1))


def test_the_mask_that_is_given_on_says_what_may_have_changed(bench: Bench) -> None:
    strict = bench.node("InpaintSampler", image=picture(), mask=hole(), engine="telea")
    soft = bench.node("InpaintSampler", image=picture(), mask=hole(), engine="telea", feather=3)
    hard = bench.node(
        "InpaintSampler", image=picture(), mask=hole() * 0.75, engine="telea", stitch="ramp"
    )

    assert np.array_equal(hole(), strict.array("it", 1))
    assert np.array_equal(soften(hole(), 3, "inward"), soft.array("it", 1))
    assert np.array_equal(hole(), hard.array("it", 1))


@pytest.mark.parametrize("stitch", ["strict", "ramp"])
def test_what_is_selected_too_little_for_a_ramp_is_not_selected(bench: Bench, stitch: str) -> None:
    ran = bench.node(
        "InpaintSampler", image=picture(), mask=hole() * 0.25, engine="telea", stitch=stitch
    )

    assert len(ran.warnings) == (stitch == "ramp")
    assert np.array_equal(picture(), ran.array()) == (stitch == "ramp")


def test_everything_avoided_is_a_fault(bench: Bench) -> None:
    ran = bench.node("InpaintSampler", image=picture(), mask=hole(), avoid=1 - hole())

    assert ran.fault[0] == "nothing_to_copy"


def test_avoided_px_of_another_size_are_a_fault(bench: Bench) -> None:
    ran = bench.node("InpaintSampler", image=picture(), mask=hole(), avoid=hole(25))

    assert ran.fault == (
        "size_mismatch",
        (
            "node 'it' (InpaintSampler): image is 24x30 but avoid is 25x30 (height x width); both "
            "must have the same size. Scale avoid to the size of image with ScaleMask, or crop "
            "both to one box."
        ),
    )


@pytest.mark.parametrize("engine", ["patchmatch", "telea"])
def test_a_large_area_is_painted_in_steps(bench: Bench, engine: str) -> None:
    image = picture(60, 1700)
    mask = np.ones((1, 60, 1700), np.float32)
    mask[:, :, :300] = 0
    ran = bench.node("InpaintSampler", image=image, mask=mask, engine=engine, in_steps=True)
    reports = [(e.done, e.total) for e in ran.events if isinstance(e, Progress)]

    assert np.array_equal(image[mask == 0], ran.array()[mask == 0])
    assert not np.isclose(image[mask == 1], ran.array()[mask == 1]).all(axis=1).any()
    assert len(reports) >= 2
    assert reports[-1][0] == reports[-1][1]


def _with_inpainters(bench: Bench, inpainters: Inpainters) -> Bench:
    """The bench with helper processes of its own."""
    services = Services(bench.assembly.blobs, inpainters)
    worker = replace(bench.assembly.worker, services=services)
    return Bench(replace(bench.assembly, worker=worker), bench.inputs)


def _cancel_when_busy(inpainters: Inpainters, cancellation: Cancellation) -> None:
    """Cancel once the only helper is at work."""
    pool = inpainters.get("patchmatch")._pool  # type: ignore[attr-defined]
    while pool._idle:
        time.sleep(0.01)
    cancellation.cancel()


def _children() -> set[int]:
    """The processes that this one started and that still run."""
    while True:
        tasks = list(Path("/proc/self/task").iterdir())
        with suppress(FileNotFoundError):  # a thread ended meanwhile: look again
            return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at Linux's /proc")
def test_a_cancelled_run_ends_and_leaves_no_helper(bench: Bench) -> None:
    before = _children()
    cancellation = Cancellation()
    large = use(
        "InpaintSampler",
        image=image_of(noise(1000, 1000)),
        mask=np.pad(np.ones((1, 600, 600), np.float32), ((0, 0), (200, 200), (200, 200))),
        engine="patchmatch",
    )
    with Inpainters() as inpainters:
        own = _with_inpainters(bench, inpainters)
        own.node("InpaintSampler", image=picture(), mask=hole(), engine="patchmatch")
        (helper,) = _children() - before
        canceller = threading.Thread(target=_cancel_when_busy, args=(inpainters, cancellation))
        canceller.start()

        ran = own.run(
            {"it": large, "after": Node("PreviewImage", {"images": Link("it", 0)})},
            cancellation=cancellation,
        )

        canceller.join()
        assert ran.outcome.state == "cancelled"
        assert ran.outcome.results == {}
        assert helper not in _children()
        assert _children() <= before
        # The next run has a helper again.
        assert (
            own.node(
                "InpaintSampler", image=picture(), mask=hole(), engine="patchmatch"
            ).outcome.failures
            == ()
        )
    assert _children() <= before
