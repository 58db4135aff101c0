"""Connections to PostgreSQL: made when needed, made again when lost, none waited for long."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.adapt import Buffer
from psycopg.conninfo import make_conninfo
from psycopg.types.numeric import IntLoader
from psycopg.types.string import StrDumperUnknown

from paintgraph.jobs.store.database import Action, Result

STATEMENT_SECONDS = 5.0
"""After how long PostgreSQL ends a statement that has not come to its end."""

SILENT_SECONDS = 6.0
"""After how long without an answer there is nobody to wait for: later, so that a slow statement is
told from a server that stands still."""

_IDLE_SECONDS = 3.0
"""How long somebody who holds locks may do nothing, as who stands still does."""

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

_SETTINGS = {
    "statement_timeout": STATEMENT_SECONDS,
    "idle_in_transaction_session_timeout": _IDLE_SECONDS,
}


def with_defaults(given: Mapping[str, Any]) -> str:
    """An address with our defaults for what it does not say."""
    ours = " ".join(f"-c {name}={seconds:g}s" for name, seconds in _SETTINGS.items())
    options = f"{ours} {given.get('options') or ''}".strip()
    return make_conninfo("", **{**_DEFAULTS, **given, "options": options})


class PostgresqlConnection:
    """A `Connection` for one thread at a time."""

    for_update = "FOR UPDATE"
    skip_locked = "FOR UPDATE SKIP LOCKED"
    now = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: BoundedConnection | None = None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "psycopg.Cursor[Row]":
        """Run a statement."""
        return self.made.execute(_with_marks(sql), values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row of values."""
        self.made.cursor().executemany(_with_marks(sql), rows)

    def lock(self, name: str, *, idle_seconds: float | None = None) -> None:
        """Wait until nobody else holds this name, and hold it until the transaction ends.

        With `idle_seconds` for so long, too, while nothing is asked of the database.
        """
        if idle_seconds is not None:
            milliseconds = int(idle_seconds * 1000)
            self.execute(f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}")
        digest = blake2b(name.encode(errors="replace"), digest_size=8).digest()
        self.execute("SELECT pg_advisory_xact_lock(?)", (int.from_bytes(digest, signed=True),))

    def version(self) -> int:
        """How many migrations the tables have seen."""
        row = self.execute("SELECT version FROM paintgraph_version").fetchone()
        return int(row[0]) if row else 0

    def bytes_used(self) -> int:
        """0: whoever runs the server looks after its disks."""
        return 0

    def shrink(self) -> bool:
        """Nothing is to do: PostgreSQL uses free room again by itself."""
        return False

    def wait_for_ever(self) -> None:
        """Bound no more what is waited for: a transaction may change tables of any size."""
        self.made.most_seconds = None
        for setting in _SETTINGS:
            self.execute(f"SET {setting} = 0")

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
    def made(self) -> "BoundedConnection":
        """Psycopg's connection."""
        if self._made is None:
            self._made = _connect(self._url)
        return self._made

    def _on_sound_connection(self, act: Callable[[], Result]) -> Result:
        """Act, and once more on a new connection if this one was no good.

        It was lost while nobody used it, or two transactions waited for each other, or a newer
        paintgraph has added columns to tables that statements were prepared for. Nobody waits twice
        for a server that does not answer, or cannot do it in time.
        """
        try:
            return self._act(act)
        except (_SilentError, psycopg.errors.QueryCanceled):
            raise
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
            self.made.rollback()
        except psycopg.Error:
            self.close()


class Row(tuple[Any, ...]):  # noqa: SLOT001 - of another length each
    """The values of a row; found by place, and by name as in SQLite."""

    names: Mapping[str, int]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.names[key] if isinstance(key, str) else key)


class _SilentError(psycopg.OperationalError):
    """The server takes what it is sent, and does not answer."""


class BoundedConnection(psycopg.Connection[Row]):
    """A connection on which nothing is waited for longer than `most_seconds`."""

    most_seconds: float | None = SILENT_SECONDS

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        """What a statement gives."""
        most = self.most_seconds if timeout is None else timeout
        began = time.monotonic()
        try:
            return super().wait(gen, interval, most)
        except psycopg.OperationalError as error:
            if most is None or time.monotonic() - began < most:
                raise
            raise _SilentError(f"it has not answered for {most:g} s") from error


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Row]:
    """A row factory of psycopg."""
    names = {column.name: place for place, column in enumerate(cursor.description or ())}

    def make(values: Sequence[Any]) -> Row:
        row = Row(values)
        row.names = names
        return row

    return make


class _TextDumper(StrDumperUnknown):
    """PostgreSQL has no text with the character 0, which clients may send: its picture stands in.

    So what was kept under such a name is found under it.
    """

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\N{SYMBOL FOR NULL}"))


def _connect(url: str) -> BoundedConnection:
    connection = BoundedConnection.connect(url, autocommit=True, row_factory=_rows)
    connection.adapters.register_dumper(str, _TextDumper)
    connection.adapters.register_loader("numeric", IntLoader)  # what sums of numbers are
    return connection


@lru_cache(1000)
def _with_marks(sql: str) -> str:
    """A statement with the marks for values that psycopg knows."""
    return sql.replace("%", "%%").replace("?", "%s")
