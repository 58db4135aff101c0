"""The promise of `repaint`, whatever paints, however parts are cut out and put back."""

from collections.abc import Iterator
from typing import NamedTuple, get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import Stitch, soft_ramp
from paintgraph.imaging.errors import MaskError
from paintgraph.imaging.fill.guess import FillMethod
from paintgraph.imaging.geometry.context import ContextRule
from paintgraph.imaging.masks.algebra import soften
from paintgraph.imaging.measure import max_abs_diff_outside
from paintgraph.models.families.fsr.engine import Fsr
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.families.telea.engine import Telea
from paintgraph.models.inpainting.by_width import ByWidth
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, repaint
from paintgraph.tests.models.fakes import Echo, Painter

FILLS = tuple(name for name in get_args(FillMethod) if name != "patchmatch")
ENGINES = ("white", "echo", "copier", "telea", "patchmatch", "fsr", "by width")

LARGE_AND_ODD = (
    (1, 1),
    (1, 3000),
    (3000, 1),
    (2, 2),
    (97, 89),
    (127, 1023),
    (427, 640),
    (511, 513),
    (1021, 769),
    pytest.param((1200, 1600), marks=pytest.mark.slow),
    (17, 4001),
    pytest.param((2048, 1536), marks=pytest.mark.slow),
)


@pytest.fixture(scope="module")
def patchmatch() -> Iterator[PatchMatch]:
    with PatchMatchPool() as pool:
        yield PatchMatch(pool)


@st.composite
def pictures(draw: st.DrawFn) -> Image:
    side = st.integers(1, 96)
    highest = draw(st.sampled_from([255, 65535]))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    shape = (1, draw(side), draw(side), draw(st.sampled_from([3, 4])))
    image: Image = (generator.integers(0, highest + 1, shape) / highest).astype(np.float32)
    if shape[3] == 4:
        image[..., 3] *= generator.integers(0, 2, shape[:3])
    image.flags.writeable = False
    return image


@st.composite
def masks(draw: st.DrawFn, height: int, width: int) -> Mask:
    """Boxes, a disk, single pixels or nothing; hard, soft or feathered; at any edge."""
    mask = np.zeros((1, height, width), np.float32)
    rows, columns = np.indices((height, width))
    for _ in range(draw(st.integers(0, 3))):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        reach = draw(st.sampled_from([0, 1, 5, 30]))
        is_disk = draw(st.booleans())
        far = (
            np.hypot(rows - top, columns - left)
            if is_disk
            else np.maximum(abs(rows - top), abs(columns - left))
        )
        mask[0][far <= reach] = draw(st.sampled_from([1.0, 1.0, 0.6, 0.3, 1 / 65535]))
    feather = draw(st.sampled_from([0, 0, 3]))
    return soften(mask, feather, draw(st.sampled_from(["inward", "both"]))) if feather else mask


def rules() -> st.SearchStrategy[ContextRule]:
    return st.one_of(
        st.just(ContextRule()),
        st.floats(0, 1).map(lambda field: ContextRule("field", field)),
        st.floats(0, 50).map(lambda margin: ContextRule("margin", margin)),
        st.floats(0, 300).map(lambda percent: ContextRule("percent", percent)),
    )


def engines(name: str, patchmatch: PatchMatch, side: int, multiple: int) -> Inpainter:
    every: dict[str, Inpainter] = {
        "white": Painter(side=side, multiple=multiple),
        "echo": Echo(lambda i: i * np.float32(0.97), side=side, multiple=multiple, least=side),
        "copier": Painter(copies=True, side=side),
        "telea": Telea(),
        "patchmatch": patchmatch,
        "fsr": Fsr(),
        "by width": ByWidth("both", Telea(), Painter(copies=True, side=side)),
    }
    return every[name]


def check_promise(image: Image, mask: Mask, result: Image, effective: Mask) -> None:
    kept = effective == 0
    assert result.shape == image.shape
    assert image[kept].tobytes() == result[kept].tobytes()
    assert max_abs_diff_outside(image, result, effective) == 0
    assert (effective[mask == 1] == 1).all()
    assert np.isin(result[effective == 1][:, 3:], image[..., 3:]).all(), "no alpha is made up"
    assert result.min() >= 0
    assert result.max() <= 1


class Case(NamedTuple):
    """A picture, a mask, and how an engine is asked to paint."""

    image: Image
    mask: Mask
    engine: str
    side: int
    multiple: int
    geometry: Geometry
    fill: FillMethod


@st.composite
def cases(draw: st.DrawFn) -> Case:
    image = draw(pictures())
    stitches = st.builds(
        Stitch,
        st.sampled_from(["strict", "ramp"]),
        st.sampled_from(["colour", "poisson", "none"]),
    )
    return Case(
        image,
        draw(masks(*image.shape[1:3])),
        draw(st.sampled_from(ENGINES)),
        draw(st.sampled_from([16, 40, 128])),
        draw(st.sampled_from([1, 8])),
        Geometry(context=draw(rules()), stitch=draw(stitches), in_steps=draw(st.booleans())),
        draw(st.sampled_from(FILLS)),
    )


