"""Workers that stand still or take too much are replaced; those that compute or wait are not."""

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from paintgraph.base import control_groups, usage
from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.workers.watch import Bounds
from paintgraph.tests.jobs.test_dispatcher import Rig, go, rig, until
from paintgraph.tests.jobs.test_workers import NUMBER, idle_worker

pytestmark = pytest.mark.skipif(
    usage.cpu_seconds(os.getpid()) is None, reason="needs /proc to see what processes use"
)
SHORT = 0.8
MIB = 1 << 20


def bounded(tmp_path: Path, act: Callable[[Rig], Awaitable[None]], limits: Limits) -> None:
    async def story() -> None:
        async with rig(tmp_path, limits=limits) as r:
            await act(r)

    go(story)


def test_an_idle_worker_that_is_stopped_is_replaced(tmp_path: Path) -> None:
    async def act(r: Rig) -> None:
        pid = await idle_worker(r)
        os.kill(pid, signal.SIGSTOP)
        await until(lambda: r.dispatcher.pool.restarts == 1)
        assert await idle_worker(r) != pid
        assert (await r.ended(await r.submit(NUMBER))).state == "succeeded"

    bounded(tmp_path, act, Limits(workers=Bounds(SHORT)))


def test_a_worker_that_is_stopped_at_work_is_replaced_and_its_job_tried_again(
    tmp_path: Path,
) -> None:
    async def act(r: Rig) -> None:
        log = tmp_path / "log"
        job = await r.submit({"out": {"node": "WriteLine", "path": str(log), "seconds": 0.5}})
        pid = await r.until_at_work(job, "out")
        os.kill(pid, signal.SIGSTOP)
        ended = await r.ended(job)

        assert (ended.state, dict(ended.deaths)) == ("succeeded", {"out": 1})
        assert log.read_text() == "ran\nran\n"

    bounded(tmp_path, act, Limits(workers=Bounds(SHORT)))


def test_a_deadlock_is_found_and_tried_again_twice(tmp_path: Path) -> None:
    async def act(r: Rig) -> None:
        job = await r.ended(await r.submit({"out": {"node": "Deadlock"}}))

        (problem,) = job.problems
        assert (job.state, dict(job.deaths)) == ("failed", {"out": 3})
        assert (problem["code"], problem["node"]) == ("worker_stalled", "out")
        assert problem["message"] == (
            "node 'out': it stood still for 0.5 s, which is all that is allowed: its worker "
            "neither answered nor computed, or all its threads waited for each other. Mend the "
            "node, or raise stall_seconds."
        )
        assert (await r.ended(await r.submit(NUMBER))).state == "succeeded"

    bounded(tmp_path, act, Limits(workers=Bounds(0.5)))


def test_a_long_call_that_computes_or_sleeps_is_left_alone(tmp_path: Path) -> None:
    async def act(r: Rig) -> None:
        for node in ("Compute", "Hang"):
            job = await r.submit({"out": {"node": node, "seconds": 2.5 * SHORT}})

            assert (await r.ended(job)).state == "succeeded"
            assert r.dispatcher.pool.restarts == 0

    bounded(tmp_path, act, Limits(workers=Bounds(SHORT)))


def test_a_job_that_takes_too_much_memory_fails_alone(tmp_path: Path) -> None:
    async def act(r: Rig) -> None:
        job = await r.ended(await r.submit({"out": {"node": "TakeMemory", "count": 300}}))
        after = await r.ended(await r.submit(NUMBER))

        (problem,) = job.problems
        assert (job.state, dict(job.deaths)) == ("failed", {})
        assert (problem["code"], problem["node"]) == ("out_of_memory", "out")
        assert problem["message"].startswith("node 'out': its worker took ")
        assert problem["message"].endswith(
            " MiB of memory; allowed are 250 MiB. Use smaller pictures or fewer at once, or raise "
            "worker_bytes."
        )
        assert after.state == "succeeded"
        assert r.dispatcher.pool.restarts == 1

    bounded(tmp_path, act, Limits(workers=Bounds(60.0, 250 * MIB)))


def test_a_job_that_takes_too_long_fails_and_is_not_tried_again(tmp_path: Path) -> None:
    async def act(r: Rig) -> None:
        for restarts, node in enumerate(("Tick", "Hang")):
            job = await r.ended(await r.submit({"out": {"node": node, "seconds": 30.0}}))
            after = await r.ended(await r.submit(NUMBER))

            (problem,) = job.problems
            assert (job.state, problem["code"]) == ("failed", "job_timeout")
            said = "the job was at work for 3 s, which is all that is allowed."
            assert said in problem["message"]
            assert (after.state, r.dispatcher.pool.restarts) == ("succeeded", restarts)

    bounded(tmp_path, act, Limits(grace_seconds=0.3, job_seconds=3.0))


def test_what_processes_use_is_known(tmp_path: Path) -> None:
    async def act(r: Rig) -> None:
        pid = await idle_worker(r)

        assert pid in usage.descendants(os.getpid())
        assert 0 < (usage.cpu_seconds(pid) or 0) < 60
        assert MIB < (usage.own_bytes(pid) or 0) < 1024 * MIB
        assert usage.cpu_seconds(2**30) is usage.own_bytes(2**30) is None
        assert (usage.machine_bytes() or 0) > 64 * MIB

    bounded(tmp_path, act, Limits())


def test_what_the_system_ends_for_its_memory_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Group:
        most_bytes = 250 * MIB
        has_run_out = True

        def remove(self) -> None:
            removed.append(self)

    removed: list[Group] = []
    monkeypatch.setattr(control_groups, "bounded", lambda *_: Group())

    async def act(r: Rig) -> None:
        die = {"node": "Die", "until": str(tmp_path / "log"), "times": 1}
        job = await r.ended(await r.submit({"out": die}))

        (problem,) = job.problems
        assert (job.state, dict(job.deaths), len(removed)) == ("failed", {}, 1)
        assert problem["message"] == (
            "node 'out': its worker took 250 MiB of memory and wanted more; allowed are 250 MiB. "
            "Use smaller pictures or fewer at once, or raise worker_bytes."
        )

    bounded(tmp_path, act, Limits())
