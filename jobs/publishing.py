"""Publishing: bytes become files with the names that were wanted, once each, never over a file."""

import errno
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from paintgraph.base import files
from paintgraph.base.errors import Error
from paintgraph.base.naming import FileName, portable, with_date
from paintgraph.base.words import shorten
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.graph.formats.carried import RESULT, Made
from paintgraph.engine.graph.sockets import Effect

_CURES = {
    errno.ENOSPC: "Free space or choose another place.",
    errno.EDQUOT: "Free space or choose another place.",
    errno.EMFILE: "Raise how many files the server may open (ulimit -n).",
    errno.ENFILE: "Raise how many files the system may open.",
    errno.EFBIG: "Raise the limit of file sizes, or make a smaller picture.",
    errno.ENAMETOOLONG: "Give it a shorter name.",
}


AddTexts = Callable[[bytes, Mapping[str, str]], bytes]
"""Puts texts into the file of a picture."""

_MAY_PASS = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EMFILE,
    errno.ENFILE,
)


class PublishError(Error):
    """A file cannot be written.

    `may_pass` tells whether the same file might be written later: whoever keeps the machine can
    free space or give a permission, but no waiting makes a bad name good.
    """

    code = "cannot_write"

    def __init__(self, message: str, code: str | None = None, *, may_pass: bool = False) -> None:
        super().__init__(message, code)
        self.may_pass = may_pass


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that a node wants written, and what made it.

    Attributes:
        node: id of the node, as the run knows it.
        place: which of that node's files it is, from 0.
        texts: what the files of the run carry of how they were made, by key.
    """

    effect: Effect
    node: str = ""
    place: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)

    def content(self, blobs: Blobs, add_texts: AddTexts) -> bytes:
        """The bytes of the file, which tell what made it if they are to."""
        data = blobs.get(self.effect.blob)
        if not (self.effect.made and self.texts):
            return data
        made = Made(self.effect.made, node=self.node, place=self.place)
        return add_texts(data, {**self.texts, RESULT: made.to_text()})


class Destination(Protocol):
    """Where jobs' files of one kind go, under names inside it that the job store reserves."""

    def name_of(self, effect: Effect, when: datetime | None = None) -> FileName:
        """What the file of an effect is to be called; PublishError if that leads outside."""

    def highest(self, name: FileName) -> int:
        """The highest number that a file of this name has, whatever its suffix."""

    def write(self, name: str, content: bytes, media_type: str = "", *, is_new: bool) -> str:
        """Write a file, whole or not at all; gives its name as clients see it.

        One that is not new stays as an earlier try of its job wrote it. Raises PublishError, and
        FileExistsError if the name of a new one is taken.
        """

    def file(self, name: str) -> Path | None:
        """A file of this machine with what was written under a name; None if there is none."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there and can be removed."""


