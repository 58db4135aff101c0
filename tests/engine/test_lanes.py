"""Threads and the event loop of a run: what overlaps, and how a run is cancelled."""

import asyncio
import signal
import threading
import time
from collections.abc import Mapping

import pytest

from paintgraph.engine.errors import Cancelled
from paintgraph.engine.execution.lanes import _Loop
from paintgraph.engine.execution.run import Worker, run
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.graph.sockets import Failed
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, NodeFinished, NodeStarted
from paintgraph.engine.recipes.checking import check
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import MANY_LANES, ONE_LANE, link, node, run_nodes, within_time

pytestmark = pytest.mark.usefixtures("no_thread_left")


def cancel_once_started(
    nodes: Mapping[str, Node], count: int, lanes: Mapping[str, int] = MANY_LANES
) -> int:
    """Run nodes, cancel from another thread once `count` started; how many began in the end."""
    cancellation = Cancellation()
    started = threading.Semaphore(0)

    def cancel() -> None:
        for _ in range(count):
            assert started.acquire(timeout=120)
        cancellation.cancel()

    def listen(event: Event) -> None:
        if isinstance(event, NodeStarted):
            started.release()

    other = threading.Thread(target=cancel)
    other.start()
    began = time.monotonic()
    ran = run_nodes(nodes, *nodes, cancellation=cancellation, listen=listen, lanes=lanes)
    other.join(timeout=120)
    assert ran.outcome.state == "cancelled"
    assert ran.outcome.failures == ()
    took = time.monotonic() - began
    assert took < 50, "it waited for nodes that take a minute"
    return len(ran.started())


def test_nodes_of_a_lane_overlap_up_to_its_size(label: str) -> None:
    fake_nodes.MEETINGS[label] = threading.Barrier(3)
    nodes = {f"n{i}": node("Meet", label=label, value=i) for i in range(3)}

    ran = run_nodes(nodes, *nodes, lanes={"cpu": 1, "io": 3})

    assert ran.outcome.state == "succeeded"


def test_nodes_of_different_lanes_overlap(label: str) -> None:
    fake_nodes.MEETINGS[label] = threading.Barrier(2)
    nodes = {"io": node("Meet", label=label), "cpu": node("MeetCpu", label=label)}

    assert run_nodes(nodes, *nodes, lanes={"cpu": 1, "io": 1}).outcome.state == "succeeded"


def test_a_node_made_ready_by_another_lane_does_not_wait_for_a_busy_thread(label: str) -> None:
    fake_nodes.MEETINGS[label] = threading.Barrier(2)
    nodes = {
        "busy": node("MeetCpu", label=label),
        "read": node("Sleep", seconds=0.05),
        "after": node("MeetCpu", label=label, value=link("read")),
    }

    assert run_nodes(nodes, *nodes, lanes={"cpu": 2, "io": 1}).outcome.state == "succeeded"


def test_a_lane_of_one_never_overlaps(label: str) -> None:
    here = threading.Lock()

    def answer() -> int:
        assert here.acquire(blocking=False)
        time.sleep(0.002)
        here.release()
        return 1

    fake_nodes.ANSWERS[label] = answer
    nodes = {f"n{i}": node("Answer", label=label, value=i) for i in range(8)}

    assert run_nodes(nodes, *nodes, lanes={"cpu": 1, "io": 4}).outcome.state == "succeeded"


def test_an_unknown_lane_is_served_by_the_calling_thread() -> None:
    assert run_nodes({"s": node("Sleep", value=4, seconds=0)}, lanes=ONE_LANE).values("s") == [4]


@pytest.mark.parametrize("lanes", [ONE_LANE, MANY_LANES])
def test_async_nodes_overlap_and_share_one_loop(label: str, lanes: Mapping[str, int]) -> None:
    fake_nodes.ARRIVED.pop(label, None)
    nodes = {f"n{i}": node("MeetAsync", label=label, parties=5, value=i) for i in range(5)}

    ran = run_nodes(nodes, *nodes, lanes=lanes)

    assert ran.outcome.state == "succeeded"
    assert ran.values("n4") == [4]


def test_an_async_node_feeds_others_and_may_fail(label: str) -> None:
    async def fail() -> object:
        await asyncio.sleep(0)
        raise RuntimeError("late")

    fake_nodes.ANSWERS[label] = fail
    ran = run_nodes(
        {
            "w": node("Wait", value=2, seconds=0),
            "sum": node("Add", a=link("w")),
            "bad": node("AnswerAsync", label=label),
            "after": node("Add", a=link("bad")),
        },
        "sum",
        "after",
    )

    assert ran.values("sum") == [3]
    assert [Failed("bad")] == ran.values("after")


