"""How parts are cut out and put back, whatever paints them."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import Stitch, soft_ramp
from paintgraph.imaging.errors import ContractError, MaskError
from paintgraph.imaging.geometry.context import ContextRule
from paintgraph.imaging.geometry.regions import Box
from paintgraph.imaging.measure import max_abs_diff_outside, measure_seam
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, repaint
from paintgraph.models.inpainting.showing import find_regions, find_steps, working_size
from paintgraph.tests.imaging.pictures import clouds
from paintgraph.tests.models.fakes import Echo, Painter, noise

KEEP = InpaintRequest(fill="keep", steps=1)
LEVEL = 1 / 255


def mask_of(height: int, width: int, *boxes: Box) -> Mask:
    mask = np.zeros((1, height, width), np.float32)
    for box in boxes:
        mask[:, box.top : box.bottom, box.left : box.right] = 1
    return mask


def middle(image: Image) -> Mask:
    height, width = image.shape[1:3]
    return mask_of(height, width, Box(width // 3, height // 3, 2 * width // 3, 2 * height // 3))


def boxes(mask: Mask, painter: Inpainter, rule: ContextRule | None = None) -> list[Box]:
    return [region.hole for region in find_regions(mask, painter, rule or ContextRule())]


SIZES = [
    (1024, 1),
    (64, 1),  # smaller than the part: shrunk and enlarged
    (64, 8),
    (200, 16),  # larger than the part: enlarged and shrunk
]


@pytest.mark.parametrize("mode", ["strict", "ramp"])
@pytest.mark.parametrize(("side", "multiple"), SIZES)
def test_what_an_engine_gives_back_lies_where_it_was(side: int, multiple: int, mode: str) -> None:
    """No half px is lost on the way to any working size and back."""
    image = cv2.GaussianBlur(clouds(90, 130)[0], (0, 0), 3)[np.newaxis]
    least = side if side == 200 else 1
    engine = Echo(side=side, pixels=10**6, multiple=multiple, least=least)
    stitch = Stitch(mode, "none")  # type: ignore[arg-type] # one of them

    result = repaint(image, middle(image), engine, KEEP, geometry=Geometry(stitch=stitch))

    assert result.ring_shift == pytest.approx(0, abs=0.1)
    assert np.abs(result.image - image).max() < 3 * LEVEL


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("px", [-1, 1])
def test_a_shift_by_one_px_is_seen_by_its_number(axis: int, px: int) -> None:
    image = clouds(90, 130)
    result = repaint(image, middle(image), Echo(lambda i: np.roll(i, px, axis), side=512), KEEP)

    assert result.ring_shift == pytest.approx(1, abs=0.2)
    assert max_abs_diff_outside(image, result.image, result.mask) == 0


FAULTS: dict[str, Callable[[Image], Image]] = {
    "gain": lambda image: image * np.float32(1.03),
    "offset": lambda image: image - np.float32(4 / 255),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("match", ["colour", "poisson"])
@pytest.mark.parametrize("side", [64, 512])
def test_a_shift_of_colours_is_corrected(fault: str, match: str, side: int) -> None:
    image = cv2.GaussianBlur(clouds(90, 130)[0], (0, 0), 2)[np.newaxis]
    mask = middle(image)
    engine = Echo(FAULTS[fault], side=side)
    matched = Geometry(stitch=Stitch(match=match))  # type: ignore[arg-type] # one of them
    unmatched = Geometry(stitch=Stitch(match="none"))

    good = repaint(image, mask, engine, KEEP, geometry=matched).image
    bad = repaint(image, mask, engine, KEEP, geometry=unmatched).image

    assert np.abs(good - image).mean() < np.abs(bad - image).mean() / 3
    assert measure_seam(good, mask).delta_e < 0.5 < measure_seam(bad, mask).delta_e


def test_an_engine_that_blurs_changes_nothing_outside() -> None:
    image = clouds()
    engine = Echo(lambda i: cv2.GaussianBlur(i[0], (0, 0), 2)[np.newaxis], side=512)

    result = repaint(image, middle(image), engine, KEEP)

    assert max_abs_diff_outside(image, result.image, middle(image)) == 0


def test_the_ramp_changes_what_its_mask_says_and_no_more() -> None:
    image = noise(120, 160, 4)
    mask = mask_of(120, 160, Box(60, 50, 90, 70)) * np.float32(0.6)
    geometry = Geometry(stitch=Stitch("ramp", "none"), context=ContextRule("margin", 40))

    result = repaint(image, mask, Painter(side=512), KEEP, geometry=geometry)

    assert np.array_equal(soft_ramp(mask), result.mask)
    kept = result.mask == 0
    assert image[kept].tobytes() == result.image[kept].tobytes()
    assert (result.image[mask > 0][:, :3] == 1).all()
    assert 0 < (result.mask * (mask == 0)).max() < 1


def test_the_ramp_ends_where_the_part_does() -> None:
    """As in Fooocus: beyond the crop nothing is painted, so nothing changes."""
    image = noise(120, 160)
    mask = mask_of(120, 160, Box(60, 50, 90, 70))
    geometry = Geometry(stitch=Stitch("ramp", "none"), context=ContextRule("margin", 5))

    result = repaint(image, mask, Painter(side=512), KEEP, geometry=geometry)

    changed = (result.image != image).any(axis=3)[0]
    assert changed[45:75, 55:95].all()
    assert np.count_nonzero(changed) == 30 * 40
    assert np.array_equal(changed, result.mask[0] > 0)


def test_with_an_engine_that_copies_nothing_around_the_hole_changes() -> None:
    image = noise(120, 160, 4)
    mask = mask_of(120, 160, Box(60, 50, 90, 70)) * np.float32(0.6)
    mask[:, 40:60, 50:70] = 0.4
    ramp = Geometry(stitch=Stitch("ramp"))

    result = repaint(image, mask, Painter(side=512, copies=True), KEEP, geometry=ramp)

    assert np.array_equal(mask > 0.5, result.mask == 1)
    assert np.array_equal(mask <= 0.5, result.mask == 0)
    assert image[mask <= 0.5].tobytes() == result.image[mask <= 0.5].tobytes()
    assert (result.image[mask > 0.5][:, :3] == 1).all()


def test_an_engine_that_copies_is_told_what_to_avoid() -> None:
    image = noise(100, 100)
    mask = mask_of(100, 100, Box(40, 40, 60, 60))
    avoid = mask_of(100, 100, Box(0, 0, 30, 100))
    engine = Painter(side=50, copies=True)

    repaint(image, mask, engine, KEEP, avoid=avoid)

    (told,) = engine.avoided
    assert told is not None
    assert told.shape == (1, 50, 50)
    assert (told[:, :, :15] == 1).all()
    assert not told[:, :, 15:].any()
    repaint(image, mask, engine, KEEP, avoid=avoid * 0)
    assert engine.avoided[1] is None


def test_around_a_hole_in_what_is_avoided_more_is_shown() -> None:
    image = noise(400, 400)
    mask = mask_of(400, 400, Box(180, 180, 220, 220))
    avoid = mask_of(400, 400, Box(60, 60, 340, 340))
    engine = Painter(side=512, copies=True)

    repaint(image, mask, engine, KEEP, avoid=avoid)

    (told,) = engine.avoided
    assert told is not None
    assert np.count_nonzero((told == 0) & (engine.seen[0][1] == 0)) >= 40 * 40 / 4


def test_when_all_is_avoided_nothing_can_be_copied() -> None:
    image = noise(20, 20)
    everything = np.ones((1, 20, 20), np.float32)
    with pytest.raises(MaskError) as caught:
        repaint(image, middle(image), Painter(copies=True), KEEP, avoid=everything)

    assert caught.value.code == "nothing_to_copy"
    assert caught.value.message == (
        "avoid covers all that the mask does not select, so painter has nothing to copy from; "
        "avoid less, or use an engine that generates."
    )
    assert (repaint(image, everything, Painter(), KEEP, avoid=everything).image == 1).all()


def test_a_mask_of_avoided_px_has_the_pictures_size() -> None:
    with pytest.raises(ContractError, match="image is 20x20 but avoid is 20x21"):
        repaint(
            noise(20, 20),
            mask_of(20, 20, Box(2, 2, 4, 4)),
            Painter(),
            KEEP,
            avoid=np.ones((1, 20, 21), np.float32),
        )


def test_a_part_without_anything_known_is_shown_with_more() -> None:
    image = noise(60, 60)
    engine = Painter(side=512, copies=True)
    geometry = Geometry(context=ContextRule("margin", 0))

    repaint(image, middle(image), engine, KEEP, geometry=geometry)

    assert (engine.seen[0][1] == 0).any()


def test_near_holes_share_a_part_where_that_is_less_work() -> None:
    near = mask_of(300, 2000, Box(100, 100, 120, 120), Box(200, 100, 220, 120))
    far = mask_of(300, 2000, Box(100, 100, 120, 120), Box(1800, 100, 1820, 120))
    engine = Painter(side=4096, pixels=10**8)

    assert boxes(near, engine) == [Box(100, 100, 220, 120)]
    assert boxes(far, engine) == [Box(100, 100, 120, 120), Box(1800, 100, 1820, 120)]
    # Each of the two would be shown with all of the picture.
    assert boxes(far, engine, ContextRule("field", 1)) == [Box(100, 100, 1820, 120)]


def test_holes_are_not_joined_if_they_would_be_painted_smaller() -> None:
    mask = mask_of(300, 900, Box(100, 100, 120, 120), Box(200, 100, 220, 120))

    assert boxes(mask, Painter(side=160)) == [Box(100, 100, 120, 120), Box(200, 100, 220, 120)]


def test_parts_never_overlap_where_they_are_put_back() -> None:
    generator = np.random.default_rng(3)
    for _ in range(20):
        mask = np.zeros((1, 900, 900), np.float32)
        for top, left in generator.integers(0, 880, (12, 2)):
            mask[0, top : top + 15, left : left + 15] = 1
        covered = np.zeros((900, 900), np.int64)
        for box in boxes(mask, Painter(side=2048, pixels=10**7)):
            covered[box.top : box.bottom, box.left : box.right] += 1

        assert covered.max() == 1
        assert (covered[mask[0] > 0] == 1).all()


def test_steps_are_blocks_from_the_known_outwards() -> None:
    mask = np.ones((1, 300, 1000), np.float32)
    mask[:, :, 400:600] = 0
    engine = Painter(side=256, pixels=256 * 256)

    holes = [region.hole for region in find_steps(mask, engine, ContextRule())]

    covered = np.zeros((300, 1000), np.int64)
    for hole in holes:
        covered[hole.top : hole.bottom, hole.left : hole.right] += 1
        assert max(hole.width, hole.height) <= 128
    assert np.array_equal(covered, mask[0].astype(int))
    assert {(hole.left, hole.right) for hole in holes[:6]} == {(300, 400), (600, 700)}
    away = [max(400 - hole.right, hole.left - 600) for hole in holes]
    assert away == sorted(away)


def test_each_step_knows_what_was_painted_before_it() -> None:
    image = noise(64, 400)
    mask = np.ones((1, 64, 400), np.float32)
    mask[:, :, :100] = 0
    engine = Painter(side=128, pixels=128 * 128, copies=True)

    result = repaint(image, mask, engine, KEEP, geometry=Geometry(in_steps=True))

    assert len(engine.seen) > 3
    assert (result.image[mask == 1] == 1).all()
    assert np.array_equal(image[mask == 0], result.image[mask == 0])
    for shown, unknown in engine.seen[1:]:
        assert (shown[unknown == 0] == 1).any()
        assert (unknown == 0).mean() > 0.2


@pytest.mark.parametrize(
    ("width", "height", "holes", "expected"),
    [
        (100, 50, 10, (100, 50)),
        (1000, 500, 10, (256, 128)),
        (200, 100, 200 * 100, (128, 64)),
        (1, 1, 1, (1, 1)),
    ],
)
def test_a_working_size_follows_from_the_side_and_the_px_to_paint(
    width: int, height: int, holes: int, expected: tuple[int, int]
) -> None:
    assert working_size(width, height, holes, Painter(side=256, pixels=128 * 64)) == expected
