"""What was accepted is on disk; an ended state never changes; only the newest fence may write."""

import asyncio
import sqlite3
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.base.naming import FileName
from paintgraph.jobs.store.database import Connection, StoreError
from paintgraph.jobs.store.job import Filter, Job, NewJob, State
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.rows import KeyReusedError, StaleFenceError
from paintgraph.jobs.store.sqlite import SqliteDatabase
from paintgraph.tests.jobs.claiming import claimed
from paintgraph.tests.jobs.test_migrations import statement

COPY = FileName("output", "a/copy", ".png")
NEW = NewJob({"nodes": {}}, {"graph": "as submitted"})


async def accept(store: JobStore, new: NewJob = NEW) -> Job:
    return (await store.accept(new)).job


def test_an_accepted_job_is_there_after_reopening(place: Path | str) -> None:
    store = JobStore(place)
    job = asyncio.run(accept(store))
    store.close()

    again = JobStore(place)
    found, graph, request = (
        again.get(job.id),
        again.document(job.id),
        again.document(job.id, "request"),
    )
    again.close()

    assert found == job
    assert graph == b'{"nodes":{}}'
    assert request == b'{"graph":"as submitted"}'


def test_unknown_jobs_are_none(store: JobStore) -> None:
    assert store.get("nothing") is None
    assert store.document("nothing") is None


def test_an_idempotency_key_gives_the_same_job(store: JobStore) -> None:
    async def act() -> None:
        new = NewJob({}, {"a": 1, "b": 2}, idempotency_key="k")
        same = NewJob({}, {"b": 2, "a": 1}, idempotency_key="k")
        accepted = await asyncio.gather(*(store.accept(n) for n in (new, same, new)))

        assert sorted(each.is_new for each in accepted) == [False, False, True]
        assert len({each.job.id for each in accepted}) == 1
        with pytest.raises(KeyReusedError):
            await store.accept(NewJob({}, {"a": 2}, idempotency_key="k"))

    asyncio.run(act())


def test_facts_are_numbered_in_order(store: JobStore) -> None:
    async def act() -> None:
        job = claimed(store, await accept(store))
        last = await store.append(job, [{"type": "one"}, {"type": "two"}])
        await store.append(job, [{"type": "three"}])

        assert last == 2
        assert store.facts(job, after=1) == [(2, {"type": "two"}), (3, {"type": "three"})]

    asyncio.run(act())


def test_an_ended_job_never_changes(store: JobStore) -> None:
    async def act() -> None:
        job = claimed(store, await accept(store))
        ended = await store.finish(job, "succeeded", outputs={"sum": 3})

        for late in (store.finish(job, "failed"), store.append(job, []), store.release(job, "n")):
            with pytest.raises(StaleFenceError):
                await late
        assert await store.cancel(job.id) == ended
        assert store.get(job.id) == ended

    asyncio.run(act())


def test_a_lost_worker_cannot_write_once_another_has_the_job(store: JobStore) -> None:
    async def act() -> None:
        first = claimed(store, await accept(store), "first")
        second = claimed(store, await store.release(first, "node"), "second")

        with pytest.raises(StaleFenceError):
            await store.finish(first, "succeeded", outputs={"from": "first"})
        assert (await store.finish(second, "succeeded")).state == "succeeded"

    asyncio.run(act())


def test_the_third_loss_at_one_node_fails_the_job_with_the_reason(store: JobStore) -> None:
    async def act() -> Job:
        job = await accept(store)
        for node in ("a", "b", "a", "a"):
            job = await store.release(claimed(store, job), node)
        return job

    job = asyncio.run(act())

    assert job.state == "failed"
    assert job.deaths == {"a": 3, "b": 1}
    assert [problem["message"] for problem in job.problems] == [
        (
            "node 'a': the worker was lost 3 times while it ran, most likely for lack of memory. "
            "Use smaller pictures, or more memory."
        )
    ]


def test_recovery_queues_what_was_running(store: JobStore) -> None:
    async def act() -> None:
        jobs = [await accept(store) for _ in range(3)]
        running = claimed(store, jobs[0])
        await store.finish(claimed(store, jobs[1]), "succeeded")
        recovered = await store.claims.give_back("w")

        assert [job.id for job in recovered] == [jobs[0].id]
        with pytest.raises(StaleFenceError):
            await store.append(running, [{"type": "late"}])

    asyncio.run(act())


