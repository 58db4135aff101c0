"""What is transparent in a repainted picture: alpha goes on, and nothing hidden is seen."""

from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import Match, Stitch
from paintgraph.imaging.fill.alpha import alpha_of_hole
from paintgraph.imaging.geometry.canvas import Padding, pad_image, pad_mask
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.families.telea.engine import Telea
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, repaint
from paintgraph.tests.models.fakes import Echo
from paintgraph.tests.strategies import images_with_masks

SIDE = 48
ENGINES = ("patchmatch", "telea", "generating")
every_engine = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture(scope="module")
def patchmatch() -> Iterator[PatchMatch]:
    with PatchMatchPool() as pool:
        yield PatchMatch(pool)


def engine_of(name: str, patchmatch: PatchMatch) -> Inpainter:
    engines: dict[str, Inpainter] = {
        "patchmatch": patchmatch,
        "telea": Telea(),
        "generating": Echo(lambda image: image * np.float32(0.97), side=64),
    }
    return engines[name]


def glass(alpha: float) -> Image:
    image = np.random.default_rng(4).random((1, SIDE, SIDE, 4), np.float32)
    image[..., 3] = alpha
    return image


def hole(*, top: int = 12, left: int = 14, bottom: int = 30, right: int = 33) -> Mask:
    mask = np.zeros((1, SIDE, SIDE), np.float32)
    mask[:, top:bottom, left:right] = 1
    return mask


@every_engine
@pytest.mark.parametrize("code", [0, 1, 128, 255])
def test_alpha_goes_on_into_a_hole(patchmatch: PatchMatch, engine: str, code: int) -> None:
    image = glass(code / 255)
    image[hole() > 0] = 1  # an opaque thing, which is erased

    result = repaint(image, hole(), engine_of(engine, patchmatch), InpaintRequest()).image

    assert (result[..., 3] == np.float32(code / 255)).all()


@every_engine
@pytest.mark.parametrize(
    "geometry", [Geometry(), Geometry(in_steps=True)], ids=["once", "in steps"]
)
def test_new_canvas_is_opaque_and_a_hole_beside_it_is_not(
    patchmatch: PatchMatch, engine: str, geometry: Geometry
) -> None:
    sides = Padding(left=9, bottom=7)
    canvas, mask = pad_image(glass(0.5), sides), pad_mask(hole(left=0), sides)

    painter = engine_of(engine, patchmatch)
    result = repaint(canvas, mask, painter, InpaintRequest(), geometry=geometry).image

    old = result[:, :-7, 9:, 3]
    assert (old == 0.5).all()
    assert (result[:, -7:, :, 3] == 1).all()
    assert (result[:, :, :9, 3] == 1).all()


@every_engine
def test_an_edge_of_alpha_goes_on_through_a_hole(patchmatch: PatchMatch, engine: str) -> None:
    image = glass(1)
    image[:, :, : SIDE // 2, 3] = 0

    result = repaint(image, hole(), engine_of(engine, patchmatch), InpaintRequest()).image

    assert np.isin(result[..., 3], [0, 1]).all()
    edge = (result[0, :, :, 3] == 0).sum(axis=1)
    assert np.abs(edge - SIDE // 2).max() <= 5, "it stays about where it is"


def test_an_engine_that_works_on_what_is_there_leaves_its_shape() -> None:
    image = glass(1)
    image[..., 3] = np.random.default_rng(5).random((1, SIDE, SIDE), np.float32)
    request = InpaintRequest(fill="keep", strength=0.5)

    result = repaint(image, hole(), Echo(lambda seen: seen, side=64), request).image

    assert np.array_equal(image[..., 3], result[..., 3])


@every_engine
@pytest.mark.parametrize("match", get_args(Match))
def test_hidden_magenta_does_not_tint_a_hole_over_its_edge(
    patchmatch: PatchMatch, engine: str, match: Match
) -> None:
    image = np.full((1, SIDE, SIDE, 4), (0.5, 0.5, 0.5, 1), np.float32)
    image[:, :, : SIDE // 2] = (1, 0, 1, 0)
    geometry = Geometry(stitch=Stitch(match=match))
    painter = engine_of(engine, patchmatch)

    result = repaint(image, hole(), painter, InpaintRequest(), geometry=geometry).image

    seen = result[result[..., 3] > 0][:, :3]
    assert np.abs(seen - 0.5).max() <= (6 if engine == "telea" else 5) / 255


@every_engine
@settings(max_examples=25)
@given(
    pair=images_with_masks(max_side=24),
    seed=st.integers(0, 99),
    match=st.sampled_from(get_args(Match)),
    fill=st.sampled_from(["keep", "blur", "edge", "mirror", "telea", "noise"]),
)
def test_no_visible_pixel_depends_on_hidden_colours(  # noqa: PLR0913 - a case is four
    patchmatch: PatchMatch,
    engine: str,
    pair: tuple[Image, Mask],
    seed: int,
    match: Match,
    fill: str,
) -> None:
    image, mask = pair
    generator = np.random.default_rng(seed)
    alpha = generator.integers(0, 3, (*mask.shape, 1)) / np.float32(2)
    one = np.concatenate([image[..., :3], alpha], axis=3).astype(np.float32)
    mask = mask * (generator.random(mask.shape) < 0.8)
    mask[:, 0, 0] = 0
    other = np.where(alpha == 0, generator.random(one.shape, np.float32), one)
    other[..., 3:] = alpha
    request = InpaintRequest(seed=1, fill=fill)  # type: ignore[arg-type] # one of them
    geometry = Geometry(stitch=Stitch(match=match))

    first, second = (
        repaint(each, mask, engine_of(engine, patchmatch), request, geometry=geometry).image
        for each in (one, other)
    )

    seen = first[..., 3] > 0
    assert np.array_equal(first[..., 3], second[..., 3])
    assert np.array_equal(first[seen], second[seen])
    assert one[mask == 0].tobytes() == first[mask == 0].tobytes()


@given(images_with_masks())
def test_alpha_of_a_hole_comes_from_what_is_known(pair: tuple[Image, Mask]) -> None:
    image, mask = pair
    image = np.concatenate([image[..., :3], image[..., :1]], axis=3)

    alpha = alpha_of_hole(image, mask)

    assert np.array_equal(image[..., 3][mask == 0], alpha[mask == 0])
    for before, after, layer in zip(image[..., 3], alpha, mask, strict=True):
        known = before[layer == 0]
        if known.size:
            assert np.isin(after[layer > 0], np.append(known, 1)).all()
        else:
            assert np.array_equal(before, after)


@pytest.mark.parametrize("alpha", [1, 0.4])
def test_new_canvas_beside_a_clear_part_is_copied_from_what_is_seen(
    patchmatch: PatchMatch, alpha: float
) -> None:
    image = np.random.default_rng(6).uniform(0.4, 0.6, (1, 60, 220, 4)).astype(np.float32)
    image[..., 3] = alpha
    image[:, :, :50] = 0
    padding = Padding(left=100)
    hole = pad_mask(np.zeros(image.shape[:3], np.float32), padding)

    result = repaint(pad_image(image, padding), hole, patchmatch, InpaintRequest()).image

    assert result[:, :, :100, :3].min() > 0.35  # nothing of the clear part's black
