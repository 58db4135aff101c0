"""What servers share goes as well: by one of them at a time, and never what a living job names."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from paintgraph.base.bucket import Bucket, BucketError
from paintgraph.cli.keeping import Place, clean_folder
from paintgraph.engine.graph.sockets import Effect
from paintgraph.jobs.dispatching.outcomes import JobEffects
from paintgraph.jobs.retention import cleaner
from paintgraph.jobs.retention.cleaner import Cleaner
from paintgraph.jobs.retention.rules import Retention
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.storage import TreeName, open_storage
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.postgresql import PostgresqlServer

DAY = 86400.0


class Shared:
    """A store and a bucket, at a time that tests choose, with a folder that nothing is left in."""

    def __init__(self, place: Path | str, bucket_url: str, data: Path) -> None:
        self.place = place
        self.store = JobStore(place)
        self.folders = Folders(data)
        self.storage = open_storage(self.folders, bucket_url)
        assert self.storage.bucket is not None
        self.bucket = self.storage.bucket
        assert abs(self.bucket.ahead) < DAY  # measured before any clock is turned
        self.effects = JobEffects(self.store, self.storage.blobs, self.storage.destinations)

    def job(self, blob: str) -> Job:
        """A job at work that names a blob."""
        return claimed(self.store, asyncio.run(self.store.accept(NewJob({"a": blob}, {}))).job)

    def save(self, job: Job, content: bytes) -> str:
        """The key of a file that a job saves."""
        effect = Effect(self.storage.blobs.put(content), "copy", ".png", "output")
        (saved,) = asyncio.run(self.effects.publish(job, "n", [asdict(effect)]))
        asyncio.run(self.store.append(job, [{"type": "executed", "files": [saved]}]))
        return f"outputs/{saved['file']}"

    def clean(self, *, dry_run: bool = False, **bounds: float) -> Mapping[str, int]:
        """How much of each kind goes from the bucket."""
        none = dict.fromkeys(asdict(Retention()), 0)
        rules: Any = {**none, **bounds}
        done = Cleaner(self.store, self.folders, Retention(**rules), self.storage)
        found = asyncio.run(done.clean(dry_run=dry_run))
        return {each.kind: each.things for each in found if "/" in each.kind and each.things}

    def purge(self, job: Job) -> bool:
        """Remove a job that has ended, and what it has made."""
        done = Cleaner(self.store, self.folders, Retention(), self.storage)
        return asyncio.run(done.purge(job.id))

    def keys(self, folder: str) -> set[str]:
        return {each.key for each in self.bucket.below(folder)}


@pytest.fixture
def shared(postgresql: PostgresqlServer, bucket_url: str, tmp_path: Path) -> Iterator[Shared]:
    made = Shared(postgresql.new_database(), bucket_url, tmp_path)
    yield made
    made.store.close()


def turn_clock(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Let what cleans look so many days from now."""
    clock = SimpleNamespace(time=lambda: time.time() + days * DAY)
    monkeypatch.setattr(cleaner, "time", clock)