def test_an_async_node_may_use_threads_that_end_with_the_run(label: str) -> None:
    async def answer() -> int:
        return await asyncio.to_thread(lambda: 5)

    fake_nodes.ANSWERS[label] = answer
    before = set(threading.enumerate())

    assert run_nodes({"a": node("AnswerAsync", label=label)}).values("a") == [5]
    left = set(threading.enumerate()) - before
    assert not [t.name for t in left if t.name.startswith("asyncio")]


def test_a_run_cancelled_before_it_begins_runs_nothing() -> None:
    cancellation = Cancellation()
    cancellation.cancel()

    ran = run_nodes(
        {"a": node("Add"), "s": node("Sleep", value=link("a"))}, cancellation=cancellation
    )

    assert ran.outcome.state == "cancelled"
    assert ran.started() == []


def test_a_node_is_cancelled_between_its_steps() -> None:
    assert cancel_once_started({"s": node("Steps", n=100_000, seconds=0.001)}, 1) == 1


def test_nothing_begins_after_a_cancel_and_the_io_lane_is_waited_for() -> None:
    nodes = {f"s{i}": node("Sleep", value=i, seconds=0.2) for i in range(60)}

    assert cancel_once_started(nodes, 4) < 60


def test_async_nodes_are_cancelled_while_they_wait() -> None:
    nodes = {f"w{i}": node("Wait", value=i, seconds=60) for i in range(20)}

    assert cancel_once_started(nodes, 20) == 20


def test_an_async_node_is_cancelled_though_it_starts_at_the_same_time() -> None:
    for _ in range(30):
        cancel_once_started({"w": node("Wait", seconds=60)}, 1)


def test_a_run_is_cancelled_between_two_elements_of_a_node(label: str) -> None:
    cancellation = Cancellation()
    called: list[int] = []

    def answer() -> int:
        called.append(1)
        if len(called) == 3:
            cancellation.cancel()
        return 1

    fake_nodes.ANSWERS[label] = answer
    ran = run_nodes(
        {
            "n": node("CountUp", n=1000),
            "label": node("TextPerElement", text=label, value=link("n")),
            "a": node("Answer", label=link("label")),
        },
        cancellation=cancellation,
    )

    assert ran.outcome.state == "cancelled"
    assert len(called) == 3


def test_what_reaches_the_event_loop_after_a_cancel_is_cancelled_as_well() -> None:
    loop = _Loop()
    ended: list[BaseException | None] = []
    loop.cancel()

    loop.start(asyncio.sleep(25), ended.append)
    within_time(loop.close, seconds=10)

    assert [type(error) for error in ended] == [asyncio.CancelledError]
    loop.cancel()


def test_what_finished_before_a_cancel_is_in_the_outcome() -> None:
    cancellation = Cancellation()

    def listen(event: Event) -> None:
        if isinstance(event, NodeFinished):
            cancellation.cancel()

    ran = run_nodes(
        {"a": node("Number", value=5), "b": node("Add", a=link("a"))},
        "a",
        "b",
        cancellation=cancellation,
        listen=listen,
    )

    assert ran.outcome.state == "cancelled"
    assert ran.values("a") == [5]
    assert {"a"} == ran.outcome.results.keys()


def test_a_node_that_ends_as_cancelled_cancels_the_run(label: str) -> None:
    def answer() -> object:
        raise Cancelled("enough")

    fake_nodes.ANSWERS[label] = answer

    assert run_nodes({"a": node("Answer", label=label)}).outcome.state == "cancelled"


def test_an_async_node_that_is_cancelled_by_something_else_fails(label: str) -> None:
    async def answer() -> object:
        raise asyncio.CancelledError

    fake_nodes.ANSWERS[label] = answer

    ran = run_nodes({"a": node("AnswerAsync", label=label)})

    assert [event.message for event in ran.failed()] == [
        "node 'a' (AnswerAsync): it was cancelled, though the run was not."
    ]


def test_a_run_is_cancelled_from_a_handler_of_its_own_thread() -> None:
    """As by Ctrl-C, whose handler runs in the middle of whatever the main thread does."""
    assert threading.current_thread() is threading.main_thread()
    nodes = {f"n{i}": node("Add", a=i) for i in range(400)}
    for delay in (0.001, 0.002, 0.004, 0.008):
        cancellation = Cancellation()
        before = signal.signal(signal.SIGALRM, lambda *_, c=cancellation: c.cancel())
        try:
            signal.setitimer(signal.ITIMER_REAL, delay)
            outcome = run_here({**nodes, "w": node("Wait", seconds=60)}, cancellation)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert outcome == "cancelled"


def run_here(nodes: Mapping[str, Node], cancellation: Cancellation) -> str:
    """How a run in this very thread ends."""
    worker = Worker(fake_nodes.registry(), lanes=ONE_LANE)
    graph = check(Graph(nodes, outputs={"w": Link("w", 0)}), worker.registry).sound()
    return run(graph, worker, nodes, cancellation=cancellation).state
