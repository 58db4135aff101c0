import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.models.families.patchmatch.frames import read_frame, write_frame


@given(st.dictionaries(st.text(), st.integers()), st.lists(st.binary()))
def test_a_frame_comes_back_as_it_was_written(header: dict[str, int], bodies: list[bytes]) -> None:
    stream = io.BytesIO()
    write_frame(stream, header, *bodies)
    write_frame(stream, {}, b"next")
    stream.seek(0)

    assert read_frame(stream) == (header, b"".join(bodies))
    assert read_frame(stream) == ({}, b"next")


@pytest.mark.parametrize("length", [0, 5, 12])
def test_a_frame_that_breaks_off_is_an_error(length: int) -> None:
    stream = io.BytesIO()
    write_frame(stream, {"seed": 1}, b"body")

    with pytest.raises(EOFError, match="the stream ended inside a frame"):
        read_frame(io.BytesIO(stream.getvalue()[:length]))
