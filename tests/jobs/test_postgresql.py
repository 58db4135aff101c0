"""A job store in PostgreSQL: whom it refuses, and what several processes that share it may do."""

import asyncio
import re
import sqlite3
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from paintgraph.base.naming import FileName
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import Accepted, JobStore
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.postgresql import PostgresqlServer


def refusal(url: str) -> tuple[str, str]:
    """The code and the message with which a store is not opened."""
    with pytest.raises(StoreError) as caught:
        JobStore(url)
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("postgresql://127.0.0.1:port/d", "store_unavailable", "invalid.*port"),
        (
            "postgres//h/d",
            "bad_store_url",
            "PostgreSQL: missing .=. after .*Allowed is postgresql://user",
        ),
        ("postgresql://127.0.0.1/d?sslmod=x", "bad_store_url", "sslmod"),
        ("postgresql://127.0.0.1:1/d", "store_unavailable", "refused.*Check that it runs"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(url: str, code: str, told: str) -> None:
    told_code, message = refusal(url)
    assert told_code == code
    assert re.search(told, message)


def test_who_may_not_enter_or_make_tables_is_told_so(postgresql: PostgresqlServer) -> None:
    database = postgresql.new_database()
    postgresql.run("CREATE ROLE reader LOGIN")
    name = database.split("?")[0].rpartition("/")[2]

    assert 'role "nobody" does not exist' in refusal(postgresql.url(name, "nobody"))[1]
    assert 'database "none" does not exist' in refusal(postgresql.url("none"))[1]
    code, message = refusal(postgresql.url(name, "reader"))
    assert code == "store_unavailable"
    assert "permission denied for schema public. Let its user" in message
    assert "make new ones, or name a database that the user owns." in message


def test_a_database_of_another_program_is_left_alone(postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    postgresql.run("CREATE TABLE jobs (id text)", url)

    code, message = refusal(url)

    assert code == "foreign_store"
    assert "has a table 'jobs' of another program. Name a database" in message
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == [("jobs",)]


def test_a_store_of_a_newer_paintgraph_is_refused(postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    JobStore(url).close()
    postgresql.run("UPDATE paintgraph_version SET version = 99", url)

    code, message = refusal(url)

    assert code == "store_too_new"
    assert "version 99, which a newer paintgraph wrote; this one knows versions up to " in message


def test_both_databases_have_the_same_tables(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    file, url = tmp_path / "jobs.sqlite", postgresql.new_database()
    for place in (file, url):
        JobStore(place).close()
    with sqlite3.connect(file) as lite:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        names = [row[0] for row in lite.execute(sql)]
        theirs = {(n, row[1]) for n in names for row in lite.execute(f"PRAGMA table_info({n})")}
    lite.close()
    with psycopg.connect(url) as connection:
        version = connection.execute("SELECT version FROM paintgraph_version").fetchone()
        ours = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name != 'paintgraph_version'"
        ).fetchall()

    assert sorted(ours) == sorted(theirs)
    assert version == (len(MIGRATIONS),)


def test_a_schema_is_as_good_as_a_database(postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    stores = []
    for name in ("one", "two"):
        postgresql.run(f"CREATE SCHEMA {name}", url)
        stores.append(JobStore(f"{url}&options=-csearch_path%3D{name}"))

    job = asyncio.run(stores[0].accept(NewJob({}, {}))).job
    assert [store.get(job.id) for store in stores] == [job, None]
    for store in stores:
        store.close()


def test_text_that_postgresql_cannot_hold_is_kept_all_the_same(
    postgresql: PostgresqlServer,
) -> None:
    store = JobStore(postgresql.new_database())
    new = NewJob({}, {}, name="a\0b", idempotency_key="\0")
    job = asyncio.run(store.accept(new)).job

    assert store.get("\0") is None
    assert store.named("", "a\0b") == job
    assert asyncio.run(store.accept(new)) == Accepted(job, is_new=False)
    store.close()


def test_processes_that_share_a_store_take_turns_numbers_and_keys(
    postgresql: PostgresqlServer,
) -> None:
    """Two stores stand for two processes: neither knows of the other but by the database."""
    url = postgresql.new_database()
    one, two = stores = [JobStore(url), JobStore(url)]

    async def act() -> None:
        wanted = [NewJob({}, {"n": n}, client="a") for n in range(40)]
        many = await asyncio.gather(*(stores[n % 2].accept(new) for n, new in enumerate(wanted)))
        late = await asyncio.gather(*(two.accept(NewJob({}, {}, client="b")) for _ in range(5)))
        turns = Counter(each.job.turn for each in many)
        assert set(turns.values()) == {1}
        assert [each.job.turn for each in sorted(late, key=lambda each: each.job.number)] == [
            *range(5)
        ]

        same = NewJob({}, {}, idempotency_key="k")
        again = await asyncio.gather(*(stores[n % 2].accept(same) for n in range(20)))
        assert Counter(each.is_new for each in again) == {True: 1, False: 19}
        assert len({each.job.id for each in again}) == 1

        running = [claimed(one, each.job) for each in many[:20]]
        for name in (FileName("output", "copy", ".png", numbered) for numbered in (True, False)):
            asked = enumerate(running)
            wishes = (stores[n % 2].reserve(job, str(name), 0, name) for n, job in asked)
            assert len({path for path, _ in await asyncio.gather(*wishes)}) == len(running)

    asyncio.run(act())
    for store in stores:
        store.close()
