from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import Stitch
from paintgraph.imaging.errors import ContractError, MaskError
from paintgraph.imaging.fill.alpha import alpha_of_hole
from paintgraph.imaging.measure import max_abs_diff_outside
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.families.telea.engine import Telea
from paintgraph.models.inpainters import Inpainters
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry
from paintgraph.models.inpainting.repaint import repaint as repaint_wholly
from paintgraph.tests.models.fakes import Painter, noise
from paintgraph.tests.strategies import images_with_masks

REQUEST = InpaintRequest(seed=3, steps=2)
UNMATCHED = Geometry(stitch=Stitch(match="none"))
"""Colours stay as the engine gave them."""


@pytest.fixture(scope="module")
def patchmatch() -> Iterator[PatchMatch]:
    with PatchMatchPool() as pool:
        yield PatchMatch(pool)


def repaint(
    image: Image, mask: Mask, painter: Inpainter, request: InpaintRequest, **more: Any
) -> Image:
    """The picture alone."""
    return repaint_wholly(image, mask, painter, request, **more).image


def hole_in(image: Image, *boxes: tuple[slice, slice]) -> Mask:
    mask = np.zeros(image.shape[:3], np.float32)
    for rows, columns in boxes:
        mask[:, rows, columns] = 1
    mask.flags.writeable = False
    return mask


@given(images_with_masks(max_side=40), st.integers(1, 3), st.sampled_from([1, 8]))
def test_nothing_outside_changes_and_all_inside_is_painted(
    pair: tuple[Image, Mask], side: int, multiple: int
) -> None:
    image, mask = pair
    painter = Painter(side=side * 8, multiple=multiple)

    result = repaint(image, mask, painter, REQUEST, geometry=UNMATCHED)

    assert max_abs_diff_outside(image, result, mask) == 0
    assert np.array_equal(image[mask == 0], result[mask == 0])
    assert (result[mask == 1][:, :3] == 1).all()
    assert result.shape == image.shape
    for seen, seen_mask in painter.seen:
        assert seen.shape == (*seen_mask.shape, 3)
        assert seen.shape[1] % multiple == seen.shape[2] % multiple == 0
        assert max(seen.shape[1:3]) <= side * 8
        assert seen_mask.any()


@given(images_with_masks(kind="soft", max_side=16))
def test_soft_values_blend_and_alpha_goes_on_from_around(pair: tuple[Image, Mask]) -> None:
    image, mask = pair
    result = repaint(image, mask, Painter(), REQUEST, geometry=UNMATCHED)

    if image.shape[3] == 4:
        expected = image[..., 3] * (1 - mask) + alpha_of_hole(image, mask) * mask
        assert expected == pytest.approx(result[..., 3], abs=1e-6)
    else:
        share = mask[..., np.newaxis]
        assert image * (1 - share) + share == pytest.approx(result, abs=1e-6)


def test_an_empty_mask_gives_an_equal_picture() -> None:
    image = noise(8, 8, 4)
    painter = Painter(copies=True)

    result = repaint(image, hole_in(image), painter, REQUEST)

    assert np.array_equal(image, result)
    assert painter.seen == []


def test_a_full_mask_is_for_engines_that_generate() -> None:
    image = noise(8, 8)
    mask = np.ones((1, 8, 8), np.float32)

    assert (repaint(image, mask, Painter(), REQUEST) == 1).all()
    with pytest.raises(
        MaskError, match="the mask selects the whole picture, but painter"
    ) as caught:
        repaint(image, mask, Painter(copies=True), REQUEST)
    assert caught.value.code == "full_mask"


def test_holes_that_lie_apart_are_painted_one_by_one() -> None:
    image = noise(100, 900)
    mask = hole_in(image, (slice(40, 50), slice(10, 20)), (slice(40, 60), slice(800, 820)))
    painter = Painter(side=1024)
    reports: list[tuple[int, int]] = []

    result = repaint(
        image,
        mask,
        painter,
        REQUEST,
        listening=Listening(lambda done, total: reports.append((done, total))),
    )

    assert [seen.shape[1:3] for seen, _ in painter.seen] == [(100, 84), (100, 148)]
    assert reports == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (result[mask == 1] == 1).all()


def test_large_holes_are_scaled_down_to_the_working_pixels() -> None:
    image = noise(100, 200)
    mask = hole_in(image, (slice(100), slice(50, 150)))
    painter = Painter(side=200, pixels=2500)

    repaint(image, mask, painter, REQUEST)

    assert painter.seen[0][0].shape == (1, 50, 100, 3)
    assert painter.seen[0][1].sum() == pytest.approx(2500)


def test_each_picture_of_a_batch_is_painted_alone() -> None:
    image = np.concatenate([noise(20, 30, seed=1), noise(20, 30, seed=2)])
    mask = hole_in(image[:1], (slice(5, 10), slice(5, 10)))

    result = repaint(image, mask, Telea(), REQUEST)

    alone = [repaint(image[[item]], mask, Telea(), REQUEST) for item in (0, 1)]
    assert np.array_equal(np.concatenate(alone), result)


