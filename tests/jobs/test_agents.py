"""Rows of workers: alive while they are told, known by what they can do."""

import asyncio
from pathlib import Path

import pytest

from paintgraph.jobs.store.agents import OutdatedAgentError, Worker
from paintgraph.jobs.store.firsts import Able
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import JobStore

ONE = Worker("a/heavy-0", "host", "heavy", (0, 1), "", 1, "0.1")


def test_workers_are_alive_while_they_are_told_and_gone_once_their_agent_left(
    store: JobStore,
) -> None:
    other = Worker("b/light-0", "host", "light")
    asyncio.run(store.agents.tell("a", [ONE, Worker("a/heavy-1", "host", "heavy")], 60))
    asyncio.run(store.agents.tell("b", [other], -1))
    asyncio.run(store.agents.tell("a", [ONE], 60))

    assert store.agents.alive() == [ONE]
    assert [(each.id, each.is_alive) for each in store.agents.all()] == [
        (ONE.id, True),
        (other.id, False),
    ]
    asyncio.run(store.agents.leave("a"))
    assert store.agents.alive() == []


def test_one_that_was_lost_long_ago_is_told_of_no_more(store: JobStore) -> None:
    asyncio.run(store.agents.tell("a", [ONE], -3601))

    asyncio.run(store.agents.tell("b", [], 60))

    assert store.agents.all() == []


def test_a_worker_takes_jobs_of_the_sets_of_models_that_it_supports(store: JobStore) -> None:
    async def run() -> None:
        graphs = [("y@2", "x@1"), (), ("x@1", "y@2", "x@1"), ("x@1",)]
        jobs = [(await store.accept(NewJob({}, {}, models=models))).job for models in graphs]
        sets = {each.number: each.models for each in store.agents.model_sets()}

        assert [sets.get(job.models, ()) for job in jobs] == [
            ("x@1", "y@2"),
            (),
            ("x@1", "y@2"),
            ("x@1",),
        ]
        able = Able((jobs[1].models, jobs[3].models))
        taken = [await store.claims.next("light", "a/w", able=able) for _ in range(3)]
        assert [job and job.id for job in taken] == [jobs[1].id, jobs[3].id, None]
        assert await store.claims.next("light", "a/w", able=Able(())) is None
        rest = [await store.claims.next("light", "b/w") for _ in range(2)]
        assert [job and job.id for job in rest] == [jobs[0].id, jobs[2].id]

    asyncio.run(run())


def test_the_node_types_of_live_workers_are_known_the_newest_first(
    store: JobStore,
) -> None:
    async def run() -> None:
        few = await store.agents.keep_nodes({"specs": [1]})
        many = await store.agents.keep_nodes({"specs": [1, 2]})
        assert await store.agents.keep_nodes({"specs": [1, 2]}) == many
        assert store.agents.newest_nodes() == []
        light = Worker("a/light-0", "host", "light", nodes=few)
        await store.agents.tell("a", [light], 60)
        assert store.agents.newest_nodes() == [few]
        await store.agents.tell("a", [light, Worker("a/h", "host", "heavy", nodes=many)], 60)
        assert store.agents.newest_nodes() == [many, few]
        assert store.agents.nodes(many) == {"specs": [1, 2]}
        assert store.agents.nodes("0") is None
        await store.agents.tell("a", [], 60)
        assert store.agents.newest_nodes() == []

    asyncio.run(run())


def test_an_agent_that_is_too_old_is_refused(store: JobStore) -> None:
    store._database.write(lambda c: c.execute("UPDATE protocol SET oldest = 99")).result()

    with pytest.raises(OutdatedAgentError) as caught:
        asyncio.run(store.agents.tell("a", [ONE], 60))

    assert str(caught.value) == (
        "this paintgraph's workers speak protocol 1; the job store takes 99 or newer, as a newer "
        "paintgraph uses it. Install that one here: pip install --upgrade paintgraph."
    )
    assert store.agents.all() == []


def test_stores_that_many_open_note_a_set_of_models_once(place: Path | str) -> None:
    store = JobStore(place)

    async def run() -> None:
        sets = [(f"m@{number % 5}",) for number in range(40)]
        new = (
            NewJob({}, {}, client=str(place), models=models) for place, models in enumerate(sets)
        )
        jobs = [each.job for each in await asyncio.gather(*map(store.accept, new))]
        known = {each.models: each.number for each in store.agents.model_sets()}
        assert len(known) == 5
        assert [job.models for job in jobs] == [known[models] for models in sets]

    asyncio.run(run())
    store.close()
