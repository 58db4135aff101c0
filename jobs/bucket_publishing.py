"""Publishing into a bucket: the names of `jobs.publishing`, never over an object."""

import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from paintgraph.base.bucket import Bucket, BucketError
from paintgraph.base.names import spelt
from paintgraph.base.naming import FileName
from paintgraph.base.words import shorten
from paintgraph.engine.graph.sockets import Effect
from paintgraph.jobs.publishing import PublishError, plain_prefix
from paintgraph.jobs.sources.bucket_trees import BucketTree


class BucketPublisher:
    """Writes jobs' files as objects of a tree; copies lie in a folder of this machine, `here`."""

    def __init__(self, bucket: Bucket, folder: str, here: Path) -> None:
        self._bucket = bucket
        self._folder = folder
        self._tree = BucketTree(bucket, folder, here)

    def name_of(self, effect: Effect, when: datetime | None = None) -> FileName:
        """What the file of an effect is to be called; PublishError if that leads outside."""
        prefix = plain_prefix(effect.prefix, when or datetime.now().astimezone())
        stem = spelt(posixpath.normpath(prefix))
        if stem.startswith(("/", "../")) or stem in (".", ".."):
            raise PublishError(
                f"the file name '{shorten(prefix)}' leads outside the output folder. "
                "Use a plain name."
            )
        return FileName(effect.folder, stem, effect.suffix, effect.is_numbered)

    def highest(self, name: FileName) -> int:
        """The highest number that a file of this name has; lists the objects that begin so."""
        start = f"{self._key(name.stem)}_"
        numbered = re.compile(re.escape(start) + r"(\d+)_", re.ASCII)
        highest = 0
        with _told():
            for found in self._bucket.below(posixpath.dirname(start), after=start):
                if not found.key.startswith(start):  # they come by key
                    break
                if match := numbered.match(found.key):
                    highest = max(highest, int(match[1]))
        return highest

    def write(self, name: str, content: bytes, media_type: str = "", *, is_new: bool) -> str:
        """Write an object."""
        with _told():
            is_written = self._bucket.put_new(self._key(name), content, media_type)
        if is_new and not is_written:
            raise FileExistsError(name)
        if is_written:
            with suppress(OSError):  # it is fetched once more, then
                self._tree.keep(name, content)
        return name

    def file(self, name: str) -> Path | None:
        """A copy in the folder; raises BucketError."""
        return self._tree.file(name)

    def remove(self, name: str) -> None:
        """Remove an object, if it is there; raises BucketError."""
        with suppress(FileNotFoundError):
            self._tree.remove(name)

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}"


@contextmanager
def _told() -> Iterator[None]:
    """Files that a bucket does not take are told of, and waited for, as those of a full disk."""
    try:
        yield
    except BucketError as error:
        raise PublishError(str(error), may_pass=error.may_pass) from error
