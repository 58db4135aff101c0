"""Copies of a store that is in use, and what is wrong with one."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from paintgraph.base.errors import Error
from paintgraph.base.files import PART
from paintgraph.base.platforms import sync_folder
from paintgraph.jobs.store import checking
from paintgraph.jobs.store.migrations import MIGRATIONS

STORE = "jobs.sqlite"
"""The name of the store's file in a data folder."""

_MOST_TOLD = 100


class BackupError(Error):
    """A store cannot be copied or read."""

    code = "no_backup"


def back_up(store: Path, copy: Path) -> None:
    """Copy a store as it is at one moment, whole or not at all, whoever writes to it meanwhile.

    Raises BackupError; an existing file is never replaced.
    """
    with written_whole(copy) as part:
        try:
            with closing(_reader(store)) as source, closing(sqlite3.connect(part)) as target:
                source.backup(target)  # at one stroke: other connections go on writing
        except sqlite3.Error as error:
            raise BackupError(
                f"'{store}' cannot be copied to '{copy}': {error}. Choose another place."
            ) from error


@contextmanager
def written_whole(copy: Path) -> Iterator[Path]:
    """Where to write a store that is to be a new file, there whole or not at all.

    Raises BackupError; an existing file is never replaced.
    """
    if os.path.lexists(copy):
        raise BackupError(f"the file '{copy}' is there already. Choose another name.")
    part = copy.with_name(f".{copy.name}{PART}")
    try:
        yield part
        with closing(sqlite3.connect(part)) as written:
            written.execute("PRAGMA journal_mode = DELETE")  # one file, which can be copied on
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.rename(copy)
        sync_folder(copy.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"'{copy}' cannot be written: {error}. Choose another place.") from error
    finally:
        part.unlink(missing_ok=True)


def version_of(store: Path) -> int:
    """How many migrations a store has seen; raises BackupError."""
    with closing(_reader(store)) as connection:
        return _version(connection)


def is_current(store: Path) -> bool:
    """Whether a store has seen all migrations, and no others."""
    return version_of(store) == len(MIGRATIONS)


def faults_of(store: Path, has_blob: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong with a store, in sentences; `has_blob` tells of a digest in hexadecimal.

    Raises BackupError if it cannot be read at all.
    """
    with closing(_reader(store)) as connection:
        try:
            yield from _faults(connection, has_blob)
        except sqlite3.Error as error:
            yield f"the file cannot be read to its end: {error}. Put a backup in its place."


def _faults(connection: sqlite3.Connection, has_blob: Callable[[str], bool]) -> Iterator[str]:
    version = _version(connection)
    if version != len(MIGRATIONS):
        newer = "A newer paintgraph wrote it: use that one."
        older = "The next start of the server brings it up to date."
        yield (
            f"it has version {version}, this paintgraph knows {len(MIGRATIONS)}. "
            f"{newer if version > len(MIGRATIONS) else older}"
        )
        return
    for (told,) in connection.execute(f"PRAGMA integrity_check({_MOST_TOLD})"):
        if told != "ok":
            yield f"the file is damaged: {told}. Put a backup in its place."
    for table, row, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of the table '{table}' belongs to no job. It does no harm."
    yield from checking.faults(connection, has_blob)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _reader(store: Path) -> sqlite3.Connection:
    """A connection that writes nothing; BackupError if there is no store."""
    if not store.is_file():
        raise BackupError(
            f"there is no job store '{store}'. Name its folder with --data-dir.", "no_store"
        )
    try:
        connection = sqlite3.connect(store)
        connection.execute("PRAGMA query_only = ON")
        _version(connection)
    except sqlite3.Error as error:
        raise BackupError(f"'{store}' is no job store: {error}. Name another.") from error
    return connection
