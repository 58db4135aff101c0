"""Servers and workers that are killed, stopped, ended and out of space: what was accepted is kept.

Every process is a real one, and is really killed.
"""

import os
import random
import re
import signal
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from paintgraph.base.files import PART
from paintgraph.tests.api.hostile.processes import (
    OUTER_SECONDS,
    SMALL_NODES,
    Child,
    running,
    still_there,
    wait_for,
)
from paintgraph.tests.api.serving import png
from paintgraph.tests.jobs.disks import fill, small_disk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes"),
]


def saving(name: str, seed: int = 0) -> dict[str, Any]:
    """A job whose effect is one file."""
    nodes = {
        "a": {"node": "SolidMask", "value": seed / 1000, "width": 8, "height": 8},
        "b": {"node": "MaskToImage", "mask": "${a.mask}"},
        "s": {"node": "SaveImage", "images": "${b.image}", "filename_prefix": name},
    }
    return {"nodes": nodes}


def painting(digest: str, name: str, seed: int = 0) -> dict[str, Any]:
    """A job that lets a PatchMatch helper work, then saves a file."""
    nodes = {
        "p": {"node": "LoadImage", "image": digest},
        "m": {"node": "PadForOutpaint", "image": "${p.image}", "fraction": 0.5},
        "f": {
            "node": "InpaintSampler",
            "image": "${m.image}",
            "mask": "${m.mask}",
            "engine": "patchmatch",
            "seed": seed,
        },
        "s": {"node": "SaveImage", "images": "${f.image}", "filename_prefix": name},
    }
    return {"nodes": nodes}


def writing(server: Child, name: str) -> dict[str, Any]:
    """A job of small nodes: some steps, then a file is wanted."""
    nodes = {
        "t": {"node": "Tick", "seconds": 0.06},
        "s": {"node": "SaveBlob", "blob": _blob(server.data), "after": "${t.sum}"},
    }
    return {"nodes": nodes, "outputs": {name: "${t.sum}"}}


def _blob(data: Path) -> str:
    from paintgraph.engine.execution.blobs import FolderBlobs

    return FolderBlobs(data / "blobs").put(b"content")


def outputs(data: Path) -> list[str]:
    return sorted(str(path.relative_to(data / "outputs")) for path in (data / "outputs").rglob("*"))


def is_sound(data: Path) -> bool:
    connection = sqlite3.connect(data / "jobs.sqlite")
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


def has_helper(server: Child) -> bool:
    return any("patchmatch.worker" in words for words in server.family().values())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_killed_server_leaves_no_process_and_its_successor_ends_every_job(data: Path) -> None:
    with running(data) as server:
        server.until_ready()
        digest = server.upload(png(width=200, height=150))
        jobs = [server.submit(painting(digest, "large"))]
        wait_for(lambda: has_helper(server), "PatchMatch is at work")
        small = server.upload(png())
        jobs += [server.submit(painting(small, f"later{n}", n)) for n in range(2)]
        jobs += [server.submit(saving(f"small{n}", n)) for n in range(3)]
        processes = server.family()
        server.kill()

        assert len(processes) >= 3
        wait_for(lambda: not still_there(processes), "workers and helpers have ended")

    with running(data, port=server.port) as again:
        assert again.port == server.port
        ended = [again.ended(job) for job in jobs]

        assert [job["state"] for job in ended] == ["succeeded"] * len(jobs)
    assert outputs(data) == sorted(
        f"{name}_00001_.png" for name in ("large", "later0", "later1", "small0", "small1", "small2")
    )
    assert is_sound(data)


