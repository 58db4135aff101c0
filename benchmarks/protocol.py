"""ComfyUI's protocol: what prompts cost that a client follows over its WebSocket to the end.

In brackets stands what ComfyUI 0.3.64 took, measured once on a machine of this kind. Beside our own
times stands what the same graphs take by `POST /v1/jobs`, in the same round.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from paintgraph.benchmarks.client import SMALL_NODES, Client, Server, ready_server, server
from paintgraph.benchmarks.measuring import Figure, milliseconds, rounds, seconds_of
from paintgraph.benchmarks.small_graphs import chain, wide
from paintgraph.jobs.store.job import NewJob, Report, Shown
from paintgraph.jobs.store.jobs import JobStore

_ROUNDS = 7
_PROMPTS, _CLIENTS = 200, 8
_ENTRIES, _AT_ONCE = 10_000, 500
_WIDE = 1000
_SLEEPERS = 8
_THEIRS = {100: ("0.31", "0.29"), 300: ("4.8", "5.6"), 900: ("59", "74")}
"""Seconds that ComfyUI took for chains of nodes, at first and with everything cached."""

_PACK = Path(__file__).with_name("sleeping_pack.py")


class _Times(NamedTuple):
    """Seconds of one round."""

    followed: float
    natively: float


def figures() -> list[Figure]:
    """Prompts of many nodes, of sleeping ones, many prompts; what clients ask; the start."""
    with ready_server(SMALL_NODES) as running, running.client() as client:
        found = [figure for size in _THEIRS for figure in _chain(running, client, size)]
        found += [*_wide(running), _crowd(running)]
    return [*found, *_sleepers(), *_asked(), _start()]


@dataclass(slots=True)
class _Follower:
    """A client with a socket; `heard` counts the bytes that came over it."""

    session: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse
    name: str
    heard: int = 0

    async def post(self, prompt: bytes) -> None:
        """Post a prompt; raises RuntimeError unless it is taken."""
        body = b'{"client_id":"%s","prompt":%s}' % (self.name.encode(), prompt)
        async with self.session.post("/prompt", data=body) as answer:
            if answer.status != 200:
                raise RuntimeError(f"the server answers {answer.status}: {await answer.text()}")

    async def await_ends(self, count: int) -> None:
        """Hear that this many prompts have ended; raises RuntimeError if one fails."""
        while count:
            message = await self.socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise RuntimeError(f"the socket gives {message}")
            self.heard += len(message.data)
            if '"type":"execution_error"' in message.data:
                raise RuntimeError(message.data[:400])
            count -= '"node":null' in message.data and '"type":"executing"' in message.data


@asynccontextmanager
async def _follower(running: Server, name: str) -> AsyncIterator[_Follower]:
    async with (
        aiohttp.ClientSession(running.url) as session,
        session.ws_connect(f"/ws?clientId={name}", max_msg_size=0) as socket,
    ):
        await socket.receive()
        yield _Follower(session, socket, name)


class _Run(NamedTuple):
    """What following a prompt took: seconds, and bytes of the WebSocket."""

    seconds: float
    bytes: int


async def _followed(running: Server, prompt: bytes) -> _Run:
    """Post a prompt, and follow it to its end."""
    async with _follower(running, "one") as client:
        began = time.perf_counter()
        await client.post(prompt)
        await client.await_ends(1)
        return _Run(time.perf_counter() - began, client.heard)


def _seconds(running: Server, prompt: bytes) -> float:
    return asyncio.run(_followed(running, prompt)).seconds


def _chain(running: Server, client: Client, size: int) -> list[Figure]:
    """A chain at its first run, and when all its results are there."""
    first, cached = _THEIRS[size]
    known = chain(size)
    starts = count(1)
    client.run(known)

    def new() -> _Times:
        graphs = [chain(size, next(starts)) for _ in range(2)]
        return _Times(_seconds(running, graphs[0]), seconds_of(lambda: client.run(graphs[1])))

    def again() -> _Times:
        return _Times(_seconds(running, known), seconds_of(lambda: client.run(known)))

    name = f"chain of {size} nodes"
    return [
        *_beside(f"{name} [{first} s]", rounds(new, _ROUNDS)),
        *_beside(f"{name}, all cached [{cached} s]", rounds(again, _ROUNDS)),
    ]


def _beside(name: str, times: Sequence[_Times]) -> list[Figure]:
    """Our time, and how many times that of the same graph by the native door."""
    best = _Times(*map(min, zip(*times, strict=True)))
    return [
        Figure(name, tuple(t.followed * 1000 for t in times), "ms"),
        Figure(
            "as a multiple of POST /v1/jobs",
            tuple(t.followed / t.natively for t in times),
            "x",
            undisturbed=best.followed / best.natively,
        ),
    ]


def _wide(running: Server) -> list[Figure]:
    starts = count(1)

    def measure() -> _Run:
        return asyncio.run(_followed(running, wide(_WIDE, next(starts))))

    runs = rounds(measure, _ROUNDS)
    name = f"{_WIDE:,} nodes, {_WIDE - 1} of them read one"
    return [
        Figure(f"{name} [9.8 s]", tuple(run.seconds * 1000 for run in runs), "ms"),
        Figure("over its WebSocket [200 MB]", tuple(run.bytes / 1e3 for run in runs), "kB", 1000),
    ]


def _crowd(running: Server) -> Figure:
    """Prompts of two nodes; ours are on disk before the answer, ComfyUI's in memory."""
    starts = count(1)

    async def share(number: int) -> None:
        async with _follower(running, f"client-{number}") as client:
            ends = asyncio.create_task(client.await_ends(_PROMPTS // _CLIENTS))
            for _ in range(_PROMPTS // _CLIENTS):
                await client.post(chain(2, next(starts)))
            await ends

    async def all_of() -> None:
        await asyncio.gather(*map(share, range(_CLIENTS)))

    def measure() -> float:
        return _PROMPTS / seconds_of(lambda: asyncio.run(all_of()))

    measure()
    name = f"{_PROMPTS} prompts by {_CLIENTS} clients [409/s, in memory only]"
    return Figure(name, tuple(rounds(measure, _ROUNDS)), "/s", more_is_better=True)


def _sleepers() -> list[Figure]:
    """Nodes of a pack that wait 0.5 s each; those that are not async run one after the other."""
    with ready_server(node_packs=str(_PACK)) as running:
        starts = count(1)

        def measure(kind: str) -> float:
            prompt = _sleeping(kind, next(starts))
            return _seconds(running, prompt)

        # The first prompt waits until the pack is loaded.
        measure("PackWait")
        sync = tuple(rounds(lambda: measure("PackSleep"), 3))
        awaited = tuple(rounds(lambda: measure("PackWait"), 3))
    name = f"{_SLEEPERS} nodes of a pack that sleep 0.5 s"
    return [
        Figure(f"{name} [4.0 s]", sync, "s"),
        Figure(f"{name}, async [0.5 s]", awaited, "s"),
    ]


def _sleeping(kind: str, start: int) -> bytes:
    nodes: dict[str, Any] = {}
    for place in range(_SLEEPERS):
        inputs = {"value": start * _SLEEPERS + place, "seconds": 0.5}
        nodes[f"s{place}"] = {"class_type": kind, "inputs": inputs}
        shown = {"source": [f"s{place}", 0]}
        nodes[f"p{place}"] = {"class_type": "PreviewAny", "inputs": shown}
    return json.dumps(nodes).encode()


def _asked() -> list[Figure]:
    """What clients ask for often, with a long history."""
    with ready_server(prepare=_fill) as running, running.client() as client:

        def taken(path: str) -> tuple[float, ...]:
            def ask() -> None:
                status, body = client.call("GET", path)
                if status != 200:
                    raise RuntimeError(f"the server answers {status}: {body[:400]!r}")

            return milliseconds(ask, 15)

        rows: list[tuple[str, str, float | None]] = [
            ("GET /object_info [88 ms]", "/object_info", None),
            (f"GET /history at {_ENTRIES:,} entries, the newest 200", "/history", 50),
            ("GET /history?max_items=10000", "/history?max_items=10000", None),
            ("GET /api/jobs?limit=200", "/api/jobs?limit=200", None),
        ]
        return [Figure(name, taken(path), "ms", target) for name, path, target in rows]


def _fill(folder: Path) -> None:
    """Write a history, as a server would have that has run for long."""
    nodes: dict[str, Any] = json.loads(chain(12))
    ui = {"text": ["12"]}
    file = {"file": "a/b.png", "folder": "output", "ui": "images"}
    node: Shown = {
        "display": "n11",
        "parent": None,
        "submitted": "n11",
        "ui": ui,
        "files": [file],
    }
    report: Report = {"shown": {"n11": node}}

    async def one(store: JobStore, number: int) -> None:
        extra = {"client_id": "x", "create_time": 1}
        request = {"prompt": [number, f"p{number}", nodes, extra, ["n11"]]}
        new = NewJob({"nodes": {}}, request, door="comfy", name=f"p{number}", rank=number)
        await store.accept(new)
        if (job := await store.claims.next("light", "benchmark")) is not None:
            await store.finish(job, "succeeded", report=report)

    async def all_of() -> None:
        store = JobStore(folder / "jobs.sqlite", "normal")
        for first in range(0, _ENTRIES, _AT_ONCE):
            await asyncio.gather(*(one(store, first + place) for place in range(_AT_ONCE)))
        store.close()

    asyncio.run(all_of())


def _start() -> Figure:
    """From the start of the process to the first message of a WebSocket."""

    async def greeted(running: Server) -> None:
        async with _follower(running, "first"):
            pass

    def measure() -> float:
        began = time.perf_counter()
        with server() as running:
            asyncio.run(greeted(running))
            return time.perf_counter() - began

    return Figure("start until WebSockets are accepted", tuple(rounds(measure, _ROUNDS)), "s", 3)
