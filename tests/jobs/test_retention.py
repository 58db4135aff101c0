"""What is old or too much goes, the oldest first; what a living job names stays."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.base.bucket import BucketError
from paintgraph.engine.execution.blobs import PREFIX, FolderBlobs
from paintgraph.engine.graph.sockets import Effect
from paintgraph.jobs.dispatching.outcomes import JobEffects
from paintgraph.jobs.retention.cleaner import Cleaner
from paintgraph.jobs.retention.folders import GRACE_SECONDS, FilesBelow, remove_parts
from paintgraph.jobs.retention.rules import Retention
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.storage import in_folders
from paintgraph.jobs.store.job import Job, NewJob, Webhook
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.plans import plans_of

DAY = 86400.0
UNBOUNDED = Retention(
    **{name: 0 for name in asdict(Retention()) if name != "every_minutes"}, every_minutes=0
)


class Keeper:
    """A data folder whose jobs and files can be made older than they are."""

    def __init__(self, data: Path, place: Path | str) -> None:
        self.folders = Folders(data)
        self.store = JobStore(place)
        self.blobs = FolderBlobs(self.folders.blobs)
        destinations = in_folders(self.folders).destinations
        self.effects = JobEffects(self.store, self.blobs, destinations)

    def accept(self, *blobs: str, **more: Any) -> Job:
        return asyncio.run(self.store.accept(NewJob({"a": blobs}, {}, **more))).job

    def run(self, *blobs: str, **more: Any) -> Job:
        """A job that ends and names blobs."""
        job = claimed(self.store, self.accept(*blobs, **more))
        return asyncio.run(self.store.finish(job, "succeeded", facts=[{"type": "note"}] * 3))

    def save(self, job: Job, content: bytes, folder: str = "output") -> Path:
        """Let a running job save a file."""
        effect = Effect(self.blobs.put(content), "copy", ".png", folder)
        (saved,) = asyncio.run(self.effects.publish(job, "n", [asdict(effect)]))
        asyncio.run(self.store.append(job, [{"type": "executed", "files": [saved]}]))
        root: Path = self.folders.temp if folder == "temp" else self.folders.outputs
        return root / str(saved["file"])

    def age(self, days: float, *jobs: Job) -> None:
        """Make all files, and these jobs, so old."""
        then = time.time() - days * DAY
        for path in self.folders.data.rglob("*"):
            if path.is_file() and "jobs.sqlite" not in path.name:
                os.utime(path, (then, then))
        sql = "UPDATE jobs SET created = ?, ended = ended - ? WHERE id = ?"
        rows = [(then, days * DAY, job.id) for job in jobs]
        self.store._database.write(lambda connection: connection.executemany(sql, rows)).result()

    def clean(self, bounds: Mapping[str, float], *, dry_run: bool = False) -> Mapping[str, int]:
        """Clean with these bounds alone; how much of each kind went, where anything did."""
        rules = Retention(**{**asdict(UNBOUNDED), **bounds})
        cleaner = Cleaner(self.store, self.folders, rules)
        cleaned = asyncio.run(cleaner.clean(dry_run=dry_run))
        return {each.kind: each.things for each in cleaned if each.things}


@pytest.fixture
def keeper(tmp_path: Path, place: Path | str) -> Iterator[Keeper]:
    made = Keeper(tmp_path, place)
    yield made
    made.store.close()


@pytest.fixture
def file_keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path, tmp_path / "jobs.sqlite")
    yield made
    made.store.close()


AGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=12)


@given(AGES, st.integers(0, 40), st.none() | st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_the_oldest_go_until_the_rest_fits(
    files: list[tuple[int, int]], days: int, most_blocks: int | None
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, now = Path(name), time.time()
        for number, (age, blocks) in enumerate(files):
            path = folder / str(number % 3) / str(number)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(bytes(4096 * blocks))
            os.utime(path, (now - age * DAY - GRACE_SECONDS,) * 2)
        before = now - days * DAY if days else None
        most = None if most_blocks is None else most_blocks * 4096
        below = FilesBelow(folder)
        gone = [each for step in below.expired(before, most, now) for each in step]
        assert all(map(below.remove, gone))
        left = [path.stat() for path in folder.rglob("*") if path.is_file()]

        assert sum(stat.st_blocks * 512 for stat in left) <= (10**9 if most is None else most)
        assert all(stat.st_mtime >= (before or 0) - GRACE_SECONDS for stat in left)
        needless = [each for each in gone if before is None or each.used >= before]
        if needless and most is not None:
            rest = sum(stat.st_blocks * 512 for stat in left)
            newest = max(each.used // 60 for each in needless)
            assert rest + sum(e.size for e in gone if e.used // 60 == newest) > most


def test_each_kind_goes_by_its_age_and_a_living_job_keeps_what_it_names(keeper: Keeper) -> None:
    mine, lost = keeper.blobs.put(b"mine"), keeper.blobs.put(b"lost")
    living = claimed(keeper.store, keeper.accept(mine, idempotency_key="living"))
    needed = keeper.save(living, b"shown", "temp")
    (keeper.folders.temp / "other.png").write_bytes(b"x")
    (keeper.folders.results / "key.result").write_bytes(b"x")
    old, young = keeper.run(lost, idempotency_key="old"), keeper.run(idempotency_key="young")
    keeper.age(10, living, old)
    bounds = dict.fromkeys(
        [f"{kind}_days" for kind in ("jobs", "events", "keys", "blobs", "results", "temp")], 5.0
    )
    counts = {"jobs": 1, "events": 1, "keys": 1, "blobs": 1, "results": 1, "temp": 1}

    assert keeper.clean(bounds, dry_run=True) == counts
    assert keeper.blobs.get(lost) == b"lost"
    assert keeper.clean(bounds) == counts
    assert keeper.clean(bounds) == {}
    assert [job.id for job in keeper.store.page()] == [young.id, living.id]
    assert keeper.store.repeated("old", "") is None
    assert (mine in keeper.blobs, lost in keeper.blobs) == (True, False)
    assert needed.read_bytes() == b"shown"


def test_files_of_a_step_are_looked_up_together_and_by_an_index(
    file_keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look for each file made a server with many jobs answer nobody for seconds."""
    living = claimed(file_keeper.store, file_keeper.accept())
    kept = file_keeper.save(living, b"kept", "temp")
    for number in range(9):
        (file_keeper.folders.temp / f"{number}.png").write_bytes(b"x")
    file_keeper.age(10)
    plans = plans_of(file_keeper.store, monkeypatch)

    assert file_keeper.clean({"temp_days": 5.0}) == {"temp": 9}
    assert kept.exists()
    looks = [plan for plan in plans if any("published" in line for line in plan)]
    assert len(looks) == 1
    assert not any(line.startswith("SCAN") for line in looks[0])


