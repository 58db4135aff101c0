"""Nodes that do next to nothing, or one thing that takes time."""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.execution.run import Outcome, Worker
from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.sockets import Result
from paintgraph.engine.node.declaration import Output, node
from paintgraph.engine.node.events import Listener, Stored
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.workers.runner import Parts
from paintgraph.nodes.results import results_of

Sum = Annotated[int, Output("sum")]

_DIGESTS = 1_200_000  # about half a second


@node(title="Add", category="benchmark")
def add(a: int = 0, b: int = 1) -> Sum:
    """Add two numbers."""
    return a + b


@node(title="Show", category="benchmark", is_target=True)
def show(value: Any, place: int = 0) -> Result:
    """Show a value; `place` makes equal nodes different."""
    return Result(ui={"text": [f"{place}: {value}"]})


@node(title="Sleep", category="benchmark", lane="io")
def sleep(value: int = 0, seconds: float = 0.5) -> Sum:
    """Wait in a thread."""
    time.sleep(seconds)
    return value


@node(title="Wait", category="benchmark")
async def wait(value: int = 0, seconds: float = 0.5) -> Sum:
    """Wait on the event loop."""
    await asyncio.sleep(seconds)
    return value


@node(title="Work", category="benchmark")
def work(value: int = 0) -> Sum:
    """Keep one core busy, without the interpreter's lock."""
    key = hashlib.pbkdf2_hmac("sha256", b"benchmark", value.to_bytes(8, "big"), _DIGESTS)
    return int.from_bytes(key[:4], "big")


def registry() -> Registry:
    """A registry of all of them."""
    return Registry((add, show, sleep, wait, work))


def describe(graph: Graph, outcome: Outcome, _: Mapping[str, str]) -> dict[str, Any]:
    """Results by name as they are."""
    return {name: values[0].data for name, values, _ in results_of(graph, outcome) if values}


@contextmanager
def worker_parts(settings: Mapping[str, Any], tell: Listener) -> Iterator[Parts]:
    """A worker of a server that has only these nodes; it keeps results as the real one does."""
    memory = MemoryCache(settings["results"]["memory_bytes"])
    with ResultStore(
        Path(settings["data"]) / "results", 10**9, lambda key: tell(Stored(key))
    ) as store:
        worker = Worker(registry(), memory=memory, store=store)
        yield Parts(worker, describe)
