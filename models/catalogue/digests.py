"""What stands in model files: digests, read once, and whether it can be a model at all.

A table knows digests by path, size, time and inode.

The table is a folder with one small file for each model file, each written at one stroke, so that
programs may write at once; what is lost or damaged is read again.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from paintgraph.base.files import write_whole
from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.catalogue.entries import Digest, Placed

_CHUNK = 2**20
_HEAD_BYTES = 512
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<?xml")
_POINTER = b"version https://git-lfs"


class Hashes:
    """The digests of bytes as they come, of every kind that the catalogue uses."""

    def __init__(self) -> None:
        self._hashes = {
            "sha256": hashlib.sha256(),
            "md5": hashlib.md5(usedforsecurity=False),  # publishers give it; it guards no secret
        }

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        for each in self._hashes.values():
            each.update(data)

    def digests(self) -> dict[str, Digest]:
        """The digests of all bytes so far, by kind."""
        return {kind: f"{kind}:{each.hexdigest()}" for kind, each in self._hashes.items()}


class ModelDigests:
    """Digests of files; `folder` keeps those that were read. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def digest_of(self, path: Path) -> Digest:
        """The SHA-256 of a file, from the table if the file is the same; raises OSError."""
        return self.digests_of(path)["sha256"]

    def of(self, placed: Placed) -> Digest:
        """One digest for all files of a model: of a single file its own.

        Of several: the SHA-256 of their digests and paths, sorted, as sha256sum would print them.
        """
        if len(placed.files) == 1:
            return self.digest_of(placed.file)
        rows = sorted(
            f"{self.digest_of(path).partition(':')[2]}  {name}\n"
            for name, path in placed.files.items()
        )
        return f"sha256:{hashlib.sha256(''.join(rows).encode()).hexdigest()}"

    def digests_of(
        self, path: Path, *, fresh: bool = False, listening: Listening = SILENT
    ) -> dict[str, Digest]:
        """The digests of a file by kind; `fresh` reads it again whatever the table says.

        Bytes are reported as they are read. Raises OSError.
        """
        if not fresh and (known := self.known(path)) is not None:
            return known
        before = _identity(path)
        hashes = Hashes()
        done, total = 0, path.stat().st_size
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hashes.update(chunk)
                done += len(chunk)
                listening.progress(done, total)
        found = hashes.digests()
        if _identity(path) == before:
            self.remember(path, found)
        return found

    def known(self, path: Path) -> dict[str, Digest] | None:
        """The digests of a file if they are in the table and the file has not changed."""
        try:
            row = json.loads(self._row(path).read_bytes())
            if row["identity"] == _identity(path):
                return {str(kind): str(digest) for kind, digest in row["digests"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return None

    def remember(self, path: Path, digests: Mapping[str, Digest]) -> None:
        """Keep the digests of a file as it is now; where the table cannot be written, nothing."""
        try:
            row = {"identity": _identity(path), "digests": dict(digests)}
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._row(path), json.dumps(row).encode(), lasting=False)
        except OSError:
            return  # the file is read again next time

    def forget(self, path: Path) -> None:
        """Drop a file from the table."""
        self._row(path).unlink(missing_ok=True)

    def _row(self, path: Path) -> Path:
        # Through links: the hub's cache has each file under its digest, and links to it.
        name = hashlib.blake2b(os.fsencode(path.resolve()), digest_size=16).hexdigest()
        return self._folder / f"{name}.json"


class Records:
    """What pulls saw: the digests of files that the catalogue gives none for.

    One small file for each model that was pulled.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def digests(self, name: str, file: str) -> tuple[Digest, ...]:
        """The digest that a model's file had when it was first pulled; empty if it never was."""
        seen = self._read(name).get(file)
        return (seen,) if seen else ()

    def keep(self, name: str, digests: Mapping[str, Digest]) -> None:
        """Keep the digests of a model's files; of those that are known already, the old ones.

        Where nothing can be written nothing is kept: files that no catalogue knows stay unknown.
        """
        text = json.dumps({**digests, **self._read(name)}, indent=1)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(name), text.encode())

    def forget(self, name: str) -> None:
        """Drop a model."""
        self._path(name).unlink(missing_ok=True)

    def _read(self, name: str) -> dict[str, Digest]:
        try:
            found = json.loads(self._path(name).read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {str(file): str(digest) for file, digest in found.items()}

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def oddity(head: bytes) -> str | None:
    """What a file is that begins like this, if it can be no model; else None."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "it is empty"
    if start.startswith(_PAGES):
        return "it is a web page (HTML), not a model"
    if start.startswith(_POINTER):
        return "it is a pointer of Git LFS, not the model itself"
    return None


def oddity_of(path: Path) -> str | None:
    """What a file is, if it can be no model; raises OSError."""
    with path.open("rb") as file:
        return oddity(file.read(_HEAD_BYTES))


def _identity(path: Path) -> list[int | str]:
    """What changes when a file does. The path is in it, lest two share a row."""
    stat = path.stat()
    return [str(path.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ino]
