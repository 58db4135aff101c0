"""Workers stay with the models that they hold while that pays, and no job waits for ever."""

import asyncio
import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.benchmarks.warm import JOB_SECONDS, LOAD_SECONDS, SHARED, simulate
from paintgraph.jobs.store.amortising import PAID_LOADS, PATIENCE_WITH_HOLDERS, Line, choose
from paintgraph.jobs.store.claims import Claims
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.firsts import ANY, Able
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.postgresql import PostgresqlServer

LOAD = 20.0
A, B, C = ("a@sha256:1",), ("b@sha256:1",), ("c@sha256:1",)
"""What workers hold, and jobs name."""


def chosen(*lines: Line, is_paid: bool = False) -> list[int]:
    return [line.models for line in choose(lines, is_paid=is_paid)]


def test_a_worker_stays_with_what_it_holds_until_that_has_paid_and_the_first_is_late() -> None:
    first = Line(1, is_held=False, waited=3 * LOAD - 1, load=LOAD)
    late = Line(1, is_held=False, waited=3 * LOAD, load=LOAD)
    own, no_model = Line(2, is_held=True, load=LOAD), Line(0, is_held=True)

    assert chosen(first, own, no_model, is_paid=True) == [2, 0]
    assert chosen(late, own) == [2]
    assert chosen(late, own, is_paid=True) == [1]


def test_without_work_for_it_a_worker_loads_what_nobody_holds_the_first_such() -> None:
    taken = Line(1, is_held=False, work=1000, holders=1, load=LOAD)
    free = [Line(number, is_held=False, work=1, load=LOAD) for number in (2, 3)]

    assert chosen(taken, *free) == [2]


def test_what_others_hold_is_loaded_once_more_if_each_has_more_work_than_a_load_takes() -> None:
    short = Line(1, is_held=False, work=LOAD, holders=1, load=LOAD)
    shared = Line(2, is_held=False, work=3 * LOAD, holders=3, load=LOAD)
    long = Line(3, is_held=False, work=3 * LOAD, holders=2, load=LOAD)
    late = Line(4, is_held=False, waited=6 * LOAD, work=LOAD, holders=1, load=LOAD)

    assert chosen(short, shared) == []
    assert chosen(short, shared, long) == [3]
    assert chosen(late, shared) == [4]


def test_what_is_not_known_to_take_long_is_taken_in_order() -> None:
    lines = [Line(1, is_held=False), Line(2, is_held=True), Line(3, is_held=False, holders=1)]

    assert chosen(*lines, is_paid=True) == [1]
    assert chosen(lines[2]) == [3]


def of(*sets: tuple[str, ...], priority: int = 0) -> list[NewJob]:
    return [NewJob({}, {}, models=models, priority=priority) for models in sets]


class Clock:
    now = 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def filled(store: JobStore, *wanted: NewJob) -> list[Job]:
    """The jobs; each model takes long to load."""
    for (model,) in (A, B, C):
        await store.claims.loaded(model, LOAD)
    return [(await store.accept(new)).job for new in wanted]


async def take(store: JobStore, worker: str, holds: tuple[str, ...]) -> Job | None:
    return await store.claims.next("light", worker, holds=holds)


def models_of(store: JobStore, job: Job | None) -> tuple[str, ...] | None:
    sets = dict(store.agents.model_sets())
    return None if job is None else sets.get(job.models, ())


def test_a_worker_takes_jobs_of_what_it_holds_and_those_of_no_model_by_turn(
    store: JobStore,
) -> None:
    async def act() -> None:
        jobs = await filled(store, *of(A, B, (), B, A, (*A, *B)))
        taken = [await take(store, "w/1", B) for _ in range(3)]
        assert [job and job.id for job in taken] == [jobs[n].id for n in (1, 2, 3)]
        rest = [await take(store, "w/2", (*A, *B)) for _ in range(4)]
        assert [job and job.id for job in rest] == [jobs[0].id, jobs[4].id, jobs[5].id, None]

    asyncio.run(act())


def test_a_model_that_another_worker_loads_or_holds_is_left_to_it(place: Path | str) -> None:
    """However many processes claim; one that was not heard of for long holds nothing."""
    one, two = JobStore(place), None
    two = JobStore(place) if isinstance(place, str) else one

    async def act() -> None:
        await filled(one, *of(A, A, B))
        loading = await take(one, "one/1", ())
        assert models_of(one, loading) == A
        assert models_of(two, await take(two, "two/1", ())) == B
        assert await take(two, "two/1", B) is None
        assert two.claims.leaves_jobs("two/1")
        assert models_of(one, await take(one, "one/1", A)) == A
        assert await take(two, "two/1", B) is None
        assert not two.claims.leaves_jobs("two/1")
        await filled(one, *of(A))
        await one.claims.give_back("one")
        assert models_of(two, await take(two, "two/1", B)) == A

    asyncio.run(act())
    for store in {one, two}:
        store.close()