def test_events_go_but_for_the_end_and_keys_may_be_used_again(keeper: Keeper) -> None:
    job = keeper.run(idempotency_key="k")
    keeper.age(2, job)

    assert keeper.clean({"events_days": 1.0, "keys_days": 1.0}) == {"events": 1, "keys": 1}
    assert keeper.store.facts(job) == [(4, {"type": "state", "state": "succeeded"})]
    assert keeper.accept(idempotency_key="k").id != job.id


def test_what_one_is_to_do_for_all_is_due_once_in_its_time(store: JobStore) -> None:
    async def act() -> None:
        due = store.retained.is_due
        assert [await due("a", 60), await due("a", 60), await due("b", 0)] == [True, False, True]
        assert await due("b", 60)

    asyncio.run(act())


def test_a_job_whose_end_is_still_to_be_told_stays(keeper: Keeper) -> None:
    job = keeper.run(webhook=Webhook("http://example.com/"))
    keeper.age(50, job)

    assert keeper.clean({"jobs_days": 30.0}) == {}
    (delivery,) = asyncio.run(keeper.store.deliveries.claim(1))
    asyncio.run(keeper.store.deliveries.settle(delivery, "failed"))
    assert keeper.clean({"jobs_days": 30.0}) == {"jobs": 1}
    assert keeper.store.deliveries.page() == []


def test_a_store_that_is_too_large_loses_its_oldest_jobs_and_gives_room_back(
    file_keeper: Keeper,
) -> None:
    keeper = file_keeper
    jobs = [keeper.run("x" * 20_000) for _ in range(150)]
    file = keeper.folders.data / "jobs.sqlite"

    told = keeper.clean({"jobs_bytes": 1_000_000}, dry_run=True)["jobs"]
    done = keeper.clean({"jobs_bytes": 1_000_000})["jobs"]

    left = keeper.store.page(limit=200)
    assert [job.id for job in left] == [job.id for job in reversed(jobs[done:])]
    assert keeper.store.retained.bytes_used() <= 1_000_000
    assert abs(told - done) <= 100
    keeper.store.close()
    assert file.stat().st_size <= 1_250_000 + 2**20
    keeper.store = JobStore(file)