def test_a_job_that_was_cancelled_at_work_never_waits_again(store: JobStore) -> None:
    """Whoever loses or leaves it ends it: the worker's loss, a run taken back, the next start."""

    async def act() -> None:
        jobs = [claimed(store, await accept(store)) for _ in range(3)]
        for job in jobs:
            assert (await store.cancel(job.id)).state == "running"
        ended = [await store.release(jobs[0], "node"), await store.requeue(jobs[1])]

        assert [job.state for job in ended] == ["cancelled"] * 2
        assert await store.claims.give_back("w") == []
        assert [job.state for job in store.page()] == ["cancelled"] * 3
        assert [fact["type"] for _, fact in store.facts(jobs[2])] == ["state"]

    asyncio.run(act())


def test_an_effect_keeps_the_path_of_its_first_time(store: JobStore) -> None:
    async def act() -> None:
        one, two = [claimed(store, await accept(store)) for _ in range(2)]

        assert await store.reserve(one, "save", 0, COPY) == ("output/a/copy_00001_.png", True)
        assert await store.reserve(one, "save", 0, COPY) == ("output/a/copy_00001_.png", False)
        assert await store.reserve(two, "save", 0, COPY) == ("output/a/copy_00002_.png", True)
        assert store.last_number(COPY) == 2

    asyncio.run(act())


def test_numbers_go_on_above_what_lies_there_and_skip_what_is_taken(store: JobStore) -> None:
    async def act() -> None:
        one = claimed(store, await accept(store))
        assert store.last_number(COPY) is None
        first, _ = await store.reserve(one, "save", 0, COPY, above=7)
        other, _ = await store.reserve(one, "save", 0, COPY, above=7, taken=first)
        again = await store.reserve(one, "save", 0, COPY)

        assert (first, other) == ("output/a/copy_00008_.png", "output/a/copy_00009_.png")
        assert again == (other, False)

    asyncio.run(act())


def test_a_name_without_number_gets_one_once_it_is_taken(store: JobStore) -> None:
    async def act() -> None:
        one = claimed(store, await accept(store))
        mine = replace(COPY, is_numbered=False)
        paths = [(await store.reserve(one, "save", place, mine))[0] for place in range(2)]
        theirs, _ = await store.reserve(one, "other", 0, mine, taken="output/a/copy.png")

        assert paths == ["output/a/copy.png", "output/a/copy_00001_.png"]
        assert theirs == "output/a/copy_00002_.png"

    asyncio.run(act())


def test_pages_go_from_new_to_old(store: JobStore) -> None:
    async def act() -> None:
        jobs = [await accept(store) for _ in range(5)]
        first = store.page(limit=2)
        rest = store.page(before=first[-1].number, limit=10)

        assert [job.id for job in (*first, *rest)] == [job.id for job in reversed(jobs)]
        assert store.page(Filter(state="running")) == []

    asyncio.run(act())


ACTIONS = st.lists(
    st.sampled_from(["claim", "finish", "fail", "cancel", "release", "recover"]), max_size=12
)


@given(ACTIONS)
@settings(max_examples=40)
def test_states_only_move_forward(actions: list[str]) -> None:
    """Whatever is tried in whatever order: an ended job stays as it ended."""

    async def act(store: JobStore) -> None:
        job = held = await accept(store)
        for action in actions:
            before = store.get(job.id)
            assert before is not None
            try:
                match action:
                    case "claim":
                        held = claimed(store, before)
                        await accept(store)  # the claim shares its commit
                    case "finish" | "fail":
                        await store.finish(held, "succeeded" if action == "finish" else "failed")
                    case "cancel":
                        await store.cancel(job.id)
                    case "release":
                        await store.release(held, "n")
                    case _:
                        await store.claims.give_back("w")
            except StaleFenceError:
                assert store.get(job.id) == before
            after = store.get(job.id)
            assert after is not None
            if before.has_ended:
                assert after == before

    with tempfile.TemporaryDirectory() as folder:
        store = JobStore(Path(folder) / "jobs.sqlite", "normal")
        asyncio.run(act(store))
        store.close()


def test_a_failing_action_leaves_the_others_of_its_group(tmp_path: Path) -> None:
    database = SqliteDatabase(
        tmp_path / "d.sqlite", [statement("CREATE TABLE t (x INTEGER UNIQUE)")]
    )

    def insert(x: int) -> None:
        def action(connection: Connection) -> None:
            connection.execute("INSERT INTO t VALUES (?)", (x,))
            if x < 0:
                raise ValueError(x)

        futures.append(database.write(action))

    futures: list[object] = []
    for x in (1, -1, 1, 2):
        insert(x)
    outcomes = [future.exception() for future in futures]  # type: ignore[attr-defined] # futures
    rows = database.read(lambda c: [row[0] for row in c.execute("SELECT x FROM t ORDER BY x")])
    database.close()

    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        ValueError,
        sqlite3.IntegrityError,
        type(None),
    ]
    assert rows == [1, 2]


