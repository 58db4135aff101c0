import numpy as np
import pytest
from skimage import data

from paintgraph.imaging.blend.stitching import blend_gradients
from paintgraph.imaging.measure import measure_seam
from paintgraph.tests.imaging.pictures import clouds


def test_the_sheet_solves_the_equation_of_laplace() -> None:
    """Against the equations themselves, solved as a dense system."""
    part, painted = clouds(14, 17, 1)[0], clouds(14, 17, 2)[0] * np.float32(0.5) + np.float32(0.2)
    hole = np.zeros((14, 17), np.bool_)
    hole[4:11, 6:] = True  # as far as the edge of the picture
    places = {tuple(place): row for row, place in enumerate(np.argwhere(hole))}
    matrix, right = np.zeros((len(places),) * 2), np.zeros((len(places), 3))
    for (y, x), row in places.items():
        for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if near in places:
                matrix[row, places[near]] -= 1
            elif 0 <= near[0] < 14 and 0 <= near[1] < 17:
                right[row] += part[near] - painted[near]
            else:
                continue
            matrix[row, row] += 1
    expected = painted[hole] + np.linalg.solve(matrix, right)

    blended = blend_gradients(part, painted, hole, ring_is_painted=True)

    assert np.clip(expected, 0, 1) == pytest.approx(blended[hole], abs=1 / 255)
    assert np.array_equal(part[~hole], blended[~hole])


def test_a_large_hole_is_solved_from_coarse_to_fine() -> None:
    part = clouds(300, 400)[0]
    ramp = np.linspace(-0.1, 0.1, 400, dtype=np.float32)[np.newaxis, :, np.newaxis]
    painted = part + ramp
    hole = np.zeros((300, 400), np.bool_)
    hole[40:260, 30:370] = True

    blended = blend_gradients(part, painted, hole, ring_is_painted=True)

    assert np.abs(blended - part).max() < 2 / 255


def test_without_a_painted_ring_the_border_is_made_even() -> None:
    part = np.full((60, 60, 3), 0.4, np.float32)
    painted = np.full((60, 60, 3), 0.7, np.float32)
    hole = np.zeros((60, 60), np.bool_)
    hole[20:40, 15:45] = True

    assert blend_gradients(part, painted, hole, ring_is_painted=False) == pytest.approx(
        part, abs=1e-3
    )


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_without_a_painted_ring_the_truth_stays_what_it_is(name: str) -> None:
    """Where nothing is off, neither texture nor slope at the border is taken for a fault."""
    photo = np.repeat(getattr(data, name)()[100:400, 100:400, np.newaxis], 3, axis=2)
    part = photo.astype(np.float32) / np.float32(255)
    hole = np.zeros(part.shape[:2], np.bool_)
    hole[80:230, 80:230] = True

    blended = blend_gradients(part, part, hole, ring_is_painted=False)

    before, after = (
        measure_seam(picture[np.newaxis], hole[np.newaxis].astype(np.float32)).ratio
        for picture in (part, blended)
    )
    assert after == pytest.approx(before, abs=0.1)
    assert np.abs(blended - part)[hole].mean() < 4 / 255


def test_without_a_painted_ring_a_slope_goes_on_over_the_border() -> None:
    """Shading that is painted too light comes back as it was, without a level rim."""
    shading = np.linspace(0.2, 0.6, 80, dtype=np.float32)
    part = np.tile(shading[np.newaxis, :, np.newaxis], (80, 1, 3))
    hole = np.zeros((80, 80), np.bool_)
    hole[25:55, 20:60] = True

    blended = blend_gradients(part, part + np.float32(0.1), hole, ring_is_painted=False)

    assert blended == pytest.approx(part, abs=1 / 255)


def test_a_hole_of_one_px_is_made_even() -> None:
    part = np.full((30, 30, 3), 0.4, np.float32)
    hole = np.zeros((30, 30), np.bool_)
    hole[15] = hole[4, 4] = hole[0, 0] = True

    blended = blend_gradients(part, part + np.float32(0.2), hole, ring_is_painted=False)

    assert blended == pytest.approx(part, abs=1e-3)
