"""Tiles cover a picture, and what they are mixed to is nothing else than the picture."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.geometry.tiles import LEAST_TILE, MARGIN, OVERLAP, spans, tiles

lengths = st.integers(1, 1500)
sides = st.integers(LEAST_TILE, 512)
scales = st.integers(1, 4)


@given(lengths, sides, scales)
def test_weights_and_shares_add_up_to_the_whole(length: int, tile: int, scale: int) -> None:
    total = np.zeros(length * scale)
    found = spans(length, tile, scale)
    for span in found:
        assert span.weights.min() >= 0
        total[span.start * scale : span.stop * scale] += span.weights

    assert np.allclose(total, 1, atol=1e-6)
    assert sum(span.share for span in found) == pytest.approx(length)
    assert {span.stop - span.start for span in found} == {min(tile, length)}
    assert (found[0].start, found[-1].stop) == (0, length)


@given(lengths, sides, scales)
def test_beside_a_cut_nothing_counts(length: int, tile: int, scale: int) -> None:
    found = spans(length, tile, scale)
    for before, after in pairwise(found):
        assert not before.weights[-MARGIN * scale :].any()
        assert not after.weights[: MARGIN * scale].any()
        mixed = np.count_nonzero((before.weights > 0) & (before.weights < 1))
        assert mixed <= 2 * OVERLAP * scale


@given(st.integers(1, 99), st.integers(1, 40), st.integers(0, 60))
def test_tiles_of_any_size_cover_every_place(length: int, tile: int, overlap: int) -> None:
    total = np.zeros(length)
    for span in spans(length, tile, 1, min(overlap, tile // 2), 0):
        total[span.start : span.stop] += span.weights

    assert np.allclose(total, 1, atol=1e-6)


def test_no_more_tiles_than_are_needed() -> None:
    assert [len(spans(length, 512)) for length in (512, 513, 960, 961)] == [1, 2, 2, 3]
    assert len(list(tiles(600, 1000, 512))) == 2 * 3
