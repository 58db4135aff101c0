"""What graphs of trivial nodes cost over HTTP: handed in, on disk, run in a worker, waited for."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from paintgraph.benchmarks.burst import burst
from paintgraph.benchmarks.client import SMALL_NODES, Client, Server, ready_server
from paintgraph.benchmarks.measuring import (
    Figure,
    fsync_milliseconds,
    milliseconds,
    rounds,
    seconds_of,
)
from paintgraph.benchmarks.small_graphs import chain, wide

_FIVE_MS = 3.0  # and two fsyncs
_MOST = 300
_ROUNDS = 9
_FEW_ROUNDS = 5
_GRAPHS = 200
_CLIENTS = 8

Make = Callable[[int, int], bytes]
"""The graph of a size; the second number makes it one that was not run before."""


def figures() -> list[Figure]:
    """Single graphs, small and large, then many at once."""
    with ready_server(SMALL_NODES) as running, running.client() as client:
        lone = _Lone(client, running.folder)
        return [
            *lone.small(5),
            *lone.large("chain of 100 nodes", chain, 100),
            *lone.large("chain of 300 nodes", chain, 300),
            *lone.large("chain of 900 nodes", chain, 900, (200, 100)),
            *lone.large("chain of 10,000 nodes", chain, 10_000),
            *lone.large("1,000 nodes, 999 of them read one", wide, 1_000),
            _crowd(running, lone.numbers),
            burst(running, lambda: chain(5, next(lone.numbers))),
        ]


class _Lone:
    """One client whose graphs have the server for themselves."""

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self.numbers = count(1)

    def small(self, size: int) -> list[Figure]:
        """A chain of a few nodes, between two looks at what a disk flush takes."""
        before = fsync_milliseconds(self._folder)
        taken = self._first(chain, size, _MOST)
        fsync = Figure("fsync of 4 KiB", before + fsync_milliseconds(self._folder), "ms")
        return [fsync, Figure(f"{size} nodes", taken, "ms", _FIVE_MS + 2 * fsync.median)]

    def large(
        self,
        name: str,
        make: Make,
        size: int,
        targets: tuple[float | None, float | None] = (None, None),
    ) -> list[Figure]:
        """A graph at its first run, and when all its results are there."""
        most = _ROUNDS if size < 10_000 else _FEW_ROUNDS
        again = make(size, next(self.numbers))
        cached = milliseconds(lambda: self._client.run(again), most)
        return [
            Figure(name, self._first(make, size, most), "ms", targets[0]),
            Figure(f"{name}, all cached", cached, "ms", targets[1]),
        ]

    def _first(self, make: Make, size: int, most: int) -> tuple[float, ...]:
        graphs = iter([make(size, next(self.numbers)) for _ in range(most + 1)])
        return milliseconds(lambda: self._client.run(next(graphs)), most)


def _crowd(running: Server, numbers: "count[int]") -> Figure:
    """Many small graphs by several clients at once, each of which waits for its answer."""
    with ExitStack() as stack:
        clients = [stack.enter_context(running.client()) for _ in range(_CLIENTS)]
        pool = stack.enter_context(ThreadPoolExecutor(_CLIENTS))

        def all_of(graphs: Sequence[bytes]) -> None:
            shares = [graphs[place::_CLIENTS] for place in range(_CLIENTS)]
            list(pool.map(_run_all, clients, shares))

        def measure() -> float:
            graphs = [chain(5, next(numbers)) for _ in range(_GRAPHS)]
            return _GRAPHS / seconds_of(lambda: all_of(graphs))

        measure()
        rates = tuple(rounds(measure, _ROUNDS))
    name = f"{_GRAPHS} graphs of 5 nodes by {_CLIENTS} clients"
    return Figure(name, rates, "/s", 400, more_is_better=True)


def _run_all(client: Client, graphs: Sequence[bytes]) -> None:
    for graph in graphs:
        client.run(graph)
