"""What test workers are made of: the small nodes, and some that end or hang their process."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from paintgraph.engine.execution.run import Outcome, Worker
from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.sockets import Effect, Result
from paintgraph.engine.node.context import Context, Services
from paintgraph.engine.node.declaration import Output, node
from paintgraph.engine.node.events import Event, Listener, Stored
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.workers.runner import Loading, Parts
from paintgraph.nodes.results import results_of
from paintgraph.tests.fake_nodes import FUNCTIONS, Sum

Pid = Annotated[int, Output("pid")]


@node(title="Die", category="test", volatile=True)
def die(until: str, times: int, after: int = 0, stored: str = "") -> Sum:
    """Kill the own process until a file has that many lines; then give the count.

    If `stored` names a folder, wait until a result is stored there first.
    """
    del after
    while stored and not list(Path(stored).glob("*.result")):
        time.sleep(0.01)
    path = Path(until)
    count = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
    if count < times:
        with path.open("a", encoding="utf-8") as file:
            file.write("dead\n")
        time.sleep(0.1)  # long enough for the start of this node to be told
        os.kill(os.getpid(), signal.SIGKILL)
    return count


@node(title="Hang", category="test", volatile=True)
def hang(seconds: float = 60.0) -> Sum:
    """Sleep without looking whether the job was cancelled."""
    time.sleep(seconds)
    return 0


@node(title="Deadlock", category="test", volatile=True)
def deadlock() -> Sum:
    """Wait for a lock that nobody will let go."""
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()  # the point
    return 0


@node(title="Compute", category="test", volatile=True)
def compute(seconds: float = 1.0) -> Sum:
    """Compute in one call that lets no other thread of this process run."""
    numbers = 10**6
    began = time.perf_counter()
    sum(range(numbers))
    sum(range(int(numbers * seconds / (time.perf_counter() - began))))
    return 0


@node(title="Take Memory", category="test", volatile=True)
def take_memory(count: int, seconds: float = 20.0) -> Sum:
    """Hold so many MiB for a while."""
    held = [b"x" * 2**20 for _ in range(count)]
    time.sleep(seconds)
    return len(held)


@node(title="Tick", category="test", volatile=True)
def tick(context: Context, seconds: float = 60.0) -> Sum:
    """Sleep in small steps, telling each."""
    steps = round(seconds / 0.02)
    for done in range(steps):
        context.progress(done, steps)
        time.sleep(0.02)
    return steps


@node(title="Sketch", category="test", volatile=True)
def sketch(context: Context, pictures: int = 1, seconds: float = 0.0) -> Sum:
    """Show previews: PNG, JPEG and so on in turns."""
    for number in range(pictures):
        kind = "image/jpeg" if number % 2 else "image/png"
        context.preview(f"picture {number}".encode(), kind)
        time.sleep(0.02)
    time.sleep(seconds)
    return pictures


@node(title="Write Line", category="test")
def write_line(path: str, seconds: float = 0.0) -> Sum:
    """Add a line to a file and take some time: a test counts how often it really ran."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("ran\n")
    time.sleep(seconds)
    return 1


@node(title="Wait For", category="test", volatile=True)
def wait_for(path: str, after: int = 0) -> Sum:
    """Wait until there is a file."""
    del after
    while not Path(path).exists():
        time.sleep(0.01)
    return 1


@node(title="Save Blob", category="test", is_target=True)
def save_blob(blob: str, after: int = 0) -> Result:
    """Want a file with a blob's content."""
    del after
    return Result(effects=[Effect(blob=blob, prefix="number", suffix=".txt")])


@node(title="Process Id", category="test", volatile=True)
def process_id() -> Pid:
    """Tell which process runs this."""
    return os.getpid()


@node(title="Say", category="test", volatile=True)
def say(context: Context) -> Sum:
    """Print, as libraries do, and send editors a message."""
    context.send("said", b'{"words": 3}')
    print("to stdout", flush=True)  # noqa: T201 - that is the point
    os.write(1, b"to descriptor 1")
    print("to stderr", file=sys.stderr, flush=True)  # noqa: T201
    return 0


@node(title="Wait For", category="test", volatile=True, name="WaitFor")
def newer_wait_for(path: str, after: int = 0, kind: Literal["file", "folder"] = "file") -> Sum:
    """Wait until there is a file, or a folder."""
    del kind
    return wait_for(path, after)


WATCHED = (deadlock, compute, take_memory)


def describe(graph: Graph, outcome: Outcome, _: Mapping[str, str]) -> dict[str, Any]:
    """Results by name as they are."""
    return {
        name: values[0].data if is_one else [value.data for value in values]
        for name, values, is_one in results_of(graph, outcome)
        if values
    }


_OTHERS = (die, hang, tick, write_line, save_blob, process_id, say, sketch, *WATCHED)


@contextmanager
def parts(
    settings: Mapping[str, Any], tell: Listener, wait: Callable[..., int] = wait_for
) -> Iterator[Parts]:
    """A factory for workers."""
    registry = Registry((*FUNCTIONS, *_OTHERS, wait))
    with ResultStore(
        Path(settings["data"]) / "results", 10**9, lambda key: tell(Stored(key))
    ) as store:
        yield Parts(Worker(registry, Services(), None, store), describe)


def newer_parts(settings: Mapping[str, Any], tell: Listener) -> AbstractContextManager[Parts]:
    """The same of a newer paintgraph, in which a node has one more input."""
    return parts(settings, tell, newer_wait_for)


@contextmanager
def stuck_parts(
    settings: Mapping[str, Any], tell: Callable[[Event | Loading], None]
) -> Iterator[Parts]:
    """A factory that loads something first which ends the process, and something that hangs."""
    left_out = settings.get("left_out", {})
    tell(Loading("deadly"))
    if "deadly" not in left_out:
        os._exit(3)
    tell(Loading("endless"))
    if "endless" not in left_out:
        time.sleep(60)
    tell(Loading(""))
    notices = [f"{what}: {why}" for what, why in left_out.items()]
    with parts(settings, tell) as made:
        yield replace(made, notices=notices)
