"""Running small graphs in tests, and what came out of them."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.execution.run import OnFailure, Outcome, Worker, run
from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.sockets import Blocked, Failed, Value
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, NodeFailed, NodeFinished, NodeStarted
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import check
from paintgraph.tests import fake_nodes

EventType = TypeVar("EventType")
Plain = list[Any]

ONE_LANE = {"cpu": 1}
MANY_LANES = {"cpu": 4, "io": 4, "device": 1, "serial": 1}


def node(kind: str, /, **inputs: object) -> Node:
    """A node whose inputs "${id.output}" are written as links: `node("Add", a=link("x"))`."""
    return Node(kind, inputs)


def link(id_: str, output: str | int = 0) -> Link:
    """An output of another node."""
    return Link(id_, output)


def memory() -> MemoryCache:
    """A cache that keeps all that tests make."""
    return MemoryCache(1 << 20)


@dataclass(frozen=True)
class Ran:
    """What a run told and how it ended."""

    outcome: Outcome
    events: list[Event] = field(default_factory=list)

    def told(self, kind: type[EventType]) -> list[EventType]:
        """The events of one type."""
        return [event for event in self.events if isinstance(event, kind)]

    def started(self) -> list[str]:
        """Ids of the nodes that started, in order."""
        return [event.origin.node for event in self.told(NodeStarted)]

    def finished(self) -> dict[str, str]:
        """How each node finished."""
        return {event.origin.node: event.how for event in self.told(NodeFinished)}

    def failed(self) -> list[NodeFailed]:
        """The failures."""
        return self.told(NodeFailed)

    def values(self, target: str, slot: int = 0) -> Plain:
        """Data of a target's output; `Blocked` and `Failed` as they are."""
        return [plain(element) for element in self.outcome.results[target].slots[slot]]

    def facts(self, target: str) -> Plain:
        """Facts of a target's first output."""
        slot = self.outcome.results[target].slots[0]
        return [dict(e.facts) if isinstance(e, Value) else e for e in slot]


def plain(element: Value | Blocked | Failed) -> object:
    """The datum of an element."""
    return element.data if isinstance(element, Value) else element


def run_nodes(  # noqa: PLR0913 - what tests vary
    nodes: Mapping[str, Node],
    *targets: str,
    registry: Registry | None = None,
    lanes: Mapping[str, int] | None = None,
    kept: MemoryCache | None = None,
    store: ResultStore | None = None,
    job: str = "job",
    on_failure: OnFailure = "continue",
    cancellation: Cancellation | None = None,
    listen: Callable[[Event], None] = lambda _: None,
    is_checked: bool = True,
    extra: Mapping[str, Any] | None = None,
) -> Ran:
    """Check a graph and run it; without targets the last node is one."""
    registry = registry or fake_nodes.registry()
    targets = targets or (list(nodes)[-1],)
    graph = Graph(nodes)
    if is_checked:
        found = check(graph, registry)
        assert [e.message for e in found.errors if e.code != "no_outputs"] == []
        graph = found.graph
    events: list[Event] = []

    def hear(event: Event) -> None:
        events.append(event)
        listen(event)

    worker = Worker(registry, memory=kept, store=store, lanes=lanes or MANY_LANES)
    outcome = within_time(
        lambda: run(
            graph,
            worker,
            targets,
            job=job,
            listen=hear,
            cancellation=cancellation,
            on_failure=on_failure,
            extra=extra or {},
        )
    )
    return Ran(outcome, events)


Given = TypeVar("Given")


def within_time(work: Callable[[], Given], seconds: float = 300) -> Given:
    """The result of a function, or a failed test if it hangs."""
    results: list[Given] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(timeout=seconds)
    assert not thread.is_alive(), "the run hangs"
    if errors:
        raise errors[0]
    return results[0]
