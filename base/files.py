"""Files that are there whole or not at all, even after a crash."""

import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from paintgraph.base.platforms import holding, is_held, sync_folder

PART = ".part"
"""How the name of a file ends that is still being written; it begins with a dot."""

_IS_PART = re.compile(rf"\.[0-9a-f]{{16}}{re.escape(PART)}")
_FORGOTTEN_SECONDS = 3600.0


def write_whole(
    path: Path,
    data: bytes,
    *,
    lasting: bool = True,
    mode: int = 0o666,
    modified_ns: int | None = None,
) -> None:
    """Write a file, or replace it, at one stroke; raises OSError.

    What is no file, such as /dev/null or a pipe, is written into and never replaced.

    `mode` are its permissions before the umask. With `lasting` off it may be gone after a loss of
    power, though never half there: that is quicker, and good enough for what can be made again.
    `modified_ns` is the time of its change that it has from the first, in nanoseconds since 1970.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    _write(path, data, mode, os.replace, modified_ns)
    if lasting:
        sync_folder(path.parent)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder and those above it, whose names survive a loss of power; raises OSError.

    `mode` are the permissions of the folder itself before the umask, if it is made.
    """
    try:
        folder.mkdir(mode)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    except FileNotFoundError:
        make_folder(folder.parent)
        folder.mkdir(mode, exist_ok=True)
    sync_folder(folder.parent)


def write_new(path: Path, data: bytes, *, lasting: bool = True, mode: int = 0o666) -> None:
    """Write a file that must not be there yet, at one stroke; `lasting`, `mode`: as `write_whole`.

    Raises FileExistsError if the name is taken, of several writers for all but one, and OSError.
    """
    _write(path, data, mode, _move_new)
    if lasting:
        sync_folder(path.parent)


def _write(
    path: Path,
    data: bytes,
    mode: int,
    move: Callable[[Path, Path], None],
    modified_ns: int | None = None,
) -> None:
    part = path.with_name(f".{secrets.token_hex(8)}{PART}")
    try:
        with ExitStack() as held:
            with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
                held.enter_context(holding(file.fileno()))
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if modified_ns is not None:
                os.utime(part, ns=(modified_ns, modified_ns))
            move(part, path)
    finally:
        part.unlink(missing_ok=True)


def remove_parts(folder: Path) -> None:
    """Remove what writers left in a folder that were killed, and nothing that is being written.

    An empty one may not be held yet, so it goes once it is old.
    """
    for part in folder.glob(f".*{PART}"):
        with suppress(OSError):  # it is gone by now, or may not be removed
            stat = part.stat()
            is_old = time.time() - stat.st_mtime > _FORGOTTEN_SECONDS
            if _IS_PART.fullmatch(part.name) and (stat.st_size or is_old) and not is_held(part):
                part.unlink()


def _move_new(part: Path, path: Path) -> None:
    """Give a file its name; FileExistsError if it is taken."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links here: claim the name, then fill it at one stroke
        path.open("xb").close()
        part.replace(path)
