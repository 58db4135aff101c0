"""Thin islands have an engine of their own, which works in tiles that do not show."""

import numpy as np
import pytest

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import Stitch
from paintgraph.imaging.fill.frequencies import reconstruct
from paintgraph.models.families.fsr.engine import Fsr
from paintgraph.models.inpainting.by_width import ByWidth
from paintgraph.models.inpainting.protocols import InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, repaint
from paintgraph.tests.models.fakes import Painter, noise

REQUEST = InpaintRequest(steps=1)


def wires(height: int, width: int) -> Mask:
    """Two lines of 3 px through the whole picture."""
    mask = np.zeros((1, height, width), np.float32)
    mask[:, height // 2 : height // 2 + 3] = 1
    mask[:, :, width // 3 : width // 3 + 3] = 1
    return mask


def blot(height: int, width: int) -> Mask:
    """A box of 20 px in a corner, away from the wires."""
    mask = np.zeros((1, height, width), np.float32)
    mask[:, 5:25, 5:25] = 1
    return mask


@pytest.mark.parametrize("in_steps", [False, True])
@pytest.mark.parametrize("match", ["colour", "poisson"])
def test_tiles_do_not_show(in_steps: bool, match: str) -> None:  # noqa: FBT001
    image, mask = noise(70, 600), wires(70, 600)
    whole = reconstruct(image[0], mask[0] > 0)
    stitch = Stitch(match=match)  # type: ignore[arg-type] # one of them

    painted = repaint(
        image, mask, Fsr(), REQUEST, geometry=Geometry(stitch=stitch, in_steps=in_steps)
    )

    assert painted.image[0].tobytes() == whole.tobytes()


def test_each_island_is_painted_by_its_own_engine() -> None:
    image = noise(80, 90)
    thin, wide = wires(80, 90), blot(80, 90)
    painter = Painter(copies=True, side=128)

    both = repaint(image, thin + wide, ByWidth("both", Fsr(), painter), REQUEST)

    mended = repaint(image, thin, Fsr(), REQUEST, avoid=wide)
    assert np.array_equal(both.image[thin == 1], mended.image[thin == 1])
    assert (both.image[wide == 1] == 1).all()
    assert np.array_equal(both.mask, thin + wide)
    kept = thin + wide == 0
    assert both.image[kept].tobytes() == image[kept].tobytes()
    (avoided,) = painter.avoided
    assert avoided is not None
    assert avoided.any(), "what is thin is not copied into what is wide"


def test_an_avoided_part_says_nothing_about_thin_damage() -> None:
    image, mask = noise(60, 80), wires(60, 80)
    avoid = np.zeros_like(mask)
    avoid[:, :, 50:] = 1
    other = image.copy()
    other[:, :, 50:] = 0.5
    engine = ByWidth("both", Fsr(), Painter(copies=True))

    first, second = (
        repaint(each, mask, engine, REQUEST, avoid=avoid).image for each in (image, other)
    )

    assert np.array_equal(first[mask == 1], second[mask == 1])


@pytest.mark.parametrize("name", ["thin", "wide"])
def test_one_kind_alone_is_what_its_engine_paints(name: str) -> None:
    image: Image = noise(60, 80)
    mask = wires(60, 80) if name == "thin" else blot(60, 80)
    engine = ByWidth("both", Fsr(), Painter(copies=True, side=128))

    result = repaint(image, mask, engine, REQUEST)

    alone = repaint(image, mask, getattr(engine, name), REQUEST)
    assert result.image.tobytes() == alone.image.tobytes()


def test_it_can_be_ended_between_two_tiles() -> None:
    told: list[tuple[int, int]] = []

    def check() -> None:
        if told and told[-1][0] > told[-1][1] // 2:
            raise KeyboardInterrupt

    listening = Listening(lambda done, total: told.append((done, total)), check)

    with pytest.raises(KeyboardInterrupt):
        repaint(noise(40, 1100), wires(40, 1100), Fsr(), REQUEST, listening)

    assert {total for _, total in told} == {500}
    assert told == sorted(told)
