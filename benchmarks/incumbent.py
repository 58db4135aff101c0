"""Five small nodes with a preview, posted and followed as ComfyUI's clients do it, side by side.

Beside ours stand a bare handler that parses, commits one row and writes the PNG, and ComfyUI itself
where a checkout is given: `incumbent FOLDER`, run by the Python of its own `.venv` if it has one.
"""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import aiohttp
import orjson

from paintgraph.benchmarks.client import ready_server
from paintgraph.benchmarks.measuring import Figure, rounds

_ROUNDS = 9
_PROMPTS = 40
_GRAPHS, _CLIENTS = 200, 8
_START_SECONDS = 180.0
_SIDE = 64


class _Peer(NamedTuple):
    """A server; one without a socket has done all when it answers."""

    name: str
    url: str
    has_socket: bool = True


class _Times(NamedTuple):
    """Of one round: seconds for one prompt, and prompts a second with several clients."""

    latency: float
    throughput: float


def figures(checkout: Path | None = None) -> list[Figure]:
    """Latency and throughput, and how they compare within each round."""
    with ExitStack() as stack:
        ours = stack.enter_context(ready_server())
        peers = [
            _Peer("paintgraph", ours.url),
            _Peer("bare handler", stack.enter_context(_bare()), has_socket=False),
        ]
        if checkout is not None:
            peers.append(_Peer("ComfyUI", stack.enter_context(_incumbent(checkout))))
        starts = count(1)

        def measure() -> list[_Times]:
            return [asyncio.run(_times(peer, starts)) for peer in peers]

        measure()
        taken = rounds(measure, _ROUNDS, 120)
    return [figure for place, peer in enumerate(peers) for figure in _rows(peer, place, taken)]


def _rows(peer: _Peer, place: int, taken: Sequence[Sequence[_Times]]) -> list[Figure]:
    own = [times[place] for times in taken]
    rows = [
        Figure(f"{peer.name}: 5 nodes", tuple(t.latency * 1000 for t in own), "ms"),
        Figure(
            f"{peer.name}: {_GRAPHS} prompts by {_CLIENTS} clients",
            tuple(t.throughput for t in own),
            "/s",
            more_is_better=True,
        ),
    ]
    if place:
        most, least = (1.0, 1.5) if peer.has_socket else (2.0, 0.5)
        rows += [
            Figure(
                f"our latency as a multiple of the {peer.name}'s",
                tuple(times[0].latency / times[place].latency for times in taken),
                "x",
                most,
            ),
            Figure(
                f"our throughput as a multiple of the {peer.name}'s",
                tuple(times[0].throughput / times[place].throughput for times in taken),
                "x",
                least,
                more_is_better=True,
            ),
        ]
    return rows


def _prompt(number: int) -> dict[str, Any]:
    """Five nodes whose results are in no cache."""
    size = {"width": _SIDE, "height": _SIDE, "batch_size": 1}
    inverted = {
        str(place): {"class_type": "ImageInvert", "inputs": {"image": [str(place - 1), 0]}}
        for place in range(2, 5)
    }
    return {
        "1": {"class_type": "EmptyImage", "inputs": {**size, "color": number}},
        **inverted,
        "5": {"class_type": "PreviewImage", "inputs": {"images": ["4", 0]}},
    }


async def _times(peer: _Peer, starts: Iterator[int]) -> _Times:
    async with _client(peer, "one") as one:
        taken = []
        for _ in range(_PROMPTS):
            began = time.perf_counter()
            await one.run(next(starts))
            taken.append(time.perf_counter() - began)

    async def share(place: int) -> None:
        async with _client(peer, f"client-{place}") as client:
            await client.run_all([next(starts) for _ in range(_GRAPHS // _CLIENTS)])

    began = time.perf_counter()
    await asyncio.gather(*map(share, range(_CLIENTS)))
    return _Times(median(taken), _GRAPHS / (time.perf_counter() - began))


class _Client:
    """Posts prompts, and hears their ends."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse | None,
        name: str,
    ) -> None:
        self._session = session
        self._socket = socket
        self._name = name

    async def run(self, number: int) -> None:
        """Post one, and hear that it has ended."""
        await self._post(number)
        await self._hear(1)

    async def run_all(self, numbers: Sequence[int]) -> None:
        """Post several one after the other, hearing of their ends meanwhile."""
        hearing = asyncio.create_task(self._hear(len(numbers)))
        for number in numbers:
            await self._post(number)
        await hearing

    async def _post(self, number: int) -> None:
        body = orjson.dumps({"prompt": _prompt(number), "client_id": self._name})
        headers = {"Content-Type": "application/json"}
        async with self._session.post("/prompt", data=body, headers=headers) as answer:
            if answer.status != 200:
                raise RuntimeError(f"the server answers {answer.status}: {await answer.text()}")
            await answer.read()

    async def _hear(self, ends: int) -> None:
        while self._socket is not None and ends:
            message = await self._socket.receive()
            if message.type is aiohttp.WSMsgType.BINARY:
                continue
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise RuntimeError(f"the socket gives {message}")
            told = orjson.loads(message.data)
            if told["type"] == "execution_error":
                raise RuntimeError(message.data[:400])
            ends -= told["type"] == "executing" and told["data"]["node"] is None


@asynccontextmanager
async def _client(peer: _Peer, name: str) -> AsyncIterator[_Client]:
    async with aiohttp.ClientSession(peer.url) as session:
        if not peer.has_socket:
            yield _Client(session, None, name)
            return
        async with session.ws_connect(f"/ws?clientId={name}", max_msg_size=0) as socket_:
            yield _Client(session, socket_, name)


@contextmanager
def _bare() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "paintgraph.benchmarks.bare", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process.stdout.readline().strip() if process.stdout else ""
            finally:
                process.kill()


@contextmanager
def _incumbent(checkout: Path) -> Iterator[str]:
    own = checkout / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [python, "main.py", "--cpu", "--listen", "127.0.0.1", "--port", str(port)]
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=checkout, stdout=silent, stderr=silent) as process:
        try:
            _await(f"http://127.0.0.1:{port}/system_stats")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _await(url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            urlopen(url, timeout=5).close()  # noqa: S310 - our own address
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
