"""A server that goes on and on with bounds on what it keeps: nothing of it may grow with its age.

Each job makes a small picture of its own, saves it and shows it. The bounds are so small that all
of them are reached.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from paintgraph.benchmarks.client import Client, Server, ready_server
from paintgraph.benchmarks.measuring import Figure, percentile

JOBS = 2_000
_CLIENTS = 8
_SHARE = 500
_SHARES_SHOWN = 4  # at either end of the run
_COLOURS = 1 << 24
_OTHERS = (10, 60_000)  # files of the same name
_SAVED = 100
_BOUNDS = {
    "every_minutes": "0.5",
    "jobs_bytes": str(64 << 20),
    "blobs_bytes": str(64 << 20),
    "outputs_bytes": str(64 << 20),
    "temp_bytes": str(64 << 20),
}


def figures(jobs: int = JOBS) -> list[Figure]:
    """What a server holds and takes in the beginning and after so many jobs."""
    settings = {f"retention_{name}": bound for name, bound in _BOUNDS.items()}
    settings |= {"keep_results": "false"}  # each job computes: nothing is to be had from memory
    with ready_server("", None, **settings) as running, ExitStack() as stack:
        clients = [stack.enter_context(running.client()) for _ in range(_CLIENTS)]
        pool = stack.enter_context(ThreadPoolExecutor(_CLIENTS))
        taken: list[list[float]] = []
        memory: list[float] = []
        worked: list[float] = []
        for first in range(0, jobs, _SHARE):
            graphs = [_graph(number) for number in range(first, min(jobs, first + _SHARE))]
            shares = [graphs[place::_CLIENTS] for place in range(_CLIENTS)]
            before = _processor_seconds(running.pid)
            taken.append([t for share in pool.map(_run_all, clients, shares) for t in share])
            worked.append((_processor_seconds(running.pid) - before) / len(graphs) * 1000)
            memory.append(_resident(running.pid))
        beside = _beside_others(running)
        return [*_times(taken, worked, jobs), *beside, *_sizes(running, memory, jobs)]


def _beside_others(running: Server) -> list[Figure]:
    """What saving takes in a folder with few files of the same name, and with many; in turns."""
    taken: dict[int, list[float]] = {count: [] for count in _OTHERS}
    for count in _OTHERS:
        folder = running.folder / "outputs" / f"beside{count}"
        folder.mkdir()
        for number in range(1, count + 1):
            (folder / f"picture_{number:05}_.png").touch()
    with running.client() as client:
        for number in range(_SAVED + 1):
            for place, count in enumerate(_OTHERS):
                graph = _graph(_COLOURS - 2 * number - place, f"beside{count}/picture")
                took = _run_all(client, [graph])
                taken[count] += took if number else []  # the first one lists the folder
    middles = [percentile(taken[count], 0.5) * 1000 for count in _OTHERS]
    return [
        *(
            Figure(f"p50 beside {n:,} files", (ms,), "ms")
            for n, ms in zip(_OTHERS, middles, strict=True)
        ),
        Figure("beside many by beside few", (middles[1] / middles[0],), "x", 1.2),
    ]


def _times(
    taken: Sequence[Sequence[float]], worked: Sequence[float], jobs: int
) -> Iterator[Figure]:
    """Times that clients wait, and what the server itself works, which others disturb less."""
    middles = [percentile(share, 0.5) * 1000 for share in taken]
    for name, of in ((f"p50 with {_CLIENTS} clients", middles), ("processor time a job", worked)):
        first, last = of[:_SHARES_SHOWN], of[-_SHARES_SHOWN:]
        yield Figure(f"{name}, first jobs", tuple(first), "ms")
        yield Figure(f"the same after {jobs:,} jobs", tuple(last), "ms")
        yield Figure(
            "after by before, best of each", (min(last) / max(min(first), 1e-3),), "x", 1.2
        )


def _sizes(running: Server, memory: Sequence[float], jobs: int) -> Iterator[Figure]:
    """What is there in the end; files of the last five minutes are never removed."""
    folder = running.folder
    early = min(len(memory) - 1, _SHARES_SHOWN)
    yield Figure("memory of the server, early", (memory[early],), "MB")
    yield Figure(f"the same after {jobs:,} jobs", (memory[-1],), "MB", memory[early] * 1.25)
    store = sum(file.stat().st_size for file in folder.glob("jobs.sqlite*"))
    yield Figure("the store's files", (store / 1e6,), "MB", 128)
    with running.client() as client:
        kept = sum(json.loads(client.call("GET", "/healthz")[1])["jobs"].values())
    yield Figure("jobs in the store", (float(kept),), "")
    for name in ("blobs", "outputs", "temp"):
        files = [path for path in (folder / name).rglob("*") if path.is_file()]
        size = sum(path.stat().st_blocks * 512 for path in files)
        yield Figure(f"files in {name}", (float(len(files)),), "")
        yield Figure(f"{name}", (size / 1e6,), "MB")


def _graph(number: int, prefix: str = "day/picture") -> bytes:
    nodes = {
        "e": {"node": "EmptyImage", "width": 16, "height": 16, "color": number * 7 % _COLOURS},
        "s": {"node": "SaveImage", "images": "${e.image}", "filename_prefix": prefix},
        "p": {"node": "PreviewImage", "images": "${e.image}"},
    }
    return json.dumps({"nodes": nodes, "outputs": {"image": "${e.image}"}}).encode()


def _run_all(client: Client, graphs: Sequence[bytes]) -> list[float]:
    taken = []
    for graph in graphs:
        began = time.perf_counter()
        client.run(graph)
        taken.append(time.perf_counter() - began)
    return taken


def _resident(pid: int) -> float:
    """Memory that a process holds, in MB; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _processor_seconds(pid: int) -> float:
    """Processor time of a process without its children; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
