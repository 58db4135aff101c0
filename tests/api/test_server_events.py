"""Server-sent events are sent until the source ends or the client goes; the source is closed."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from paintgraph.api.http.events import EVENT_HEADERS, event_bytes, send_events


class Sent(web.StreamResponse):
    """An answer that keeps what is written; the client goes after so many pieces."""

    def __init__(self, until: int = 100) -> None:
        super().__init__(headers=EVENT_HEADERS)
        self.pieces: list[bytes] = []
        self.until = until

    async def prepare(self, _: web.BaseRequest) -> None:
        pass

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        if len(self.pieces) == self.until:
            raise ConnectionResetError
        self.pieces.append(bytes(data))


@pytest.mark.parametrize("until", [100, 1])
def test_a_source_is_sent_and_closed(until: int) -> None:
    closed: list[bool] = []

    async def source() -> AsyncGenerator[bytes, None]:
        try:
            yield event_bytes({"type": "note", "n": 1}, 7)
            yield b""
        finally:
            closed.append(True)

    async def act(events: AsyncGenerator[bytes, None]) -> bool:
        await send_events(make_mocked_request("GET", "/"), sent, events)
        return bool(closed)

    sent, kept = Sent(until), source()
    is_closed_at_once = asyncio.run(act(kept))

    everything = [b'id: 7\nevent: note\ndata: {"type":"note","n":1}\n\n', b": still here\n\n"]
    assert sent.pieces == everything[:until]
    assert is_closed_at_once
    assert closed == [True]