def test_objects_go_by_age_but_what_a_living_job_names(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, lost = shared.storage.blobs.put(b"mine"), shared.storage.blobs.put(b"lost")
    living, over = shared.job(mine), shared.job(lost)
    needed, old = shared.save(living, b"needed"), shared.save(over, b"old")
    asyncio.run(shared.store.finish(over, "succeeded"))
    bounds: Any = {"blobs_days": 5.0, "outputs_days": 5.0}
    turn_clock(monkeypatch, 4)
    assert shared.clean(**bounds) == {}

    turn_clock(monkeypatch, 6)
    gone = {"bucket/blobs": 2, "bucket/outputs": 1}
    assert shared.clean(**bounds, dry_run=True) == gone
    assert old in shared.keys("outputs")
    assert shared.clean(**bounds) == gone
    assert shared.keys("outputs") == {needed}
    assert (mine in shared.storage.blobs, lost in shared.storage.blobs) == (True, False)


def test_a_job_that_is_deleted_takes_its_objects_along(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At another server than the one where it ran."""
    both, alone = shared.storage.blobs.put(b"both"), shared.storage.blobs.put(b"alone")
    over = shared.job(alone)
    living = shared.job(both)
    saved, other = shared.save(over, b"saved"), shared.save(living, b"other")
    asyncio.run(shared.store.append(over, [{"type": "executed", "files": [{"digest": both}]}]))
    store = JobStore(shared.place)
    turn_clock(monkeypatch, 1)
    done = Cleaner(store, shared.folders, Retention(), shared.storage)
    assert not asyncio.run(done.purge(over.id))
    asyncio.run(shared.store.finish(over, "succeeded"))

    assert asyncio.run(done.purge(over.id))
    assert shared.keys("outputs") == {other}
    assert saved != other
    assert (both in shared.storage.blobs, alone in shared.storage.blobs) == (True, False)
    store.close()


def test_too_many_bytes_take_nothing_that_may_be_used_now(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is used is written again once a day, so a day is the least."""
    shared.storage.blobs.put(b"picture")
    turn_clock(monkeypatch, 0.9)
    assert shared.clean(blobs_bytes=3) == {}
    turn_clock(monkeypatch, 1.1)
    assert shared.clean(blobs_bytes=7) == {}
    assert shared.clean(blobs_bytes=3) == {"bucket/blobs": 1}


def test_a_bucket_without_a_shared_store_is_left_alone(
    bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs of other servers may name what lies there."""
    alone = Shared(tmp_path / "jobs.sqlite", bucket_url, tmp_path)
    alone.storage.blobs.put(b"somebody's")
    turn_clock(monkeypatch, 99)

    assert alone.clean(blobs_days=1.0) == {}
    assert len(alone.keys("blobs")) == 1
    alone.store.close()


def test_what_nobody_takes_goes_after_a_day(
    bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Shared(tmp_path / "jobs.sqlite", bucket_url, tmp_path)
    for key in ("uploads/all/sent", "doctor/killed", "inputs/kept"):
        alone.bucket.put(key, b"bytes")
    turn_clock(monkeypatch, 0.9)
    assert alone.clean() == {}

    turn_clock(monkeypatch, 1.1)
    assert alone.clean() == {"bucket/uploads": 1, "bucket/doctor": 1}
    assert alone.keys("") >= {"inputs/kept"}
    assert alone.keys("uploads") | alone.keys("doctor") == set()
    alone.store.close()


def test_copies_go_and_nothing_else_of_a_folder(
    shared: Shared, bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "photos"
    shared.folders = Folders(tmp_path, {"user": elsewhere})
    shared.storage = open_storage(shared.folders, bucket_url)
    kept: list[tuple[TreeName, str | None]] = [("inputs", None), ("inputs", "ann")]
    kept += [("user", None), ("temp", None)]
    for part, owner in kept:
        tree = shared.storage.tree(part, owner)
        tree.write("read", b"bytes")
        assert tree.file("read") is not None
    shared.storage.tree("outputs").write_new("made", b"bytes")  # kept here without being read
    owned = [tmp_path / "inputs" / "before the bucket", elsewhere / "own"]
    for path in owned:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"bytes")
    bounds: Any = {"blobs_days": 5.0, "temp_days": 2.0}
    assert copies_in(tmp_path) == 5

    for days, left in ((1, 5), (3, 4), (6, 0)):
        turn_clock(monkeypatch, days)
        shared.clean(**bounds, dry_run=True)
        shared.clean(**bounds)
        assert copies_in(tmp_path) == left
    assert all(path.exists() for path in owned)
    read = shared.storage.tree("inputs", "ann").file("read")
    assert read is not None
    assert read.read_bytes() == b"bytes"


def copies_in(data: Path) -> int:
    """How many copies of named files there are."""
    return sum(path.is_file() for path in (data / "copies").rglob("*"))


def test_a_purge_tells_of_files_that_it_leaves(
    shared: Shared, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = shared.job(shared.storage.blobs.put(b"blob"))
    saved = [shared.save(job, content) for content in (b"one", b"two")]
    asyncio.run(shared.store.finish(job, "succeeded"))
    remove = Bucket.remove

    def refuse_first(bucket: Bucket, key: str) -> None:
        if key == saved[0]:
            raise BucketError("the bucket is away. Try again soon.")
        remove(bucket, key)

    monkeypatch.setattr(Bucket, "remove", refuse_first)

    assert shared.purge(job)
    assert shared.keys("outputs") == {saved[0]}
    assert f"output/{saved[0].removeprefix('outputs/')}: the bucket is away" in caplog.text


def test_one_server_at_a_time_cleans_what_is_shared(
    shared: Shared,
    postgresql: PostgresqlServer,
    bucket_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = Shared(shared.place, bucket_url, tmp_path / "other")
    done: list[str] = []

    async def note(_: Cleaner, now: float, *, dry_run: bool = False) -> list[Any]:  # noqa: ARG001 - the role's
        done.append("cleaned")
        return []

    for name in ("_clean_rows", "_clean_objects"):
        monkeypatch.setattr(Cleaner, name, note)
    servers = [
        Cleaner(each.store, each.folders, Retention(), each.storage) for each in (shared, other)
    ]

    async def clean_all() -> None:
        await asyncio.gather(*(server._clean_in_turn() for server in servers))

    asyncio.run(clean_all())
    assert len(done) == 2
    asyncio.run(clean_all())
    assert len(done) == 2
    postgresql.run("UPDATE chores SET due = due - 7200", str(shared.place))
    asyncio.run(clean_all())
    assert len(done) == 4
    other.store.close()


def test_the_command_cleans_what_servers_share(
    shared: Shared, bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.storage.blobs.put(b"old")
    monkeypatch.setenv("PAINTGRAPH_RETENTION_BLOBS_DAYS", "1")
    turn_clock(monkeypatch, 2)
    place = Place(tmp_path / "elsewhere", str(shared.place), bucket_url)

    clean_folder(place, dry_run=True, json=True)
    assert len(shared.keys("blobs")) == 1
    clean_folder(place, dry_run=False, json=True)
    assert shared.keys("blobs") == set()
    with pytest.raises(StoreError, match=r"there is no job store in .*Name the database, and the"):
        clean_folder(Place(None, str(shared.place) + "&dbname=postgres"), dry_run=True, json=True)
