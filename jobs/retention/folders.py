"""Files of a folder that are too old, or the oldest of too many: found without holding them all."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from paintgraph.base.files import PART

GRACE_SECONDS = 300.0
"""Younger files stay, whatever the bounds: a job that is not accepted yet may name them."""

_STEP = 200
_MINUTE = 60
_BLOCK = 512


class Found(NamedTuple):
    """A file that may go; `used` is when it was written or last used, in seconds since 1970."""

    path: Path
    used: float
    size: int


def _written(stat: os.stat_result) -> float:
    return stat.st_mtime


def fetched(stat: os.stat_result) -> float:
    """When a copy of an object came here: its time of writing is that of the object."""
    return stat.st_ctime


class FilesBelow:
    """The files below a folder; `used` gives the time by which one is old."""

    def __init__(self, folder: Path, used: Callable[[os.stat_result], float] = _written) -> None:
        self.root = folder
        self._used = used

    def expired(
        self, before: float | None, most_bytes: int | None, now: float
    ) -> Iterator[list[Found]]:
        """Those older than `before`, or in excess of the bytes; in steps. Hidden files stay."""
        return chosen(
            lambda: files_below(self.root, used=self._used), before, most_bytes, now - GRACE_SECONDS
        )

    def remove(self, file: Found) -> bool:
        """Remove a file unless it was used meanwhile; whether it is gone."""
        try:
            if self._used(file.path.stat()) > file.used:
                return False
            file.path.unlink()
        except OSError:
            return False
        return True


def chosen(
    find: Callable[[], Iterator[Found]],
    before: float | None,
    most_bytes: int | None,
    newest: float,
) -> Iterator[list[Found]]:
    """Those that are older than `before`, or in excess of the bytes, up to the newest; in steps.

    All are found once to add up sizes by the minute, and once to name those that go: memory does
    not grow with their number.
    """
    limit = before or 0.0
    if most_bytes is not None:
        limit = max(limit, _excess_until(find(), most_bytes))
    files = (each for each in find() if each.used < min(limit, newest))
    while step := list(islice(files, _STEP)):
        yield step


def _excess_until(files: Iterator[Found], most_bytes: int) -> float:
    """Before which time files must be written to go, so that the rest fits."""
    sizes: dict[int, int] = defaultdict(int)
    for each in files:
        sizes[int(each.used) // _MINUTE] += each.size
    excess = sum(sizes.values()) - most_bytes
    until = 0.0
    for minute in sorted(sizes):
        if excess <= 0:
            break
        excess -= sizes[minute]
        until = (minute + 1.0) * _MINUTE
    return until


def remove_parts(folder: Path, before: float) -> int:
    """Remove what writers that were killed before a time left half written; gives how many."""
    left = [each.path for each in files_below(folder, parts=True) if each.used < before]
    for path in left:
        with suppress(OSError):
            path.unlink()
    return len(left)


def files_below(
    folder: Path, *, parts: bool = False, used: Callable[[os.stat_result], float] = _written
) -> Iterator[Found]:
    """Plain files below a folder, or half-written ones; links are not followed.

    `used` gives the time by which they are old.
    """
    folders = [os.fspath(folder)]
    while folders:
        try:
            entries = os.scandir(folders.pop())
        except OSError:
            continue
        with entries:
            for entry in entries:
                is_hidden = entry.name.startswith(".")
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif is_hidden == parts and (not parts or entry.name.endswith(PART)):
                    with suppress(OSError):
                        stat = entry.stat(follow_symlinks=False)
                        held = getattr(stat, "st_blocks", 0) * _BLOCK or stat.st_size
                        yield Found(Path(entry.path), used(stat), held)
