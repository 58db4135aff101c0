"""Who is next, and whose it is then."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.tests.jobs.claiming import claimed

CLAIMERS = 12
JOBS = 2000
Wanted = tuple[str, int, float]
"""Client, priority, rank."""


@pytest.fixture
def stores(place: Path | str) -> Iterator[tuple[JobStore, JobStore]]:
    """Those of two processes where a store may be shared, else the same twice."""
    one = JobStore(place)
    two = JobStore(place) if isinstance(place, str) else one
    yield one, two
    for store in {one, two}:
        store.close()


async def accepted(store: JobStore, *wanted: NewJob) -> list[Job]:
    return [(await store.accept(new)).job for new in wanted]


def of(clients: str, priority: int = 0, most_running: int = 0) -> list[NewJob]:
    return [
        NewJob({}, {}, client=client, priority=priority, most_running=most_running)
        for client in clients
    ]


async def drained(store: JobStore, worker: str = "w/1") -> list[Job]:
    """All jobs that may begin, in the order in which they are claimed."""
    jobs = []
    while (job := await store.claims.next("light", worker)) is not None:
        jobs.append(job)
    return jobs


def clients(jobs: Iterable[Job]) -> str:
    return "".join(job.client for job in jobs)


def test_clients_take_turns_whichever_process_accepts_and_claims(
    stores: tuple[JobStore, JobStore],
) -> None:
    one, two = stores

    async def act() -> str:
        await accepted(one, *of("a" * 30))
        await accepted(two, *of("b" * 6))
        await accepted(one, *of("c" * 3))
        claims = [await stores[n % 2].claims.next("light", f"{n % 2}/1") for n in range(39)]
        return clients(job for job in claims if job is not None)

    assert asyncio.run(act()) == "abc" * 3 + "ab" * 3 + "a" * 24


def test_each_job_is_claimed_once_however_many_ask(stores: tuple[JobStore, JobStore]) -> None:
    one, two = stores

    async def act() -> None:
        await asyncio.gather(*(one.accept(new) for new in of("ab" * (JOBS // 2))))
        workers = [drained(stores[n % 2], f"{n % 2}/{n}") for n in range(CLAIMERS)]
        claims = [job for jobs in await asyncio.gather(*workers) for job in jobs]
        times = Counter(job.id for job in claims)

        assert (len(times), {*times.values()}) == (JOBS, {1})
        assert {(job.state, job.fence) for job in claims} == {("running", 1)}
        await one.claims.settle()
        assert two.counts() == {"running": JOBS}

    asyncio.run(act())


def test_who_comes_late_waits_for_one_turn_of_the_others_and_makes_up_for_nothing(
    store: JobStore,
) -> None:
    """Twenty jobs of a wait, and five were served, when b comes with three."""

    async def act() -> str:
        for each in (await accepted(store, *of("a" * 20)))[:5]:
            await store.finish(claimed(store, each), "succeeded")
        await accepted(store, *of("bbbca"))
        return clients(await drained(store))

    assert asyncio.run(act()) == "abcabab" + "a" * 13


def test_time_goes_on_while_nothing_waits(store: JobStore) -> None:
    """The sixth job of a is at work, the only one there, when b comes with three."""

    async def act() -> str:
        jobs = [claimed(store, each) for each in await accepted(store, *of("aaaaaa"))]
        for each in jobs[:5]:
            await store.finish(each, "succeeded")
        await accepted(store, *of("bbba"))
        return clients(await drained(store))

    assert asyncio.run(act()) == "bbab"


def test_a_job_that_lost_its_worker_has_its_turn_still(store: JobStore) -> None:
    async def act() -> None:
        first, *_ = await accepted(store, *of("aabb"))
        await store.release(claimed(store, first), "node")

        assert (await drained(store))[0].id == first.id

    asyncio.run(act())


def test_only_jobs_of_its_size_are_a_workers(store: JobStore) -> None:
    async def act() -> None:
        await accepted(store, NewJob({}, {}, size="heavy"))

        assert await store.claims.next("light", "w/1") is None
        assert await store.claims.next("heavy", "w/1") is not None

    asyncio.run(act())


WANTED = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-1, 1), st.integers(-2, 2)), max_size=16
)


@given(WANTED)
@settings(max_examples=30, deadline=None)
def test_turns_are_fair_and_positions_tell_the_order_of_claims(wanted: list[Wanted]) -> None:
    """Of two clients none is served twice between two jobs of the other, unless one goes first."""

    async def act(store: JobStore) -> list[Job]:
        new = (NewJob({}, {}, client=c, priority=p, rank=r) for c, p, r in wanted)
        jobs = await accepted(store, *new)
        places = {each.id: store.before(each) for each in jobs}
        assert store.places("light") == places
        order = await drained(store)
        await store.claims.settle()
        assert {each.id: place for place, each in enumerate(order)} == places
        assert [store.before(each) for each in jobs] == [None] * len(jobs)
        return order

    with tempfile.TemporaryDirectory() as folder:
        store = JobStore(Path(folder) / "jobs.sqlite", "normal")
        order = asyncio.run(act(store))
        store.close()

    assert [each.priority for each in order] == sorted((p for _, p, _ in wanted), reverse=True)
    for client, priority in {(c, p) for c, p, _ in wanted}:
        own = [each for each in order if (each.client, each.priority) == (client, priority)]
        assert own == sorted(own, key=lambda each: (each.rank, each.number))
    if all(rank == 0 for *_, rank in wanted):
        for client in "abc":
            turns = [each.turn for each in order if each.client == client and not each.priority]
            assert turns == list(range(len(turns)))


def test_a_client_has_no_more_at_work_than_it_may_and_keeps_its_turn(
    stores: tuple[JobStore, JobStore],
) -> None:
    one, two = stores

    async def act() -> None:
        limited = await accepted(one, *of("aaaa", most_running=2))
        (other,) = await accepted(two, *of("b", priority=-1))
        claims = await asyncio.gather(
            *(stores[n % 2].claims.next("light", f"{n % 2}/{n}") for n in range(6))
        )
        begun = [job for job in claims if job is not None]
        assert Counter(job.client for job in begun) == {"a": 2, "b": 1}
        first = next(job for job in begun if job.client == "a")
        await one.finish(first, "succeeded")

        left = {job.id for job in limited} - {job.id for job in begun}
        (after,) = await drained(two)
        assert after.id in left
        assert other.id in {job.id for job in begun}

    asyncio.run(act())


def test_what_is_not_renewed_is_taken_back_and_its_writer_is_refused(
    stores: tuple[JobStore, JobStore],
) -> None:
    one, two = stores

    async def act() -> None:
        jobs = await accepted(one, *of("aaa"))
        lost = claimed(one, jobs[0], "dead/1", seconds=-1.0)
        kept = claimed(one, jobs[1], "alive/1", seconds=-1.0)
        held = await one.claims.renew("alive", [lost.id, kept.id])
        assert [(each.id, each.fence, each.cancel) for each in held] == [(kept.id, 1, False)]
        assert [job.id for job in await two.claims.sweep()] == [lost.id]
        again = await two.claims.next("light", "other/1")

        assert again is not None
        assert (again.id, again.started, again.fence > lost.fence) == (lost.id, lost.started, True)
        for late in (one.append(lost, []), one.finish(lost, "failed"), one.requeue(lost)):
            with pytest.raises(StaleFenceError):
                await late
        assert (await one.claims.renew("dead", [lost.id]), await two.claims.sweep()) == ([], [])
        unknown = claimed(one, jobs[2], "alive/2", seconds=-1.0)  # its answer was lost
        await one.claims.renew("alive", [kept.id])
        assert [job.id for job in await two.claims.sweep()] == [unknown.id]
        await one.append(kept, [{"type": "goes on"}])
        assert (await two.finish(again, "succeeded")).state == "succeeded"

    asyncio.run(act())


def test_a_job_whose_agents_die_three_times_fails(store: JobStore) -> None:
    async def act() -> Job:
        (job,) = await accepted(store, *of("a"))
        for _ in range(3):
            claimed(store, job, "dead/1", seconds=-1.0)
            (job,) = await store.claims.sweep()
        return job

    job = asyncio.run(act())
    assert (job.state, [each["code"] for each in job.problems]) == ("failed", ["worker_lost"])


def test_a_job_that_gets_on_may_lose_its_agent_again_and_again(store: JobStore) -> None:
    async def act() -> Job:
        (job,) = await accepted(store, *of("a"))
        for number in range(5):
            held = claimed(store, job, "dead/1", seconds=-1.0)
            await store.append(held, [{"type": "stored", "key": str(number)}])
            (job,) = await store.claims.sweep()
        assert job.state == "queued"
        for _ in range(2):
            claimed(store, job, "dead/1", seconds=-1.0)
            (job,) = await store.claims.sweep()
        return job

    job = asyncio.run(act())
    assert job.state == "failed"
    assert "did not reach the job store in time" in job.problems[0]["message"]


def test_an_agent_learns_of_cancellations_when_it_renews(store: JobStore) -> None:
    async def act() -> None:
        jobs = [claimed(store, job, "me/1") for job in await accepted(store, *of("aa"))]
        await store.cancel(jobs[1].id)

        held = {
            each.id: each.cancel
            for each in await store.claims.renew("me", [job.id for job in jobs])
        }
        assert held == {jobs[0].id: False, jobs[1].id: True}
        assert store.cancelling() == [jobs[1].id]

    asyncio.run(act())


def test_an_agent_gives_back_what_is_its_own_alone(store: JobStore) -> None:
    async def act() -> None:
        mine, theirs = await accepted(store, *of("aa"))
        claimed(store, mine, "me/1")
        claimed(store, theirs, "me too/1")

        assert [job.id for job in await store.claims.give_back("me")] == [mine.id]

    asyncio.run(act())


def test_a_claim_that_was_told_but_never_written_is_no_right_to_write(store: JobStore) -> None:
    """Its fence is given once more, to another worker."""

    def undo(connection: Connection) -> None:
        connection.execute("UPDATE jobs SET state = 'queued', worker = NULL, fence = 0")

    async def act() -> None:
        (job,) = await accepted(store, *of("a"))
        first = claimed(store, job, "w/1")
        store._database.write(undo).result()
        second = claimed(store, job, "w/2")
        assert first.fence == second.fence

        for late in (store.append(first, []), store.requeue(first)):
            with pytest.raises(StaleFenceError):
                await late
        await store.append(second, [])

    asyncio.run(act())
