"""Files by name, in folders: what clients send, and what editors keep for their users.

Names have / between their parts and lead nowhere else. On one machine a tree is a folder; servers
that share a bucket share the tree in it (`bucket_trees`).
"""

import errno
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from paintgraph.base.files import make_folder, write_new, write_whole
from paintgraph.base.names import path_in

MOST_DEPTH = 16


class Entry(NamedTuple):
    """A file or folder of a tree; its name begins at the root, times are seconds since 1970."""

    name: str
    size: int
    modified: float
    created: float
    is_folder: bool = False


class NoPlaceError(OSError):
    """No file can have this name: it is a folder's, lies in a file, is too long or too deep."""


class FileTree(ABC):
    """Files by name, whole or not there; thread-safe.

    `root` is the folder of this machine where they lie, or copies of those that were read here.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @abstractmethod
    def below(self, folder: str) -> "FileTree":
        """The files of a folder as a tree."""

    @abstractmethod
    def place(self, name: str) -> Path:
        """The path of a name as the tree spells it; .. and links may lead out of the root."""

    @abstractmethod
    def file(self, name: str) -> Path | None:
        """A file of this machine with the bytes of a name; None if there is none."""

    @abstractmethod
    def entry(self, name: str) -> Entry | None:
        """What is known of a file; None if there is none."""

    @abstractmethod
    def has_folder(self, name: str) -> bool:
        """Whether there is such a folder; "" is the root."""

    @abstractmethod
    def changed(self, name: str) -> float | None:
        """When a file or a folder was changed last, by this machine's clock; None if it is gone."""

    @abstractmethod
    def entries(
        self, folder: str = "", *, is_deep: bool = False, with_links: bool = False
    ) -> Iterator[Entry]:
        """What lies in a folder, by name, and in those below it if asked for; nothing hidden.

        Links of a file system are left out unless they are asked for.
        """

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a file, or replace it; raises NoPlaceError."""

    @abstractmethod
    def write_new(self, name: str, data: bytes) -> None:
        """Write a file; raises FileExistsError if the name is taken, and NoPlaceError."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file; raises FileNotFoundError if there is none."""

    @abstractmethod
    def move(self, name: str, to: str, *, is_new: bool = False) -> None:
        """Give a file another name, if `is_new` one that is free.

        Raises FileNotFoundError, FileExistsError, NoPlaceError.
        """

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""
        path = self.file(name)
        return None if path is None else path.read_bytes()


class FolderTree(FileTree):
    """The files of a folder."""

    def below(self, folder: str) -> "FolderTree":
        """The files of a folder in it."""
        return FolderTree(self.root / folder)

    def place(self, name: str) -> Path:
        """The path of what lies in the folder, where a text may spell it otherwise."""
        return path_in(self.root.resolve(), name)

    def file(self, name: str) -> Path | None:
        """The file itself."""
        path = self.root / name
        with suppress(OSError):  # too long a name
            return path if path.is_file() else None
        return None

    def entry(self, name: str) -> Entry | None:
        """Its size and times."""
        with suppress(OSError):
            status = (self.root / name).stat()
            if not stat.S_ISDIR(status.st_mode):
                return Entry(name, status.st_size, status.st_mtime, status.st_ctime)
        return None

    def has_folder(self, name: str) -> bool:
        """Whether there is such a folder."""
        return (self.root / name).is_dir()

    def changed(self, name: str) -> float | None:
        """When it was changed, whatever times it was given since."""
        with suppress(OSError):
            return (self.root / name).stat().st_ctime
        return None

    def entries(
        self, folder: str = "", *, is_deep: bool = False, with_links: bool = False
    ) -> Iterator[Entry]:
        """What lies in a folder; folders sixteen deep are not looked into."""
        stack = [(folder, 0)]
        while stack:
            place, depth = stack.pop()
            with suppress(FileNotFoundError, NotADirectoryError):
                for entry in self._inside(place, with_links=with_links):
                    yield entry
                    if is_deep and entry.is_folder and depth < MOST_DEPTH:
                        stack.append((entry.name, depth + 1))

    def write(self, name: str, data: bytes) -> None:
        """Write a file at one stroke, and the folders on its way."""
        self._make(name)
        try:
            write_whole(self.root / name, data)
        except IsADirectoryError as error:
            raise NoPlaceError(name) from error

    def write_new(self, name: str, data: bytes) -> None:
        """Write a file that must not be there."""
        self._make(name)
        write_new(self.root / name, data)

    def remove(self, name: str) -> None:
        """Remove a file."""
        path = self._there(name)
        path.unlink()

    def move(self, name: str, to: str, *, is_new: bool = False) -> None:
        """Rename a file."""
        path, new = self._there(name), self.root / to
        self._make(to)
        if is_new and new.exists():
            raise FileExistsError(to)
        try:
            path.replace(new)
        except (IsADirectoryError, PermissionError) as error:
            if not new.is_dir():
                raise
            raise NoPlaceError(to) from error

    def _there(self, name: str) -> Path:
        path = self.file(name)
        if path is None:
            raise FileNotFoundError(name)
        return path

    def _make(self, name: str) -> None:
        """Make the folders on the way to a file."""
        try:
            make_folder((self.root / name).parent)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.ENAMETOOLONG):
                raise NoPlaceError(name) from error
            raise

    def _inside(self, folder: str, *, with_links: bool) -> Iterator[Entry]:
        start = f"{folder}/" if folder else ""
        with os.scandir(self.root / folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith(".") or (entry.is_symlink() and not with_links):
                    continue
                if not (entry.is_file() or entry.is_dir()):
                    continue
                with suppress(OSError):  # somebody may just have removed it
                    status = entry.stat()
                    times = status.st_mtime, status.st_ctime
                    yield Entry(start + entry.name, status.st_size, *times, entry.is_dir())
