"""Who is next."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from paintgraph.jobs.dispatching.fair_queue import FairQueue
from paintgraph.jobs.store.job import Job

NUMBERS = itertools.count()


def job(client: str, priority: int = 0) -> Job:
    number = next(NUMBERS)
    return Job(str(number), number, "queued", client, "light", priority, 0.0)


def drain(line: FairQueue) -> list[Job]:
    taken = [line.take() for _ in range(len(line))]
    return [each for each in taken if each is not None]


def test_clients_take_turns() -> None:
    line = FairQueue()
    jobs = [job("a"), job("a"), job("a"), job("b"), job("c"), job("b")]
    for each in jobs:
        line.put(each)

    assert [each.client for each in drain(line)] == ["a", "b", "c", "a", "b", "a"]


def test_higher_priorities_come_first() -> None:
    line = FairQueue()
    for each in (job("a"), job("a", 5), job("b", -1)):
        line.put(each)

    assert [each.priority for each in drain(line)] == [5, 0, -1]


def test_a_job_that_lost_its_worker_comes_first() -> None:
    line = FairQueue()
    lost = job("z")
    for each in (job("a"), job("b")):
        line.put(each)
    line.put(lost, first=True)

    assert drain(line)[0] == lost


JOBS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(-1, 1)), min_size=1, max_size=20)


@given(JOBS)
def test_positions_tell_the_order_of_taking(wanted: list[tuple[str, int]]) -> None:
    line = FairQueue()
    jobs = [job(client, priority) for client, priority in wanted]
    for each in jobs:
        line.put(each)
    positions = {each.id: line.position(each.id) for each in jobs}

    taken = drain(line)

    assert {each.id: place for place, each in enumerate(taken)} == positions


@given(JOBS, st.data())
def test_a_removed_job_is_not_taken(wanted: list[tuple[str, int]], data: st.DataObject) -> None:
    line = FairQueue()
    jobs = [job(client, priority) for client, priority in wanted]
    for each in jobs:
        line.put(each)
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
    line = FairQueue()
    jobs = [replace(job("a"), rank=rank) for rank in ranks]
    for each in jobs:
        line.put(each)

    assert drain(line) == sorted(jobs, key=lambda each: each.rank)


def test_a_client_that_may_run_no_more_is_passed_over_and_keeps_its_turn() -> None:
    line = FairQueue()
    jobs = [job("a"), job("b"), job("a"), job("b", -1)]
    for each in jobs:
        line.put(each)

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
            await asyncio.wait_for(waiting, 10)

    asyncio.run(story())
