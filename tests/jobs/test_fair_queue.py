"""Who is next."""

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.jobs.dispatching.fair_queue import FairQueue
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore

NUMBERS = itertools.count()
Wanted = tuple[str, int, float]
"""Client, priority, rank."""


def job(client: str, priority: int = 0, turn: int = 0) -> Job:
    number = next(NUMBERS)
    return Job(str(number), number, "queued", client, "light", priority, 0.0, turn=turn)


def accepted(wanted: Iterable[Wanted]) -> list[Job]:
    """Jobs as a store accepts them, with their turns."""

    async def act(store: JobStore) -> list[Job]:
        new = (NewJob({}, {}, client=c, priority=p, rank=r) for c, p, r in wanted)
        return [(await store.accept(each)).job for each in new]

    with tempfile.TemporaryDirectory() as folder:
        store = JobStore(Path(folder) / "jobs.sqlite", "normal")
        jobs = asyncio.run(act(store))
        store.close()
    return jobs


def queue_of(jobs: Iterable[Job]) -> FairQueue:
    line = FairQueue()
    for each in jobs:
        line.put(each)
    return line


def drain(line: FairQueue) -> list[Job]:
    taken = [line.take() for _ in range(len(line))]
    return [each for each in taken if each is not None]


def test_clients_take_turns() -> None:
    line = queue_of(accepted((client, 0, 0.0) for client in "aaabcb"))

    assert [each.client for each in drain(line)] == ["a", "b", "c", "a", "b", "a"]


def test_who_comes_late_waits_for_one_turn_of_the_others_and_makes_up_for_nothing(
    tmp_path: Path,
) -> None:
    """Twenty jobs of a wait, and five were served, when b comes with three."""

    async def act(store: JobStore) -> list[str]:
        first = [(await store.accept(NewJob({}, {}, client="a"))).job for _ in range(20)]
        for each in first[:5]:
            await store.finish(store.claim(each, "w"), "succeeded")
        for client in "bbbca":
            await store.accept(NewJob({}, {}, client=client))
        return [each.client for each in drain(queue_of(await store.recover()))]

    store = JobStore(tmp_path / "jobs.sqlite")
    order = "".join(asyncio.run(act(store)))
    store.close()

    assert order == "abcabab" + "a" * 13


def test_time_goes_on_while_nothing_waits(tmp_path: Path) -> None:
    """The sixth job of a is at work, the only one there, when b comes with three."""

    async def act(store: JobStore) -> list[str]:
        jobs = [(await store.accept(NewJob({}, {}, client="a"))).job for _ in range(6)]
        claimed = [store.claim(each, "w") for each in jobs]
        for each in claimed[:5]:
            await store.finish(each, "succeeded")
        later = [(await store.accept(NewJob({}, {}, client=client))).job for client in "bbba"]
        return [each.client for each in drain(queue_of(later))]

    store = JobStore(tmp_path / "jobs.sqlite")
    order = "".join(asyncio.run(act(store)))
    store.close()

    assert order == "bbab"


def test_higher_priorities_come_first() -> None:
    line = queue_of((job("a"), job("a", 5), job("b", -1)))

    assert [each.priority for each in drain(line)] == [5, 0, -1]


def test_a_job_that_lost_its_worker_has_its_turn_still() -> None:
    lost, *others = accepted((client, 0, 0.0) for client in "aabb")
    line = queue_of(others)
    line.put(lost)

    assert drain(line)[0] == lost


WANTED = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-1, 1), st.integers(-2, 2)), max_size=16
)


@given(WANTED)
@settings(max_examples=30, deadline=None)
def test_turns_are_fair_and_keep_each_clients_order(wanted: list[Wanted]) -> None:
    """Of two clients none is served twice between two jobs of the other, unless one goes first."""
    order = drain(queue_of(accepted(wanted)))

    assert [each.priority for each in order] == sorted((p for _, p, _ in wanted), reverse=True)
    for client, priority in {(c, p) for c, p, _ in wanted}:
        own = [each for each in order if (each.client, each.priority) == (client, priority)]
        assert own == sorted(own, key=lambda each: (each.rank, each.number))
    if all(rank == 0 for *_, rank in wanted):
        for client in "abc":
            turns = [each.turn for each in order if each.client == client and not each.priority]
            assert turns == list(range(len(turns)))


JOBS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(-1, 1)), min_size=1, max_size=20)


@given(JOBS)
def test_positions_tell_the_order_of_taking(wanted: list[tuple[str, int]]) -> None:
    jobs = [job(client, priority) for client, priority in wanted]
    line = queue_of(jobs)
    positions = {each.id: line.position(each.id) for each in jobs}

    taken = drain(line)

    assert {each.id: place for place, each in enumerate(taken)} == positions


@given(JOBS, st.data())
def test_a_removed_job_is_not_taken(wanted: list[tuple[str, int]], data: st.DataObject) -> None:
    jobs = [job(client, priority) for client, priority in wanted]
    line = queue_of(jobs)
    gone = data.draw(st.sampled_from(jobs))

    assert line.remove(gone.id)
    assert not line.remove(gone.id)
    assert {each.id for each in drain(line)} == {each.id for each in jobs} - {gone.id}


def test_a_waiting_taker_gets_the_next_job() -> None:
    async def act() -> Job | None:
        line = FairQueue()
        arrival = asyncio.create_task(line.arrived())
        await asyncio.sleep(0)
        assert not arrival.done()
        line.put(expected)
        await arrival
        return line.take()

    expected = job("a")

    assert asyncio.run(act()) == expected


@given(st.lists(st.integers(-3, 3), max_size=30))
def test_the_jobs_of_a_client_come_by_rank_then_as_they_arrived(ranks: list[int]) -> None:
    jobs = [replace(job("a"), rank=rank) for rank in ranks]
    line = queue_of(jobs)

    assert drain(line) == sorted(jobs, key=lambda each: each.rank)


def test_a_client_that_may_run_no_more_is_passed_over_and_keeps_its_turn() -> None:
    jobs = [job("a"), job("b"), job("a", turn=1), job("b", -1)]
    line = queue_of(jobs)

    assert line.take(lambda client: client != "a") == jobs[1]
    assert line.take(lambda client: client != "a") == jobs[3]  # of a lower priority
    assert line.take(lambda client: client != "a") is None
    assert line.take() == jobs[0]


def test_who_waits_is_woken_by_an_arrival_and_by_an_end() -> None:
    async def story() -> None:
        line = FairQueue()
        wakes: list[Callable[[], None]] = [lambda: line.put(job("a")), line.wake]
        for wake in wakes:
            assert line.take(lambda _: False) is None
            waiting = asyncio.create_task(line.arrived())
            await asyncio.sleep(0)
            assert not waiting.done()
            wake()
            await asyncio.wait_for(waiting, 120)

    asyncio.run(story())
