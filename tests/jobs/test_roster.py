"""What is known of workers goes on being looked at, whatever goes wrong at one look."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from paintgraph.jobs.dispatching.roster import Place, Roster
from paintgraph.jobs.dispatching.support import HasModel, Support
from paintgraph.jobs.store.agents import Worker
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.handle import Ready, WorkerHandle
from paintgraph.tests.jobs.postgresql import PostgresqlServer


@pytest.fixture
def small(tmp_path: Path) -> Iterator[JobStore]:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    yield store
    store.close()


def roster(
    store: JobStore, has_model: HasModel = bool, handles: Mapping[WorkerHandle, Place] | None = None
) -> Roster:
    return Roster(store, "a", 600.0, handles or {}, has_model, lambda: None, lambda _: None)


def test_a_model_that_cannot_be_read_is_not_here_until_the_next_look(small: JobStore) -> None:
    faults = [OSError(5, "Input/output error")]

    def has_model(name: str) -> bool:
        if name == "bad@1" and faults:
            raise faults.pop()
        return True

    async def act() -> None:
        for name in ("bad@1", "good@1"):
            await small.accept(NewJob({}, {}, models=(name,)))
        support = Support(small, has_model)
        assert await support.look()
        assert [*support.numbers] == [0, 2]
        assert await support.look(again=True)
        assert [*support.numbers] == [0, 1, 2]

    asyncio.run(act())


def test_a_fault_does_not_end_looking(small: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = asyncio.Event()

    async def act() -> None:
        there = roster(small)
        faults = [ValueError("damaged")]

        async def look(**_: Any) -> bool:
            if faults:
                there.ask()
                raise faults.pop()
            looked.set()
            return False

        monkeypatch.setattr(there._support, "look", look)
        task = asyncio.create_task(there._keep_support())
        there.ask()
        waiting = asyncio.create_task(looked.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert looked.is_set()
        task.cancel()

    asyncio.run(act())


def test_a_newer_paintgraph_may_tell_more_of_its_nodes(small: JobStore) -> None:
    specs = [{"id": "Later"}]

    async def act() -> None:
        digest = await small.agents.keep_nodes({"specs": specs, "newer": 1})
        await small.agents.tell("b", [Worker("b/1", "host", "heavy", nodes=digest)], 60)
        there = roster(small)
        await there._read()
        assert there.ready.specs == specs

    asyncio.run(act())


class Handle:
    """A worker that has told of its node types."""

    ready = Ready([{"id": "Here"}])


def test_node_types_that_were_dropped_while_a_process_stood_still_are_kept_again(
    small: JobStore,
) -> None:
    handle: Any = Handle()

    async def act() -> None:
        there = roster(small, handles={handle: Place("light", "1")})
        await there._tell()
        drop = "DELETE FROM node_sets"
        await asyncio.wrap_future(small._database.write(lambda c: c.execute(drop).rowcount))
        await there._tell()
        assert there._changed.is_set()
        await there._tell()
        await there._read()
        assert there.ready.specs == [{"id": "Here"}]
        assert not there._changed.is_set()

    asyncio.run(act())


def test_a_worker_that_has_just_come_counts_before_others_have_looked(
    postgresql: PostgresqlServer,
) -> None:
    async def act(store: JobStore) -> list[str | None]:
        there = roster(store)
        job = (await store.accept(NewJob({}, {}, size="light"))).job
        missing = [there.missing(job)]
        await store.agents.tell("b", [Worker("b/1", "host", "light")], 60)
        return [*missing, there.missing(job)]

    with closing(JobStore(postgresql.new_database())) as store:
        assert asyncio.run(act(store)) == ["no worker is alive that takes light jobs", None]


def test_workers_that_retire_hold_nothing(small: JobStore) -> None:
    async def act() -> list[Any]:
        await small.agents.tell("a", [Worker("a/1", "host", "light")], 60)
        await small.claims.next("light", "a/1", holds=("m@1",))
        await small.claims.next("light", "b/1", holds=("m@1",))
        await small.agents.tell("a", [], 60)
        return small._database.read(lambda c: c.execute("SELECT worker FROM holdings").fetchall())

    assert [row[0] for row in asyncio.run(act())] == ["b/1"]
