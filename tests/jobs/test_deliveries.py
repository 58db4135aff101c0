"""What is to be sent of jobs is claimed by one at a time, and lost by none."""

import asyncio
import sqlite3
from pathlib import Path

from paintgraph.jobs.store.deliveries import LEASE_SECONDS
from paintgraph.jobs.store.job import Job, NewJob, Webhook
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.sqlite import SqliteConnection
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.test_migrations import UNNUMBERED

HOOK = Webhook("http://example.com/hook", "secret")


async def ended(store: JobStore, webhook: Webhook | None = HOOK) -> Job:
    job = (await store.accept(NewJob({}, {}, webhook=webhook))).job
    return await store.finish(claimed(store, job), "succeeded")


def test_a_message_falls_due_when_its_job_ends(store: JobStore) -> None:
    async def act() -> None:
        await ended(store, None)
        job = (await store.accept(NewJob({}, {}, webhook=HOOK))).job
        assert store.deliveries.next_due() is None
        assert [each.state for each in store.deliveries.page()] == ["waiting"]

        now = (await store.cancel(job.id)).ended
        assert now is not None
        (due,) = await store.deliveries.claim(now, 9)
        assert (due.job, due.url, due.secret, due.since) == (job.id, HOOK.url, HOOK.secret, now)

    asyncio.run(act())


def test_only_who_claimed_it_last_may_settle_it(store: JobStore) -> None:
    async def act() -> None:
        now = (await ended(store)).ended or 0.0
        (first,) = await store.deliveries.claim(now, 9)
        assert await store.deliveries.claim(now + LEASE_SECONDS - 1, 9) == []
        later = now + LEASE_SECONDS
        (second,) = await store.deliveries.claim(later, 9)
        await store.deliveries.settle(first, "failed", later)
        assert store.deliveries.get(first.id) == second

        await store.deliveries.settle(second, "pending", later, due=later + 7, message="busy")
        assert store.deliveries.next_due() == later + 7
        (third,) = await store.deliveries.claim(later + 7, 9)
        await store.deliveries.settle(third, "delivered", later + 8, status=204)
        told = store.deliveries.get(third.id)
        assert told is not None
        assert (told.state, told.attempts, told.ended) == ("delivered", 3, later + 8)
        assert (first.id, store.deliveries.next_due()) == (third.id, None)

    asyncio.run(act())


def test_the_longest_due_are_claimed_first_and_no_more_than_asked_for(store: JobStore) -> None:
    async def act() -> None:
        jobs = [await ended(store) for _ in range(3)]
        claimed = await store.deliveries.claim((jobs[-1].ended or 0.0) + 1, 2)

        assert [each.job for each in claimed] == [job.id for job in jobs[:2]]

    asyncio.run(act())


def test_tasks_of_an_earlier_paintgraph_keep_their_addresses(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    with sqlite3.connect(path, factory=SqliteConnection) as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript(UNNUMBERED)
        for migrate in MIGRATIONS[:6]:
            migrate(connection)
        connection.execute("PRAGMA user_version = 6")
        connection.executemany(
            "INSERT INTO jobs (id, state, client, size, priority, created, ended, graph, request, "
            "bytes, door) VALUES (?, ?, '', 'light', 0, 1.0, ?, '{}', ?, 2, 'fooocus')",
            [
                ("a", "running", None, b'{"fooocus":{"webhook_url":"http://example.com/"}}'),
                ("b", "queued", None, b'{"fooocus":{"webhook_url":""}}'),
                ("c", "failed", 2.0, b'{"fooocus":{"webhook_url":"http://example.com/"}}'),
            ],
        )
    connection.close()

    store = JobStore(path)
    told = [(each.job, each.url, each.state) for each in store.deliveries.page()]
    store.close()

    assert told == [("a", "http://example.com/", "waiting")]
