"""Starting the server: how soon it answers, what its processes hold, what its import costs."""

import os
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from paintgraph.benchmarks.client import ready_server, server
from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.benchmarks.watched import children, peak_bytes

_SERVER = ("-c", "import paintgraph.server")
_LIBRARIES = ("-c", "import aiohttp, pydantic, numpy")
_ROUNDS = 7
_GRAPHS = 20
_GRAPH = b"""{
    "0": {"class_type": "SolidMask", "inputs": {"width": 64, "height": 64, "value": 1.0}},
    "1": {"class_type": "InvertMask", "inputs": {"mask": ["0", 0]}},
    "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}}
}"""


class _Start(NamedTuple):
    answers: float
    takes_jobs: float


class _Imports(NamedTuple):
    server: float
    libraries: float


class _Memory(NamedTuple):
    server: float
    worker: float


def figures() -> list[Figure]:
    """The real server with the real nodes."""
    starts = rounds(_start, _ROUNDS)
    memory = rounds(_memory, 3)
    return [
        Figure("start to the first answer", tuple(s.answers for s in starts), "s", 2),
        Figure("start until jobs are taken", tuple(s.takes_jobs for s in starts), "s"),
        Figure("memory of the server, at most", tuple(m.server for m in memory), "MB", 150),
        Figure("memory of a worker, at most", tuple(m.worker for m in memory), "MB"),
        *_imports(),
    ]


def _start() -> _Start:
    began = time.perf_counter()
    with server() as running, running.client() as client:
        client.call("GET", "/livez")
        answers = time.perf_counter() - began
        client.await_ready()
        return _Start(answers, time.perf_counter() - began)


def _memory() -> _Memory:
    """The most that the server and the larger of its workers held, after a few graphs."""
    with ready_server() as running, running.client() as client:
        for _ in range(_GRAPHS):
            client.run(_GRAPH)
        workers = [peak_bytes(pid) for pid in children(running.pid)]
        return _Memory(peak_bytes(running.pid) / 1e6, max(workers, default=0) / 1e6)


def _imports() -> list[Figure]:
    """Both in fresh processes, in turn; after one round that compiles what they import."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def start(arguments: tuple[str, ...]) -> float:
            command = [sys.executable, *arguments]
            return seconds_of(lambda: subprocess.run(command, env=environment, check=True))

        def both() -> _Imports:
            return _Imports(start(_SERVER), start(_LIBRARIES))

        both()
        measured = rounds(both, 10)
    ours = Figure("import paintgraph.server", tuple(m.server * 1000 for m in measured), "ms")
    libraries = Figure(
        "import aiohttp, pydantic, numpy", tuple(m.libraries * 1000 for m in measured), "ms"
    )
    multiples = tuple(m.server / m.libraries for m in measured)
    undisturbed = ours.best / libraries.best
    return [
        ours,
        libraries,
        Figure("the first as a multiple", multiples, "x", 1.3, undisturbed=undisturbed),
    ]