def test_a_line_that_another_claims_at_this_moment_leaves_the_others_to_be_taken(
    postgresql: PostgresqlServer,
) -> None:
    """Where many claim at once: what one only looks at is locked for nobody."""
    place = postgresql.new_database()
    one, two = JobStore(place), JobStore(place)
    chosen, goes_on = Event(), Event()

    def slow(lines: Sequence[Line], *, is_paid: bool) -> list[Line]:
        chosen.set()
        goes_on.wait()
        return choose(lines, is_paid=is_paid)

    async def act() -> None:
        await filled(one, *of(A, B))
        slowly = Claims(one._database, policy=slow)
        first = asyncio.create_task(slowly.next("light", "one/1", holds=C))
        await asyncio.to_thread(chosen.wait)
        taken = await take(two, "two/1", C)
        goes_on.set()
        assert models_of(two, taken) == A
        assert models_of(one, await first) == B

    asyncio.run(act())
    for store in (one, two):
        store.close()


def test_a_worker_that_is_at_work_for_long_holds_its_models_while_its_agent_lives(
    store: JobStore,
) -> None:
    async def act() -> None:
        await filled(store, *of(A, A))
        job = await store.claims.next("light", "one/1", seconds=-1.0, holds=())
        assert job is not None
        await store.claims.renew("one", [job.id])
        assert await take(store, "two/1", ()) is None
        await store.claims.renew("one", [], seconds=-1.0)
        assert models_of(store, await take(store, "two/1", ())) == A

    asyncio.run(act())


def test_higher_priorities_go_first_and_leave_a_worker_to_lower_ones_while_they_wait(
    store: JobStore,
) -> None:
    async def act() -> None:
        await filled(store, *of(B), *of(A, A, priority=1))
        assert models_of(store, await take(store, "w/1", ())) == A
        assert models_of(store, await take(store, "w/2", B)) == B
        assert await take(store, "w/2", B) is None

    asyncio.run(act())


def test_no_lower_priority_of_its_own_line_comes_first_while_another_takes_the_higher(
    postgresql: PostgresqlServer,
) -> None:
    place = postgresql.new_database()
    one, two = JobStore(place), JobStore(place)
    are_locked, goes_on = Event(), Event()

    def lock_first(connection: Connection) -> None:
        connection.execute("SELECT number FROM jobs ORDER BY number LIMIT 1 FOR UPDATE").fetchall()
        are_locked.set()
        goes_on.wait()

    async def act() -> None:
        await filled(one, *of(A, B, priority=1), *of(A))
        locking = one._database.write(lock_first)
        await asyncio.to_thread(are_locked.wait)
        taken = [models_of(two, await take(two, "two/1", A)) for _ in range(2)]
        goes_on.set()
        locking.result()
        assert taken == [B, A]

    asyncio.run(act())
    for store in (one, two):
        store.close()


@pytest.mark.parametrize("which", ["first", "supported", "held"])
def test_however_many_lines_there_are_the_first_and_those_of_a_worker_are_among_them(
    store: JobStore, which: str
) -> None:
    """The set whose job is first of all, or alone supported, or held, has the highest number."""

    async def act() -> None:
        *others, last = [(f"m{number}@sha256:1",) for number in range(70)]
        for new in of(*others, last):
            await store.cancel((await store.accept(new)).job.id)
        waiting = of(last, *others) if which == "first" else of(*others, last)
        jobs = [(await store.accept(new)).job for new in waiting]
        (wanted,) = (job.models for job in jobs if models_of(store, job) == last)
        able = Able((0, wanted)) if which == "supported" else ANY
        holds = last if which == "held" else A
        await store.claims.loaded(others[0][0], LOAD)  # so it is worth staying
        taken = await store.claims.next("light", "w/1", able=able, holds=holds)
        assert taken is not None
        assert taken.models == wanted

    asyncio.run(act())


def test_a_line_with_much_work_gets_another_worker(store: JobStore) -> None:
    async def act() -> None:
        await filled(store, *of(*[A] * 300))  # of 0.1 s, as is thought of light ones
        assert await take(store, "w/1", ()) is not None
        assert models_of(store, await take(store, "w/2", ())) == A
        assert await take(store, "w/3", ()) is None

    asyncio.run(act())


