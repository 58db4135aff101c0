"""A PostgreSQL database that many processes share; each write is a transaction of its own.

PostgreSQL flushes transactions that commit at once together, so several connections do here what
one group of writes does in SQLite.
"""

import logging
import queue
import re
import threading
from asyncio import wrap_future
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from paintgraph.jobs.store.breaker import AWAY, Breaker
from paintgraph.jobs.store.database import (
    Action,
    Connection,
    Result,
    StoreError,
    UnreachableStoreError,
)
from paintgraph.jobs.store.migrations import Migration, check_version
from paintgraph.jobs.store.postgresql_channel import PostgresqlChannel
from paintgraph.jobs.store.postgresql_connection import (
    SILENT_SECONDS,
    STATEMENT_SECONDS,
    PostgresqlConnection,
    with_defaults,
)
from paintgraph.jobs.store.postgresql_tables import TABLES, TABLES_VERSION

_LOG = logging.getLogger("paintgraph.jobs")
_WRITERS = 8
_READERS = 4
MOST_CONNECTIONS = _READERS + _WRITERS + 1
"""How many a server may have: one more listens."""


class PostgresqlDatabase:
    """The tables of a job store in a database, or in the schema that its URL names.

    Opening brings them to the newest version by the `migrations` that they have not seen yet;
    raises StoreError where that cannot be, or where they are another program's. With `as_it_is`
    they must have seen them all. What is durable is the server's choice (`synchronous_commit`).
    """

    def __init__(
        self, url: str, migrations: Sequence[Migration], *, as_it_is: bool = False
    ) -> None:
        self._url, self.name = checked_address(url)
        self._breaker = Breaker(SILENT_SECONDS)
        self._made: list[PostgresqlConnection] = []
        self._idle: queue.LifoQueue[PostgresqlConnection] = queue.LifoQueue()
        for _ in range(_READERS):
            self._idle.put(self._new_connection())
        self._of_thread = threading.local()
        self._migrate(migrations, as_it_is=as_it_is)
        self._readers = ThreadPoolExecutor(_READERS, "job-store-reads")
        self._writers = ThreadPoolExecutor(_WRITERS, "job-store")
        self.channel = PostgresqlChannel(self._url, self)

    def write(self, action: Action[Result], *, early: bool = False) -> "Future[Result]":  # noqa: ARG002 - a commit is shared with other connections'
        """Do something in a transaction of its own; the future is done once it is durable."""
        future: Future[Result] = Future()
        self._writers.submit(self._write, action, future)
        return future

    def read(self, action: Action[Result]) -> Result:
        """Do something with what is committed, on one of a few connections; raises StoreError."""
        try:
            connection = self._idle.get(timeout=SILENT_SECONDS)
        except queue.Empty:
            raise UnreachableStoreError(_BUSY) from None
        try:
            return self._asked(lambda: connection.read(action))
        finally:
            self._idle.put(connection)

    async def offload(self, read: Callable[[], Result]) -> Result:
        """Do what reads in a thread: the answer comes from elsewhere, and may be late."""
        return await wrap_future(self._readers.submit(read))

    def close(self) -> None:
        """Write what is asked for and let go of the connections."""
        self._writers.shutdown()
        self._readers.shutdown()
        for connection in self._made:
            connection.close()

    def _asked(self, ask: Callable[[], Result]) -> Result:
        """What the server answers; raises StoreError, at once where it is known not to answer."""
        self._breaker.check()
        try:
            result = ask()
        except psycopg.Error as error:
            raise self._failed(error) from error
        if self._breaker.mend():
            _LOG.warning("the job store '%s' answers again", self.name)
        return result

    def _failed(self, error: psycopg.Error) -> StoreError:
        """What is told of a statement that PostgreSQL did not take; clients see no address."""
        state = error.sqlstate or ""
        if state in _FULL:
            return StoreError(f"the job store has no room: {_reason(error)}. Free disk space.")
        if _FULL_UP.search(str(error)):
            _LOG.error("the job store '%s': %s. %s", self.name, _reason(error), _RAISE)
            return UnreachableStoreError(_CROWDED)
        if state in _SLOW:
            _LOG.error("the job store '%s' is too busy: %s", self.name, _reason(error))
            return UnreachableStoreError(_BUSY)
        if state in _CHANGED:
            _LOG.error("the tables of the job store '%s' were changed: %s", self.name, error)
            return StoreError(
                f"the tables of the job store are not as paintgraph made them: {_reason(error)}. "
                "Another program has changed them: put a backup in their place.",
                code="foreign_store",
            )
        if isinstance(error, psycopg.OperationalError) or state == _READ_ONLY:
            if self._breaker.trip():
                _LOG.error("the job store '%s' does not answer: %s", self.name, _reason(error))
            return UnreachableStoreError(AWAY)
        return StoreError(f"the job store refuses a statement: {_reason(error)}. {_RIGHTS}")

    def _new_connection(self) -> PostgresqlConnection:
        connection = PostgresqlConnection(self._url)
        self._made.append(connection)
        return connection

    def _migrate(self, migrations: Sequence[Migration], *, as_it_is: bool) -> None:
        connection = self._idle.get()

        def migrate(_: Connection) -> None:
            _check_server(connection, self.name)
            if as_it_is:
                require_current(connection, self.name, migrations)
                return
            connection.wait_for_ever()
            bring_up_to_date(connection, self.name, migrations)
            _check_rights(connection, self.name)

        try:
            connection.transact(migrate)
        except psycopg.Error as error:
            raise cannot_open(self.name, error) from error
        finally:
            connection.close()
        self._idle.put(connection)

    def _write(self, action: Action[Result], future: "Future[Result]") -> None:
        if not future.set_running_or_notify_cancel():
            return  # whoever asked has gone
        connection = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = self._new_connection()
        result: Any = None
        failure: BaseException | None = None
        try:
            result = self._asked(lambda: connection.transact(action))
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            failure = error
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)


