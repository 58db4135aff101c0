import asyncio
import io
import socket
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base import frames
from paintgraph.base.frames import BrokenFrameError, pack, read, read_async

NUMBERS = st.integers(-(2**63), 2**64 - 1)


def received(data: bytes) -> tuple[dict[str, object], bytes]:
    """What a stream of asyncio's gives."""

    async def act() -> tuple[dict[str, object], bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await read_async(reader)

    return asyncio.run(act())


@given(st.dictionaries(st.text(), NUMBERS), st.lists(st.binary()))
def test_a_frame_comes_back_as_it_was_written(head: dict[str, int], bodies: list[bytes]) -> None:
    data = pack(head, *bodies)
    stream = io.BytesIO(data + pack({}, b"next"))

    assert read(stream) == (head, b"".join(bodies))
    assert read(stream) == ({}, b"next")
    assert received(data) == (head, b"".join(bodies))


@pytest.mark.parametrize("length", [0, 5, 12])
def test_a_frame_that_breaks_off_is_an_error(length: int) -> None:
    data = pack({"seed": 1}, b"body")[:length]

    with pytest.raises(EOFError, match="the stream ended inside a frame"):
        read(io.BytesIO(data))
    with pytest.raises(EOFError, match="the stream ended inside a frame"):
        received(data)


def test_a_frame_that_holds_no_json_is_an_error() -> None:
    data = struct.pack(">II", 2, 0) + b"[["

    with pytest.raises(BrokenFrameError, match="a frame holds no JSON"):
        read(io.BytesIO(data))
    with pytest.raises(BrokenFrameError, match="a frame holds no JSON"):
        received(data)


def test_a_frame_that_is_too_large_is_refused_unread() -> None:
    data = struct.pack(">II", 2**28, 1)

    with pytest.raises(BrokenFrameError, match="a frame of 268435457 bytes is refused"):
        read(io.BytesIO(data))
    with pytest.raises(BrokenFrameError, match="is refused"):
        received(data)


def test_a_large_frame_comes_through_a_socket_whole() -> None:
    ours, theirs = socket.socketpair()
    body = bytes(range(256)) * 20_000
    with ours, theirs, theirs.makefile("rb") as stream:
        sender = threading.Thread(target=ours.sendall, args=(frames.pack({"n": 1}, body),))
        sender.start()

        assert read(stream) == ({"n": 1}, body)
        sender.join()
