"""Finding files by what they hold, in folders that are named: by size first, then by digest."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from paintgraph.base.file_kinds import SUFFIXES

_MOST_FILES = 20_000
_MOST_BYTES = 4 << 30
_CHUNK = 1 << 20


def find_files(wanted: Mapping[str, int | None], folders: Iterable[Path]) -> dict[str, Path]:
    """The files of these digests ("sha256:...") right inside the folders, as far as they are there.

    `wanted` gives the bytes of each file, or None where they are not known: then any picture of
    the folder may be it. Neither sub-folders nor more than 20,000 files or 4 GiB are looked at.
    """
    found: dict[str, Path] = {}
    sizes = set(wanted.values())
    files, room = _files(folders), _MOST_BYTES
    for path, size in files:
        may_be = size in sizes or (None in sizes and path.name.lower().endswith(SUFFIXES))
        if not may_be or size > room:
            continue
        room -= size
        with suppress(OSError):
            digest = digest_of_file(path)
            if digest in wanted:
                found.setdefault(digest, path)
        if len(found) == len(wanted):
            break
    return found


def digest_of_file(path: Path) -> str:
    """The digest of a file's bytes; raises OSError if it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """Plain files of the folders with their sizes, each folder once."""
    left = _MOST_FILES
    seen: set[Path] = set()
    for folder in folders:
        with suppress(OSError):
            resolved = folder.resolve()
            if resolved in seen:
                continue
            seen.add(resolved)
            with os.scandir(folder) as entries:
                for entry in entries:
                    left -= 1
                    if left < 0:
                        return
                    with suppress(OSError):
                        if entry.is_file():
                            yield Path(entry.path), entry.stat().st_size
