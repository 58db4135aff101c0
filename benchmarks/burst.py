"""Many jobs handed in at once, each over a connection of its own: when each was on disk."""

import asyncio
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from paintgraph.benchmarks.client import Server
from paintgraph.benchmarks.measuring import Figure, percentile, rounds

_JOBS = 1000
_ROUNDS = 5
_HEAD = (
    "POST /v1/jobs HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n"
    "Content-Length: {}\r\n\r\n"
)


def burst(running: Server, make: Callable[[], bytes]) -> Figure:
    """What 99 of 100 clients wait at most for the 202 of their job."""

    def measure() -> float:
        taken = asyncio.run(_all_at_once(running, [make() for _ in range(_JOBS)]))
        _await_idle(running)
        return percentile(taken, 0.99)

    return Figure(
        f"{_JOBS:,} jobs handed in at once: p99", tuple(rounds(measure, _ROUNDS, 60)), "s", 1.0
    )


async def _all_at_once(running: Server, graphs: Sequence[bytes]) -> list[float]:
    """Seconds until each graph was accepted, from the moment when the first was sent."""
    place = urlsplit(running.url)
    ends = [await asyncio.open_connection(place.hostname, place.port) for _ in graphs]
    began = time.perf_counter()

    async def accepted(
        graph: bytes, end: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> float:
        reader, writer = end
        writer.write(_HEAD.format(place.netloc, len(graph)).encode() + graph)
        status = await reader.readline()
        taken = time.perf_counter() - began
        writer.close()
        if b" 202 " not in status:
            raise RuntimeError(f"the server answers {status!r}")
        return taken

    return await asyncio.gather(*map(accepted, graphs, ends))


def _await_idle(running: Server) -> None:
    """Wait until all that was handed in has ended."""
    with running.client() as client:
        while b'"queued":0,"running":0' not in client.call("GET", "/healthz")[1]:
            time.sleep(0.05)