def test_a_store_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(
        StoreError, match=r"the job store '.*' cannot be opened: .*PAINTGRAPH_DATA_DIR"
    ):
        JobStore(tmp_path / "file" / "jobs.sqlite")


def test_jobs_of_a_door_are_listed_by_state_and_time(store: JobStore) -> None:
    async def fill() -> list[Job]:
        doors = ("fooocus", "", "fooocus", "fooocus")
        return [await accept(store, NewJob({}, {}, door=door)) for door in doors]

    first, _, second, third = asyncio.run(fill())
    asyncio.run(store.cancel(second.id))

    def listed(*states: State, **options: Any) -> list[int]:
        return [job.number for job in store.of_door("fooocus", states, **options)]

    assert first.door == "fooocus"
    assert listed("queued") == [third.number, first.number]
    assert listed("queued", "cancelled") == [third.number, second.number, first.number]
    assert listed("queued", "cancelled", limit=1, offset=1) == [second.number]
    assert listed("queued", since=third.created) == [third.number]
    assert listed("queued", until=first.created) == [first.number]
    assert store.of_door("other", ("queued",)) == []


def test_who_asks_and_goes_does_not_end_the_writing(tmp_path: Path) -> None:
    database = SqliteDatabase(
        tmp_path / "a.sqlite", [statement("CREATE TABLE a (n INTEGER)")], "normal"
    )
    started, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        started.set()
        assert go_on.wait(10)
        connection.execute("INSERT INTO a VALUES (1)")

    left = database.write(slow)
    assert started.wait(10)
    assert left.cancel()
    go_on.set()

    later = database.write(lambda c: c.execute("SELECT count(*) FROM a").fetchone()[0])
    assert later.result(10) == 1
    database.close()


def named(name: str, door: str = "comfy", workflow: str = "") -> NewJob:
    return NewJob({}, {"of": name}, door=door, name=name, workflow=workflow)


async def run_to_end(store: JobStore, new: NewJob, state: State = "succeeded") -> Job:
    job = claimed(store, await accept(store, new), "worker")
    return await store.finish(job, state, report={"cached": [new.name]})


def test_a_history_has_what_ran_and_has_ended(store: JobStore) -> None:
    async def act() -> None:
        for name in "abc":
            await run_to_end(store, named(name))
        await run_to_end(store, named("other", door="native"))
        await store.cancel((await accept(store, named("never begun"))).id)
        await accept(store, named("waits"))

    asyncio.run(act())

    newest = store.history("comfy", limit=2)
    assert [each.job.name for each in newest] == ["c", "b"]
    assert newest[0].request == b'{"of":"c"}'
    assert newest[0].report == {"cached": ["c"]}
    oldest = store.history("comfy", limit=5, offset=1, newest_first=False)
    assert [each.job.name for each in oldest] == ["b", "c"]


def test_what_is_unlisted_stays_a_job(store: JobStore) -> None:
    async def act() -> list[str]:
        for name in "abc":
            await run_to_end(store, named(name))
        await accept(store, named("waits"))
        await store.unlist("comfy", ["a", "waits", "none"])
        some = [each.job.name for each in store.history("comfy", limit=9)]
        await store.unlist("comfy")
        return some

    assert asyncio.run(act()) == ["c", "b"]
    assert store.history("comfy", limit=9) == []
    found = store.named("comfy", "a")
    assert found is not None
    assert not store.reported(found).is_listed
    (waiting,), total = store.listed("comfy", ("queued", "succeeded"))
    assert (waiting[0].name, total) == ("waits", 1)


def test_of_several_jobs_of_a_name_the_newest_counts(store: JobStore) -> None:
    async def act() -> Job:
        await run_to_end(store, named("twice"))
        return await accept(store, named("twice"))

    assert store.named("comfy", "twice") is None
    newest = asyncio.run(act())
    assert store.named("comfy", "twice") == newest
    assert store.named("native", "twice") is None


def test_a_list_is_chosen_by_state_and_workflow(store: JobStore) -> None:
    async def act() -> None:
        await run_to_end(store, named("a", workflow="w"))
        await run_to_end(store, named("b", workflow="v"), "failed")
        await run_to_end(store, named("c", workflow="w"), "failed")

    asyncio.run(act())

    def names(**wanted: Any) -> list[str]:
        states: tuple[State, ...] = ("succeeded", "failed")
        return [job.name for job, _ in store.listed("comfy", states, **wanted)[0]]

    assert names() == ["c", "b", "a"]
    assert names(workflow="w", newest_first=False) == ["a", "c"]
    assert names(limit=1, offset=1) == ["b"]
    assert store.listed("comfy", ("failed",), limit=1)[1] == 2
