import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from paintgraph.models.families.patchmatch.sources import find_sources

NOTHING = np.zeros((60, 120), np.bool_)


def test_a_hole_inside_takes_from_everywhere_but_what_is_avoided() -> None:
    hole, avoid = NOTHING.copy(), NOTHING.copy()
    hole[20:30, 20:30] = True
    avoid[40:, 40:] = True

    sources = find_sources(hole, avoid)

    assert np.array_equal(avoid, sources.barred)
    assert not sources.keep_row
    assert not sources.keep_column


def test_a_new_side_takes_from_a_band_beside_it_along_the_rows() -> None:
    hole = NOTHING.copy()
    hole[:, 80:] = True

    sources = find_sources(hole, NOTHING)

    assert np.flatnonzero(~sources.barred.any(axis=0)).tolist() == list(range(20, 120))
    assert sources.keep_row
    assert not sources.keep_column


def test_two_new_sides_take_from_two_bands_and_not_from_the_middle() -> None:
    hole = NOTHING.T.copy()
    hole[:30] = hole[90:] = True

    sources = find_sources(hole, NOTHING.T)

    assert np.flatnonzero(sources.barred.any(axis=1)).tolist() == list(range(57, 63))
    assert sources.keep_column
    assert not sources.keep_row


def test_bands_that_are_all_to_be_avoided_give_way() -> None:
    hole, avoid = NOTHING.copy(), NOTHING.copy()
    hole[:, 80:] = True
    avoid[:, 10:80] = True

    assert np.array_equal(avoid, find_sources(hole, avoid).barred)


@given(st.data())
def test_something_is_always_left_and_nothing_avoided_is(data: st.DataObject) -> None:
    shape = data.draw(array_shapes(min_dims=2, max_dims=2, max_side=9))
    hole, avoid = (data.draw(arrays(np.bool_, shape)) for _ in range(2))
    row, column = (data.draw(st.integers(0, length - 1)) for length in shape)
    hole[row, column] = avoid[row, column] = False

    sources = find_sources(hole, avoid)

    assert (~sources.barred & ~hole).any()
    assert not (avoid & ~hole & ~sources.barred).any()
    assert not (hole & sources.barred).any(), "what is barred is not painted"


def test_the_last_sources_do_not_depend_on_a_direction() -> None:
    hole = NOTHING.copy()
    hole[:, 80:] = True

    mirrored = find_sources(np.fliplr(hole), NOTHING)

    assert np.array_equal(np.fliplr(find_sources(hole, NOTHING).barred), mirrored.barred)
