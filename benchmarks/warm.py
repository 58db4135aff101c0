"""Workers with room for one or two models and jobs of several, on a clock of their own.

The claims are those of the server, on a real store; only time is made up: a job takes some seconds,
and each load before it some more.
"""

import asyncio
import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from paintgraph.benchmarks.measuring import Figure
from paintgraph.jobs.store.amortising import Line, choose
from paintgraph.jobs.store.claims import Claims
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.lines import Policy

LOAD_SECONDS, JOB_SECONDS = 20.0, 3.0
WORKERS, MODELS = 8, 4
Sets = Sequence[tuple[str, ...]]
ALONE: Sets = tuple((f"m{number}",) for number in range(MODELS))
"""What jobs name: a model each."""

SHARED: Sets = (("m0", "s"), ("m1", "s"), ("m2", "m0"), ("m3",))
"""Two models that are named by others, too, as a selector is by jobs that then paint."""

_JOBS = 2000
_LOADS = (0.5, 0.7, 0.85)
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 1.0
_SHARED_LOAD = 0.5
_MOST_LOADS = 0.07


def first_come(lines: Sequence[Line], *, is_paid: bool) -> list[Line]:  # noqa: ARG001 - a policy
    """The first job of all."""
    return [lines[0]]


def warm_first(lines: Sequence[Line], *, is_paid: bool) -> list[Line]:  # noqa: ARG001 - a policy
    """What the worker holds, until the first job of all has waited for a minute."""
    held = [line for line in lines if line.is_held]
    return [lines[0]] if not held or lines[0].waited >= _PATIENCE_SECONDS else held


POLICIES: dict[str, Policy] = {
    "amortised": choose,
    "warm first": warm_first,
    "first come first served": first_come,
}


@dataclass(slots=True)
class Outcome:
    """How many models were loaded, and how long each job took from its acceptance to its end."""

    loads: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def loads_per_job(self) -> float:
        """How many models were loaded for each job."""
        return self.loads / len(self.seconds)

    @property
    def p99(self) -> float:
        """What one job of a hundred takes longer than, in seconds."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


def figures() -> list[Figure]:
    """Loads for each job, and the time that 99 of 100 jobs do not take longer than."""
    made = []
    for share in _LOADS:
        for name, policy in POLICIES.items():
            outcome = simulate(policy, share, _JOBS)
            of = f"{name}, at {share:.0%} of what warm workers can do"
            target = _MOST_LOADS if policy is choose else None
            made += [
                Figure(f"loads for each job: {of}", (outcome.loads_per_job,), "x", target),
                Figure(f"99 of 100 jobs end within: {of}", (outcome.p99,), "s"),
            ]
    for name, policy in POLICIES.items():
        loads = simulate(policy, _SHARED_LOAD, _JOBS, sets=SHARED).loads_per_job
        of = f"{name}, at {_SHARED_LOAD:.0%}, sets that share models"
        made.append(Figure(f"loads for each job: {of}", (loads,), "x"))
    return made


def simulate(
    policy: Policy, share: float, jobs: int, *, seed: int = 1, sets: Sets = ALONE
) -> Outcome:
    """Let workers do jobs that come by chance, at a share of what warm workers can do.

    Each names one of the sets of models; a worker has room for the largest.
    """
    arrivals = _arrivals(share, jobs, seed, sets)
    with TemporaryDirectory() as folder:
        store = JobStore(Path(folder) / "jobs.sqlite", "normal")
        try:
            return asyncio.run(_Simulation(store, policy, sets).run(arrivals))
        finally:
            store.close()


def _arrivals(
    share: float, jobs: int, seed: int, sets: Sets
) -> Iterator[tuple[float, tuple[str, ...]]]:
    """When jobs come, and of which models; the second set is named half as often as the first."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    now = 0.0
    weights = [1 / (place + 1) for place in range(len(sets))]
    for _ in range(jobs):
        now += chance.expovariate(share * WORKERS / JOB_SECONDS)
        yield now, chance.choices(sets, weights)[0]


class _Simulation:
    def __init__(self, store: JobStore, policy: Policy, sets: Sets) -> None:
        self._store = store
        self._now = 0.0
        store.claims = Claims(store._database, lambda: self._now, policy)  # noqa: SLF001
        self._models = sorted({model for models in sets for model in models})
        self._room = max(map(len, sets))
        self._held: dict[str, tuple[str, ...]] = {}
        self._at_work: dict[str, Job] = {}
        self._accepted: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._outcome = Outcome()

    async def run(self, arrivals: Iterator[tuple[float, tuple[str, ...]]]) -> Outcome:
        for model in self._models:
            await self._store.claims.loaded(model, LOAD_SECONDS)
        come = next(arrivals, None)
        free = [(0.0, f"a/{number}") for number in range(WORKERS)]
        with patch("time.time", lambda: self._now):
            while come is not None or len(self._outcome.seconds) < len(self._accepted):
                now, worker = heapq.heappop(free)
                while come is not None and come[0] <= now:
                    await self._accept(*come)
                    come = next(arrivals, None)
                await self._go_to(now)
                heapq.heappush(free, (await self._work(worker), worker))
        return self._outcome

    async def _accept(self, now: float, models: tuple[str, ...]) -> None:
        self._now = now
        job = (await self._store.accept(NewJob({}, {}, size="heavy", models=models))).job
        self._accepted[job.id] = now, models

    async def _go_to(self, now: float) -> None:
        """Let it be this time for the database, too."""

        def set_time(connection: Connection) -> None:
            connection.now = repr(now)

        self._now = now
        self._store._database.write(set_time)  # noqa: SLF001

    async def _work(self, worker: str) -> float:
        """End what a worker has, let it take another job; gives when it is to be asked again."""
        if (ended := self._at_work.pop(worker, None)) is not None:
            await self._store.finish(ended, "succeeded")
        held = self._held.get(worker, ())
        job = await self._store.claims.next("heavy", worker, holds=held)
        if job is None:
            return self._now + _LOOK_SECONDS
        self._at_work[worker] = job
        since, models = self._accepted[job.id]
        others = tuple(model for model in held if model not in models)
        self._held[worker] = (*models, *others)[: self._room]  # those used last
        loads = len({*models} - {*held})
        self._outcome.loads += loads
        end = self._now + JOB_SECONDS + loads * LOAD_SECONDS
        self._outcome.seconds.append(end - since)
        return end
