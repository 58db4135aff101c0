"""Batches in the store: parts are made as others end, and the batch goes on after the last."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from paintgraph.engine.node.spreading import Given
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.tests.jobs.claiming import claimed

NAMES = [f"p{number}.png" for number in range(40)]
BOUND = {
    "names": [["picture", name, f"sha256:{'0' * 64}"] for name in NAMES] + [["vae", "x", "y"]],
    "recipes": {},
}
GRAPH: dict[str, Any] = {"paintgraph": 1, "nodes": {"it": {"node": "MapImages"}}, "bound": BOUND}
ENDED = {"type": "node_finished", "kind": "MapSomeImages", "node": "it", "display": "it"} | {
    "parent": None, "submitted": "it", "how": "computed",
}  # fmt: skip


async def _shared(store: JobStore) -> Job:
    """A job that has given its pictures away."""
    job = (await store.accept(NewJob(GRAPH, {}, client="anna", size="heavy"))).job
    taken = claimed(store, job, "one/1")
    given = Given("it", "MapSomeImages", {"recipe_name": "invert"}, NAMES)
    return await store.give_away(taken, given)


async def _done(store: JobStore, part: Job, **more: Any) -> Job:
    taken = claimed(store, part, "two/1")
    return await store.finish(taken, "succeeded", facts=[ENDED], **more)


def _names(store: JobStore, part: Job) -> list[str]:
    graph = orjson.loads(store.document(part.id) or b"")
    (node,) = graph["nodes"].values()
    kinds = [kind for kind, _, _ in graph["bound"]["names"]]
    assert kinds.count("picture") == len(node["names"])
    assert kinds.count("vae") == 1
    names: list[str] = node["names"]
    assert names == NAMES[node["first"] :][: len(names)]
    return names


def test_every_picture_is_given_once_and_the_job_goes_on_last(store: JobStore) -> None:
    async def body() -> None:
        job = await _shared(store)
        assert (job.state, len(store.open_parts(job.number))) == ("running", 4)
        seen: list[str] = []
        while parts := store.open_parts(job.number):
            now = store.get(job.id)
            assert now is not None
            assert now.state == "running"
            seen += _names(store, parts[0])
            await _done(store, parts[0], outputs={parts[0].id: []}, warnings=["w"])

        now = store.get(job.id)
        assert now is not None
        assert now.state == "queued"
        assert sorted(seen) == sorted(NAMES)
        assert store.given_away(now) == ["it"]
        gathered = store.parts(now)
        assert gathered.warnings == ["w"]
        told = [fact for _, fact in store.facts(now) if fact["type"] == "progress"]
        assert (told[-1]["done"], told[-1]["total"]) == (40, 40)
        assert [job.id for job in store.page()] == [now.id]

    asyncio.run(body())


def test_every_part_keeps_what_the_settings_and_the_recipe_name(store: JobStore) -> None:
    async def body() -> None:
        mask = ["picture", "mask.png [output]", f"sha256:{'1' * 64}"]
        graph = {**GRAPH, "bound": {**BOUND, "names": [*BOUND["names"], mask]}}
        job = (await store.accept(NewJob(graph, {}, client="anna", size="heavy"))).job
        inputs = {"recipe_name": "remove", "settings": '{"mask": "p7.png"}'}
        given = Given("it", "MapSomeImages", inputs, NAMES)
        await store.give_away(claimed(store, job, "one/1"), given)

        for part in store.open_parts(job.number):
            document = orjson.loads(store.document(part.id) or b"")
            pictures = {one[1] for one in document["bound"]["names"] if one[0] == "picture"}
            assert pictures == {*document["nodes"]["it"]["names"], "p7.png", mask[1]}

    asyncio.run(body())


def test_parts_that_end_at_the_same_time_wake_the_job_once(store: JobStore) -> None:
    async def body() -> None:
        job = await _shared(store)
        while parts := store.open_parts(job.number):
            await asyncio.gather(*(_done(store, part) for part in parts))
        now = store.get(job.id)
        assert now is not None
        assert (now.state, now.fence) == ("queued", job.fence + 1)

    asyncio.run(body())


def test_a_job_that_waits_for_parts_is_not_queued_by_who_gave_them(store: JobStore) -> None:
    async def body() -> None:
        job = await _shared(store)
        with pytest.raises(StaleFenceError):  # as after an answer of the store that was lost
            await store.requeue(replace(job, worker="w"))
        now = store.get(job.id)
        assert now is not None
        assert now.state == "running"

    asyncio.run(body())


def test_a_cancelled_batch_keeps_what_its_parts_made(
    store: JobStore,
) -> None:
    async def body() -> None:
        job = await _shared(store)
        await _done(store, store.open_parts(job.number)[0], outputs={"it": [{"file": "a.png"}]})
        await store.cancel(job.id)
        for part in store.open_parts(job.number):
            await store.cancel(part.id)
        now = store.get(job.id)
        assert now is not None
        assert (now.state, now.outputs) == ("cancelled", {"it": [{"file": "a.png"}]})

    asyncio.run(body())


def test_a_job_that_waits_for_parts_stays_so_when_a_server_starts(store: JobStore) -> None:
    async def body() -> None:
        job = await _shared(store)
        part = claimed(store, store.open_parts(job.number)[0], "lost/1")
        queued = await store.claims.give_back("lost")

        assert job.id not in {one.id for one in queued}
        assert part.id in {one.id for one in queued}

    asyncio.run(body())
