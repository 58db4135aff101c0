import numpy as np
import pytest

from paintgraph.base.listening import Listening
from paintgraph.models.families.telea.engine import Telea
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest
from paintgraph.tests.models.fakes import noise


def test_telea_fills_the_hole_only() -> None:
    image, mask = noise(12, 9), np.zeros((1, 12, 9), np.float32)
    mask[:, 4:8, 3:6] = 1
    engine: Inpainter = Telea()
    reports: list[tuple[int, int]] = []

    painted = engine.inpaint(
        image,
        mask,
        InpaintRequest(),
        Listening(lambda done, total: reports.append((done, total))),
    )

    assert np.array_equal(image[mask == 0], painted[mask == 0])
    assert (image[mask == 1] != painted[mask == 1]).any()
    assert reports == [(1, 1)]


def test_telea_can_be_cancelled() -> None:
    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Telea().inpaint(
            noise(2, 2),
            np.zeros((1, 2, 2), np.float32),
            InpaintRequest(),
            Listening(check=check),
        )
