"""How much waits, by size and models, and what a process has counted."""

import asyncio
import time
from pathlib import Path

import pytest

from paintgraph.engine.node.spreading import Given
from paintgraph.jobs.store.backlog import BACKLOG
from paintgraph.jobs.store.job import Job, NewJob, Size
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.tests.jobs.claiming import claimed

A, B = "a@sha256:1", "b@sha256:2"


async def accepted(store: JobStore, size: Size, *models: str) -> Job:
    return (await store.accept(NewJob({}, {}, size=size, models=models))).job


def test_what_waits_is_told_in_seconds_as_the_last_jobs_took_them(store: JobStore) -> None:
    async def act() -> None:
        before = time.time()
        for _ in range(2):
            job = claimed(store, await accepted(store, "heavy", A))
            await store.finish(job, "succeeded")
        seconds = "UPDATE jobs SET started = ended - number * 2"
        store._database.write(lambda c: c.execute(seconds)).result()
        first = await accepted(store, "heavy", A)
        for models in ((A,), (B, A), (B, A), ()):
            await accepted(store, "heavy", *models)
        await accepted(store, "light")

        waiting = sorted(store.backlog.waiting())
        assert [(each.size, each.models, each.jobs, each.seconds) for each in waiting] == [
            ("heavy", (), 1, 10.0),
            ("heavy", (A,), 2, 2 * 3.0),
            ("heavy", (A, B), 2, 20.0),
            ("light", (), 1, 0.1),
        ]
        assert waiting[1].since == first.created >= before

    asyncio.run(act())


def test_a_job_that_waited_for_its_parts_does_not_tell_how_long_one_takes(
    store: JobStore,
) -> None:
    async def act() -> None:
        whole = claimed(store, await accepted(store, "heavy"))
        await store.give_away(whole, Given("n", "P", {}, ["1"]))
        for _ in range(2):
            job = await store.claims.next("heavy", "w/1")
            assert job is not None
            await store.finish(job, "succeeded")
        assert store.counts() == {"succeeded": 2}
        seconds = "UPDATE jobs SET started = ended - CASE WHEN parent IS NULL THEN 600 ELSE 2 END"
        store._database.write(lambda c: c.execute(seconds)).result()
        await accepted(store, "heavy")

    asyncio.run(act())

    assert [each.seconds for each in store.backlog.waiting()] == [2.0]


def test_what_waits_is_read_in_the_order_of_an_index(tmp_path: Path) -> None:
    """Of a hundred thousand jobs a sort takes most of the time."""
    store = JobStore(tmp_path / "jobs.sqlite")
    plan = store._database.read(lambda c: c.execute(f"EXPLAIN QUERY PLAN {BACKLOG}").fetchall())
    details = [row["detail"] for row in plan]
    assert "SEARCH jobs USING COVERING INDEX jobs_alike (size=?)" in details
    assert not [detail for detail in details if "GROUP BY" in detail]
    store.close()


def test_the_statement_in_the_docs_gives_the_seconds_that_wait(store: JobStore) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "server.md").read_text(encoding="utf-8")
    sql = docs.partition("```sql\n")[2].partition("```")[0]

    async def act() -> None:
        for models in ((A,), (A,), ()):
            await accepted(store, "heavy", *models)
        await accepted(store, "light")

    asyncio.run(act())

    found = store._database.read(lambda c: c.execute(sql).fetchone())
    assert found[0] == sum(each.seconds for each in store.backlog.waiting()) - 0.1 == 30


def test_loads_of_all_workers_are_counted(store: JobStore) -> None:
    async def act() -> None:
        for model, seconds in ((A, 8.0), (B, 1.0), (A, 16.0)):
            await store.claims.loaded(model, seconds)

    asyncio.run(act())

    assert store.backlog.loads() == [(A, 2, 10.0), (B, 1, 1.0)]


def test_a_process_counts_its_claims_what_it_took_back_and_what_it_was_refused(
    store: JobStore,
) -> None:
    async def act() -> None:
        await accepted(store, "light")
        lost = await store.claims.next("light", "w/1", seconds=-1.0)
        assert lost is not None
        assert await store.claims.next("heavy", "w/1") is None
        await store.claims.sweep()
        with pytest.raises(StaleFenceError):
            await store.finish(lost, "succeeded")

    asyncio.run(act())

    tally = store.claims.tally
    assert (tally.claims["light"], tally.claims["heavy"], tally.asked) == (1, 0, 2)
    assert (tally.expired, tally.stale) == (1, 1)
    assert tally.claim_seconds > 0
