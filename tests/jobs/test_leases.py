"""What keeping and giving back leases promises where the store is late, or answers some of it."""

import asyncio
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from paintgraph.jobs.dispatching.leases import Leases
from paintgraph.jobs.dispatching.pool import WorkerPool
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.dispatching.warmth import Warmth
from paintgraph.jobs.store.agents import Worker
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.postgresql import PostgresqlServer


def unused(*_: Any) -> Any:
    raise AssertionError


def test_leases_are_renewed_even_if_those_of_others_cannot_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    swept = asyncio.Event()

    async def sweep() -> Any:
        swept.set()
        raise StoreError("no room")

    monkeypatch.setattr(store.claims, "sweep", sweep)

    async def act() -> float:
        leases = Leases(store, "a", 60.0, {}, unused, unused, unused, unused)
        asked = time.monotonic()
        keeping = asyncio.create_task(leases.keep())
        await swept.wait()
        keeping.cancel()
        return leases._renewed - asked

    assert asyncio.run(act()) >= 0
    store.close()


def test_a_claim_that_is_under_way_at_the_end_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    claim = store.claims.next

    async def act() -> str:
        begun, may_go_on = asyncio.Event(), asyncio.Event()

        async def late(*given: Any, **options: Any) -> Any:
            begun.set()
            await may_go_on.wait()
            return await claim(*given, **options)

        async def written(*given: Any, **options: Any) -> Any:
            return await asyncio.shield(late(*given, **options))  # as a database does

        monkeypatch.setattr(store.claims, "next", written)
        pool = WorkerPool(store, Subscriptions(), unused, unused, {})  # type: ignore[arg-type]
        job = (await store.accept(NewJob({}, {}))).job
        pool._tasks.append(asyncio.create_task(_claim(pool)))
        await begun.wait()
        closing = asyncio.create_task(pool.close())
        for _ in range(50):  # it gets as far as it can without the claim
            await asyncio.sleep(0)
        may_go_on.set()
        await closing
        await store.claims.settle()
        found = store.get(job.id)
        assert found is not None
        return found.state

    assert asyncio.run(act()) == "queued"
    store.close()


def test_a_process_that_ends_has_no_workers_from_then_on(postgresql: PostgresqlServer) -> None:
    async def act(store: JobStore) -> None:
        pool = WorkerPool(store, Subscriptions(), unused, unused, {})  # type: ignore[arg-type]
        await store.agents.tell(pool.name, [Worker(f"{pool.name}/1", "host", "light")], 600)
        assert store.agents.alive()
        await pool.close()
        assert not store.agents.alive()

    with closing(JobStore(postgresql.new_database())) as store:
        asyncio.run(act(store))


async def _claim(pool: WorkerPool) -> None:
    await pool._claimed("light", f"{pool.name}/1", Warmth())
