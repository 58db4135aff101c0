"""Sets of models and uses of node types: written once, named by numbers, dropped when unnamed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from paintgraph.engine.graph.uses import Use
from paintgraph.jobs.store.agents import Worker
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.firsts import Able, Served
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.sets import KEPT_SECONDS, MODELS, USES
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.postgresql import PostgresqlServer

OLD: Use = ("Add", ["a", "b"], ["sum"], [])
NEW: Use = ("Add", ["a", "b", "c"], ["sum"], [("c", "new")])


@pytest.fixture
def shared(postgresql: PostgresqlServer) -> Any:
    store = JobStore(postgresql.new_database())
    yield store
    store.close()


async def accepted(store: JobStore, *uses: Any, models: Sequence[str] = ()) -> Job:
    return (await store.accept(NewJob({}, {}, uses=uses, models=models))).job


def test_jobs_that_use_the_same_name_one_number(shared: JobStore) -> None:
    async def act() -> None:
        jobs = [await accepted(shared, *uses) for uses in ((OLD,), (), (OLD, NEW), (OLD,))]
        assert [job.uses for job in jobs] == [1, 0, 2, 1]
        assert [shared.agents.uses(job.uses) for job in jobs[:2]] == [
            [["Add", ["a", "b"], ["sum"], []]],
            [],
        ]

    asyncio.run(act())


def test_one_machine_writes_nothing_of_them(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")

    assert asyncio.run(accepted(store, OLD)).uses == 0
    assert store.agents.uses(1) == []
    store.close()


@pytest.mark.parametrize("holds", [None, ("m@1",)], ids=["in order", "by what is loaded"])
def test_a_worker_leaves_what_it_does_not_serve_to_others(
    shared: JobStore, holds: Sequence[str] | None
) -> None:
    asked: list[Sequence[Any]] = []

    def knows_old(uses: Sequence[Any]) -> bool:
        asked.append(uses)
        return not any("c" in use[1] for use in uses)

    async def act() -> None:
        new = [NEW], [OLD, NEW], [NEW]
        jobs = [await accepted(shared, *uses, models=["m@1"]) for uses in (*new, [OLD], [NEW])]
        plain = await accepted(shared)
        old, newer = Able((0, 1), Served(knows_old)), Able((0, 1), Served(lambda _: True))
        claims = shared.claims
        taken = [
            await claims.next("light", "old/1", able=able, holds=holds)
            for able in (old, old, old, newer)
        ]
        assert [job and job.id for job in taken] == [jobs[3].id, plain.id, None, jobs[0].id]
        assert len(asked) == 3  # each once
        await accepted(shared, OLD)
        assert await claims.next("light", "old/1", able=old, holds=holds) is not None
        assert len(asked) == 3

    asyncio.run(act())


def later(store: JobStore, seconds: float) -> None:
    """Let so much time have passed since all sets were named."""

    def update(connection: Connection) -> None:
        for table in ("model_sets", "use_sets", "node_sets"):
            connection.execute(f"UPDATE {table} SET used = used - ?", (seconds,))  # noqa: S608 - ours

    store._database.write(update).result()


def sets(store: JobStore) -> tuple[set[int], set[int]]:
    read = store._database.read
    return read(MODELS.numbers), read(USES.numbers)


def test_what_no_job_names_for_a_day_is_dropped_and_its_number_not_given_again(
    shared: JobStore,
) -> None:
    async def act() -> None:
        for number in range(5):
            job = await accepted(shared, (f"N{number}", [], [], []), models=[f"m@{number}"])
            if number:
                await shared.finish(claimed(shared, job), "succeeded")
            if number == 1:
                claimed(shared, await accepted(shared, ("N1", [], [], []), models=["m@1"]))
        assert await shared.retained.remove_sets() == 0
        later(shared, KEPT_SECONDS + 1)
        await accepted(shared, ("N2", [], [], []), models=["m@2"])
        assert await shared.retained.remove_sets() == 2
        assert sets(shared) == ({1, 2, 3, 5}, {1, 2, 3, 5})  # waits, is at work, named again, last
        again = await accepted(shared, ("N3", [], [], []), models=["m@3"])
        assert (again.models, again.uses) == (6, 6)

    asyncio.run(act())


def test_node_types_that_no_worker_has_for_a_day_are_dropped(store: JobStore) -> None:
    async def act() -> None:
        kept, dropped = [await store.agents.keep_nodes({"specs": [n]}) for n in (1, 2)]
        await store.agents.tell("a", [Worker("a/1", "host", "light", nodes=kept)], 60)
        later(store, KEPT_SECONDS + 1)
        assert await store.retained.remove_sets() == 1
        assert (store.agents.nodes(kept), store.agents.nodes(dropped)) == ({"specs": [1]}, None)
        await store.agents.tell("a", [], 60)
        assert await store.agents.keep_nodes({"specs": [1]}) == kept
        assert await store.retained.remove_sets() == 0  # its worker is about to be told

    asyncio.run(act())
