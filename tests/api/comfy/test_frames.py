"""Frames that no client should send end their own socket at most."""

import contextlib
import os
import struct

import pytest

from paintgraph.tests.api.comfy.asking import node
from paintgraph.tests.api.comfy.hearing import listening, told
from paintgraph.tests.api.comfy.test_slow_readers import silent
from paintgraph.tests.api.serving import Served

QUICK = {"1": node("Add", a=1), "2": node("Show", value=["1", 0])}
FINAL, MASKED = 0x80, 0x80


def frame(
    kind: int, content: bytes = b"x", *, length: int | None = None, is_last: bool = True
) -> bytes:
    """A frame, masked as clients mask theirs; `length` is what it says of its content."""
    size = len(content) if length is None else length
    head = bytes([(FINAL if is_last else 0) | kind])
    if size < 126:
        head += bytes([MASKED | size])
    elif size < 1 << 16:
        head += struct.pack(">BH", MASKED | 126, size)
    else:
        head += struct.pack(">BQ", MASKED | 127, size)
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[place % 4] for place, byte in enumerate(content))


TEXT, BYTES, CLOSE, PING = 1, 2, 8, 9
FRAMES = {
    "of no kind": frame(5),
    "with a reserved bit": frame(0x40 | TEXT),
    "going on before a start": frame(0),
    "not UTF-8": frame(TEXT, b"\xff\xfe"),
    "of more bytes than there are": frame(TEXT, length=1 << 62),
    "too long": frame(BYTES, bytes(2 << 20)),
    "a long ping": frame(PING, bytes(200)),
    "part of a ping": frame(PING, is_last=False),
    "an end of no kind": frame(CLOSE, struct.pack(">H", 1)),
    "an end cut short": frame(CLOSE),
    "no frame": b"GET / HTTP/1.1\r\n\r\n",
    "zeros": bytes(1000),
    "never ending": frame(TEXT, is_last=False) + frame(0, bytes(1000), is_last=False) * 1200,
}


@pytest.mark.parametrize("name", list(FRAMES))
def test_a_bad_frame_ends_its_own_socket_only(small: Served, name: str) -> None:
    async def story() -> None:
        async with listening(small, "good") as heard:
            reader, writer = await silent(small, "bad")
            with contextlib.suppress(ConnectionError):
                writer.write(FRAMES[name])
                await writer.drain()
                while await reader.read(1 << 16):
                    pass
            writer.close()
            await heard.post(QUICK, client_id="good")
            await heard.until("executing", node=None)

    told(story())


def test_many_pings_are_answered_and_harm_nobody(small: Served) -> None:
    async def story() -> int:
        async with listening(small, "good") as heard:
            reader, writer = await silent(small, "pings")
            writer.write(frame(PING) * 2000)
            answers = b""
            while (answered := answers.count(b"\x8a\x01x")) < 2000:
                answers += await reader.read(1 << 16)
            writer.close()
            await heard.post(QUICK, client_id="good")
            await heard.until("executing", node=None)
            return answered

    assert told(story()) == 2000
