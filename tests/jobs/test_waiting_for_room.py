"""A job whose files cannot be written now waits for a while; what it computed is not lost."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.disks import fill, remount, small_disk
from paintgraph.tests.jobs.test_dispatcher import Rig, go, rig, until


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    """The output folder, on a small disk of its own."""
    with small_disk(tmp_path / "outputs", "256k"):
        yield tmp_path / "outputs"


Cure = Callable[[], None]


def fill_up(outputs: Path) -> Cure:
    fillers = fill(outputs)

    def free() -> None:
        for filler in fillers:
            filler.unlink()

    return free


def make_read_only(outputs: Path) -> Cure:
    remount(outputs, "ro")
    return lambda: remount(outputs, "rw")


def saving(r: Rig, tmp_path: Path) -> dict[str, Any]:
    """A job that takes some time, counts that in a file, and then wants another one."""
    dear = {"node": "WriteLine", "path": str(tmp_path / "log"), "seconds": 0.5}
    save = {"node": "SaveBlob", "blob": r.blobs.put(b"x" * 9000), "after": "${dear.sum}"}
    return {"dear": dear, "save": save}


def warnings(r: Rig, job: Job) -> list[str]:
    return [fact["message"] for _, fact in r.store.facts(job) if fact["type"] == "warning"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("prevent", "reason"),
    [(fill_up, "No space left on device"), (make_read_only, "Read-only file system")],
)
def test_a_job_waits_with_a_warning_and_goes_on(
    tmp_path: Path, outputs: Path, prevent: Callable[[Path], Cure], reason: str
) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            cure = prevent(outputs)
            job = await r.submit(saving(r, tmp_path))
            await until(lambda: bool(warnings(r, job)))
            waiting = r.store.get(job.id)
            cure()
            ended = await r.ended(job)

            (warning,) = warnings(r, job)
            assert warning.startswith("node 'save' (SaveBlob): '")
            assert str(outputs) in warning
            assert reason in warning
            assert warning.endswith("The job waits for that, at most 60 s.")
            assert waiting is not None
            assert waiting.state == "running"
            assert (ended.state, list(ended.warnings)) == ("succeeded", [warning])
            assert names(outputs) == ["number_00001_.txt"]
            assert (tmp_path / "log").read_text() == "ran\n"
            assert r.dispatcher.pool.restarts == 0

    go(act)


def test_after_all_patience_it_fails_and_handed_in_again_it_only_writes(
    tmp_path: Path, outputs: Path
) -> None:
    async def act() -> None:
        async with rig(tmp_path, limits=Limits(patience_seconds=0.2)) as r:
            cure = fill_up(outputs)
            job = await r.ended(await r.submit(saving(r, tmp_path)))
            cure()
            again = await r.ended(await r.submit(saving(r, tmp_path)))

            (problem,) = job.problems
            assert (job.state, problem["code"], problem["node"]) == (
                "failed",
                "cannot_write",
                "save",
            )
            assert problem["message"].endswith(
                "No space left on device. Free space or choose another place. Results are kept: "
                "once that is cured, hand the job in again; only what is missing is done."
            )
            assert again.state == "succeeded"
            assert (tmp_path / "log").read_text() == "ran\n"
            assert r.dispatcher.pool.restarts == 0

    go(act)


def test_a_job_that_waits_is_cancelled_at_once(tmp_path: Path, outputs: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            fill_up(outputs)
            job = await r.submit(saving(r, tmp_path))
            await until(lambda: bool(warnings(r, job)))
            await r.dispatcher.cancel(job.id)

            assert (await r.ended(job)).state == "cancelled"

    go(act)


@contextmanager
def no_more_files() -> Iterator[Cure]:
    """Let this process open none until it is cured."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened: list[int] = []

    def cure() -> None:
        while opened:
            os.close(opened.pop())
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (len([*Path("/dev/fd").iterdir()]) + 50, hard))
        with suppress(OSError):
            while True:
                opened.append(os.open("/dev/null", os.O_RDONLY))
        yield cure
    finally:
        cure()


def test_a_job_waits_until_files_can_be_opened_again(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            job = await r.submit(saving(r, tmp_path))
            await r.until_at_work(job, "dear")
            with no_more_files() as cure:
                await until(lambda: bool(warnings(r, job)))
                cure()
            ended = await r.ended(job)

            (warning,) = warnings(r, job)
            assert "Too many open files. Raise how many files the server may open" in warning
            assert (ended.state, names(r.folders.outputs)) == ("succeeded", ["number_00001_.txt"])

    go(act)


def disk_is_full(r: Rig) -> AbstractContextManager[Cure]:
    return nullcontext(fill_up(r.folders.outputs))


def no_file_can_be_opened(_: Rig) -> AbstractContextManager[Cure]:
    return no_more_files()


@pytest.mark.parametrize("prevent", [disk_is_full, no_file_can_be_opened])
def test_several_jobs_wait_together_and_all_go_on(
    tmp_path: Path, outputs: Path, prevent: Callable[[Rig], AbstractContextManager[Cure]]
) -> None:
    async def act() -> None:
        async with rig(tmp_path, workers={"light": 3}) as r:
            jobs = []
            for number in range(3):
                save = {"node": "SaveBlob", "blob": r.blobs.put(b"%d" % number * 9000)}
                go_on = {"node": "WaitFor", "path": str(tmp_path / "go on")}
                jobs.append(await r.submit({"go": go_on, "save": save | {"after": "${go.sum}"}}))
            for job in jobs:
                await r.until_at_work(job, "go")
            with prevent(r) as cure:
                os.mkdir(tmp_path / "go on")  # noqa: PTH102 - opens no file
                await until(lambda: any(warnings(r, job) for job in jobs))
                cure()
            states = [(await r.ended(job)).state for job in jobs]

            assert states == ["succeeded"] * 3
            assert len(names(outputs)) == 3
            assert r.dispatcher.pool.restarts == 0

    go(act)


def test_what_a_killed_server_left_is_opened_on_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "4m"):
        left = JobStore(disk / "jobs.sqlite")  # not closed: so a killed process leaves it
        job = asyncio.run(left.accept(NewJob({}, {}))).job
        fill(disk)
        again = JobStore(disk / "jobs.sqlite")

        assert again.get(job.id) == job
        again.close()
        left.close()
