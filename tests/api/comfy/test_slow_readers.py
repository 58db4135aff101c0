"""Clients that do not read harm nobody: they are dropped, and the others hear everything."""

import asyncio
import base64
import contextlib
import os

import pytest

from paintgraph.api.comfy.following import sockets
from paintgraph.api.comfy.following.door import DOOR
from paintgraph.tests.api.comfy.asking import node
from paintgraph.tests.api.comfy.hearing import listening, told
from paintgraph.tests.api.serving import Served

WIDE = {
    "1": node("Add"),
    **{f"s{n}": node("Show", value=["1", 0]) for n in range(300)},
}


async def silent(server: Served, client: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket that is opened and never read from."""
    port = int(server.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /ws?clientId={client} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    )
    writer.write("\r\n".join((*head, "", "")).encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return reader, writer


def test_a_hundred_clients_that_never_read_harm_nobody(small: Served) -> None:
    async def story() -> int:
        others = [await silent(small, f"silent-{n}") for n in range(100)]
        async with listening(small, "awake") as heard:
            for _ in range(3):
                await heard.post(WIDE, client_id="awake")
                await heard.until("executing", node=None)
            count = len(heard.of("execution_success"))
        for _, writer in others:
            writer.close()
        return count

    assert told(story()) == 3


def test_who_stays_behind_too_far_is_dropped(
    small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_MOST_WAITING_BYTES", 300_000)

    async def story() -> None:
        reader, writer = await silent(small, "behind")
        async with listening(small, "awake") as heard:
            for _ in range(200):
                await heard.post(WIDE, client_id="behind")
                if small.app[DOOR].sessions.of(("", "behind")) is None:
                    break
                await asyncio.sleep(0.05)
            assert small.app[DOOR].sessions.of(("", "behind")) is None
            await heard.post(WIDE, client_id="awake")
            await heard.until("executing", node=None)
        with contextlib.suppress(ConnectionError):
            while await reader.read(1 << 16):
                pass
        writer.close()

    told(story())
