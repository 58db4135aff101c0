"""Bytes by their digest: what pictures, effects and stored results are made of.

The only file access that nodes have.
"""

import hashlib
import os
import re
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

from paintgraph.base.files import make_folder, write_whole
from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.sockets import shown

PREFIX = "sha256:"
_CHUNK = 1 << 20
_MOST_SEEN = 100_000
_DIGEST = re.compile("[0-9a-f]{64}")


def reference_of(data: bytes) -> str:
    """What bytes are called once they are kept."""
    return PREFIX + hashlib.sha256(data).hexdigest()


def is_reference(text: str) -> bool:
    """Whether a text can name bytes."""
    return _DIGEST.fullmatch(text.removeprefix(PREFIX)) is not None


def digest_in(reference: str) -> str:
    """The hexadecimal digits of a reference; raises BindError if it is none."""
    digest = reference.removeprefix(PREFIX)
    if not _DIGEST.fullmatch(digest):
        raise BindError(
            f"{shown(reference)} names no blob; allowed is sha256: and 64 hexadecimal digits. "
            "Name a file instead.",
            code="bad_blob",
        )
    return digest


class Blobs(ABC):
    """Bytes by reference: "sha256:" and 64 hexadecimal digits. Thread-safe.

    Nodes find it by this type, wherever the bytes lie: in a folder, or in a bucket.
    """

    @abstractmethod
    def put(self, data: bytes) -> str:
        """Keep bytes; gives their reference."""

    @abstractmethod
    def get(self, reference: str) -> bytes:
        """The bytes of a reference; raises BindError if they are gone or have changed."""

    @abstractmethod
    def file(self, reference: str) -> Path | None:
        """A file of this machine with the bytes of a reference; None if they are gone."""

    @abstractmethod
    def size(self, reference: str) -> int | None:
        """How many bytes a reference stands for; None if they are gone."""

    @abstractmethod
    def touch(self, reference: str) -> bool:
        """Note that bytes are used now, so that they count as young; False if they are gone."""

    @abstractmethod
    def remove(self, reference: str, *, unused_since: float) -> None:
        """Let go of bytes, unless they were used after a time in seconds since 1970."""

    @abstractmethod
    def adopt(self, path: Path) -> str:
        """Refer to a file of this machine; gives its reference.

        Raises BindError if it cannot be read.
        """

    def link(self, reference: str, seconds: float) -> str | None:  # noqa: ARG002 - the role has it
        """An address at which anybody gets bytes for a while; None where there are none such."""
        return None

    @abstractmethod
    def expect(self, reference: str, path: Path) -> None:
        """Refer to a file that is said to have these bytes: whoever gets them looks whether so."""

    def __contains__(self, reference: object) -> bool:
        return self.size(str(reference)) is not None


class FolderBlobs(Blobs):
    """A folder of blobs named by their SHA-256, and files elsewhere that were adopted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._adopted: dict[str, Path] = {}
        self._seen: dict[Path, tuple[tuple[int, ...], str]] = {}

    def put(self, data: bytes) -> str:
        """Keep bytes; gives their reference."""
        reference = reference_of(data)
        path = self._path(reference.removeprefix(PREFIX))
        if not _touch(path):
            make_folder(path.parent)
            write_whole(path, data)
        return reference

    def touch(self, reference: str) -> bool:
        """Note that bytes are used now, so that they count as young; False if they are gone."""
        return _touch(self._path(reference.removeprefix(PREFIX))) or reference in self

    def remove(self, reference: str, *, unused_since: float) -> None:
        """Let go of bytes, unless they were used after a time in seconds since 1970."""
        own = self._path(reference.removeprefix(PREFIX))
        with suppress(OSError):
            if own.stat().st_mtime <= unused_since:
                own.unlink()

    def adopt(self, path: Path) -> str:
        """Refer to a file where it is, without a copy.

        One that was read before and has the same size, times and place is not read again.
        """
        try:
            signs = _signs(path)
            seen = self._seen.get(path)
            if seen is not None and seen[0] == signs:
                digest = seen[1]
            else:
                digest = _digest_of(path)
                if len(self._seen) >= _MOST_SEEN:
                    self._seen.clear()
                self._seen[path] = (signs, digest)
        except OSError as error:
            raise BindError(unreadable(path, error), code="unreadable_file") from error
        self._adopted[digest] = path
        return PREFIX + digest

    def expect(self, reference: str, path: Path) -> None:
        """Refer to a file where it is, as its digest is known."""
        self._adopted[reference.removeprefix(PREFIX)] = path

    def get(self, reference: str) -> bytes:
        """The bytes of a reference; raises BindError if they are gone or have changed."""
        digest = digest_in(reference)
        own = self._path(digest)
        # What was adopted may be gone by now, such as the file of an earlier run's input.
        path = own if own.exists() else self._adopted.get(digest, own)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BindError(unreadable(path, error), code="unreadable_file") from error
        if path != own and hashlib.sha256(data).hexdigest() != digest:
            raise BindError(
                f"the file '{path}' has changed since the job was accepted. Run the job again.",
                code="file_changed",
            )
        return data

    def file(self, reference: str) -> Path | None:
        """Where the bytes of a reference lie; None if they are gone."""
        digest = reference.removeprefix(PREFIX)
        if not _DIGEST.fullmatch(digest):
            return None
        own = self._path(digest)
        path = own if own.exists() else self._adopted.get(digest, own)
        return path if path.exists() else None

    def size(self, reference: str) -> int | None:
        """How many bytes a reference stands for; None if they are gone."""
        try:
            path = self.file(reference)
            return None if path is None else path.stat().st_size
        except OSError:
            return None

    def __contains__(self, reference: object) -> bool:
        return self.file(str(reference)) is not None

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _signs(path: Path) -> tuple[int, ...]:
    """What changes when a file is written or replaced."""
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _touch(path: Path) -> bool:
    """Note that a file is used now; False if it is not there."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:  # it may not be written to
        return path.exists()
    return True


def unreadable(path: Path, error: OSError) -> str:
    """What is said of a file that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return f"there is no file '{path}'. Check the spelling and the folder."
    if isinstance(error, IsADirectoryError):
        return f"'{path}' is a folder; a file is needed. Name a file in it."
    return f"the file '{path}' cannot be read: {error.strerror}. Check its permissions."