def _check_server(connection: PostgresqlConnection, name: str) -> None:
    """Raise StoreError where PostgreSQL, or the database, cannot hold a job store."""
    info = connection.made.info
    if info.server_version < _OLDEST * 10_000:
        raise StoreError(
            f"the job store '{name}' is in PostgreSQL {info.server_version // 10_000}; needed is "
            f"{_OLDEST} or newer. Upgrade the server, or name another.",
            code="database_too_old",
        )
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"the database of the job store '{name}' has the encoding {encoding}; allowed is UTF8. "
            "Make another: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0.",
            code="database_encoding",
        )
    if connection.execute("SELECT current_schema()").fetchone()[0] is None:  # type: ignore[index] # one row
        raise StoreError(
            f"the job store '{name}' names a schema that is not there. Make it by CREATE SCHEMA, "
            "or correct search_path in its address.",
            code="no_schema",
        )


def _check_rights(connection: Connection, name: str) -> None:
    """Raise StoreError where tables may be read, but not written."""
    lacking = connection.execute(
        "SELECT string_agg(CAST(relname AS text), ', ' ORDER BY relname) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema()) "
        "AND relname NOT IN ('paintgraph_version', 'protocol') "
        "AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT') "
        "AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))"
    ).fetchone()[0]
    if lacking is not None:
        raise StoreError(f"the job store '{name}' may not be written: {lacking}. {_RIGHTS}")


def require_current(connection: Connection, name: str, migrations: Sequence[Migration]) -> None:
    """Raise StoreError unless there are the newest tables."""
    found = connection.execute("SELECT to_regclass('paintgraph_version')").fetchone()
    if found[0] is None:
        raise StoreError(
            f"there is no job store in '{name}'. Name the database, and the schema, of a server.",
            code="no_store",
        )
    version = connection.version()
    check_version(name, version, migrations, "database")
    if version < len(migrations):
        raise StoreError(
            f"the job store '{name}' has version {version}, this paintgraph knows "
            f"{len(migrations)}. The next start of a server brings it up to date; or use the "
            "paintgraph of its servers.",
            code="store_too_old",
        )


