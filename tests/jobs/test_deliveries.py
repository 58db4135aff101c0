"""What is to be sent of jobs is claimed by one at a time, and lost by none."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from paintgraph.jobs.store.deliveries import LEASE_SECONDS
from paintgraph.jobs.store.job import Job, NewJob, Webhook
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.sqlite import SqliteConnection
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.test_migrations import UNNUMBERED

OUTER_SECONDS = 300.0
HOOK = Webhook("http://example.com/hook", "secret")


async def ended(store: JobStore, webhook: Webhook | None = HOOK) -> Job:
    job = (await store.accept(NewJob({}, {}, webhook=webhook))).job
    return await store.finish(claimed(store, job), "succeeded")


def wait(store: JobStore, seconds: float) -> None:
    """Let so much time pass for what is due."""
    sql = "UPDATE deliveries SET due = due - ?"
    store._database.write(lambda connection: connection.execute(sql, (seconds,))).result()


def test_a_message_falls_due_when_its_job_ends(store: JobStore) -> None:
    async def act() -> None:
        await ended(store, None)
        job = (await store.accept(NewJob({}, {}, webhook=HOOK))).job
        assert store.deliveries.due_in() is None
        assert [each.state for each in store.deliveries.page()] == ["waiting"]

        now = (await store.cancel(job.id)).ended
        assert now is not None
        due_in = store.deliveries.due_in()
        assert due_in is not None
        assert due_in <= 0
        (due,) = await store.deliveries.claim(9)
        assert (due.job, due.url, due.secret) == (job.id, HOOK.url, HOOK.secret)
        assert due.since == pytest.approx(now, abs=OUTER_SECONDS)
        assert 0 <= due.tried_seconds < OUTER_SECONDS

    asyncio.run(act())


def test_only_who_claimed_it_last_may_settle_it(store: JobStore) -> None:
    async def act() -> None:
        await ended(store)
        (first,) = await store.deliveries.claim(9)
        assert await store.deliveries.claim(9) == []
        wait(store, LEASE_SECONDS)
        (second,) = await store.deliveries.claim(9)
        await store.deliveries.settle(first, "failed")
        assert store.deliveries.get(first.id) == second

        await store.deliveries.settle(second, "pending", pause=7 * OUTER_SECONDS, message="busy")
        assert await store.deliveries.claim(9) == []
        due_in = store.deliveries.due_in()
        assert due_in is not None
        assert 6 * OUTER_SECONDS < due_in <= 7 * OUTER_SECONDS
        wait(store, 7 * OUTER_SECONDS)
        (third,) = await store.deliveries.claim(9)
        await store.deliveries.settle(third, "delivered", status=204)
        told = store.deliveries.get(third.id)
        assert told is not None
        assert (told.state, told.attempts, told.ended is None) == ("delivered", 3, False)
        assert (first.id, store.deliveries.due_in()) == (third.id, None)

    asyncio.run(act())


def test_servers_whose_clocks_are_apart_send_nothing_twice(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks at the store next is an hour ahead, or behind."""
    store = JobStore(place)
    asyncio.run(ended(store))
    here = time.time
    monkeypatch.setattr(time, "time", lambda: here() - 3600)
    (first,) = asyncio.run(store.deliveries.claim(9))
    monkeypatch.setattr(time, "time", lambda: here() + 3600)

    assert asyncio.run(store.deliveries.claim(9)) == []
    assert first.tried_seconds < OUTER_SECONDS
    asyncio.run(store.deliveries.settle(first, "pending", pause=OUTER_SECONDS))
    assert asyncio.run(store.deliveries.claim(9)) == []
    store.close()


def test_the_longest_due_are_claimed_first_and_no_more_than_asked_for(store: JobStore) -> None:
    async def act() -> None:
        jobs = [await ended(store) for _ in range(3)]
        claimed = await store.deliveries.claim(2)

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