JOBS = st.tuples(st.floats(0, 30), st.integers(0, 4), st.floats(0.1, 30))
STEADY = st.integers(120, 160).map(lambda jobs: [(5.0, 0, 5.0)] * jobs)
ARRIVALS = st.tuples(st.lists(JOBS, min_size=1, max_size=20), STEADY).map(
    lambda parts: [*parts[0], *parts[1]]
)
"""Any jobs, then a steady stream that would keep workers at one model."""


@given(ARRIVALS, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_first_job_of_all_is_taken_in_bounded_time(
    arrivals: list[tuple[float, int, float]], workers: int
) -> None:
    """Whatever comes after it: pauses, models and durations of jobs are any."""
    longest = max(seconds for *_, seconds in arrivals)
    bound = (PATIENCE_WITH_HOLDERS + 2 * (1 + PAID_LOADS) + 1) * LOAD + 2 * longest
    for waited in first_waits(arrivals, workers):
        assert waited <= bound


def first_waits(arrivals: list[tuple[float, int, float]], workers: int) -> Iterator[float]:
    """How long each job was the first of all before it was taken, in an exact simulation."""
    times, now = [], 0.0
    for pause, model, seconds in arrivals:
        now += pause
        times.append((now, model, seconds))
    waiting: list[tuple[float, int, float]] = []
    holds: list[int | None] = [None] * workers
    paid = [0.0] * workers
    free = [(0.0, worker) for worker in range(workers)]
    first, since = None, 0.0
    while times or waiting:
        now, worker = heapq.heappop(free)
        while times and times[0][0] <= now:
            waiting.append(times.pop(0))
        if waiting and waiting[0] is not first:
            first, since = waiting[0], max(waiting[0][0], now)
        lines: dict[int, Line] = {}
        for at, model, _ in waiting:
            others = [held for each, held in enumerate(holds) if each != worker]
            work = sum(seconds for _, same, seconds in waiting if same == model)
            lines.setdefault(
                model,
                Line(model, holds[worker] == model, now - at, work, others.count(model), LOAD),
            )
        may = choose([*lines.values()], is_paid=paid[worker] <= now) if lines else []
        if not may:
            heapq.heappush(free, (now + 1, worker))
            continue
        taken = next(job for job in waiting if job[1] in [line.models for line in may])
        if taken is first:
            yield now - since
        waiting.remove(taken)
        end = now + taken[2]
        if holds[worker] != taken[1]:
            holds[worker], end = taken[1], end + LOAD
            paid[worker] = now + (1 + PAID_LOADS) * LOAD
        heapq.heappush(free, (end, worker))


def test_claims_at_seventy_percent_of_what_warm_workers_can_do_load_models_seldom() -> None:
    """The real store with a made-up clock; half of the loads are the first ones."""
    outcome = simulate(choose, 0.7, 1000)

    assert outcome.loads_per_job <= 0.07
    assert outcome.p99 <= 4 * LOAD


def test_a_client_at_its_bound_leaves_a_worker_to_others(
    store: JobStore,
) -> None:
    async def act() -> None:
        limited = [NewJob({}, {}, client="a", most_running=1) for _ in range(3)]
        jobs = await filled(store, *limited, *of(()))
        taken = [await take(store, "w/1", ()) for _ in range(3)]
        assert [job and job.id for job in taken] == [jobs[0].id, jobs[3].id, None]

    asyncio.run(act())


def test_a_job_may_be_claimed_in_the_group_of_writes_that_accepts_it(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")

    async def act() -> None:
        claims = Claims(store._database)
        accepting = asyncio.gather(*map(store.accept, of(A, B)))
        claiming = asyncio.gather(claims.next("light", "w/1"), claims.next("light", "w/2"))
        accepted, claimed = await accepting, await claiming

        ids = {each.job.id for each in accepted}
        assert {job and job.id for job in claimed} == ids
        for job in claimed:
            assert job is not None
            await store.finish(job, "succeeded")
        assert store.counts() == {"succeeded": 2}

    asyncio.run(act())
    store.close()


def test_sets_that_share_models_are_loaded_as_seldom() -> None:
    outcome = simulate(choose, 0.5, 400, sets=SHARED)

    assert outcome.loads_per_job <= 0.07
    assert outcome.p99 <= 4 * (LOAD_SECONDS + JOB_SECONDS)
