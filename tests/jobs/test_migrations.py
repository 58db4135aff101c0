"""A job store of an earlier paintgraph opens and keeps its jobs; one of a later is refused."""

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest

from paintgraph.jobs.store.database import Connection, StoreError
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.migrations import MIGRATIONS, Migration
from paintgraph.jobs.store.sqlite import SqliteDatabase

DOOR = ",\n    door TEXT NOT NULL DEFAULT ''"
BY_DOOR = "CREATE INDEX IF NOT EXISTS jobs_by_door ON jobs (door, number);"
UNNUMBERED = f"""
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    client TEXT NOT NULL,
    size TEXT NOT NULL,
    priority INTEGER NOT NULL,
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    worker TEXT,
    fence INTEGER NOT NULL DEFAULT 0,
    graph BLOB NOT NULL,
    request BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    outputs BLOB NOT NULL DEFAULT '{{}}',
    warnings BLOB NOT NULL DEFAULT '[]',
    problems BLOB NOT NULL DEFAULT '[]',
    deaths BLOB NOT NULL DEFAULT '{{}}',
    idempotency_key TEXT UNIQUE,
    idempotency_body TEXT{DOOR}
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
{BY_DOOR}
CREATE TABLE IF NOT EXISTS facts (
    job INTEGER NOT NULL REFERENCES jobs (number),
    seq INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS published (
    job INTEGER NOT NULL REFERENCES jobs (number),
    node TEXT NOT NULL,
    place INTEGER NOT NULL,
    path TEXT NOT NULL UNIQUE,
    PRIMARY KEY (job, node, place)
) WITHOUT ROWID;
"""
"""The tables as the last paintgraph made them that did not count versions."""

COLUMNS = """SELECT tables.name AS of, columns.name AS name,
    columns."notnull" AND columns.dflt_value IS NULL AS is_needed
    FROM sqlite_master tables JOIN pragma_table_info(tables.name) columns
    WHERE tables.type = 'table'"""
"""Of all tables; a row must have a value for those that are needed."""

WITHOUT_DOORS = UNNUMBERED.replace(DOOR, "").replace(BY_DOOR, "")


def statement(sql: str) -> Migration:
    """A migration of one statement."""

    def migrate(connection: Connection) -> None:
        connection.execute(sql)

    return migrate


def written(path: Path, tables: str) -> None:
    """Write a store by an older paintgraph's tables, with one job and one fact."""
    with sqlite3.connect(path) as connection:
        connection.executescript(tables)
        connection.execute(
            "INSERT INTO jobs (id, state, client, size, priority, created, graph, request, bytes) "
            "VALUES ('a', 'queued', 'key-1', 'heavy', 3, 12.5, ?, ?, 14)",
            (b'{"nodes":{}}', b"{}"),
        )
        connection.execute("INSERT INTO facts VALUES (1, 1, ?)", (b'{"type":"note"}',))
    connection.close()


def version_of(path: Path) -> int:
    """The version that a file says it has."""
    connection = sqlite3.connect(path)
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return version


@pytest.mark.parametrize("tables", [UNNUMBERED, WITHOUT_DOORS], ids=["today's", "without doors"])
def test_a_store_of_an_earlier_paintgraph_keeps_its_jobs(tmp_path: Path, tables: str) -> None:
    path = tmp_path / "jobs.sqlite"
    written(path, tables)

    store = JobStore(path)
    found, graph = store.get("a"), store.document("a")
    facts = store.facts(found) if found else []
    added = asyncio.run(store.accept(NewJob({}, {}, door="fooocus"))).job
    listed = store.of_door("fooocus", ("queued",))
    store.close()

    assert found == Job(
        "a", 1, "queued", "key-1", "heavy", 3, 12.5, warnings=[], problems=[], bytes=14, tags=[]
    )
    assert (graph, facts) == (b'{"nodes":{}}', [(1, {"type": "note"})])
    assert listed == [added]
    assert version_of(path) == len(MIGRATIONS)


def test_a_store_that_is_opened_again_is_not_migrated_again(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    once = [statement("CREATE TABLE t (n INTEGER)")]
    SqliteDatabase(path, once).close()

    SqliteDatabase(path, [*once, statement("ALTER TABLE t ADD COLUMN m INTEGER")]).close()

    assert version_of(path) == 2


def test_a_store_of_a_newer_paintgraph_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    written(path, UNNUMBERED)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StoreError) as caught:
        JobStore(path)

    assert caught.value.code == "store_too_new"
    assert str(caught.value) == (
        f"the job store '{path}' has version 99, which a newer paintgraph wrote; this one knows "
        f"versions up to {len(MIGRATIONS)}. Start the newer paintgraph, or name another folder "
        "with PAINTGRAPH_DATA_DIR."
    )
    assert version_of(path) == 99


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"

    def halfway(connection: Connection) -> None:
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.execute("CREATE TABLE t (n INTEGER)")

    with pytest.raises(StoreError, match=re.escape(f"the job store '{path}' cannot be opened")):
        SqliteDatabase(path, [halfway])
    assert version_of(path) == 0

    SqliteDatabase(path, [statement("CREATE TABLE t (n INTEGER)")]).close()
    assert version_of(path) == 1


def test_what_an_older_paintgraph_reads_and_writes_stays(tmp_path: Path) -> None:
    """Older servers and agents go on with the tables that a newer one has brought up to date."""
    before: dict[tuple[str, str], bool] = {}
    for version in range(1, len(MIGRATIONS) + 1):
        database = SqliteDatabase(tmp_path / "jobs.sqlite", MIGRATIONS[:version])
        rows = database.read(lambda c: c.execute(COLUMNS).fetchall())
        database.close()
        after = {(row["of"], row["name"]): bool(row["is_needed"]) for row in rows}

        assert before.keys() <= after.keys()
        tables = {table for table, _ in before}
        new = {each for each, is_needed in after.items() if each not in before and is_needed}
        assert not {table for table, _ in new} & tables, "older ones do not write it"
        before = after
