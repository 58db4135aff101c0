"""Clean edges: soft outlines from colours, and edges without the old background."""

import numpy as np
import pymatting
import pytest

from paintgraph.imaging.errors import MaskError
from paintgraph.imaging.masks import matting
from paintgraph.imaging.masks.matting import decontaminate, matte

SIDE = 48
RED, BLUE = np.array([[0.9, 0.1, 0.1], [0.1, 0.2, 0.9]], np.float32)


def fringe() -> tuple[np.ndarray, np.ndarray]:
    """A red half that fades into a blue one over 8 px, and how much of each pixel is red."""
    alpha = np.clip((28 - np.arange(SIDE)) / 8, 0, 1).astype(np.float32)
    alpha = np.tile(alpha, (1, SIDE, 1))
    image = alpha[..., None] * RED + (1 - alpha[..., None]) * BLUE
    return image.astype(np.float32), alpha


def hard(alpha: np.ndarray) -> np.ndarray:
    return (alpha > 0.5).astype(np.float32)


def frozen(*arrays: np.ndarray) -> None:
    for array in arrays:
        array.flags.writeable = False


def test_a_soft_edge_is_found_from_the_colours() -> None:
    image, alpha = fringe()
    frozen(image, alpha)

    found = matte(image, hard(alpha), 8)

    assert found.dtype == np.float32
    assert np.abs(found - alpha).max() < 0.05
    assert np.abs(hard(alpha) - alpha).max() > 0.4


def test_what_lies_away_from_the_outline_keeps_0_and_1() -> None:
    image, alpha = fringe()
    found = matte(image, hard(alpha), 8)

    assert (found[..., :12] == 1).all()
    assert (found[..., -12:] == 0).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mask_without_an_outline_stays(value: float) -> None:
    image, _ = fringe()
    mask = np.full((1, SIDE, SIDE), value, np.float32)

    assert np.array_equal(mask, matte(image, mask))


def test_what_is_half_clear_is_seen_and_what_is_clear_is_not() -> None:
    image, alpha = fringe()
    clear = np.concatenate([image, np.full_like(image[..., :1], 0.25)], axis=3)
    hiding = clear.copy()
    hiding[:, :20, :, 3] = 0
    other = hiding.copy()
    other[:, :20, :, :3] = 1

    assert np.array_equal(matte(image, hard(alpha), 4), matte(clear, hard(alpha), 4))
    assert np.array_equal(matte(hiding, hard(alpha), 4), matte(other, hard(alpha), 4))


def test_no_hidden_colour_gets_into_an_edge() -> None:
    image = np.full((1, SIDE, SIDE, 4), 0.5, np.float32)
    image[:, :, 30:] = (1, 0, 1, 0)
    _, alpha = fringe()

    clean = decontaminate(image, alpha)

    assert np.abs(clean[:, :, :30, :3] - 0.5).max() < 1 / 255


def test_an_outline_beyond_all_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paintgraph.imaging.masks.matting._MOST_UNKNOWN", 100)
    image, alpha = fringe()

    with pytest.raises(MaskError, match=r"the outline takes \d+ px; allowed are 100\. Choose"):
        matte(image, hard(alpha), 8)


def test_the_old_background_leaves_the_edge() -> None:
    image, alpha = fringe()
    frozen(image, alpha)

    clean = decontaminate(image, alpha)

    soft = (alpha > 0.2) & (alpha < 1)
    assert np.abs(clean[soft] - RED).max() < np.abs(image[soft] - RED).max() / 4
    assert np.array_equal(clean[alpha == 1], image[alpha == 1]), "the subject stays bit for bit"


def test_alpha_stays_and_batches_are_single_pictures_in_a_row() -> None:
    image, alpha = fringe()
    rgba = np.concatenate([image, np.full_like(image[..., :1], 0.25)], axis=3)
    batch, masks = np.concatenate([rgba, rgba[:, ::-1]]), np.concatenate([alpha, alpha])

    both = decontaminate(batch, masks)

    assert (both[..., 3] == 0.25).all()
    for index in range(2):
        alone = decontaminate(batch[index : index + 1], masks[index : index + 1])
        assert np.array_equal(alone, both[index : index + 1])


def test_nothing_selected_changes_nothing() -> None:
    image, alpha = fringe()

    assert np.array_equal(image, decontaminate(image, np.zeros_like(alpha)))


def test_a_few_lines_at_a_time_give_what_the_whole_picture_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    whole_laplacian = pymatting.cf_laplacian

    def laplacian(image: np.ndarray, **settings: object) -> object:
        seen.append(image.shape[0])
        return whole_laplacian(image, **settings)

    rows, columns = np.mgrid[:SIDE, :SIDE]
    mask = (np.hypot(rows - 20, columns - 26) < 15).astype(np.float32)[None]
    colours = np.random.default_rng(0).random((1, SIDE, SIDE, 3), np.float32)
    image = (colours + mask[..., None]) / 2
    whole = pymatting.estimate_alpha_cf(image[0].astype(np.float64), matting._trimap(mask[0], 4))
    monkeypatch.setattr(matting, "_LINES_OF_PX", 5 * SIDE)
    monkeypatch.setattr(pymatting, "cf_laplacian", laplacian)

    found = matte(image, mask, 4)

    assert len(seen) > 1
    assert max(seen) < SIDE / 2
    assert np.abs(found[0] - whole).max() < 1e-6
