"""Workers with one model each and jobs of several models, on a clock of their own.

The claims are those of the server, on a real store; only time is made up: a job takes some seconds,
and a load before it some more.
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
_JOBS = 2000
_LOADS = (0.5, 0.7, 0.85)
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 1.0
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
    """How often models were loaded, and how long each job took from its acceptance to its end."""

    loads: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def loads_per_job(self) -> float:
        """Of all jobs, how many had to load a model."""
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
    return made


def simulate(policy: Policy, share: float, jobs: int, *, seed: int = 1) -> Outcome:
    """Let workers do jobs that come by chance, at a share of what warm workers can do."""
    with TemporaryDirectory() as folder:
        store = JobStore(Path(folder) / "jobs.sqlite", "normal")
        try:
            return asyncio.run(_Simulation(store, policy).run(_arrivals(share, jobs, seed)))
        finally:
            store.close()


def _arrivals(share: float, jobs: int, seed: int) -> Iterator[tuple[float, str]]:
    """When jobs come, and of which model; the second model is named half as often as the first."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    now = 0.0
    weights = [1 / (place + 1) for place in range(MODELS)]
    for _ in range(jobs):
        now += chance.expovariate(share * WORKERS / JOB_SECONDS)
        yield now, f"m{chance.choices(range(MODELS), weights)[0]}"


class _Simulation:
    def __init__(self, store: JobStore, policy: Policy) -> None:
        self._store = store
        self._now = 0.0
        store.claims = Claims(store._database, lambda: self._now, policy)  # noqa: SLF001
        self._held: dict[str, str] = {}
        self._at_work: dict[str, Job] = {}
        self._accepted: dict[str, tuple[float, str]] = {}
        self._outcome = Outcome()

    async def run(self, arrivals: Iterator[tuple[float, str]]) -> Outcome:
        for model in range(MODELS):
            await self._store.claims.loaded(f"m{model}", LOAD_SECONDS)
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

    async def _accept(self, now: float, model: str) -> None:
        self._now = now
        job = (await self._store.accept(NewJob({}, {}, size="heavy", models=[model]))).job
        self._accepted[job.id] = now, model

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
        held = self._held.get(worker)
        job = await self._store.claims.next("heavy", worker, holds=() if held is None else (held,))
        if job is None:
            return self._now + _LOOK_SECONDS
        self._at_work[worker] = job
        since, model = self._accepted[job.id]
        end = self._now + JOB_SECONDS
        if held != model:
            self._held[worker] = model
            self._outcome.loads += 1
            end += LOAD_SECONDS
        self._outcome.seconds.append(end - since)
        return end
