"""Trees of files in a bucket that several servers share; folders of each have copies."""

import os
import posixpath
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from paintgraph.base.bucket import Bucket, Found
from paintgraph.base.file_kinds import media_type_of
from paintgraph.base.files import make_folder, write_whole
from paintgraph.base.names import spelt
from paintgraph.jobs.sources.trees import MOST_DEPTH, Entry, FileTree, NoPlaceError

_LONGEST_KEY, _LONGEST_PART = 900, 255
"""Bytes; S3 takes 1,024, and the bucket's address may have a prefix; parts name files here."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What no key may have."""

_TICK = 100
"""Nanoseconds: what file systems tell apart of times."""
_TICKS = 10**9 // _TICK


class BucketTree(FileTree):
    """Objects below one folder of a bucket, which is asked each time; raises BucketError.

    A copy in the folder of this machine counts as long as the bucket has the same version of it.
    Nothing else lies there: what is in the way of a new copy is an old one.
    """

    def __init__(self, bucket: Bucket, folder: str, root: Path) -> None:
        super().__init__(root)
        self._bucket = bucket
        self._folder = folder

    def below(self, folder: str) -> "BucketTree":
        """The objects of a folder in it."""
        return BucketTree(self._bucket, f"{self._folder}/{folder}", self.root / folder)

    def place(self, name: str) -> Path:
        """The path of a copy; each name has one spelling, whatever copies this machine has."""
        return self.root.resolve() / spelt(name)

    def file(self, name: str) -> Path | None:
        """A copy in the folder."""
        found = self._head(name)
        if found is None:
            return None
        path = self.root / spelt(name)
        with suppress(FileNotFoundError, NotADirectoryError):
            if _is_copy(path.stat(), found):
                return path
        content = self._bucket.get(found.key)
        if content is None:
            return None
        self.keep(name, content, found)
        return path

    def read(self, name: str) -> bytes | None:
        """The bytes of an object, from a copy if there is one that counts."""
        found = self._head(name)
        if found is None:
            return None
        with suppress(OSError), (self.root / spelt(name)).open("rb") as file:
            if _is_copy(os.fstat(file.fileno()), found):
                return file.read()
        content = self._bucket.get(found.key)
        if content is not None:
            with suppress(OSError):  # it is fetched once more, then
                self.keep(name, content, found)
        return content

    def entry(self, name: str) -> Entry | None:
        """Its size, and when it was written."""
        found = self._head(name)
        return None if found is None else self._entry(found)

    def has_folder(self, name: str) -> bool:
        """Whether there is an object in it; the root is there without one."""
        return not name or (
            self._is_name(name) and next(self._bucket.below(self._key(name)), None) is not None
        )

    def changed(self, name: str) -> float | None:
        """When an object was written, or the newest one of a folder."""
        found = self._head(name)
        times = [found.modified] if found else [each.modified for each in self.entries(name)]
        return max(times) - self._bucket.ahead if times else None

    def entries(
        self,
        folder: str = "",
        *,
        is_deep: bool = False,
        with_links: bool = False,  # noqa: ARG002 - there are none
    ) -> Iterator[Entry]:
        """The objects of a folder; the folders on the way to deeper ones are told, too."""
        if folder and not self._is_name(folder):
            return
        base = self._key(folder)
        if is_deep:
            found = [*self._bucket.below(base)]
            folders = _folders_between(base, found)
        else:
            folders, found = self._bucket.inside(base)
        for key in folders:
            if not _is_hidden(base, key):
                yield Entry(self._name(key), 0, 0.0, 0.0, is_folder=True)
        for each in found:
            if not _is_hidden(base, each.key):
                yield self._entry(each)

    def write(self, name: str, data: bytes) -> None:
        """Write an object."""
        self._check_place(name)
        self._bucket.put(self._key(name), data, media_type_of(data))

    def write_new(self, name: str, data: bytes) -> None:
        """Write an object that must not be there; see `Bucket.put_new`."""
        self._check_place(name, is_new=True)
        if not self._bucket.put_new(self._key(name), data, media_type_of(data)):
            raise FileExistsError(name)
        with suppress(OSError):  # it is fetched once more, then
            self.keep(name, data)

    def remove(self, name: str) -> None:
        """Remove an object."""
        if self._head(name) is None:
            raise FileNotFoundError(name)
        self._bucket.remove(self._key(name))
        with suppress(OSError):
            (self.root / spelt(name)).unlink()

    def move(self, name: str, to: str, *, is_new: bool = False) -> None:
        """Copy an object, then remove it: who looks meanwhile sees both."""
        data = self.read(name)
        if data is None:
            raise FileNotFoundError(name)
        if name != to:
            (self.write_new if is_new else self.write)(to, data)
            self.remove(name)

    def _check_place(self, name: str, *, is_new: bool = False) -> None:
        """Raise NoPlaceError for a name that no file of a folder could have, either."""
        if not self._is_name(name) or name.count("/") > MOST_DEPTH:  # each level is asked for
            raise NoPlaceError(name)
        above = name
        while above := posixpath.dirname(above):
            if self._head(above) is not None:
                raise NoPlaceError(name)
        if next(self._bucket.below(self._key(name)), None) is not None:
            raise FileExistsError(name) if is_new else NoPlaceError(name)

    def _head(self, name: str) -> Found | None:
        return self._bucket.head(self._key(name)) if self._is_name(name) else None

    def _is_name(self, name: str) -> bool:
        """Whether an object may have this name."""
        parts = spelt(name).split("/")
        return (
            not _CONTROL.search(name)
            and {"", ".", ".."}.isdisjoint(parts)
            and max(len(part.encode()) for part in parts) <= _LONGEST_PART
            and len(self._key(name).encode()) <= _LONGEST_KEY
        )

    def keep(self, name: str, content: bytes, found: Found | None = None) -> None:
        """Have a copy here, which counts as that of the object `found`; raises OSError."""
        path = self.root / spelt(name)
        self._clear_the_way(path)
        make_folder(path.parent)
        modified = None if found is None else _time_of(found)
        write_whole(path, content, lasting=False, modified_ns=modified)

    def _clear_the_way(self, path: Path) -> None:
        """Remove old copies: a file where a folder is to be now, and a folder where a file is."""
        for above in path.parents:
            if above == self.root:
                break
            if above.is_file():
                above.unlink(missing_ok=True)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)

    def _key(self, name: str) -> str:
        return f"{self._folder}/{spelt(name)}" if name else self._folder

    def _entry(self, found: Found) -> Entry:
        return Entry(self._name(found.key), found.size, found.modified, found.modified)

    def _name(self, key: str) -> str:
        return key.removeprefix(f"{self._folder}/")


def _folders_between(base: str, found: Iterable[Found]) -> list[str]:
    """The folders on the way from one to objects below it."""
    folders: set[str] = set()
    for each in found:
        above = posixpath.dirname(each.key)
        while above != base and above not in folders:
            folders.add(above)
            above = posixpath.dirname(above)
    return sorted(folders)


def _is_hidden(base: str, key: str) -> bool:
    return "/." in key.removeprefix(base)


def _is_copy(status: os.stat_result, found: Found) -> bool:
    return (status.st_size, status.st_mtime_ns) == (found.size, _time_of(found))


def _time_of(found: Found) -> int:
    """A time for the copy of an object, in nanoseconds, that tells its version.

    A bucket knows seconds; of two objects of one size in one second the tags differ.
    """
    digest = blake2b(found.tag.encode(), digest_size=8).digest()
    return int(found.modified) * 10**9 + int.from_bytes(digest) % _TICKS * _TICK
