"""Whether a PostgreSQL database serves as a job store; what is tried there is undone."""

import secrets
import time
from collections.abc import Callable, Iterator
from statistics import median

import psycopg
from psycopg import sql

from paintgraph.base.findings import Finding, clock_finding
from paintgraph.base.words import shorten
from paintgraph.jobs.store.database import Connection, StoreError
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.postgresql import (
    MOST_CONNECTIONS,
    bring_up_to_date,
    cannot_open,
    checked_address,
)
from paintgraph.jobs.store.postgresql_connection import PostgresqlConnection

_QUESTIONS = 9
_MOST_NAMES = 60  # letters of the names of tables that a user may not use; one cure is for all
_SLOW_SECONDS = 0.02
_NOTICE_SECONDS = 10.0


class _Undone(Exception):  # noqa: N818 - no fault
    """Ends a transaction of which nothing is to stay."""


def examine_store(url: str, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Look at the database of an address postgresql://...

    `now` is this machine's clock, in seconds since 1970.
    """
    try:
        address, name = checked_address(url)
    except StoreError as error:
        yield Finding("job store", str(error), is_fault=True)
        return
    connection = PostgresqlConnection(address)
    try:
        yield connection.read(lambda c: _server(c, name))
        yield _tables(connection, name)
        yield connection.read(_rights)
        yield connection.read(_room)
        yield connection.read(_speed)
        yield connection.read(lambda c: _clock(c, now))
        yield _notices(address)
    except psycopg.Error as error:
        yield Finding("job store", str(cannot_open(name, error)), is_fault=True)
    finally:
        connection.close()


def _server(connection: Connection, name: str) -> Finding:
    """Raises psycopg.Error if it is out of reach."""
    version, read_only = connection.execute(
        "SELECT current_setting('server_version'), current_setting('transaction_read_only')"
    ).fetchone()
    text = f"{name}, PostgreSQL {version}"
    if read_only == "off":
        return Finding("job store", text)
    cure = "; it takes no writes, as the second of two servers. Name the first one."
    return Finding("job store", text + cure, is_fault=True)


def _tables(connection: PostgresqlConnection, name: str) -> Finding:
    """Whether the tables are there, or can be made."""
    what = "its tables"
    newest = len(MIGRATIONS)
    try:
        version = connection.read(_version)
        if version is None or version > newest:  # makes them for a moment, or says why not
            connection.transact(lambda c: _try_opening(c, name))
    except _Undone:
        return Finding(what, "not there yet, and can be made; the first server or agent does")
    except StoreError as error:
        return Finding(what, str(error), is_fault=True)
    except psycopg.Error as error:
        return Finding(what, str(cannot_open(name, error)), is_fault=True)
    if version == newest:
        return Finding(what, f"version {version}")
    if connection.read(_owns_tables):
        return Finding(what, f"version {version}; what starts next makes them version {newest}")
    text = (
        f"version {version}, but this paintgraph needs {newest}, and this user may not change "
        "them. Start a server once whose user owns the tables."
    )
    return Finding(what, text, is_fault=True)


def _version(connection: Connection) -> int | None:
    """The number of migrations that the store has seen; None if it was never opened."""
    (table,) = connection.execute("SELECT to_regclass('paintgraph_version')").fetchone()
    if table is None:
        return None
    return int(connection.execute("SELECT version FROM paintgraph_version").fetchone()[0])


def _try_opening(connection: Connection, name: str) -> None:
    bring_up_to_date(connection, name, MIGRATIONS)
    raise _Undone


_OURS = "pg_class WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(current_schema())"


def _owns_tables(connection: Connection) -> bool:
    return bool(
        connection.execute(
            f"SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM {_OURS}"  # noqa: S608 - our text
        ).fetchone()[0]
    )


def _rights(connection: Connection) -> Finding:
    """What the user may do with the tables that are there."""
    missing = connection.execute(
        f"""SELECT lower(verb), string_agg(CAST(relname AS text), ', ' ORDER BY relname)
        FROM (SELECT oid, relname FROM {_OURS}) AS tables,
            unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS v (verb, place)
        WHERE NOT has_table_privilege(oid, verb)
            AND (relname != 'paintgraph_version' OR verb = 'SELECT')
        GROUP BY verb, place ORDER BY place"""  # noqa: S608 - our text
    ).fetchall()
    user, schema = connection.execute(
        "SELECT quote_ident(current_user), quote_ident(current_schema())"
    ).fetchone()
    if not missing:
        return Finding("its rights", f"{user} may read and write all tables")
    told = "; ".join(f"{verb}: {shorten(names, _MOST_NAMES)}" for verb, names in missing)
    text = (
        f"{user} may not do this with tables of the store: {told}. As their owner say: "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {user};"
    )
    return Finding("its rights", text, is_fault=True)


def _room(connection: Connection) -> Finding:
    """How many further servers and agents it lets in."""
    used, most = connection.execute(
        """SELECT count(*), CAST(current_setting('max_connections') AS bigint)
        FROM pg_stat_activity WHERE backend_type = 'client backend'"""
    ).fetchone()
    text = f"{used} of {most} connections are taken"
    if most - used >= MOST_CONNECTIONS:
        return Finding("its connections", text)
    cure = f"; a server takes up to {MOST_CONNECTIONS}. Raise max_connections of PostgreSQL."
    return Finding("its connections", text + cure, is_warning=True)


def _speed(connection: Connection) -> Finding:
    seconds = []
    for _ in range(_QUESTIONS):
        began = time.perf_counter()
        connection.execute("SELECT 1").fetchone()
        seconds.append(time.perf_counter() - began)
    text = f"{median(seconds) * 1000:.1f} ms for a question"
    if median(seconds) <= _SLOW_SECONDS:
        return Finding("its speed", text)
    cure = f"; at most {_SLOW_SECONDS * 1000:.0f} ms should be. Have it in the region of its users."
    return Finding("its speed", text + cure, is_warning=True)


def _clock(connection: Connection, now: Callable[[], float]) -> Finding:
    before = now()
    (there,) = connection.execute(f"SELECT {connection.now}").fetchone()
    return clock_finding("its clock", there, before, now())


def _notices(address: str) -> Finding:
    """Whether what one server tells reaches another; poolers between them may keep it."""
    name = f"paintgraph_doctor_{secrets.token_hex(8)}"
    with (
        psycopg.connect(address, autocommit=True) as listening,
        psycopg.connect(address, autocommit=True) as telling,
    ):
        listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(name)))
        telling.execute("SELECT pg_notify(%s, '')", (name,))
        for _ in listening.notifies(timeout=_NOTICE_SECONDS, stop_after=1):
            return Finding("its messages", "those of one server reach the others")
    text = (
        f"no message arrived in {_NOTICE_SECONDS:.0f} s. A pooler in transaction mode keeps them: "
        "name PostgreSQL itself, or a pooler in session mode."
    )
    return Finding("its messages", text, is_fault=True)
