"""One server per data folder: only one process may open its job store; others find it there."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from paintgraph.base.errors import Error
from paintgraph.base.files import make_folder, write_whole

_LOCK = "server.lock"
_SERVER = "server.json"
"""Beside the lock, because some systems let nobody read a file that is locked."""

_LOOK_SECONDS = 0.5  # how long a server waits for who only looks whether there is one
_POLL_SECONDS = 0.05


class FolderBusyError(Error):
    """Another server uses the data folder."""

    code = "folder_busy"


@dataclass(frozen=True, slots=True)
class Server:
    """Who holds a folder.

    Attributes:
        process: its id.
        address: where it takes requests, such as "http://127.0.0.1:7866"; "" while it starts.
        has_editor: whether it serves ComfyUI's page.
    """

    process: int
    address: str = ""
    has_editor: bool = False


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder; raises FolderBusyError if another process does.

    The system lets go of it when the process ends, however it ends.
    """
    lock = FileLock(folder / _LOCK, timeout=_LOOK_SECONDS, thread_local=False)
    try:
        make_folder(folder, mode=0o700)
        lock.acquire()
        announce(folder, Server(os.getpid()))
    except Timeout as error:
        holder = _announced(folder)
        raise FolderBusyError(
            f"the data folder '{folder}' is in use by the server with process id "
            f"{holder.process if holder else 'unknown'}; allowed is one server per folder. End it, "
            "or name another folder with PAINTGRAPH_DATA_DIR."
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
        withdraw(folder)
        lock.release()


def announce(folder: Path, server: Server) -> None:
    """Tell who holds a folder, and where it takes requests; a server runs on a full disk, too."""
    try:
        write_whole(folder / _SERVER, orjson.dumps(asdict(server)), lasting=False)
    except OSError:
        withdraw(folder)


def withdraw(folder: Path) -> None:
    """Tell of no server any more."""
    with suppress(OSError):
        (folder / _SERVER).unlink(missing_ok=True)


def find_server(folder: Path, seconds: float) -> Server | None:
    """The server that holds a folder and takes requests; None if there is none.

    One that starts is waited for. What a server wrote that was killed since counts for nothing:
    it holds the folder no more.
    """
    deadline = time.monotonic() + seconds
    while _is_held(folder):
        server = _announced(folder)
        if server is not None and server.address:
            return server
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_SECONDS)
    return None


def _is_held(folder: Path) -> bool:
    if not (folder / _LOCK).exists():
        return False
    try:
        with FileLock(folder / _LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except (OSError, NotImplementedError):  # of another user, or on a system that locks nothing
        return False


def _announced(folder: Path) -> Server | None:
    """What the file says; None if it is not there, or not sound."""
    try:
        return Server(**orjson.loads((folder / _SERVER).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