class Publisher:
    """Writes effects into one folder as PREFIX_00001_.png and so on, never over a file.

    One whose name needs no number becomes PREFIX.png as long as that is free. Where a name tells
    the time it is `when`, that of the job, so that all its files tell the same; None is now.
    """

    def __init__(self, folder: Path, blobs: Blobs, *, is_lasting: bool = True) -> None:
        self._folder = folder
        self._is_lasting = is_lasting
        self._blobs = blobs

    def publish(
        self, effect: Effect, when: datetime | None = None, content: bytes | None = None
    ) -> Path:
        """Write one effect; raises PublishError if it cannot be, or its name leads outside.

        `content` stands in place of the effect's blob.
        """
        data = self._blobs.get(effect.blob) if content is None else content
        return write_new(self.candidates(effect, when), data)

    def candidates(self, effect: Effect, when: datetime | None = None) -> Iterator[Path]:
        """Paths that an effect may get, best first; PublishError if its name leads outside."""
        name = self.name_of(effect, when)
        root = self._folder.resolve()
        numbers = itertools.count(self.highest(name) + 1)
        numbered = (root / name.numbered(number) for number in numbers)
        plain = root / name.plain
        if name.is_numbered or os.path.lexists(plain):
            return numbered
        return itertools.chain([plain], numbered)

    def name_of(self, effect: Effect, when: datetime | None = None) -> FileName:
        """What the file of an effect is to be called; PublishError if that leads outside."""
        target = self._target(effect.prefix, when or datetime.now().astimezone())
        stem = target.relative_to(self._folder.resolve()).as_posix()
        return FileName(effect.folder, stem, effect.suffix, effect.is_numbered)

    def highest(self, name: FileName) -> int:
        """The highest number that a file of this name has, whatever its suffix; lists a folder."""
        target = self._folder.resolve() / name.stem
        pattern = re.compile(re.escape(target.name) + r"_(\d+)_", re.ASCII)
        try:
            found = (pattern.match(file.name) for file in target.parent.iterdir())
            return max((int(match[1]) for match in found if match), default=0)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise cannot_write(target.parent, error) from error

    def write(self, name: str, content: bytes, media_type: str = "", *, is_new: bool) -> str:  # noqa: ARG002 - the role has it
        """Write a file; one that is shown alone need not survive a loss of power."""
        path = self._path_of(name)
        try:
            files.make_folder(path.parent)
        except OSError as error:  # also a file of the folder's name, which no number cures
            raise cannot_write(path, error) from error
        try:
            if is_new:
                files.write_new(path, content, lasting=self._is_lasting)
            elif not path.exists() or not path.stat().st_size:  # claimed, and not filled
                files.write_whole(path, content, lasting=self._is_lasting)
        except FileExistsError:
            raise
        except OSError as error:
            raise cannot_write(path, error) from error
        return str(path.relative_to(self._folder.resolve()))

    def file(self, name: str) -> Path | None:
        """The file itself."""
        path = self._path_of(name)
        return path if path.is_file() else None

    def remove(self, name: str) -> None:
        """Remove a file, if it is there and can be removed."""
        with suppress(OSError):
            self._path_of(name).unlink()

    def _path_of(self, name: str) -> Path:
        """Where a file lies; names that an earlier paintgraph reserved are absolute."""
        return self._folder.resolve() / name

    def _target(self, wanted: str, when: datetime) -> Path:
        """Where a prefix leads to, without number and suffix; always inside the folder."""
        root = self._folder.resolve()
        prefix = plain_prefix(wanted, when)
        try:
            target = (root / prefix).resolve()
        except (OSError, RuntimeError) as error:  # too long a name, links in a circle
            raise PublishError(
                f"the file name '{shorten(prefix)}' leads nowhere. Use a short, plain name."
            ) from error
        if not target.is_relative_to(root) or target == root:
            raise PublishError(
                f"the file name '{shorten(prefix)}' leads outside the output folder '{root}'. "
                "Use a plain name."
            )
        return target


def plain_prefix(wanted: str, when: datetime) -> str:
    """A prefix with its time filled in; raises PublishError for what is no name of a file."""
    prefix = portable(with_date(wanted, when))
    if not prefix.strip() or prefix.endswith("/") or "\0" in prefix:
        raise PublishError(
            f"the file name '{shorten(prefix)}' is no name of a file. Write a plain one."
        )
    return prefix


def write_new(paths: Iterable[Path], data: bytes) -> Path:
    """Write the first path that is free, whole or not at all; gives the path.

    Of several writers that want the same path each gets one of its own. Raises PublishError.
    """
    for path in paths:
        if os.path.lexists(path):
            continue
        try:
            files.make_folder(path.parent)
            files.write_new(path, data)
        except FileExistsError:
            continue  # somebody else was faster
        except OSError as error:
            raise cannot_write(path, error) from error
        return path
    raise PublishError("every name is taken. Choose another.")


def cannot_write(path: Path, error: OSError) -> PublishError:
    """The error of a file or folder that cannot be written."""
    message = f"'{shorten(str(path), 300)}' {not_written(error)}"
    return PublishError(message, may_pass=error.errno in _MAY_PASS)


def not_written(error: OSError) -> str:
    """Why something cannot be written, and the cure; follows the name of it."""
    cure = _CURES.get(error.errno or 0, "Check its permissions or choose another place.")
    return f"cannot be written: {error.strerror or type(error).__name__}. {cure}"