def test_what_was_used_a_moment_ago_stays_whatever_the_bounds(keeper: Keeper) -> None:
    blob = keeper.blobs.put(b"old")
    keeper.age(100)
    keeper.blobs.put(b"old")

    assert keeper.clean({"blobs_days": 1.0, "blobs_bytes": 1}) == {}
    assert keeper.blobs.get(blob) == b"old"


def test_a_job_is_removed_with_what_it_alone_holds(keeper: Keeper, tmp_path: Path) -> None:
    shared, own = keeper.blobs.put(b"shared"), keeper.blobs.put(b"own")
    job = claimed(keeper.store, keeper.accept(shared, own))
    other = keeper.accept(shared)
    file = keeper.save(job, b"result")
    cleaner = Cleaner(keeper.store, keeper.folders, UNBOUNDED)
    assert not asyncio.run(cleaner.purge(job.id))
    assert file.exists()
    asyncio.run(keeper.store.finish(job, "succeeded"))

    assert asyncio.run(cleaner.purge(job.id))
    assert not asyncio.run(cleaner.purge(job.id))
    assert (keeper.store.get(job.id), keeper.store.facts(job)) == (None, [])
    left = {
        path.name for path in tmp_path.rglob("*") if path.is_file() and "jobs." not in path.name
    }
    assert left == {shared.removeprefix(PREFIX)}
    asyncio.run(keeper.store.cancel(other.id))
    assert asyncio.run(cleaner.purge(other.id))
    assert shared not in keeper.blobs


def test_what_another_client_has_sent_is_not_removed_with_a_job(keeper: Keeper) -> None:
    retained = keeper.store.retained
    mine, both = keeper.blobs.put(b"mine"), keeper.blobs.put(b"both")
    for blob, client in ((mine, ""), (both, ""), (both, "other")):
        asyncio.run(retained.note_upload(blob.removeprefix(PREFIX), client))
    jobs = [keeper.accept(mine, both), keeper.accept(both)]
    for job in jobs:
        asyncio.run(keeper.store.cancel(job.id))
        assert asyncio.run(Cleaner(keeper.store, keeper.folders, UNBOUNDED).purge(job.id))

    assert (mine in keeper.blobs, both in keeper.blobs) == (False, True)
    assert asyncio.run(retained.remove_uploads(time.time() + 1)) == 1  # the other client's


def test_a_blob_that_cannot_be_removed_keeps_nothing_else(
    file_keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = file_keeper
    blobs = [keeper.blobs.put(text) for text in (b"one", b"two", b"three")]
    job = claimed(keeper.store, keeper.accept(*blobs))
    file = keeper.save(job, b"result")
    asyncio.run(keeper.store.finish(job, "succeeded"))
    real, asked = FolderBlobs.remove, []

    def fail_once(self: FolderBlobs, reference: str, *, unused_since: float) -> None:
        asked.append(reference)
        if len(asked) == 1:
            raise BucketError("the bucket is away.")
        real(self, reference, unused_since=unused_since)

    monkeypatch.setattr(FolderBlobs, "remove", fail_once)
    assert asyncio.run(Cleaner(keeper.store, keeper.folders, UNBOUNDED).purge(job.id))

    assert not file.exists()
    assert {*blobs} <= {*asked}
    assert [each for each in asked if each in keeper.blobs] == asked[:1]


def test_what_is_sent_while_a_purge_goes_on_stays(
    file_keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = file_keeper
    blobs = [keeper.blobs.put(text) for text in (b"one", b"two", b"three")]
    job = keeper.run(*blobs)
    retained, real, asked = keeper.store.retained, FolderBlobs.remove, []

    def send_others(self: FolderBlobs, reference: str, *, unused_since: float) -> None:
        asked.append(reference)
        for other in {*blobs} - {reference}:
            asyncio.run(retained.note_upload(other.removeprefix(PREFIX), ""))
        real(self, reference, unused_since=unused_since)

    monkeypatch.setattr(FolderBlobs, "remove", send_others)
    assert asyncio.run(Cleaner(keeper.store, keeper.folders, UNBOUNDED).purge(job.id))

    assert len(asked) == 1
    assert sum(each in keeper.blobs for each in blobs) == 2


def test_parts_that_a_killed_writer_left_go_and_nothing_else(tmp_path: Path) -> None:
    for name in (".a.part", ".hidden", "b.part", "sub/.c.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    assert remove_parts(tmp_path, time.time() - 60) == 0
    assert remove_parts(tmp_path, time.time() + 60) == 2
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".hidden", "b.part", "sub"]


@pytest.mark.parametrize("name", ["jobs_days", "temp_bytes"])
def test_no_bound_is_below_nothing(name: str) -> None:
    assert Retention(**{name: -1}).negative() == name
    assert Retention().negative() is None
