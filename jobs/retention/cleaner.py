"""Removes what is kept no longer, a little at a time; jobs that live keep all that they name."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from paintgraph.base.errors import Error
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.jobs.retention.folders import FilesBelow, Found, fetched, remove_parts
from paintgraph.jobs.retention.objects import ObjectsBelow
from paintgraph.jobs.retention.rules import Retention
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.storage import Storage, in_folders
from paintgraph.jobs.store.jobs import JobStore

_LOG = logging.getLogger("paintgraph.retention")
_STEP = 100
_WRITING_SECONDS = 60.0  # nobody writes one file for longer
_OBJECTS_SECONDS = 3600.0  # to list a bucket takes a request for each thousand objects
_EARLY = 0.9  # who looks at equal intervals is not late
_PAUSE_SECONDS = 0.01  # between two steps, for whoever wants to write meanwhile
_LEFT = ("uploads", "doctor")  # objects that are removed once used, unless somebody was killed
_LEFT_SECONDS = 86400.0
_FOLDERS_OF_EFFECTS = {"outputs": "output", "temp": "temp"}
_COPIED = {"temp": "temp"} | dict.fromkeys(("inputs", "outputs", "user", "clients"), "blobs")
"""Whose bounds count for the copies of what lies in a bucket."""

_Bounds = tuple[float | None, int | None]
"""Before when things are too old, and how many bytes of them there may be."""


class Cleaned(NamedTuple):
    """How many things of a kind were removed, or would be; the bytes are those of files."""

    kind: str
    things: int
    bytes: int = 0


class Cleaner:
    """Keeps one data folder within its bounds, and what servers share that have one store.

    What of `storage`, by default that of the folder, lies in a bucket is cleaned where the store is
    shared, too: else it is not known what jobs of others name. Its copies here go like blobs, and
    those of what jobs showed like that: they can be fetched again.
    """

    def __init__(
        self, store: JobStore, folders: Folders, rules: Retention, storage: Storage | None = None
    ) -> None:
        self._store = store
        self._retained = store.retained
        self._rules = rules
        self._storage = storage or in_folders(folders)
        self._roots = {
            "blobs": folders.blobs,
            "results": folders.results,
            "outputs": folders.outputs,
            "temp": folders.temp,
        }
        bucket = self._storage.bucket
        self._left = {kind: ObjectsBelow(bucket, kind) for kind in _LEFT if bucket}
        kinds = self._roots if store.channel else ()  # else others' jobs are unknown
        self._objects = {kind: ObjectsBelow(bucket, kind) for kind in kinds if bucket}
        self._copies = folders.copies.data if bucket else None

    async def run(self) -> None:
        """Remove what a killed server left half written; then clean at intervals, until cancelled.

        What is a minute old is left for sure; for the rest it waits, as a run on the command line
        may be writing it.
        """
        began = time.time()
        for age in (_WRITING_SECONDS, 0.0):
            for root in (*self._roots.values(), *filter(None, (self._copies,))):
                await asyncio.to_thread(remove_parts, root, began - age)
            await asyncio.sleep(age)
        while self._rules.every_minutes:
            await asyncio.sleep(self._rules.every_minutes * 60)
            try:
                await self._clean_in_turn()
            except (Error, OSError) as error:  # such as a full disk
                _LOG.error("cleaning is put off: %s", error)

    async def clean(self, *, dry_run: bool = False) -> list[Cleaned]:
        """Remove what is too old or too much, or tell what would be removed; by kind."""
        now = time.time()
        if dry_run:
            rows = await self._store.offload(self._old_rows, now)
        else:
            rows = await self._clean_rows(now)
        files = await self._clean_folders(now, dry_run=dry_run)
        objects = await self._clean_objects(now, dry_run=dry_run)
        return [*rows, *files, *objects]

    async def _clean_in_turn(self) -> None:
        """Clean what is this server's own, and of what is shared that whose turn it is here."""
        now, pause = time.time(), self._rules.every_minutes * 60
        if await self._retained.is_due("rows", pause * _EARLY):
            await self._clean_rows(now)
        await self._clean_folders(now)
        if await self._retained.is_due("objects", max(pause, _OBJECTS_SECONDS) * _EARLY):
            await self._clean_objects(now)

    async def purge(self, job_id: str) -> bool:
        """Remove a job that has ended: its events and files, and the blobs that it alone names.

        False, and nothing is removed, for any other job.
        """
        began = time.time()
        purged = await self._retained.purge(job_id)
        if purged is None:
            return False

        def remove_files() -> None:
            for published in purged.files:
                folder, _, name = published.partition("/")
                is_known = folder in self._storage.destinations
                # Those of an earlier paintgraph are absolute.
                destination = self._storage.destinations[folder if is_known else "output"]
                try:
                    destination.remove(name if is_known else published)
                except Error as error:  # one that cannot be removed now keeps none of the others
                    _LOG.error("a file of a purged job stays: %s: %s", published, error)
            for digest in purged.digests:
                self._remove_blob(digest, began)

        await asyncio.to_thread(remove_files)
        return True

    def _remove_blob(self, digest: str, began: float) -> None:
        """Remove what a purged job held, unless it was sent or named again meanwhile.

        One that cannot be removed now keeps none of the others.
        """
        try:
            if not self._retained.is_held(digest):
                self._storage.blobs.remove(PREFIX + digest, unused_since=began)
        except Error as error:
            _LOG.error("a blob of a purged job stays: %s: %s", PREFIX + digest, error)

    async def _clean_rows(self, now: float) -> list[Cleaned]:
        steps = {
            "events": self._retained.remove_events,
            "keys": self._retained.remove_keys,
            "jobs": self._retained.remove_jobs,
        }
        found = {kind: await _all(step, self._before(kind, now)) for kind, step in steps.items()}
        while await self._store.offload(self._excess):
            removed = await self._retained.remove_jobs(now, _STEP)
            if not removed:  # all that is left lives
                break
            found["jobs"] += removed
            await asyncio.sleep(_PAUSE_SECONDS)
        await self._retained.remove_numbers(self._before("jobs", now))
        await self._retained.remove_uploads(self._before("blobs", now))
        await self._retained.remove_sets()
        goes_on = True
        while goes_on:
            goes_on = await self._retained.shrink()
            await asyncio.sleep(_PAUSE_SECONDS)
        return [Cleaned(kind, count) for kind, count in found.items()]

    def _old_rows(self, now: float) -> list[Cleaned]:
        """How many rows would go; by size about so many as their part of the excess."""
        kinds: tuple[Literal["events", "keys", "jobs"], ...] = ("events", "keys", "jobs")
        old = {str(kind): self._retained.old(kind, self._before(kind, now)) for kind in kinds}
        if excess := self._excess():
            part = excess / self._retained.bytes_used()
            old["jobs"] = max(old["jobs"], math.ceil(part * self._retained.old("jobs", now)))
        return [Cleaned(kind, count) for kind, count in old.items()]

    def _before(self, kind: str, now: float) -> float:
        before = self._rules.before(kind, now)
        return 0.0 if before is None else before

    def _excess(self) -> int:
        """By how many bytes the store is too large."""
        most = self._rules.most_bytes("jobs")
        return 0 if most is None else max(0, self._retained.bytes_used() - most)

    async def _clean_folders(self, now: float, *, dry_run: bool = False) -> list[Cleaned]:
        parts = [(kind, kind, FilesBelow(root)) for kind, root in self._roots.items()]
        if self._copies is not None:
            parts += [
                (f"copies of {kind}", bounds, FilesBelow(self._copies / kind, fetched))
                for kind, bounds in _COPIED.items()
            ]
        return [
            Cleaned(
                kind,
                *await self._clean_files(
                    kind, files, now, self._bounds(bounds, now), dry_run=dry_run
                ),
            )
            for kind, bounds, files in parts
        ]

    async def _clean_objects(self, now: float, *, dry_run: bool = False) -> list[Cleaned]:
        bounds = {kind: self._bounds(kind, now) for kind in self._objects}
        bounds |= dict.fromkeys(self._left, (now - _LEFT_SECONDS, None))
        return [
            Cleaned(
                f"bucket/{kind}",
                *await self._clean_files(kind, files, now, bounds[kind], dry_run=dry_run),
            )
            for kind, files in {**self._objects, **self._left}.items()
        ]

    def _bounds(self, kind: str, now: float) -> _Bounds:
        return self._rules.before(kind, now), self._rules.most_bytes(kind)

    async def _clean_files(
        self,
        kind: str,
        files: FilesBelow | ObjectsBelow,
        now: float,
        bounds: _Bounds,
        *,
        dry_run: bool,
    ) -> tuple[int, int]:
        """How many files or objects went, and their bytes."""
        before, most = bounds
        count = size = 0
        if before is not None or most is not None:
            steps = files.expired(before, most, now)
            while step := await asyncio.to_thread(next, steps, None):
                needed = await self._store.offload(self._needed, kind, files.root, step)
                free = [each for each in step if each.path not in needed]
                if not dry_run:
                    free = await asyncio.to_thread(lambda of: [*filter(files.remove, of)], free)
                    await asyncio.sleep(_PAUSE_SECONDS)
                count += len(free)
                size += sum(each.size for each in free)
        return count, size

    def _needed(self, kind: str, root: Path, files: Sequence[Found]) -> set[Path]:
        """Those of some files that jobs name which live."""
        if kind == "blobs":
            needed = self._retained.needed_blobs([each.path.name for each in files])
            return {each.path for each in files if each.path.name in needed}
        if folder := _FOLDERS_OF_EFFECTS.get(kind):
            published = {
                f"{folder}/{each.path.relative_to(root).as_posix()}": each.path for each in files
            }
            return {published[path] for path in self._retained.needed_files([*published])}
        return set()


async def _all(step: Callable[[float, int], Awaitable[int]], before: float) -> int:
    """Take steps until nothing older than `before` is left; gives how many there were."""
    total = 0
    while count := await step(before, _STEP):
        total += count
        await asyncio.sleep(_PAUSE_SECONDS)
    return total
