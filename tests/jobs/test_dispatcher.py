"""Jobs on real worker processes, which are really killed."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from paintgraph.engine.execution.blobs import Blobs, FolderBlobs
from paintgraph.engine.graph.sockets import Effect
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.dispatching.outcomes import JobEffects
from paintgraph.jobs.dispatching.quotas import DrainingError, QueueFullError
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.storage import in_folders
from paintgraph.jobs.store.job import Job, NewJob, Size
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.handle import WorkerSpec
from paintgraph.tests.jobs.claiming import claimed

OUTER_SECONDS = 300  # a loaded machine takes its time
ONE: Mapping[Size, int] = {"light": 1}


@dataclass
class Rig:
    """A dispatcher with its store, and what tests do with them."""

    store: JobStore
    subscriptions: Subscriptions
    dispatcher: Dispatcher
    blobs: Blobs
    folders: Folders

    async def submit(self, nodes: Mapping[str, Any], size: Size = "light", **more: Any) -> Job:
        outputs = {name: f"${{{name}.sum}}" for name in nodes if name.startswith("out")}
        graph = {"paintgraph": 1, "nodes": nodes, "outputs": outputs}
        return (
            await self.dispatcher.submit(NewJob(graph, {"graph": graph}, size=size, **more))
        ).job

    async def ended(self, job: Job) -> Job:
        async with self.subscriptions.follow(job.id) as follower:
            while True:
                now = self.store.get(job.id)
                assert now is not None
                if now.has_ended:
                    return now
                await follower.wait()

    async def until_at_work(self, job: Job, node: str = "") -> int:
        """Wait until a job (or its node) is running; gives the worker's pid."""
        while True:
            running = self.dispatcher.pool.running.get(job.id)
            if running is not None and (not node or node in running.nodes):
                return running.handle.pid
            await asyncio.sleep(0.01)

    def types(self, job: Job) -> list[str]:
        return [fact["type"] for _, fact in self.store.facts(job)]


@contextlib.asynccontextmanager
async def rig(
    folder: Path,
    workers: Mapping[Size, int] = ONE,
    limits: Limits | None = None,
    factory: str = "parts",
) -> AsyncIterator[Rig]:
    folders = Folders(folder)
    store, subscriptions, blobs = (
        JobStore(folder / "jobs.sqlite"),
        Subscriptions(),
        FolderBlobs(folders.blobs),
    )
    effects = JobEffects(store, blobs, in_folders(folders).destinations)
    spec = WorkerSpec(f"paintgraph.tests.jobs.parts:{factory}", {"data": str(folder)}, 0.5)
    dispatcher = Dispatcher(store, subscriptions, effects, spec, workers, limits)
    await dispatcher.start()
    try:
        yield Rig(store, subscriptions, dispatcher, blobs, folders)
    finally:
        await dispatcher.close()
        store.close()