def bring_up_to_date(connection: Connection, name: str, migrations: Sequence[Migration]) -> None:
    """Make the tables, or add what newer versions have; raises StoreError for others' tables."""
    connection.lock("migrations")
    found = connection.execute("SELECT to_regclass('paintgraph_version'), to_regclass('jobs')")
    versions, jobs = found.fetchone()
    if versions is not None:
        version = connection.version()
    elif jobs is not None:
        raise StoreError(
            f"the job store '{name}' has a table 'jobs' of another program. Name a database, or "
            "a schema, of paintgraph's own.",
            code="foreign_store",
        )
    else:
        for statement in TABLES:
            connection.execute(statement)
        version = TABLES_VERSION
        connection.execute("INSERT INTO paintgraph_version VALUES (?)", (version,))
    check_version(name, version, migrations, "database")
    for migrate in migrations[version:]:
        migrate(connection)
    if version < len(migrations):
        connection.execute("UPDATE paintgraph_version SET version = ?", (len(migrations),))


def checked_address(url: str) -> tuple[str, str]:
    """An address as psycopg reads it, with our defaults, and what may be told of it.

    Raises StoreError.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        secret = url.rpartition("@")[0]
        said = _QUOTED.sub(lambda each: "***" if each[1] in secret else each[0], _reason(error))
        raise StoreError(
            f"the job store's address is none of PostgreSQL: {said}. Allowed is "
            "postgresql://user:password@host:port/database.",
            code="bad_store_url",
        ) from error
    host, port, database = (str(given.get(name) or "") for name in ("host", "port", "dbname"))
    if "@" in host + database or not _PORTS.fullmatch(port):  # what is there may be of a password
        raise StoreError(
            "the job store's address has a port that is no number, or an @ or / in a user or "
            "password. Allowed is postgresql://user:password@host:port/database. Write %40 for "
            "an @ there, and %2F for a /.",
            code="bad_store_url",
        )
    return with_defaults(given), f"postgresql://{host}:{port or 5432}/{database}"


_QUOTED = re.compile('"([^"]*)"')
_PORTS = re.compile("[0-9,]*")


def _reason(error: psycopg.Error) -> str:
    """What PostgreSQL says, in one line."""
    return " ".join((error.diag.message_primary or str(error)).split()).rstrip(".?")


_BUSY = (
    f"the job store is too busy: it has not found an answer within {STATEMENT_SECONDS:g} s. "
    "Try again soon."
)
_CROWDED = "the job store takes no more connections at this moment. Try again soon."
_RAISE = f"Raise its limit: each server takes up to {MOST_CONNECTIONS} connections."
_SLOW = ("57014", "25P03")
"""It, or whoever asked, took too long."""
_FULL_UP = re.compile("too many (connections|clients)|connection slots are")  # a code never comes
_FULL = ("53100", "53200")
_CHANGED = ("42P01", "42703", "42804")
_OLDEST = 13
"""Of what is used, most is in older ones too; nobody maintains these."""
_READ_ONLY = "25006"  # of a server that has just become the second of two
_RIGHTS = (
    "Let its user read and write all tables there, and make new ones, or name a database that the "
    "user owns."
)


def cannot_open(name: str, error: psycopg.Error) -> StoreError:
    """What is told of a store that PostgreSQL does not open, with the cure."""
    refused = isinstance(error, psycopg.OperationalError)
    cure = "Check that it runs, and the user, password and database of its address."
    if _FULL_UP.search(str(error)):
        cure = _RAISE
    return StoreError(
        f"the job store '{name}' cannot be opened: {_reason(error)}. {cure if refused else _RIGHTS}"
    )