def test_the_engine_sees_the_fill_and_never_the_old_hole() -> None:
    image = np.zeros((1, 40, 40, 3), np.float32)
    image[:, 10:30, 10:30] = 1
    mask = hole_in(image, (slice(10, 30), slice(10, 30)))
    for painter in (Painter(), Painter(side=10, copies=True)):
        repaint(image, mask, painter, InpaintRequest(fill="edge", steps=1))
        seen, seen_mask = painter.seen[0]

        known = seen_mask == 0
        assert known.any()
        assert not seen[known].any()
    assert seen.shape == (1, 10, 10, 3)


def test_transparent_pixels_are_no_source() -> None:
    image = np.ones((1, 30, 30, 4), np.float32)
    image[:, :, :10, 3] = 0
    painter = Painter(copies=True)

    repaint(image, hole_in(image, (slice(10, 20), slice(12, 18))), painter, REQUEST)

    assert (painter.seen[0][1][:, :, :10] == 1).all()


def test_a_picture_of_transparent_pixels_alone_still_works() -> None:
    image = np.zeros((1, 30, 30, 4), np.float32)
    painter = Painter(copies=True)

    repaint(image, hole_in(image, (slice(10, 20), slice(12, 18))), painter, REQUEST)

    assert painter.seen[0][1].sum() == 60


@pytest.mark.parametrize("known", [1, 40])
def test_few_known_pixels_are_still_seen_when_shrunk(known: int) -> None:
    image = noise(400, 400)
    mask = np.ones((1, 400, 400), np.float32)
    mask[0, 7, :known] = 0
    painter = Painter(side=20, copies=True)

    repaint(image, mask, painter, REQUEST)

    assert not painter.seen[0][1].all()


def test_what_is_evenly_half_known_becomes_its_known_colours(patchmatch: PatchMatch) -> None:
    image = np.full((1, 2048, 2, 3), 0.2, np.float32)
    mask = np.ones((1, 2048, 2), np.float32)
    mask[:, ::2, 0] = 0
    image[mask == 1] = 0.9

    assert np.full_like(image, 0.2) == pytest.approx(
        repaint(image, mask, patchmatch, REQUEST), abs=1e-2
    )


@pytest.mark.parametrize("engine", ["patchmatch", "telea"])
@pytest.mark.parametrize(
    ("height", "width"), [(1, 2), (1, 700), (700, 1), (2, 2), (43, 64), (427, 641)]
)
def test_any_size_works(patchmatch: PatchMatch, engine: str, height: int, width: int) -> None:
    image = noise(height, width, 4)
    mask = hole_in(image, (slice(0, (height + 1) // 2), slice(width // 2, width * 2 // 3 + 1)))
    inpainter: Inpainter = patchmatch if engine == "patchmatch" else Telea()

    result = repaint(image, mask, inpainter, REQUEST)

    assert np.array_equal(image[mask == 0], result[mask == 0])
    assert np.isin(result[mask == 1][:, 3], image[mask == 0][:, 3]).all()


def test_patchmatch_continues_a_pattern(patchmatch: PatchMatch) -> None:
    image = np.zeros((1, 64, 96, 3), np.float32)
    image[:, :, ::8] = image[:, :, 1::8] = 1
    mask = hole_in(image, (slice(20, 44), slice(30, 60)))
    painted = repaint(image * (1 - mask[..., np.newaxis]), mask, patchmatch, REQUEST)

    assert np.abs(painted - image).mean() < 0.01


def test_a_check_that_raises_ends_the_work() -> None:
    image = noise(20, 20)
    mask = hole_in(image, (slice(2), slice(2)))

    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repaint(image, mask, Painter(), REQUEST, listening=Listening(check=check))


def test_sizes_must_agree() -> None:
    with pytest.raises(ContractError, match="image is 4x4 but mask is 5x4"):
        repaint(noise(4, 4), np.zeros((1, 5, 4), np.float32), Painter(), REQUEST)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_generating_engine_may_be_shown_textures_under_the_mask(channels: int) -> None:
    image = noise(48, 48, channels)
    mask = hole_in(image, np.s_[16:32, 16:32])
    painter = Painter(side=48)
    request = InpaintRequest(seed=3, steps=1, fill="patchmatch")
    with Inpainters(1) as inpainters:
        repaint(image, mask, painter, request, geometry=Geometry(filler=inpainters.fill))

    ((shown, shown_mask),) = painter.seen
    hole = shown_mask > 0
    assert np.array_equal(shown[~hole], image[..., :3][~hole])
    assert not np.isclose(shown[hole], image[..., :3][hole]).any(axis=1).all()
    assert shown[hole].std() > 0.5 * shown[~hole].std(), "a blur would be smoother"


def test_a_fill_that_nothing_here_does_is_an_error() -> None:
    image = noise(16, 16)
    request = InpaintRequest(fill="patchmatch")

    with pytest.raises(ContractError, match="Use 'blur'"):
        repaint(image, hole_in(image, np.s_[4:8, 4:8]), Painter(), request)
