"""A job store in PostgreSQL: whom it refuses, and what several processes that share it may do."""

import asyncio
import re
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from paintgraph.base.naming import FileName
from paintgraph.jobs.dispatching.leases import Leases
from paintgraph.jobs.store import postgresql_connection
from paintgraph.jobs.store.database import Connection, StoreError, UnreachableStoreError
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import Accepted, JobStore
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.postgresql import PostgresqlDatabase
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
        ("postgresql://127.0.0.1:port/d", "bad_store_url", "a port that is no number"),
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


@pytest.mark.parametrize("password", ["se@cret", "se/cret", "se%cret", "se cret"])
def test_a_password_that_no_address_may_have_is_told_by_no_part_of_it(password: str) -> None:
    code, message = refusal(f"postgresql://me:{password}@127.0.0.1:1/d")

    assert code == "bad_store_url"
    assert "cret" not in message
    assert "Allowed is postgresql://user:password@host:port/database." in message


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


def test_a_database_that_cannot_hold_a_store_is_refused(
    postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgresql.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    told = refusal(postgresql.url("latin"))
    assert told[0] == "database_encoding"
    assert "has the encoding LATIN1; allowed is UTF8. Make another: CREATE DATABASE" in told[1]
    url = postgresql.new_database()
    told = refusal(f"{url}&options=-csearch_path%3Dnowhere")
    assert told[0] == "no_schema"
    assert "names a schema that is not there. Make it by CREATE SCHEMA" in told[1]
    monkeypatch.setattr("paintgraph.jobs.store.postgresql._OLDEST", 99)
    told = refusal(url)
    assert told[0] == "database_too_old"
    assert "needed is 99 or newer. Upgrade the server" in told[1]


def test_a_user_without_a_connection_or_the_right_to_write_is_told_so_at_the_start(
    postgresql: PostgresqlServer,
) -> None:
    url = postgresql.new_database()
    name = url.split("?")[0].rpartition("/")[2]
    JobStore(url).close()
    postgresql.run("CREATE ROLE looker LOGIN")
    postgresql.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker", url)
    postgresql.run("GRANT INSERT, UPDATE, DELETE ON facts TO looker", url)
    told = refusal(postgresql.url(name, "looker"))[1]
    assert "may not be written: agents, batches, " in told
    assert " facts" not in told
    postgresql.run("CREATE ROLE few LOGIN CONNECTION LIMIT 0")
    told = refusal(postgresql.url(name, "few"))[1]
    assert 'too many connections for role "few". Raise its limit: each server takes' in told


def test_who_gets_no_connection_any_more_is_told_which_limit_to_raise(
    postgresql: PostgresqlServer, caplog: pytest.LogCaptureFixture
) -> None:
    url = postgresql.new_database()
    postgresql.run("CREATE ROLE crowded LOGIN")
    postgresql.run("GRANT CREATE, USAGE ON SCHEMA public TO crowded", url)
    name = url.split("?")[0].rpartition("/")[2]
    store = JobStore(postgresql.url(name, "crowded"))
    postgresql.run("ALTER ROLE crowded CONNECTION LIMIT 0")

    with pytest.raises(StoreError, match="takes no more connections at this moment"):
        asyncio.run(store.accept(NewJob({}, {})))

    told = 'too many connections for role "crowded". Raise its limit: each server takes up to 13'
    assert told in caplog.text
    store.close()


def test_a_statement_that_fails_is_told_with_its_cause_and_is_nothing_lost(
    postgresql: PostgresqlServer,
) -> None:
    url = postgresql.new_database()
    store = JobStore(url)
    job = asyncio.run(store.accept(NewJob({}, {}))).job
    postgresql.run(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;"
        "CREATE TRIGGER full_disk BEFORE INSERT ON jobs EXECUTE FUNCTION full_disk()",
        url,
    )
    with pytest.raises(StoreError, match=r"has no room: No space left.*Free disk space\."):
        asyncio.run(store.accept(NewJob({}, {})))
    postgresql.run("DROP TRIGGER full_disk ON jobs", url)
    asyncio.run(store.accept(NewJob({}, {})))
    postgresql.run("ALTER TABLE jobs RENAME COLUMN name TO title", url)
    with pytest.raises(StoreError, match=r"not as paintgraph made them: column .* does not exist"):
        store.named("", "a")
    postgresql.run("ALTER TABLE jobs RENAME COLUMN title TO name", url)
    assert store.get(job.id) == job
    assert len(store.page()) == 2
    store.close()


def test_a_write_that_nobody_waits_for_any_more_is_not_begun(postgresql: PostgresqlServer) -> None:
    store = JobStore(postgresql.new_database())
    write, may_go_on, written = store._database.write, threading.Event(), list[int]()
    before = [write(lambda _: may_go_on.wait()) for _ in range(8)]  # of all connections

    given_up = write(lambda _: written.append(1))
    assert given_up.cancel()
    may_go_on.set()

    assert all(each.result() for each in before)
    store.close()
    assert not written


def test_a_server_goes_on_when_a_newer_one_has_changed_the_store(
    postgresql: PostgresqlServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Its tables are only added to: old and new servers are replaced one after the other."""
    url = postgresql.new_database()
    old = JobStore(url)
    before = asyncio.run(old.accept(NewJob({}, {}))).job

    def add(connection: Connection) -> None:
        connection.execute("ALTER TABLE jobs ADD COLUMN later text NOT NULL DEFAULT ''")
        connection.execute("CREATE TABLE later (n bigint)")

    PostgresqlDatabase(url, [*MIGRATIONS, add]).close()

    async def act() -> None:
        await old.accept(NewJob({}, {}))
        running = await old.claims.next("light", "w/1")
        assert running is not None
        assert running.id == before.id
        await old.append(running, [{"type": "note"}])
        assert (await old.finish(running, "succeeded")).state == "succeeded"

    asyncio.run(act())
    assert [job.state for job in old.page()] == ["queued", "succeeded"]
    assert old.version() == len(MIGRATIONS) + 1
    assert old.fault() is None
    unused: Any = None
    leases = Leases(old, "a", 30, {}, unused, unused, unused, unused)
    for _ in range(2):
        leases._note_version(old.version())
    old.close()
    (told,) = [record.getMessage() for record in caplog.records]
    assert "a newer paintgraph has brought the job store to version" in told
    assert "goes on, but does not start again. Replace it." in told
    assert refusal(url)[0] == "store_too_new"


def test_who_stands_still_in_a_transaction_holds_up_others_for_seconds(
    postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for ever: PostgreSQL ends its session."""
    monkeypatch.setitem(postgresql_connection._SETTINGS, "idle_in_transaction_session_timeout", 0.2)
    url = postgresql.new_database()
    still, store = PostgresqlDatabase(url, MIGRATIONS), JobStore(url)
    may_go_on = threading.Event()

    def stand(connection: Connection) -> None:
        connection.lock("turns of ")
        held.set()
        may_go_on.wait()

    held = threading.Event()
    lost = still.write(stand)
    held.wait()
    job = asyncio.run(store.accept(NewJob({}, {}))).job
    assert not lost.done()
    may_go_on.set()
    assert store.get(job.id) == job
    with pytest.raises(UnreachableStoreError, match=r"Try again soon"):
        lost.result()
    still.close()
    store.close()


def test_who_works_alone_keeps_others_out_while_it_asks_nothing_of_the_database(
    postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a bucket, for longer than somebody else who holds locks may."""
    monkeypatch.setitem(postgresql_connection._SETTINGS, "idle_in_transaction_session_timeout", 0.1)
    url = postgresql.new_database()
    one, other = JobStore(url), JobStore(url)
    holds, seen = threading.Event(), []

    def slowly() -> None:
        holds.set()
        time.sleep(1)
        seen.append("one")

    async def act() -> None:
        first = asyncio.ensure_future(one.alone("settings", slowly))
        await asyncio.to_thread(holds.wait)
        await other.alone("settings", lambda: seen.append("other"))
        await first

    asyncio.run(act())
    assert seen == ["one", "other"]
    one.close()
    other.close()


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


def test_clients_take_turns_whichever_server_they_ask_and_whichever_works(
    postgresql: PostgresqlServer,
) -> None:
    """One has queued many jobs at one server when two others come to another."""
    url = postgresql.new_database()
    stores = [JobStore(url), JobStore(url)]

    async def act() -> str:
        for count, client, store in ((9, "A", 0), (3, "B", 1), (3, "C", 1)):
            for _ in range(count):
                await stores[store].accept(NewJob({}, {}, client=client))
        claims = [await stores[n % 2].claims.next("light", f"w{n % 2}/1") for n in range(15)]
        return "".join(job.client for job in claims if job is not None)

    assert asyncio.run(act()) == "ABCABCABCAAAAAA"
    for store in stores:
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
