"""Files and facts that cannot be written: the job says so or waits; its worker is replaced."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.test_dispatcher import Rig, go, rig

NUMBER = {"out": {"node": "Number", "value": 5}}


def unwritable(
    r: Rig, name: str, times: int, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None
) -> list[str]:
    """Let one of the store's writes fail so often; gives a list that grows with each."""
    real = getattr(r.store, name)
    failed: list[str] = []

    async def write(*arguments: Any, **options: Any) -> Any:
        if len(failed) < times:
            failed.append(name)
            raise error or StoreError("the disk is full")
        return await real(*arguments, **options)

    monkeypatch.setattr(r.store, name, write)
    return failed


def test_a_file_that_cannot_be_written_fails_its_job_and_no_other(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            save = {"node": "SaveBlob", "blob": r.blobs.put(b"data")}
            r.folders.outputs.rmdir()
            (tmp_path / "outputs").write_bytes(b"in the way")
            job = await r.ended(await r.submit({"save": save, **NUMBER}))
            other = await r.ended(await r.submit(NUMBER))

            assert (job.state, job.outputs) == ("failed", {"out": 5})
            assert [(p["code"], p["node"]) for p in job.problems] == [("cannot_write", "save")]
            assert "node_failed" in r.types(job)
            assert other.state == "succeeded"
            assert r.dispatcher.pool.restarts == 0

    go(act)


def test_a_job_waits_until_it_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        async with rig(tmp_path, limits=Limits(patience_seconds=0)) as r:
            for name in ("finish", "append", "requeue"):
                failed = unwritable(r, name, 2, monkeypatch)
                if name == "requeue":
                    unwritable(r, "finish", 1, monkeypatch)
                nodes = {
                    "h": {"node": "Half", "value": 0.4},
                    "out2": {"node": "Tick", "seconds": "${h.half}"},
                    **NUMBER,
                }
                job = await r.ended(await r.submit(nodes))

                assert (job.state, job.outputs) == ("succeeded", {"out": 5, "out2": 10}), name
                assert failed == [name] * 2
                monkeypatch.undo()

    go(act)


def test_a_job_that_can_be_written_soon_keeps_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            for name in ("finish", "append", "reserve"):
                failed = unwritable(r, name, 1, monkeypatch)
                log = tmp_path / name
                nodes = {
                    "out1": {"node": "WriteLine", "path": str(log)},
                    "out": {"node": "Tick", "seconds": 0.1},
                    "save": {"node": "SaveBlob", "blob": r.blobs.put(b"data")},
                }
                job = await r.ended(await r.submit(nodes))

                assert (job.state, failed) == ("succeeded", [name])
                assert log.read_text() == "ran\n"
                assert r.dispatcher.pool.restarts == 0
                monkeypatch.undo()

    go(act)


def test_a_job_whose_claim_was_not_written_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            failed = unwritable(r, "finish", 1, monkeypatch, StaleFenceError("not claimed"))
            job = await r.ended(await r.submit(NUMBER))

            assert (job.state, failed) == ("succeeded", ["finish"])

    go(act)


def test_a_fault_of_ours_costs_a_worker_and_not_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            unwritable(r, "finish", 9, monkeypatch, KeyError("a fault"))
            job = await r.ended(await r.submit(NUMBER))
            assert (job.state, job.problems[0]["code"]) == ("failed", "worker_lost")

            monkeypatch.undo()
            assert (await r.ended(await r.submit(NUMBER))).state == "succeeded"

    go(act)


def test_a_cancelled_job_that_cannot_be_written_is_cancelled_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        async with rig(tmp_path, limits=Limits(grace_seconds=0.2)) as r:
            job = await r.submit({"out": {"node": "Tick"}})
            await r.until_at_work(job, "out")
            unwritable(r, "finish", 1, monkeypatch)
            await r.dispatcher.cancel(job.id)

            assert (await r.ended(job)).state == "cancelled"

    go(act)


def test_a_queued_job_whose_cancelling_cannot_be_written_stays_queued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            busy = await r.submit({"out": {"node": "Tick", "seconds": 0.5}})
            await r.until_at_work(busy)
            job = await r.submit(NUMBER)
            unwritable(r, "cancel", 1, monkeypatch)
            with pytest.raises(StoreError):
                await r.dispatcher.cancel(job.id)

            assert r.dispatcher.position(job) == 0
            assert (await r.ended(job)).state == "succeeded"

    go(act)


def test_only_a_run_that_nobody_took_over_is_put_back(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path, workers={}) as r:
            accepted = (await r.store.accept(NewJob({}, {}))).job
            first = claimed(r.store, accepted, "one")
            again = await r.store.requeue(first)
            second = claimed(r.store, again, "two")

            assert (again.state, again.fence) == ("queued", first.fence + 1)
            with pytest.raises(StaleFenceError):
                await r.store.requeue(first)
            ended: Job = await r.store.finish(second, "succeeded")
            assert await r.store.requeue(second) == ended

    go(act)


def test_a_job_whose_row_is_damaged_fails_and_costs_no_worker(tmp_path: Path) -> None:
    async def act() -> None:
        async with rig(tmp_path) as r:
            for name, damage in product(("graph", "texts", "extra"), ("xx", b"\xff")):
                busy = await r.submit({"out": {"node": "Tick"}})
                await r.until_at_work(busy)
                waits = await r.submit(NUMBER)
                damaging = f"UPDATE jobs SET {name} = ? WHERE id = ?"  # noqa: S608 - ours
                _write(r, damaging, (damage, waits.id))
                await r.dispatcher.cancel(busy.id)
                job = await r.ended(waits)

                message = f"what the store has of its {name} is damaged. Run it again."
                problem = {"code": "damaged_row", "node": None, "message": message}
                assert (job.state, job.problems) == ("failed", [problem]), damage
                assert (await r.ended(await r.submit(NUMBER))).state == "succeeded"
                assert r.dispatcher.pool.restarts == 0

    go(act)


def _write(r: Rig, statement: str, values: tuple[object, ...]) -> None:
    r.store._database.write(lambda c: c.execute(statement, values)).result()