def go(act: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(act(), OUTER_SECONDS))


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - of other processes
        await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_job_runs_to_its_result(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            nodes = {
                "two": {"node": "Number", "value": 2},
                "out": {"node": "Add", "a": "${two.sum}"},
            }
            job = await r.ended(await r.submit(nodes))

            assert (job.state, job.outputs) == ("succeeded", {"out": 3})
            assert r.types(job) == ["node_finished", "node_finished", "state"]
            assert [number for number, _ in r.store.facts(job)] == [1, 2, 3]

    go(act)


def test_a_failing_node_fails_the_job_and_is_named(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            job = await r.ended(
                await r.submit(
                    {
                        "bad": {"node": "Fail"},
                        "out": {"node": "Add", "a": "${bad.sum}"},
                        "out2": {"node": "Number"},
                    }
                )
            )

            assert job.state == "failed"
            assert [(p["node"], p["code"]) for p in job.problems] == [("bad", "node_failed")]
            assert job.outputs == {"out2": 0}

    go(act)


def test_warnings_are_kept_with_the_job(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            job = await r.ended(await r.submit({"out": {"node": "Steps"}}))

            assert list(job.warnings) == ["all steps are done"]

    go(act)


def test_effects_are_published_once_though_the_worker_dies(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            blob = r.blobs.put(b"data")
            assert blob
            nodes = {
                "count": {"node": "Die", "until": str(tmp_path / "deaths"), "times": 1},
                "first": {"node": "SaveBlob", "blob": blob},
                "last": {"node": "SaveBlob", "blob": blob, "after": "${count.sum}"},
            }
            job = await r.ended(await r.submit(nodes))

            assert job.state == "succeeded"
            assert sorted(file.name for file in r.folders.outputs.iterdir()) == [
                "number_00001_.txt",
                "number_00002_.txt",
            ]

    go(act)


def test_a_file_is_named_after_the_time_of_its_job_each_time(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path, workers={}) as r:
            effects = JobEffects(r.store, r.blobs, in_folders(r.folders).destinations)
            taken = claimed(r.store, (await r.store.accept(NewJob({}, {}))).job, "worker")
            yesterday = datetime.now().astimezone() - timedelta(days=1)
            job = replace(taken, created=yesterday.timestamp())
            effect = asdict(Effect(r.blobs.put(b"data"), "%date:yyyy-MM-dd%", ".txt"))

            files = [(await effects.publish(job, "save", [effect]))[0]["file"] for _ in range(2)]

            assert files == [f"{yesterday:%Y-%m-%d}_00001_.txt"] * 2

    go(act)


def test_a_job_goes_on_from_what_was_stored_when_its_worker_is_killed(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            log = tmp_path / "log"
            nodes = {
                "dear": {"node": "WriteLine", "path": str(log), "seconds": 0.3},
                "out": {
                    "node": "Die",
                    "until": str(tmp_path / "deaths"),
                    "times": 1,
                    "after": "${dear.sum}",
                    "stored": str(r.folders.results),
                },
            }
            job = await r.ended(await r.submit(nodes))

            assert (job.state, dict(job.deaths)) == ("succeeded", {"out": 1})
            assert log.read_text() == "ran\n"
            assert "worker_lost" in r.types(job)

    go(act)


def test_a_job_that_kills_its_worker_three_times_at_one_node_fails(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            deaths = {"node": "Die", "until": str(tmp_path / "deaths"), "times": 9}
            killer = await r.submit({"out": deaths})
            other = await r.submit({"out": {"node": "Number", "value": 5}})
            job = await r.ended(killer)

            assert (job.state, job.problems[0]["code"], job.problems[0]["node"]) == (
                "failed",
                "worker_lost",
                "out",
            )
            assert (tmp_path / "deaths").read_text() == "dead\n" * 3
            assert (await r.ended(other)).outputs == {"out": 5}

    go(act)


@pytest.mark.parametrize("node", ["Tick", "Hang", "Wait"])
def test_cancel_ends_only_that_job(tmp_path: Path, node: str) -> None:
    """A node that looks stops by itself, one that does not is killed after the grace time."""

    async def act() -> None:
        async with rig(tmp_path, limits=Limits(grace_seconds=0.3)) as r:
            job = await r.submit({"out": {"node": node, "seconds": 50.0}})
            pid = await r.until_at_work(job, "out")
            await r.dispatcher.cancel(job.id)
            ended = await r.ended(job)
            next_pid = (
                await r.ended(
                    await r.submit(
                        {
                            "p": {"node": "ProcessId"},
                            "out": {"node": "Add", "a": "${p.pid}", "b": 0},
                        }
                    )
                )
            ).outputs["out"]

            assert ended.state == "cancelled"
            assert (next_pid == pid) is (node != "Hang")

    go(act)


def test_a_queued_job_is_cancelled_at_once_and_an_ended_one_stays(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            busy = await r.submit({"out": {"node": "Tick"}})
            queued = await r.submit({"out": {"node": "Number"}})
            await r.until_at_work(busy)

            cancelled = await r.dispatcher.cancel(queued.id)
            assert cancelled is not None
            assert cancelled.state == "cancelled"
            assert (await r.dispatcher.cancel(queued.id)) == cancelled
            assert (await r.dispatcher.cancel("unknown")) is None
            await r.dispatcher.cancel(busy.id)
            assert (await r.ended(busy)).state == "cancelled"

    go(act)


def test_light_jobs_do_not_wait_for_heavy_ones(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path, {"light": 1, "heavy": 1}) as r:
            heavy = await r.submit({"out": {"node": "Tick"}}, size="heavy")
            await r.until_at_work(heavy)

            light = await r.ended(await r.submit({"out": {"node": "Number", "value": 1}}))

            assert light.state == "succeeded"
            still = r.store.get(heavy.id)
            assert still is not None
            assert not still.has_ended

    go(act)


def test_a_full_queue_refuses_and_says_when_to_come_back(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path, limits=Limits(jobs=2)) as r:
            await r.until_at_work(await r.submit({"out": {"node": "Tick"}}))
            waiting = [await r.submit({"out": {"node": "Number"}}) for _ in range(2)]

            with pytest.raises(QueueFullError, match="the queue is full with 2 jobs") as caught:
                await r.submit({"out": {"node": "Number"}})
            assert caught.value.retry_seconds >= 1
            assert [r.dispatcher.position(job) for job in waiting] == [0, 1]

    go(act)


def test_what_was_accepted_runs_after_a_restart(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            running = await r.submit({"out": {"node": "Tick", "seconds": 0.2}})
            queued = await r.submit({"out": {"node": "Number", "value": 4}})
            pid = await r.until_at_work(running)
        assert not is_alive(pid)
        async with rig(tmp_path) as r:
            assert (await r.ended(running)).state == "succeeded"
            assert (await r.ended(queued)).outputs == {"out": 4}

    go(act)


def test_draining_ends_what_runs_and_takes_nothing_new(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            running = await r.submit({"out": {"node": "Tick", "seconds": 0.3}})
            queued = await r.submit({"out": {"node": "Number"}})
            await r.until_at_work(running)

            await r.dispatcher.drain(30)

            assert not r.dispatcher.is_ready
            with pytest.raises(DrainingError):
                await r.submit({"out": {"node": "Number"}})
            states = [getattr(r.store.get(job.id), "state", None) for job in (running, queued)]
            assert states == ["succeeded", "queued"]

    go(act)


def test_a_worker_ends_at_once_when_its_server_is_gone(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            pid = await r.until_at_work(await r.submit({"out": {"node": "Hang"}}), "out")
            next(iter(r.dispatcher.pool.handles))._writer.transport.abort()  # as the kernel does

            await until(lambda: not is_alive(pid))

    go(act)


def test_a_stopped_worker_that_comes_back_cannot_write(tmp_path: Path) -> None:
    """Its job was taken from it; what it says afterwards is refused by the fence."""

    async def act() -> None:
        async with rig(tmp_path) as r:
            job = await r.submit({"out": {"node": "Tick", "seconds": 3.0}})
            pid = await r.until_at_work(job, "out")
            os.kill(pid, signal.SIGSTOP)
            stale = r.dispatcher.pool.running[job.id].job
            taken = claimed(r.store, await r.store.release(stale, "out"), "another")
            os.kill(pid, signal.SIGCONT)
            await until(lambda: job.id not in r.dispatcher.pool.running)

            finished = await r.store.finish(taken, "succeeded", outputs={"from": "another"})

            assert finished.outputs == {"from": "another"}

    go(act)
