"""One SQLite file with one writing thread: what is asked for while a commit runs shares the next.

So a thousand durable writes at once cost a few disk flushes instead of a thousand. Only one process
opens the file.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from paintgraph.base.files import make_folder
from paintgraph.jobs.store.database import Action, Durability, Result, StoreError
from paintgraph.jobs.store.migrations import Migration, check_version

_GROUP = 512
_PAGES = 500  # of 4 KiB, given back at a time
_MOST_FREE = 4  # parts of the pages that hold something; fewer free ones are used again
_PATIENCE_SECONDS = 0.02  # how long what is told already waits for the next to share its commit


class _Item(NamedTuple):
    action: Action[Any]
    future: "Future[Any]"
    early: bool


class _Outcome(NamedTuple):
    future: "Future[Any]"
    result: Any
    failure: BaseException | None


class SqliteConnection(sqlite3.Connection):
    """A `Connection`: as one writes at a time, nothing needs a lock."""

    for_update = skip_locked = ""
    now = "((julianday('now') - 2440587.5) * 86400.0)"

    def lock(self, name: str, *, idle_seconds: float | None = None) -> None:
        """Nobody else writes."""

    def version(self) -> int:
        """How many migrations the file has seen."""
        return self._number("user_version")

    def bytes_used(self) -> int:
        """Bytes of the pages that hold something."""
        return self._pages()[0] * self._number("page_size")

    def shrink(self) -> bool:
        """Give some of the pages that hold nothing back to the disk, if they are many.

        Stores of an earlier paintgraph use such pages again instead.
        """
        used, free = self._pages()
        if free * _MOST_FREE <= used:
            return False
        self.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
        return self._pages()[1] < free

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written."""
        return self._number("page_count") == 0

    def _pages(self) -> tuple[int, int]:
        """How many pages of the file hold something, and how many nothing."""
        free = self._number("freelist_count")
        return self._number("page_count") - free, free

    def _number(self, pragma: str) -> int:
        return int(self.execute(f"PRAGMA {pragma}").fetchone()[0])


class SqliteDatabase:
    """Reads at once, writes in groups. `durability` "full" survives a loss of power.

    Opening brings the file to the newest version by the `migrations` that it has not seen yet;
    raises StoreError if it cannot be opened, or has a version that these do not know.
    """

    def __init__(
        self, path: Path, migrations: Sequence[Migration], durability: Durability = "full"
    ) -> None:
        self._writes: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._reading = threading.Lock()
        try:
            make_folder(path.parent)
            self._writer = _connect(path, durability)
            _migrate(self._writer, path, migrations)
            self._reader = _connect(path, durability)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the job store '{path}' cannot be opened: {error}. Check the folder, or name "
                "another one with PAINTGRAPH_DATA_DIR."
            ) from error
        self._thread = threading.Thread(target=self._write_all, name="job-store", daemon=True)
        self._thread.start()

    @property
    def channel(self) -> None:
        """Nobody else opens the file to run jobs."""

    def write(self, action: Action[Result], *, early: bool = False) -> "Future[Result]":
        """Do something in a transaction; the future is done once it is on disk.

        Actions run in the order in which they were asked for. One that raises changes nothing.
        What came of an `early` one is told at once; it shares the commit of the next, if there is
        one soon.
        """
        future: Future[Result] = Future()
        self._writes.put(_Item(action, future, early))
        return future

    def read(self, action: Action[Result]) -> Result:
        """Do something with what is committed."""
        with self._reading:
            return action(self._reader)

    async def offload(self, read: Callable[[], Result]) -> Result:
        """Do what reads at once: it takes less than a way to a thread and back."""
        return read()

    def close(self) -> None:
        """Write what is asked for and close the file."""
        self._writes.put(None)
        self._thread.join()
        with self._reading:
            self._reader.close()
        self._writer.close()

    def _write_all(self) -> None:
        while (item := self._writes.get()) is not None:
            if not self._transact(item):
                return

    def _transact(self, first: _Item) -> bool:
        """Do what is waiting in one transaction, and whether there will be more."""
        connection = self._writer
        group: list[_Item] = []
        done: list[_Outcome] = []
        item: _Item | None = first
        try:
            connection.execute("BEGIN IMMEDIATE")
            patience = _PATIENCE_SECONDS
            while item is not None:
                group.append(item)
                result, failure = _attempt(connection, item.action)
                if item.early and not done:  # else it may build on what is not on disk
                    _tell(_Outcome(item.future, result, failure))
                else:
                    done.append(_Outcome(item.future, result, failure))
                    patience = 0
                if len(group) == _GROUP:
                    break
                try:
                    item = self._writes.get(block=patience > 0, timeout=patience)
                except queue.Empty:
                    break
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            lost = StoreError(f"the job store cannot be written: {error}. Free disk space.")
            done = [_Outcome(each.future, None, lost) for each in group if not each.future.done()]
        for outcome in done:
            _tell(outcome)
        return item is not None


def _tell(outcome: _Outcome) -> None:
    if not outcome.future.set_running_or_notify_cancel():
        return  # whoever asked has gone meanwhile; it is written all the same
    if outcome.failure is None:
        outcome.future.set_result(outcome.result)
    else:
        outcome.future.set_exception(outcome.failure)


def _attempt(connection: SqliteConnection, action: Action[Any]) -> tuple[Any, BaseException | None]:
    """The action's result, or what it raised with its changes undone."""
    connection.execute("SAVEPOINT one")
    try:
        result = action(connection)
    except sqlite3.OperationalError:
        raise  # a full disk concerns the whole group
    except Exception as error:  # noqa: BLE001 - handed to whoever asked
        connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
        return None, error
    connection.execute("RELEASE one")
    return result, None


def _migrate(connection: SqliteConnection, path: Path, migrations: Sequence[Migration]) -> None:
    """Run the steps that a file has not seen, each whole or not at all."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    check_version(str(path), version, migrations, "folder with PAINTGRAPH_DATA_DIR")
    for number, migrate in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            migrate(connection)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _connect(path: Path, durability: Durability) -> SqliteConnection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, factory=SqliteConnection
    )
    connection.row_factory = sqlite3.Row
    if connection.is_new:  # for others it changes nothing, yet would write
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {durability.upper()}")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
