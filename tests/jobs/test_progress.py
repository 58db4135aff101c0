"""How far a job is: weighed by what its nodes take, never going back, whatever nodes say."""

import asyncio
from typing import Any
from unittest.mock import create_autospec

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.jobs.dispatching.outcomes import JobEffects, Outcomes
from paintgraph.jobs.dispatching.progress import Durations, Progress, so_far
from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.handle import WorkerHandle
from paintgraph.tests.jobs.claiming import claimed

CHAIN = {
    "load": {"node": "Load"},
    "paint": {"node": "Paint", "image": "${load.image}"},
    "save": {"node": "Save", "image": "${paint.image}", "note": "$${load.image}"},
}


def progress(nodes: Any = None, durations: Durations | None = None) -> Progress:
    return Progress(orjson.dumps({"nodes": nodes or CHAIN}), durations or Durations())


def finished(node: str, kind: str = "", how: str = "computed") -> dict[str, Any]:
    return {"type": "node_finished", "node": node, "kind": kind, "how": how}


def started(node: str, elements: int = 1) -> dict[str, Any]:
    return {"type": "node_started", "node": node, "elements": elements}


def step(node: str, done: Any, total: Any, element: int = 0) -> dict[str, Any]:
    return {"type": "progress", "node": node, "element": element, "done": done, "total": total}


def test_nodes_of_which_nothing_is_known_count_alike() -> None:
    run = progress()

    run.take(finished("load"))

    assert run.part == pytest.approx(1 / 3, abs=1e-4)


def test_nodes_count_by_what_their_kind_takes() -> None:
    durations = Durations()
    for kind, seconds in (("Load", 1.0), ("Paint", 8.0), ("Save", 1.0)):
        durations.learn(kind, seconds)
    run = progress(durations=durations)

    run.take(finished("load"))
    run.take(started("paint", elements=2))
    run.take(step("paint", 1, 2, element=1))

    assert run.part == pytest.approx(0.1 + 0.8 * 0.75)


def test_what_is_kept_and_what_only_that_reads_is_not_waited_for() -> None:
    run = progress()

    run.take({"type": "kept", "nodes": ["paint"]})
    before = run.part
    run.take(finished("save"))

    assert (before, run.part) == (0.0, 1.0)


def test_durations_are_learned_from_what_was_computed() -> None:
    durations = Durations()
    unknown = durations.of("Load")
    run = progress(durations=durations)

    run.take(started("load"))
    run.take(finished("load", "Load"))
    run.take(started("paint"))
    run.take(finished("paint", "Paint", "cached"))

    assert durations.of("Load") < unknown
    assert durations.of("Paint") == unknown


NUMBERS = st.none() | st.integers(-3, 5) | st.floats() | st.sampled_from(("a", [], True))
EVENTS = st.one_of(
    st.builds(finished, st.sampled_from((*CHAIN, "inner"))),
    st.builds(started, st.sampled_from((*CHAIN, "inner")), st.integers(0, 3)),
    st.builds(step, st.sampled_from(tuple(CHAIN)), NUMBERS, NUMBERS, st.integers(0, 3)),
    st.builds(dict, type=st.just("kept"), nodes=st.lists(st.sampled_from(tuple(CHAIN)))),
    st.just({"type": "state", "state": "failed"}),
)


@given(st.lists(EVENTS, max_size=20))
def test_it_lies_between_0_and_1_and_never_goes_back(events: list[dict[str, Any]]) -> None:
    run = progress()
    parts = [run.part]

    for event in events:
        run.take(event)
        parts.append(run.part)

    assert parts == sorted(parts)
    assert all(0 <= part <= 1 for part in parts)


@pytest.mark.parametrize("graph", [None, b"", b"{", b"{}"])
def test_a_graph_that_cannot_be_read_has_no_progress(graph: bytes | None) -> None:
    assert Progress(graph, Durations()).part == 0.0


def test_a_job_that_is_run_again_is_as_far_as_it_was(store: JobStore) -> None:
    async def body() -> None:
        outcomes = Outcomes(store, create_autospec(JobEffects), Subscriptions(), 0)
        graph = {"paintgraph": 1, "nodes": CHAIN}
        job = (await store.accept(NewJob(graph, {}))).job
        assert outcomes.progress(job, None) == 0
        job = claimed(store, job)
        await store.append(job, [finished("load")])
        running = Running(job, create_autospec(WorkerHandle))

        assert not await outcomes.begin(running)

        third = pytest.approx(1 / 3, abs=1e-4)
        assert outcomes.progress(job, None) == third
        assert outcomes.progress(job, running) == third

    asyncio.run(body())


def test_of_a_job_that_was_cancelled_before_it_began_nothing_is_done(store: JobStore) -> None:
    async def body() -> Job:
        job = (await store.accept(NewJob({"paintgraph": 1, "nodes": CHAIN}, {}))).job
        return await store.cancel(job.id)

    job = asyncio.run(body())

    assert job.state == "cancelled"
    assert so_far(store, job, Durations()) == 0