def test_a_killed_worker_takes_no_job_with_it(data: Path) -> None:
    with running(data) as server:
        server.until_ready()
        digest = server.upload(png(width=200, height=150))
        job = server.submit(painting(digest, "file"))
        wait_for(lambda: has_helper(server), "PatchMatch is at work")
        before = server.family()
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)

        assert server.ended(job)["state"] == "succeeded"
        assert not still_there(before)
        assert outputs(data) == ["file_00001_.png"]
        assert server.ended(server.submit(saving("other")))["state"] == "succeeded"


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server whose workers come to harm while it goes on."""
    data = tmp_path_factory.mktemp("lasting") / "data"
    with running(data, SMALL_NODES, grace_seconds=0.2) as server:
        yield server


def ticking(seconds: float = 60.0) -> dict[str, Any]:
    """A job that takes a while."""
    return {"nodes": {"t": {"node": "Tick", "seconds": seconds}}, "outputs": {"t": "${t.sum}"}}


def waiting(path: Path) -> dict[str, Any]:
    """A job that waits for a file."""
    return {"nodes": {"w": {"node": "WaitFor", "path": str(path)}}, "outputs": {"w": "${w.sum}"}}


def stopped(server: Child) -> list[int]:
    """The workers, once they all stand still."""
    workers = server.workers()
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    return workers


def test_a_worker_that_stands_still_goes_on_where_it_was(lasting: Child) -> None:
    lasting.until_ready()
    job = lasting.submit(ticking(1.0))
    lasting.until_state(job, "running")
    workers = stopped(lasting)
    assert lasting.call("GET", f"/v1/jobs/{job}?wait=1.2").json["state"] == "running"
    for worker in workers:
        os.kill(worker, signal.SIGCONT)

    assert lasting.ended(job)["state"] == "succeeded"
    assert lasting.workers() == workers


def test_an_idle_worker_that_is_killed_is_replaced_and_counted(lasting: Child) -> None:
    lasting.until_ready()
    before, lost = lasting.workers(), restarts(lasting)
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: restarts(lasting) == lost + 1, "the loss is counted")
    lasting.until_ready()
    after = lasting.workers()

    assert (len(after), len(set(after) & set(before))) == (2, 1)
    assert lasting.call("GET", "/healthz").status == 200
    assert lasting.ended(lasting.submit(writing(lasting, "x")))["state"] == "succeeded"


def restarts(server: Child) -> float:
    """How many workers a server has lost, as it tells."""
    told = server.call("GET", "/metrics").text
    (count,) = re.findall(r"^paintgraph_worker_restarts_total (.*)", told, re.MULTILINE)
    return float(count)


def test_a_worker_that_stands_still_is_replaced_when_its_job_is_cancelled(lasting: Child) -> None:
    lasting.until_ready()
    job = lasting.submit(ticking())
    lasting.until_state(job, "running")
    stopped(lasting)
    lasting.call("DELETE", f"/v1/jobs/{job}")

    assert lasting.ended(job)["state"] == "cancelled"
    assert lasting.ended(lasting.submit(writing(lasting, "x")))["state"] == "succeeded"


def test_a_cancel_that_was_answered_outlives_the_server_and_a_worker_that_stands_still_does_not(
    data: Path,
) -> None:
    with running(data, SMALL_NODES) as server:
        server.until_ready()
        job = server.submit({"nodes": {"t": {"node": "Hang"}}, "outputs": {"t": "${t.sum}"}})
        server.until_state(job, "running")
        processes = server.family()
        stopped(server)
        answer = server.call("DELETE", f"/v1/jobs/{job}")
        server.kill()

        assert (answer.status, answer.json["state"]) == (202, "running")
        wait_for(lambda: not still_there(processes), "stopped workers have ended")
    with running(data, SMALL_NODES) as again:
        assert again.job(job)["state"] == "cancelled"


def test_a_server_that_is_asked_to_end_ends_the_job_at_work_and_keeps_the_others(
    data: Path,
) -> None:
    """Asked once more, it ends at once, and its successor runs again what was at work."""
    may_end = data.with_name("may_end")
    with running(data, SMALL_NODES) as server:
        server.until_ready()
        first = server.submit(waiting(may_end))
        server.until_state(first, "running")
        second = server.submit(writing(server, "second"))
        processes = server.family()
        drain(server)
        refused = server.call("POST", "/v1/jobs", writing(server, "third"))

        assert (refused.status, refused.json["code"]) == (503, "draining")
        assert "Retry-After" in refused.headers
        assert server.call("GET", "/livez").status == 200
        may_end.touch()
        assert server.process.wait(OUTER_SECONDS) == 0
        assert not still_there(processes)
        assert outputs(data) == []

    with running(data, SMALL_NODES) as again:
        assert again.job(first)["state"] == "succeeded"
        assert again.ended(second)["state"] == "succeeded"
        assert outputs(data) == ["number_00001_.txt"]
        may_end.unlink()
        third = again.submit(waiting(may_end))
        again.until_state(third, "running")
        drain(again)
        assert again.end() == 0

    may_end.touch()
    with running(data, SMALL_NODES) as last:
        assert last.ended(third)["state"] == "succeeded"


def drain(server: Child) -> None:
    """Ask a server to end while a job is at work."""
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: server.call("GET", "/readyz").status == 503, "the server drains")


@pytest.mark.parametrize(
    ("count", "most_kills"),
    [(16, 8), pytest.param(60, 30, marks=pytest.mark.storm)],
    ids=["short", "storm"],
)
def test_kills_at_random_lose_no_job_and_publish_each_file_once(
    data: Path, count: int, most_kills: int
) -> None:
    """Workers and the server are killed in turns that a seed draws, while jobs come in."""
    random_ = random.Random(7)  # noqa: S311 - the same kills each time
    jobs: list[str] = []
    port = 0
    kills = 0
    while kills < most_kills:
        server_kill_after = random_.randint(2, 5)
        with running(data, SMALL_NODES, port, durability="normal") as server:
            port = server.port
            server.until_ready()
            for _ in range(min(server_kill_after, most_kills - kills)):
                for _ in range(2):
                    if len(jobs) < count:
                        jobs.append(_handed_in(server, len(jobs)))
                threading.Event().wait(random_.uniform(0, 0.15))
                kills += 1
                if workers := server.workers():
                    os.kill(random_.choice(workers), signal.SIGKILL)
                _until_another_has_ended(server)
            processes = server.family()
            server.kill()
            kills += 1
        wait_for(partial(_have_ended, processes), "workers have ended")
    with running(data, SMALL_NODES, port) as server:
        server.until_ready()
        while len(jobs) < count:
            jobs.append(_handed_in(server, len(jobs)))
        states = [server.ended(job)["state"] for job in jobs]

        assert states == ["succeeded"] * count
        assert len(set(jobs)) == count
        assert _published(server, jobs) == [1] * count
    # What a killed server left half written goes a minute after the next one has started.
    published = [name for name in outputs(data) if not name.endswith(PART)]
    assert published == [f"number_{n:05}_.txt" for n in range(1, count + 1)]
    assert {(data / "outputs" / name).read_bytes() for name in published} == {b"content"}
    assert is_sound(data)


def _have_ended(processes: Mapping[int, str]) -> bool:
    return not still_there(processes)


def _handed_in(server: Child, number: int) -> str:
    return server.submit(writing(server, "out"), Idempotency_Key=f"job-{number}")


def _until_another_has_ended(server: Child) -> None:
    """So that no job is hit three times and given up."""

    def ended() -> int:
        jobs = server.call("GET", "/healthz").json["jobs"]
        return sum(jobs.get(state, 0) for state in ("succeeded", "failed"))

    def is_idle() -> bool:
        jobs = server.call("GET", "/healthz").json["jobs"]
        return not jobs.get("queued") and not jobs.get("running")

    before = ended()
    wait_for(lambda: ended() > before or is_idle(), "a job has ended")


def _published(server: Child, jobs: list[str]) -> list[int]:
    """How many times each job told of its file."""
    counts = []
    for job in jobs:
        text = server.call("GET", f"/v1/jobs/{job}/events").text
        counts.append(text.count('"files":[{'))
    return counts


def test_on_a_full_disk_jobs_are_refused_and_those_that_were_accepted_are_kept(
    tmp_path: Path,
) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "24m"), running(disk / "data", SMALL_NODES) as server:
        server.until_ready()
        blob_job = writing(server, "out")
        may_end = tmp_path / "may_end"
        at_work = server.submit(waiting(may_end))
        queued = [server.submit(blob_job) for _ in range(5)]
        fillers = fill(disk)
        answers = [server.call("POST", "/v1/jobs", blob_job) for _ in range(40)]
        picture = server.call("POST", "/v1/images", png(width=600), Content_Type="image/png")
        accepted = [answer.json["id"] for answer in answers if answer.status == 202]

        assert {answer.status for answer in answers} <= {202, 507}
        assert answers[-1].status == 507
        assert answers[-1].headers["Content-Type"] == "application/problem+json"
        assert str(disk) not in answers[-1].text + picture.text
        assert picture.status == 507
        assert server.call("GET", "/livez").status == 200
        may_end.touch()
        threading.Event().wait(1)  # what is at work ends meanwhile, and cannot be written
        for filler in fillers:
            filler.unlink()

        ended = [server.ended(job) for job in (at_work, *queued, *accepted)]
        reasons = [problem["code"] for job in ended for problem in job.get("problems", ())]
        assert {job["state"] for job in ended} <= {"succeeded", "failed"}
        assert set(reasons) <= {"cannot_write"}
        assert ended[0]["state"] == "succeeded"
        assert server.ended(server.submit(blob_job))["state"] == "succeeded"
        assert server.end() == 0
        assert is_sound(disk / "data")
