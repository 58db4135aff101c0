"""One server per data folder: only one process may open its job store."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paintgraph.base.errors import Error

_NAME = "server.lock"


class FolderBusyError(Error):
    """Another server uses the data folder."""

    code = "folder_busy"


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder; raises FolderBusyError if another process does.

    The system lets go of it when the process ends, however it ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / _NAME).open("a+", encoding="ascii")
    except OSError as error:
        raise FolderBusyError(
            f"the data folder '{folder}' cannot be used: {error.strerror}. Name another one with "
            "PAINTGRAPH_DATA_DIR.",
            code="no_data_folder",
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise FolderBusyError(
                f"the data folder '{folder}' is in use by the server with process id "
                f"{file.read(20).strip() or 'unknown'}; allowed is one server per folder. End it, "
                "or name another folder with PAINTGRAPH_DATA_DIR."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