def small_hole(side: int, stitch: Stitch) -> Case:
    """A square hole, and the context of Fooocus with the least around it."""
    mask = np.zeros((1, 64, 64), np.float32)
    mask[0, 20 : 20 + side, 30 : 30 + side] = 1
    image = np.full((1, 64, 64, 3), 0.2, np.float32)
    geometry = Geometry(context=ContextRule("field", 0), stitch=stitch)
    return Case(image, mask, "white", 128, 8, geometry, "keep")


@settings(max_examples=500)
@given(case=cases())
@example(case=small_hole(10, Stitch("strict", "none")))
@example(case=small_hole(10, Stitch("ramp", "none")))
@example(case=small_hole(2, Stitch("strict", "none")))
def test_nothing_outside_the_effective_mask_changes(patchmatch: PatchMatch, case: Case) -> None:
    image, mask, name, side, multiple, geometry, fill = case
    engine = engines(name, patchmatch, side, multiple)
    stitch = geometry.stitch
    request = InpaintRequest(seed=1, steps=1, fill=fill)
    weights = mask if stitch.mode == "strict" else soft_ramp(mask)
    if stitch.mode == "ramp" and (engine.copies_surroundings or geometry.in_steps):
        weights = (mask > 0.5).astype(np.float32)

    if engine.copies_surroundings and (weights > 0).all():
        with pytest.raises(MaskError, match="selects the whole picture"):
            repaint(image, mask, engine, request, geometry=geometry)
        return
    result = repaint(image, mask, engine, request, geometry=geometry)
    check_promise(image, mask * (weights > 0), result.image, result.mask)
    assert ((result.mask == weights) | (result.mask == 0)).all()
    if name == "white" and stitch.match == "none":
        assert (result.image[result.mask == 1] == 1).all()
        soft = (result.mask > 0.5) & (image[..., :3] < 0.9).all(axis=3)
        assert (result.image[soft] != image[soft]).any(axis=1).all()


@pytest.mark.parametrize("engine", ["white", "telea", "patchmatch"])
@pytest.mark.parametrize("size", LARGE_AND_ODD, ids=str)
def test_large_and_odd_sizes_keep_the_promise(
    patchmatch: PatchMatch, size: tuple[int, int], engine: str
) -> None:
    height, width = size
    image = np.random.default_rng(7).uniform(0, 1, (1, height, width, 4)).astype(np.float32)
    mask = np.zeros((1, height, width), np.float32)
    mask[:, : height // 9 + 1, : width // 9 + 1] = 1
    mask[:, height // 2, width // 2] = 1
    mask[:, -1, -1] = 0.5
    mask[:, 0, -1] = 0
    painter = engines(engine, patchmatch, 256, 8)
    if height * width == 1:
        mask[:] = 0

    result = repaint(image, mask, painter, InpaintRequest(seed=1, steps=1))

    check_promise(image, mask, result.image, result.mask)


@pytest.mark.parametrize("mode", ["strict", "ramp"])
def test_ten_edits_in_a_row_keep_what_none_selects(patchmatch: PatchMatch, mode: str) -> None:
    image = first = np.random.default_rng(8).uniform(0, 1, (1, 150, 170, 4)).astype(np.float32)
    touched = np.zeros((1, 150, 170), np.bool_)
    for step in range(10):
        mask = np.zeros((1, 150, 170), np.float32)
        mask[:, step * 6 : step * 6 + 20, 100 - step * 8 : 130 - step * 8] = 1
        engine = engines(ENGINES[step % len(ENGINES)], patchmatch, 64, 8)
        geometry = Geometry(stitch=Stitch(mode))  # type: ignore[arg-type] # one of them
        result = repaint(image, mask, engine, InpaintRequest(seed=step, steps=1), geometry=geometry)
        image = result.image
        touched |= result.mask > 0

    assert 0.1 < touched.mean() < 0.95
    assert first[~touched].tobytes() == image[~touched].tobytes()
    assert (first[touched] != image[touched]).any(axis=1).mean() > 0.9


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("place", [(0, 0), (0, 39), (29, 0), (29, 39), (15, 20), (0, 20), (15, 39)])
def test_a_mask_of_one_pixel_changes_one_pixel(
    patchmatch: PatchMatch, engine: str, place: tuple[int, int]
) -> None:
    image = np.random.default_rng(9).uniform(0, 0.9, (1, 30, 40, 3)).astype(np.float32)
    mask = np.zeros((1, 30, 40), np.float32)
    mask[(0, *place)] = 1

    result = repaint(
        image, mask, engines(engine, patchmatch, 64, 1), InpaintRequest(seed=1, steps=1)
    )

    changed = np.argwhere((result.image != image).any(axis=3)[0])
    assert changed.tolist() == [list(place)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_mask_along_every_edge_leaves_the_middle(patchmatch: PatchMatch, engine: str) -> None:
    image = np.random.default_rng(9).uniform(0, 0.9, (1, 60, 70, 4)).astype(np.float32)
    mask = np.ones((1, 60, 70), np.float32)
    mask[:, 9:-9, 9:-9] = 0

    result = repaint(
        image, mask, engines(engine, patchmatch, 64, 1), InpaintRequest(seed=1, steps=1)
    )

    check_promise(image, mask, result.image, result.mask)
    assert (result.image != image)[mask == 1].any(axis=1).mean() > 0.9
