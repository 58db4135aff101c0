"""A rough mask ends where the picture has edges, piece by piece."""

import numpy as np
import pytest

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.masks.pieces import snap_to_pieces

SIDE = 320  # more than one tile


def picture() -> tuple[Image, Mask]:
    """A noisy red disc across a tile's border in the noise of a dark ground, and its mask."""
    image = np.random.default_rng(0).uniform(0, 0.2, (1, SIDE, SIDE, 3)).astype(np.float32)
    row, column = np.ogrid[:SIDE, :SIDE]
    inside = (row - 160) ** 2 + (column - 240) ** 2 <= 60**2
    image[0, inside] += np.array((0.7, 0.1, 0), np.float32)
    return image, inside[np.newaxis].astype(np.float32)


def rough(truth: Mask) -> Mask:
    """A selection that is 6 px off."""
    return np.roll(truth, (4, -4), (1, 2))


def overlap(first: Mask, second: Mask) -> float:
    return float(np.minimum(first, second).sum() / np.maximum(first, second).sum())


def test_what_is_off_by_less_than_a_piece_snaps_to_the_edge() -> None:
    image, truth = picture()
    mask = rough(truth)
    image.flags.writeable = mask.flags.writeable = False

    found = snap_to_pieces(image, mask)

    assert overlap(mask, truth) < 0.89
    assert overlap(found, truth) > 0.97
    assert set(np.unique(found)) == {0, 1}
    assert np.array_equal(snap_to_pieces(image, mask), found)


def test_a_share_of_0_takes_all_pieces_that_are_touched() -> None:
    image, truth = picture()
    dot = np.zeros_like(truth)
    dot[0, 160, 240] = 1
    found = snap_to_pieces(image, dot, share=0)

    assert 64 < found.sum() < 1024
    assert found[0, 160, 240] == 1
    assert not snap_to_pieces(image, dot).any()
    assert (snap_to_pieces(image, rough(truth), share=0) >= rough(truth)).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nothing_and_all_stay(value: float) -> None:
    image, truth = picture()
    mask = np.full_like(truth, value)

    assert np.array_equal(snap_to_pieces(image, mask), mask)


def test_hidden_colours_have_no_edges_and_batches_are_single_pictures() -> None:
    image, truth = picture()
    clear = np.concatenate([image, np.zeros_like(image[..., :1])], axis=3)
    flat = np.full_like(clear, 0.3)
    flat[..., 3] = 0
    opaque = np.concatenate([image, np.ones_like(image[..., :1])], axis=3)
    mask = rough(truth)

    assert np.array_equal(snap_to_pieces(clear, mask), snap_to_pieces(flat, mask))
    both = snap_to_pieces(np.concatenate([clear, opaque]), mask)
    assert np.array_equal(both[1:], snap_to_pieces(image, mask))
    assert np.array_equal(both[:1], snap_to_pieces(clear, mask))
