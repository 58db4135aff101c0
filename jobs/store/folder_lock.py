"""One server per data folder: only one process may open its job store."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from paintgraph.base.errors import Error

_LOCK = "server.lock"
_PROCESS = "server.pid"
"""Beside the lock, because some systems let nobody read a file that is locked."""


class FolderBusyError(Error):
    """Another server uses the data folder."""

    code = "folder_busy"


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder; raises FolderBusyError if another process does.

    The system lets go of it when the process ends, however it ends.
    """
    lock, process = FileLock(folder / _LOCK, timeout=0, thread_local=False), folder / _PROCESS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        process.write_text(str(os.getpid()), "ascii")
    except Timeout as error:
        number = "unknown"
        with suppress(OSError):
            number = process.read_text("ascii", "replace")[:20].strip() or number
        raise FolderBusyError(
            f"the data folder '{folder}' is in use by the server with process id {number}; "
            "allowed is one server per folder. End it, or name another folder with "
            "PAINTGRAPH_DATA_DIR."
        ) from error
    except (OSError, NotImplementedError) as error:
        lock.release()
        reason = error.strerror if isinstance(error, OSError) else "it does not lock files"
        raise FolderBusyError(
            f"the data folder '{folder}' cannot be used: {reason}. Name another one with "
            "PAINTGRAPH_DATA_DIR.",
            code="no_data_folder",
        ) from error
    try:
        yield
    finally:
        lock.release()
