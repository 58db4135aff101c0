"""A PostgreSQL database that many processes share; each write is a transaction of its own.

PostgreSQL flushes transactions that commit at once together, so several connections do here what
one group of writes does in SQLite.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg.adapt import Buffer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import IntLoader
from psycopg.types.string import StrDumperUnknown

from paintgraph.jobs.store.database import (
    Action,
    Connection,
    Result,
    StoreError,
    UnreachableStoreError,
)
from paintgraph.jobs.store.migrations import Migration, check_version
from paintgraph.jobs.store.postgresql_channel import PostgresqlChannel
from paintgraph.jobs.store.postgresql_tables import TABLES, TABLES_VERSION

_LOG = logging.getLogger("paintgraph.jobs")
_WRITERS = 8
_AGAIN_SECONDS = 1.0  # after a reader found no server, the next ones do not look for it so long
_DEFAULTS: dict[str, str | int] = {
    "application_name": "paintgraph",
    "client_encoding": "UTF8",
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""For connections whose URL says nothing else: who is cut off from the server learns it soon."""


class PostgresqlConnection:
    """A `Connection` for one thread, made when it is needed and again when it was lost."""

    for_update = "FOR UPDATE"
    skip_locked = "FOR UPDATE SKIP LOCKED"
    now = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: psycopg.Connection[_Row] | None = None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "psycopg.Cursor[_Row]":
        """Run a statement."""
        return self._connected.execute(_with_marks(sql), values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row of values."""
        self._connected.cursor().executemany(_with_marks(sql), rows)

    def lock(self, name: str) -> None:
        """Wait until nobody else holds this name, and hold it until the transaction ends."""
        digest = blake2b(name.encode(errors="replace"), digest_size=8).digest()
        self.execute("SELECT pg_advisory_xact_lock(?)", (int.from_bytes(digest, signed=True),))

    def bytes_used(self) -> int:
        """0: whoever runs the server looks after its disks."""
        return 0

    def shrink(self) -> bool:
        """Nothing is to do: PostgreSQL uses free room again by itself."""
        return False

    def read(self, action: Action[Result]) -> Result:
        """Do something outside a transaction; once more where the connection was lost before."""
        return self._on_sound_connection(lambda: action(self))

    def transact(self, action: Action[Result]) -> Result:
        """Do something in a transaction; all that fails before its commit is tried once more."""

        def act() -> Result:
            self.execute("BEGIN")
            return action(self)

        result = self._on_sound_connection(act)
        try:
            self.execute("COMMIT")
        except psycopg.Error:
            self.close()
            raise
        return result

    def close(self) -> None:
        """Let go of the connection; what is under way is undone."""
        if self._made is not None:
            self._made.close()
            self._made = None

    @property
    def _connected(self) -> "psycopg.Connection[_Row]":
        if self._made is None:
            self._made = _connect(self._url)
        return self._made

    def _on_sound_connection(self, act: Callable[[], Result]) -> Result:
        """Act, and once more on a new connection if this one was no good.

        It was lost while nobody used it, or two transactions waited for each other, or a newer
        paintgraph has added columns to tables that statements were prepared for.
        """
        try:
            return self._act(act)
        except (psycopg.OperationalError, psycopg.errors.FeatureNotSupported):
            return self._act(act)

    def _act(self, act: Callable[[], Result]) -> Result:
        try:
            return act()
        except psycopg.Error:
            self.close()
            raise
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        try:
            self._connected.rollback()
        except psycopg.Error:
            self.close()


class PostgresqlDatabase:
    """The tables of a job store in a database, or in the schema that its URL names.

    Opening brings them to the newest version by the `migrations` that they have not seen yet;
    raises StoreError where that cannot be, or where they are another program's. What is durable is
    the server's choice (`synchronous_commit`).
    """

    def __init__(self, url: str, migrations: Sequence[Migration]) -> None:
        self._url, self.name = checked_address(url)
        self._reading = threading.Lock()
        self._reader = self._new_connection()
        self._no_server_until = 0.0
        self._of_thread = threading.local()
        self._made: list[PostgresqlConnection] = []
        try:
            self._reader.transact(lambda c: bring_up_to_date(c, self.name, migrations))
        except psycopg.Error as error:
            raise cannot_open(self.name, error) from error
        except StoreError:
            self._reader.close()
            raise
        self._writers = ThreadPoolExecutor(_WRITERS, "job-store")
        self.channel = PostgresqlChannel(self._url, self)

    def write(self, action: Action[Result], *, early: bool = False) -> "Future[Result]":  # noqa: ARG002 - a commit is shared with other connections'
        """Do something in a transaction of its own; the future is done once it is durable."""
        future: Future[Result] = Future()
        self._writers.submit(self._write, action, future)
        return future

    def read(self, action: Action[Result]) -> Result:
        """Do something with what is committed; raises StoreError."""
        with self._reading:
            if time.monotonic() < self._no_server_until:
                raise UnreachableStoreError(_AWAY)
            try:
                return self._reader.read(action)
            except psycopg.Error as error:
                raise self._failed(error) from error

    def close(self) -> None:
        """Write what is asked for and let go of the connections."""
        self._writers.shutdown()
        for connection in (self._reader, *self._made):
            connection.close()

    def _failed(self, error: psycopg.Error) -> StoreError:
        """What is told of a statement that PostgreSQL did not take; clients see no address."""
        state = error.sqlstate or ""
        if state in _FULL:
            return StoreError(f"the job store has no room: {_reason(error)}. Free disk space.")
        if isinstance(error, psycopg.OperationalError) or state == _READ_ONLY:
            if time.monotonic() >= self._no_server_until:
                _LOG.error("the job store '%s' does not answer: %s", self.name, _reason(error))
            self._no_server_until = time.monotonic() + _AGAIN_SECONDS
            return UnreachableStoreError(_AWAY)
        return StoreError(f"the job store refuses a statement: {_reason(error)}. {_RIGHTS}")

    def _new_connection(self) -> PostgresqlConnection:
        return PostgresqlConnection(self._url)

    def _write(self, action: Action[Result], future: "Future[Result]") -> None:
        connection = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = self._new_connection()
            self._made.append(connection)
        result: Any = None
        failure: BaseException | None = None
        try:
            result = connection.transact(action)
        except psycopg.Error as error:
            failure = self._failed(error)
            failure.__cause__ = error
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            failure = error
        if not future.set_running_or_notify_cancel():
            return  # whoever asked has gone meanwhile; it is written all the same
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)


class _Row(tuple[Any, ...]):  # noqa: SLOT001 - of another length each
    """The values of a row; found by place, and by name as in SQLite."""

    names: Mapping[str, int]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.names[key] if isinstance(key, str) else key)


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], _Row]:
    """A row factory of psycopg."""
    names = {column.name: place for place, column in enumerate(cursor.description or ())}

    def make(values: Sequence[Any]) -> _Row:
        row = _Row(values)
        row.names = names
        return row

    return make


class _TextDumper(StrDumperUnknown):
    """PostgreSQL has no text with the character 0, which clients may send: its picture stands in.

    So what was kept under such a name is found under it.
    """

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\N{SYMBOL FOR NULL}"))


def _connect(url: str) -> psycopg.Connection[_Row]:
    connection = psycopg.connect(url, autocommit=True, row_factory=_rows)
    connection.adapters.register_dumper(str, _TextDumper)
    connection.adapters.register_loader("numeric", IntLoader)  # what sums of numbers are
    return connection


@lru_cache(1000)
def _with_marks(sql: str) -> str:
    """A statement with the marks for values that psycopg knows."""
    return sql.replace("%", "%%").replace("?", "%s")


def bring_up_to_date(connection: Connection, name: str, migrations: Sequence[Migration]) -> None:
    """Make the tables, or what newer versions add to them; raises StoreError for others' tables."""
    connection.lock("migrations")
    found = connection.execute("SELECT to_regclass('paintgraph_version'), to_regclass('jobs')")
    versions, jobs = found.fetchone()
    if versions is not None:
        version = int(connection.execute("SELECT version FROM paintgraph_version").fetchone()[0])
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
        raise StoreError(
            f"the job store's address is none of PostgreSQL: {_reason(error)}. Allowed is "
            "postgresql://user:password@host:port/database.",
            code="bad_store_url",
        ) from error
    where = f"{given.get('host', '')}:{given.get('port', 5432)}/{given.get('dbname', '')}"
    return make_conninfo("", **{**_DEFAULTS, **given}), f"postgresql://{where}"


def _reason(error: psycopg.Error) -> str:
    """What PostgreSQL says, in one line."""
    return " ".join((error.diag.message_primary or str(error)).split()).rstrip(".")


_AWAY = "the job store does not answer. Try again soon."
_FULL = ("53100", "53200")
_READ_ONLY = "25006"  # of a server that has just become the second of two
_RIGHTS = (
    "Let its user read and write all tables there, and make new ones, or name a database that the "
    "user owns."
)


def cannot_open(name: str, error: psycopg.Error) -> StoreError:
    """What is told of a store that PostgreSQL does not open, with the cure."""
    refused = isinstance(error, psycopg.OperationalError)
    cure = "Check that it runs, and the user, password and database of its address."
    return StoreError(
        f"the job store '{name}' cannot be opened: {_reason(error)}. {cure if refused else _RIGHTS}"
    )
