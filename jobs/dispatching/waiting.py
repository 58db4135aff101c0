"""How much waits in the store, where a job is in it, and whether more may come."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.dispatching.quotas import QueueFullError, Quota, check_room
from paintgraph.jobs.store.job import Job, NewJob, Size
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.queries import Queued

_FEW = 500  # jobs that are counted again for everybody who asks
_SECONDS = 1.0  # how old an answer about more may be


class Queue:
    """What waits. Where that is much, it is read at most once a second, however many ask.

    Observes how long jobs take; `count_of` says how many workers of a size there are.
    """

    def __init__(
        self,
        store: JobStore,
        limits: Limits,
        count_of: Callable[[Size], int],
        quota_of: Callable[[str], Quota],
    ) -> None:
        self._store = store
        self._limits = limits
        self._count_of = count_of
        self._quota_of = quota_of
        self._mean_seconds: dict[Size, float] = {"light": 0.1, "heavy": 10.0}
        self._waiting: Sequence[Queued] = ()
        self._read_at = 0.0
        self._places: dict[Size, tuple[float, Mapping[str, int]]] = {}

    def __len__(self) -> int:
        return sum(part.jobs for part in self._parts())

    async def check(self, new: NewJob) -> Quota:
        """Raises QueueFullError or QuotaReachedError where a job may not wait, too.

        Gives the bounds of its client. Nobody is refused for a job that has just begun.
        """
        quota = self._quota_of(new.client)
        try:
            await self._store.offload(self._check, new, quota)
        except QueueFullError:
            await self._store.claims.settle()
            self._read_at = 0.0
            await self._store.offload(self._check, new, quota)
        return quota

    def position(self, job: Job) -> int | None:
        """How many queued jobs come before this one; None if it is not queued."""
        if len(self) <= _FEW:
            return self._store.before(job)
        read_at, places = self._places.get(job.size, (0.0, {}))
        if time.monotonic() >= read_at + _SECONDS:
            places = self._store.places(job.size)
            self._places[job.size] = time.monotonic(), places
        return places.get(job.id)

    def node_ended(self, job: Job, fact: Mapping[str, Any]) -> None:
        """Nodes do not count."""

    def job_ended(self, job: Job) -> None:
        """Note how long it was at work, if it was claimed once and let go on until its end.

        Others waited meanwhile, for their parts or for another worker.
        """
        if job.fence > 1 or job.state == "cancelled":
            return
        if job.started is not None and job.ended is not None:
            mean = self._mean_seconds[job.size]
            self._mean_seconds[job.size] += (job.ended - job.started - mean) / 8

    def _check(self, new: NewJob, quota: Quota) -> None:
        parts = self._parts()
        jobs, bytes_ = sum(part.jobs for part in parts), sum(part.bytes for part in parts)
        seconds = self._retry_seconds(new.size)
        check_room(self._limits, jobs, bytes_, seconds)
        own = [part for part in parts if part.client == new.client]
        quota.check(
            new.client, sum(part.jobs for part in own), sum(part.bytes for part in own), seconds
        )

    def _parts(self) -> Sequence[Queued]:
        few = sum(part.jobs for part in self._waiting) <= _FEW
        if few or time.monotonic() >= self._read_at + _SECONDS:
            self._waiting, self._read_at = self._store.waiting(), time.monotonic()
        return self._waiting

    def _retry_seconds(self, size: Size) -> int:
        jobs = sum(part.jobs for part in self._waiting if part.size == size)
        turns = jobs / max(1, self._count_of(size))
        return max(1, min(600, round(turns * self._mean_seconds[size] / 10)))
