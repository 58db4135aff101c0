"""What servers keep is cleaned, copied while they run, and checked."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.jobs.store.folder_lock import exclusive
from paintgraph.jobs.store.job import NewJob, Webhook
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.cli.conftest import Paintgraph
from paintgraph.tests.jobs.postgresql import PostgresqlServer

GONE = "sha256:" + "ab" * 32


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAINTGRAPH_RETENTION_BLOBS_DAYS", "1")
    return tmp_path / "kept"


@pytest.fixture
def store(data: Path) -> Iterator[JobStore]:
    """A store that a server uses."""
    with exclusive(data):
        opened = JobStore(data / "jobs.sqlite")
        yield opened
        opened.close()


def test_it_is_told_what_would_go_before_it_goes(
    paintgraph: Paintgraph, data: Path, store: JobStore
) -> None:
    blobs = FolderBlobs(data / "blobs")
    asyncio.run(store.accept(NewJob({"image": blobs.put(b"needed")}, {})))
    old = blobs.put(b"old")
    for path in (data / "blobs").rglob("*"):
        os.utime(path, (time.time() - 2 * 86400,) * 2)

    told = paintgraph("clean", "--data-dir", str(data), "--dry-run", "--json").json
    assert {each["kind"]: each["things"] for each in told if each["things"]} == {"blobs": 1}
    assert old in blobs
    done = paintgraph("clean", "--data-dir", str(data))
    assert done.code == 0
    assert any(line.split()[:2] == ["blobs", "1"] for line in done.text.splitlines()), done.text
    assert old not in blobs


def test_a_store_is_copied_while_it_is_written_to(
    paintgraph: Paintgraph, data: Path, store: JobStore, tmp_path: Path
) -> None:
    jobs = [asyncio.run(store.accept(NewJob({}, {"n": n}))).job for n in range(3)]
    copy = tmp_path / "copy.sqlite"

    assert paintgraph("jobs", "backup", str(copy), "--data-dir", str(data)).code == 0
    later = asyncio.run(store.accept(NewJob({}, {}))).job
    again = JobStore(copy)
    assert [job.id for job in again.page()] == [job.id for job in reversed(jobs)]
    again.close()
    assert store.get(later.id) is not None
    refused = paintgraph("jobs", "backup", str(copy), "--data-dir", str(data))
    assert (refused.code, "is there already" in refused.stderr) == (1, True)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_check_names_what_is_damaged_or_gone(
    paintgraph: Paintgraph, data: Path, store: JobStore
) -> None:
    job = asyncio.run(store.accept(NewJob({"image": GONE}, {}))).job
    other = asyncio.run(store.accept(NewJob({}, {}))).job
    connection = sqlite3.connect(data / "jobs.sqlite")
    with connection:
        connection.execute("UPDATE jobs SET warnings = '[' WHERE id = ?", (other.id,))
    connection.close()

    told = paintgraph("jobs", "check", "--data-dir", str(data), "--json")
    assert told.code == 1
    assert told.json["faults"] == [
        f"job {other.id}: its warnings cannot be read. Delete the job, or use a backup.",
        f"job {job.id}: the picture {GONE} is gone. Send it again.",
    ]
    damaged = store.get(other.id)
    assert damaged is not None
    assert [each["code"] for each in damaged.problems] == ["damaged_row"]
    next_ = [asyncio.run(store.claims.next("light", "w/1")) for _ in range(2)]
    assert [each.id for each in next_ if each is not None] == [job.id, other.id]


def test_a_store_without_fault_is_said_to_have_none(paintgraph: Paintgraph, data: Path) -> None:
    absent = paintgraph("jobs", "check", "--data-dir", str(data))
    assert (absent.code, "there is no job store" in absent.stderr) == (1, True)
    JobStore(data / "jobs.sqlite").close()

    assert paintgraph("jobs", "check", "--data-dir", str(data)).text.endswith("no faults\n")


def test_a_bound_below_nothing_is_refused(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTGRAPH_RETENTION_BLOBS_DAYS", "-1")

    assert "blobs_days should be 0 or more" in paintgraph("clean").stderr


def test_a_database_is_copied_to_a_file_and_back_with_all_its_rows(
    paintgraph: Paintgraph, tmp_path: Path, postgresql: PostgresqlServer
) -> None:
    """While it is used; what is restored goes on where it was."""
    url, again = postgresql.new_database(), postgresql.new_database()
    store, copy = JobStore(url), tmp_path / "copy.sqlite"
    new = NewJob({"a": "\0ä"}, {}, idempotency_key="k", tags=("t",), webhook=Webhook("http://e/"))
    job = asyncio.run(store.accept(new)).job
    running = asyncio.run(store.claims.next("light", "w/1"))
    assert running is not None
    asyncio.run(store.finish(running, "failed", problems=[{"code": "c", "message": "m"}]))

    assert paintgraph("jobs", "backup", str(copy), "--jobs", url).code == 0
    later = asyncio.run(store.accept(NewJob({}, {}))).job
    assert paintgraph("jobs", "restore", str(copy), "--jobs", again).code == 0
    restored = [JobStore(copy), JobStore(again)]
    for each in restored:
        assert each.page() == [store.get(job.id)]
        assert each.facts(job) == store.facts(job)
        assert each.document(job.id) == store.document(job.id)
        assert each.deliveries.page() == store.deliveries.page()
        assert asyncio.run(each.accept(new)).is_new is False
        assert asyncio.run(each.accept(NewJob({}, {}))).job.number == job.number + 1
        each.close()

    assert store.get(later.id) is not None
    refused = paintgraph("jobs", "restore", str(copy), "--jobs", url)
    assert refused.code == 1
    assert "has jobs already. Name an empty database, or another schema." in refused.stderr
    assert [each.id for each in store.page()] == [later.id, job.id]
    store.close()


def test_a_file_is_restored_into_a_folder_that_has_no_jobs(
    paintgraph: Paintgraph, data: Path, store: JobStore, tmp_path: Path
) -> None:
    job = asyncio.run(store.accept(NewJob({}, {}))).job
    copy, empty = tmp_path / "copy.sqlite", tmp_path / "empty"
    paintgraph("jobs", "backup", str(copy), "--data-dir", str(data))

    assert paintgraph("jobs", "restore", str(copy), "--data-dir", str(empty)).code == 0
    restored = JobStore(empty / "jobs.sqlite")
    assert [each.id for each in restored.page()] == [job.id]
    restored.close()
    absent = paintgraph("jobs", "restore", "none.sqlite", "--data-dir", str(empty))
    assert "there is no file 'none.sqlite'. Name a backup." in absent.stderr
    again = paintgraph("jobs", "restore", str(copy), "--data-dir", str(empty))
    assert (again.code, "is there already" in again.stderr) == (1, True)


def test_a_check_of_a_database_names_what_is_damaged_or_gone(
    paintgraph: Paintgraph, postgresql: PostgresqlServer
) -> None:
    url = postgresql.new_database()
    absent = paintgraph("jobs", "check", "--jobs", url)
    assert (absent.code, "there is no job store in" in absent.stderr) == (1, True)
    hidden = paintgraph("jobs", "check", "--jobs", "postgresql://u:secret@127.0.0.1:1/d")
    assert (hidden.code, "secret" in hidden.stderr) == (1, False)
    store = JobStore(url)
    job = asyncio.run(store.accept(NewJob({"image": GONE}, {}))).job
    other = asyncio.run(store.accept(NewJob({}, {}))).job
    store.close()
    postgresql.run("UPDATE jobs SET warnings = '[' WHERE number = 2", url)

    told = paintgraph("jobs", "check", "--jobs", url, "--json")
    assert told.code == 1
    assert told.json["faults"] == [
        f"job {other.id}: its warnings cannot be read. Delete the job, or use a backup.",
        f"job {job.id}: the picture {GONE} is gone. Send it again.",
    ]
