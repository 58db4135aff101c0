"""Idle workers that end are replaced at once, and no job pays for it."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from paintgraph.base import platforms, processes
from paintgraph.base.frames import BrokenFrameError
from paintgraph.jobs.dispatching.outcomes import JobEffects, Outcomes
from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.workers.handle import WorkerHandle, WorkerSpec
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.test_dispatcher import OUTER_SECONDS, Rig, go, is_alive, rig, until

WHO = {"p": {"node": "ProcessId"}, "out": {"node": "Add", "a": "${p.pid}", "b": 0}}
NUMBER = {"out": {"node": "Number", "value": 5}}


async def idle_worker(r: Rig) -> int:
    """The process id of the only worker, once it is there."""
    await until(lambda: r.dispatcher.is_ready)
    (handle,) = r.dispatcher.pool.handles
    return handle.pid


def test_an_idle_worker_that_is_killed_is_replaced_before_the_next_job(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            pid = await idle_worker(r)
            os.kill(pid, signal.SIGKILL)
            await until(lambda: not r.dispatcher.is_ready)
            assert not is_alive(pid) or r.dispatcher.pool.restarts == 0
            second = await idle_worker(r)

            assert second != pid
            assert r.dispatcher.pool.restarts == 1
            job = await r.ended(await r.submit(WHO))
            assert (job.state, job.outputs, dict(job.deaths)) == ("succeeded", {"out": second}, {})
            assert r.dispatcher.pool.restarts == 1

    go(act)


def test_a_job_that_comes_in_the_moment_of_an_idle_workers_end_loses_nothing(
    tmp_path: Path,
) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            for _ in range(5):
                os.kill(await idle_worker(r), signal.SIGKILL)
                job = await r.ended(await r.submit(NUMBER))

                assert (job.state, dict(job.deaths)) == ("succeeded", {})
                assert "worker_lost" not in r.types(job)

    go(act)


def test_a_job_given_to_a_worker_that_never_began_it_dies_at_no_node(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            pid = await idle_worker(r)
            os.kill(pid, signal.SIGSTOP)  # so that it is given a job and cannot take it
            waiting = await r.submit(WHO)
            await r.until_at_work(waiting)
            os.kill(pid, signal.SIGKILL)
            job = await r.ended(waiting)

            assert (job.state, dict(job.deaths)) == ("succeeded", {})
            assert job.outputs["out"] != pid
            assert "worker_lost" not in r.types(job)

    go(act)


def test_a_job_that_is_cancelled_before_its_worker_has_begun_it_stops(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            await idle_worker(r)
            (handle,) = r.dispatcher.pool.handles
            busy = await r.submit({"out": {"node": "Tick", "seconds": 3.0}})
            handle.cancel(busy.id)  # as it may overtake the graph
            job = await r.ended(busy)

            assert (job.state, r.dispatcher.pool.restarts) == ("cancelled", 0)

    go(act)


def test_a_job_that_no_worker_survives_reading_fails_all_the_same(tmp_path: Path) -> None:
    """It is spared once, in case the worker was dead before."""

    async def act() -> None:
        async with rig(tmp_path, workers={}) as r:
            effects = JobEffects(r.store, r.blobs, {})
            outcomes = Outcomes(r.store, effects, r.subscriptions, OUTER_SECONDS)
            job = (await r.store.accept(NewJob({}, {}))).job
            deaths = []
            while job.state == "queued":
                running = Running(claimed(r.store, job, "worker"), None)  # type: ignore[arg-type] # lost
                job = await outcomes.lost(running)
                deaths.append(job.deaths.get("", 0))

            assert (job.state, deaths) == ("failed", [0, 1, 2, 3])
            assert job.problems[0]["code"] == "worker_lost"

    go(act)


def test_what_nodes_print_is_not_said_by_the_server(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            assert (await r.ended(await r.submit({"out": {"node": "Say"}}))).state == "succeeded"

    go(act)

    told = capfd.readouterr()
    assert told.out == ""
    assert "to stderr" in told.err


@pytest.mark.parametrize("passes", [True, False], ids=["inherited socket", "loopback"])
@pytest.mark.parametrize("seconds", [0, 0.1])
def test_a_start_that_is_cancelled_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, *, passes: bool
) -> None:
    started, channels = [], []

    def open_channel() -> platforms.Channel:
        channels.append(open_ordinarily())
        return channels[-1]

    def start(*arguments: str, **options: Any) -> Any:
        started.append(ordinary(*arguments, **options))
        return started[-1]

    async def act() -> None:
        spec = WorkerSpec("paintgraph.tests.jobs.parts:parts", {"data": str(tmp_path)})
        starting = asyncio.create_task(WorkerHandle.start(spec))
        await until(lambda: bool(started))
        await asyncio.sleep(seconds)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

        assert [process.returncode for process in started] == [-signal.SIGKILL]

    ordinary, open_ordinarily = processes.start, platforms.open_channel
    monkeypatch.setattr(processes, "start", start)
    monkeypatch.setattr(platforms, "open_channel", open_channel)
    monkeypatch.setattr(platforms, "passes_sockets", lambda: passes)
    go(act)
    connections = [channel.connection for channel in channels]
    assert [each.fileno() for each in connections if each] == ([-1] if passes else [])


@pytest.mark.parametrize("passes", [True, False], ids=["inherited socket", "loopback"])
def test_a_worker_that_ends_before_it_is_ready_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, passes: bool
) -> None:
    monkeypatch.setattr(platforms, "passes_sockets", lambda: passes)
    spec = WorkerSpec("no such factory", {"data": str(tmp_path)})

    async def act() -> None:
        with pytest.raises(BrokenFrameError):
            await WorkerHandle.start(spec)

    go(act)


def test_a_worker_starts_without_what_ended_or_held_up_the_one_before(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path, factory="stuck_parts") as r:
            await idle_worker(r)

            assert r.dispatcher.ready.notices == [
                "deadly: it ended the process (exit code 3)",
                "endless: it did not return within 0.5 s",
            ]
            assert (await r.ended(await r.submit(NUMBER))).state == "succeeded"

    go(act)
