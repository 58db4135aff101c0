"""A file that is being downloaded: kept beside its target until it is whole, to go on with it."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from paintgraph.base.files import write_whole
from paintgraph.models.catalogue.digests import Hashes
from paintgraph.models.catalogue.entries import Digest

_CHUNK = 2**20


class PartFile:
    """The beginning of `target`, and what tells whether a server still has the same file.

    Use it in a `with` statement: only one process at a time holds it.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(f".{target.name}.part")
        self._about = target.with_name(f".{target.name}.part.json")
        self._lock = FileLock(target.with_name(f".{target.name}.lock"))
        self._hashes: Hashes | None = None
        self.length = 0
        self.url = ""
        self.validator = ""

    def try_to_hold(self, seconds: float) -> bool:
        """Whether it is ours, after waiting for so long at most; raises OSError."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=seconds)
        except Timeout:
            return False
        return True

    def __enter__(self) -> Self:
        """Find what is there already; it has to be held."""
        self.length = self.path.stat().st_size if self.path.exists() else 0
        try:
            about = json.loads(self._about.read_bytes())
            self.url, self.validator = str(about["url"]), str(about["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            self.url = self.validator = ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def start_over(self, url: str, validator: str) -> None:
        """Let go of what is there; what comes next is from this address, in this version."""
        write_whole(self._about, json.dumps({"url": url, "validator": validator}).encode())
        self.path.write_bytes(b"")
        self.length, self.url, self.validator = 0, url, validator
        self._hashes = Hashes()

    def append(self, data: bytes) -> None:
        """Put bytes at the end."""
        self._hashed().update(data)
        with self.path.open("ab", buffering=0) as file:
            file.write(data)
        self.length += len(data)

    def digests(self) -> dict[str, Digest]:
        """The digests of all bytes, by kind; of those that were there before, too."""
        return self._hashed().digests()

    def finish(self) -> None:
        """Put it in its target's place, at one stroke."""
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        self.path.replace(self._target)
        self._about.unlink(missing_ok=True)

    def discard(self) -> None:
        """Let go of everything."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)
        self.length, self._hashes = 0, None

    def _hashed(self) -> Hashes:
        if self._hashes is None:
            self._hashes = Hashes()
            if self.length:
                with self.path.open("rb") as file:
                    while chunk := file.read(_CHUNK):
                        self._hashes.update(chunk)
        return self._hashes
