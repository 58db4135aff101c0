"""A store in PostgreSQL as a file of SQLite, and back: the same rows in the same tables."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from paintgraph.jobs.store.backup import STORE, BackupError, back_up, written_whole
from paintgraph.jobs.store.database import Connection, StoreError
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.postgresql import (
    PostgresqlDatabase,
    cannot_open,
    checked_address,
    require_current,
)
from paintgraph.jobs.store.postgresql_connection import PostgresqlConnection
from paintgraph.jobs.store.sqlite import SqliteDatabase


def back_up_database(url: str, copy: Path) -> None:
    """Write a store as it is at one moment to a file, whoever writes to it meanwhile.

    Raises BackupError, or StoreError; an existing file is never replaced.
    """
    with written_whole(copy) as part, _transaction(url) as source:
        source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        require_current(source, checked_address(url)[1], MIGRATIONS)
        SqliteDatabase(part, MIGRATIONS).close()
        with closing(sqlite3.connect(part)) as target, target:
            for table, columns in _tables(target):
                names = ", ".join(columns)
                rows = source.made.cursor("rows").execute(f"SELECT {names} FROM {table}".encode())  # noqa: S608 - our names
                target.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
                target.executemany(_insert(table, columns), map(tuple, rows))
                rows.close()


def restore_database(file: Path, url: str) -> None:
    """Fill an empty database with the store of a file, which may be an earlier paintgraph's.

    Raises BackupError, or StoreError: for one that has jobs nothing is changed.
    """
    PostgresqlDatabase(url, MIGRATIONS).close()
    with TemporaryDirectory(prefix="paintgraph-") as folder:
        copy = Path(folder) / STORE
        back_up(file, copy)
        SqliteDatabase(copy, MIGRATIONS).close()
        with closing(sqlite3.connect(copy)) as source, _transaction(url) as target:
            _fill(target, source, checked_address(url)[1])


def _fill(target: Connection, source: sqlite3.Connection, name: str) -> None:
    target.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
    if target.execute("SELECT 1 FROM jobs LIMIT 1").fetchone() is not None:
        raise StoreError(
            f"the job store '{name}' has jobs already. Name an empty database, or another schema.",
            code="store_not_empty",
        )
    for table, columns in _tables(source):
        kinds = dict(map(tuple, target.execute(_KINDS, (table,)).fetchall()))
        of_bytes = [kinds[column] == "bytea" for column in columns]
        rows = source.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - our names
        target.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
        insert = _insert(table, columns).replace("VALUES", "OVERRIDING SYSTEM VALUE VALUES")
        target.executemany(insert, (_typed(row, of_bytes) for row in rows))
    for table in ("jobs", "deliveries"):
        target.execute(
            f"SELECT setval(pg_get_serial_sequence(?, 'number'), max(number)) FROM {table}",  # noqa: S608 - as above
            (table,),
        )


_KINDS = (
    "SELECT column_name, data_type FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = ?"
)


def _tables(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """The tables with their columns; first that to which rows of others belong."""
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "ORDER BY name != 'jobs', name"
    )
    for (table,) in connection.execute(sql).fetchall():
        yield table, [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _insert(table: str, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our names


def _typed(row: Sequence[Any], of_bytes: Sequence[bool]) -> list[Any]:
    """A row of SQLite, where a document may be a text: defaults of columns are."""
    pairs = zip(row, of_bytes, strict=True)
    return [
        value.encode() if is_bytes and isinstance(value, str) else value
        for value, is_bytes in pairs
    ]


@contextmanager
def _transaction(url: str) -> Iterator[PostgresqlConnection]:
    """A transaction that may take as long as it likes; raises StoreError."""
    address, name = checked_address(url)
    connection = PostgresqlConnection(address)
    try:
        connection.wait_for_ever()
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")
    except psycopg.Error as error:
        raise cannot_open(name, error) from error
    except (OSError, sqlite3.Error) as error:
        message = f"the job store '{name}' is not copied: {error}. Free disk space."
        raise BackupError(message) from error
    finally:
        connection.close()
