"""What a client hears over its socket."""

import asyncio
import struct
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import orjson

from paintgraph.tests.api.serving import OUTER_SECONDS, Served

Result = TypeVar("Result")


@dataclass
class Heard:
    """Messages in their order; `bytes` are those that came over the wire as text."""

    socket: aiohttp.ClientWebSocketResponse
    session: aiohttp.ClientSession
    messages: list[tuple[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    bytes: int = 0

    async def next(self) -> tuple[str, Any]:
        """The next message; a frame of bytes is of type "bytes"."""
        message = await self.socket.receive()
        if message.type == aiohttp.WSMsgType.BINARY:
            self.frames.append(message.data)
            heard: tuple[str, Any] = ("bytes", message.data)
        else:
            assert message.type == aiohttp.WSMsgType.TEXT, message
            self.bytes += len(message.data)
            plain = orjson.loads(message.data)
            assert plain.keys() == {"type", "data"}
            heard = (plain["type"], plain["data"])
        self.messages.append(heard)
        return heard

    async def until(self, kind: str, **data: Any) -> Any:
        """The data of the next message of a kind with these data."""
        while True:
            heard, told = await self.next()
            if heard == kind and data.items() <= told.items():
                return told

    async def post(self, prompt: Any, **fields: Any) -> str:
        """Post a prompt over the same session; gives its id."""
        url = self.socket._response.url.with_scheme("http").with_path("/prompt")
        async with self.session.post(url, json={"prompt": prompt, **fields}) as answer:
            found = await answer.json()
            assert answer.status == 200, found
            prompt_id: str = found["prompt_id"]
            return prompt_id

    def of(self, kind: str) -> list[Any]:
        """The data of all messages of a kind so far."""
        return [data for heard, data in self.messages if heard == kind]


@asynccontextmanager
async def listening(server: Served, client: str = "", path: str = "/ws") -> AsyncIterator[Heard]:
    """A client's socket."""
    query = f"?clientId={client}" if client else ""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(server.url + path + query, max_msg_size=0) as socket,
    ):
        yield Heard(socket, session)


def told(story: Coroutine[Any, Any, Result]) -> Result:
    """What a story gives, if it ends."""
    return asyncio.run(asyncio.wait_for(story, OUTER_SECONDS))


def unpacked(frame: bytes) -> tuple[int, Any, bytes]:
    """Kind, what stands before, and picture of a frame."""
    kind, number = struct.unpack(">II", frame[:8])
    if kind != 4:
        return kind, number, frame[8:]
    return kind, orjson.loads(frame[8 : 8 + number]), frame[8 + number :]
