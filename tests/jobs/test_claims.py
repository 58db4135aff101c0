"""Who asks for the next job has it alone, in fair turns, until its lease ends unrenewed."""

import asyncio
import threading
from collections import Counter
from pathlib import Path

import pytest

from paintgraph.jobs.store.claims import Renewed, Waiting
from paintgraph.jobs.store.job import Job, NewJob, Size
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.tests.jobs.postgresql import PostgresqlServer

LEASE = 30.0
OVER = -1.0
"""Seconds of a lease that has run out when it is given."""


async def accept(store: JobStore, client: str = "", size: Size = "light") -> Job:
    return (await store.accept(NewJob({}, {}, client=client, size=size))).job


async def claimed(store: JobStore, seconds: float = LEASE, most: int = 0) -> Job | None:
    return await store.claims.next("light", "w", seconds, lambda _: most)


async def held(store: JobStore, seconds: float = LEASE) -> Job:
    job = await claimed(store, seconds)
    assert job is not None
    return job


def test_jobs_are_claimed_in_turns_of_their_clients_and_of_their_size_alone(
    store: JobStore,
) -> None:
    async def act() -> None:
        await accept(store, "heavy", "heavy")
        for client in "aaab":
            await accept(store, client)
        first = [await held(store) for _ in range(2)]
        for client in "bcc":
            await accept(store, client)
        rest = [await held(store) for _ in range(5)]

        assert "".join(job.client for job in (*first, *rest)) == "ababcac"
        assert {(job.state, job.fence) for job in (*first, *rest)} == {("running", 1)}
        assert await claimed(store) is None

    asyncio.run(act())


def test_a_client_that_has_as_many_at_work_as_it_may_waits_for_none_of_the_others(
    store: JobStore,
) -> None:
    async def act() -> None:
        for client in "aab":
            await accept(store, client)
        got = [await claimed(store, most=1) for _ in range(3)]
        assert [job and job.client for job in got] == ["a", "b", None]
        assert got[0] is not None
        await store.finish(got[0], "succeeded")
        again = await claimed(store, most=1)
        assert again is not None
        assert again.client == "a"

    asyncio.run(act())


def test_a_lease_that_ran_out_gives_the_job_to_another_and_stops_the_first(
    store: JobStore,
) -> None:
    async def act() -> None:
        await accept(store)
        first = await held(store, OVER)
        assert [job.id for job in await store.claims.put_back_lost()] == [first.id]
        second = await held(store)

        assert (second.id, second.fence > first.fence) == (first.id, True)
        assert await store.claims.renew([first], LEASE) == Renewed({first.id}, set())
        with pytest.raises(StaleFenceError):
            await store.append(first, [{"type": "late"}])
        assert (await store.finish(second, "succeeded")).state == "succeeded"

    asyncio.run(act())


def test_a_renewed_job_is_kept_and_hears_that_it_is_cancelled(store: JobStore) -> None:
    async def act() -> None:
        jobs = [await accept(store) for _ in range(2)]
        running = [await held(store, OVER) for _ in jobs]
        await store.cancel(running[0].id)
        assert store.claims.is_cancelled(running[0].id)
        assert not store.claims.is_cancelled(running[1].id)

        assert await store.claims.renew(running, LEASE) == Renewed(set(), {running[0].id})
        assert await store.claims.put_back_lost() == []
        assert await store.claims.renew(running, OVER) == Renewed(set(), {running[0].id})
        swept = await store.claims.put_back_lost()
        assert sorted(job.state for job in swept) == ["cancelled", "queued"]

    asyncio.run(act())


def test_what_waits_is_counted_and_each_job_has_a_position(store: JobStore) -> None:
    async def act() -> None:
        jobs = [await accept(store, client) for client in "aab"]
        await accept(store, size="heavy")

        assert [store.claims.position(job) for job in jobs] == [0, 2, 1]
        assert store.claims.waiting() == Waiting(4, sum(job.bytes for job in jobs) * 4 // 3)
        assert store.claims.waiting("a") == Waiting(2, jobs[0].bytes * 2)
        await held(store)
        assert store.claims.waiting("a").jobs == 1
        assert store.claims.waiting("nobody") == Waiting(0, 0)

    asyncio.run(act())


def test_each_job_is_claimed_once_by_processes_that_share_a_store(
    postgresql: PostgresqlServer,
) -> None:
    url = postgresql.new_database()
    stores = [JobStore(url) for _ in range(3)]

    async def fill() -> None:
        await asyncio.gather(*(accept(stores[0], str(n % 7)) for n in range(120)))

    async def work(store: JobStore) -> None:
        async def one() -> None:
            while (job := await claimed(store)) is not None:
                got.append(job.id)

        await asyncio.gather(*(one() for _ in range(4)))

    got: list[str] = []
    asyncio.run(fill())
    threads = [threading.Thread(target=asyncio.run, args=(work(store),)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()

    assert len(got) == 120
    assert set(Counter(got).values()) == {1}


def test_a_job_claimed_without_a_lease_is_never_taken_away(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")

    async def act() -> None:
        store.claim(await accept(store), "w")
        assert await store.claims.put_back_lost() == []

    asyncio.run(act())
    store.close()
