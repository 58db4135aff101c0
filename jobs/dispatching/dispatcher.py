"""The queue and the workers of one server, as those see them who hand jobs in and look at them."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.dispatching.observing import Observer
from paintgraph.jobs.dispatching.outcomes import JobEffects
from paintgraph.jobs.dispatching.pool import WorkerPool
from paintgraph.jobs.dispatching.quotas import NO_QUOTA, DrainingError, Quota
from paintgraph.jobs.dispatching.roster import nobody
from paintgraph.jobs.dispatching.subscriptions import ARRIVALS, Subscriptions
from paintgraph.jobs.dispatching.support import HasModel
from paintgraph.jobs.dispatching.waiting import Queue
from paintgraph.jobs.store.job import SIZES, Job, NewJob, Size
from paintgraph.jobs.store.jobs import Accepted, JobStore
from paintgraph.jobs.workers.handle import Ready, WorkerSpec


class Dispatcher:
    """What comes in at one server is queued; its pool, and those of other processes, take it.

    Without `workers` of its own it needs others that share its store.
    """

    def __init__(  # noqa: PLR0913 - the seams of a server
        self,
        store: JobStore,
        subscriptions: Subscriptions,
        effects: JobEffects,
        spec: WorkerSpec,
        workers: Mapping[Size, int],
        limits: Limits | None = None,
        quota_of: Callable[[str], Quota] = lambda _: NO_QUOTA,
        observers: Sequence[Observer] = (),
        has_model: HasModel = lambda _: True,
    ) -> None:
        self.subscriptions = subscriptions
        self._store = store
        self._workers = workers
        limits = limits or Limits()
        self._queue = Queue(store, limits, self.workers_of, quota_of)
        self.pool = WorkerPool(
            store,
            subscriptions,
            effects,
            spec,
            workers,
            limits,
            (*observers, self._queue),
            has_model,
        )

    async def start(self) -> None:
        """Take jobs, and start the workers."""
        await self.pool.start()

    async def drain(self, seconds: float) -> None:
        """Take and begin no more jobs; give those at work this long to end."""
        await self.pool.drain(seconds)

    async def close(self) -> None:
        """End the workers now; jobs at work are queued again."""
        await self.pool.close()

    @property
    def ready(self) -> Ready:
        """What workers said of themselves: the own ones, or else others."""
        return self.pool.ready if any(self._workers.values()) else self.pool.roster.ready

    @property
    def is_ready(self) -> bool:
        """Whether jobs are taken and every worker is there."""
        return not self.lacks()

    def lacks(self) -> list[str]:
        """Why jobs are not taken, or not run: one sentence for each reason."""
        without = [] if any(self._workers.values()) else [*SIZES]
        others = [nobody(size) for size in without if not self.pool.roster.count(size)]
        return [*self.pool.lacks(), *others]

    def missing(self, job: Job) -> str | None:
        """Why nobody can do a queued job now, in a sentence; None if somebody can."""
        return self.pool.roster.missing(job)

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """How many jobs are at work here."""
        return len(self.pool.running)

    def queued_of(self, door: str) -> list[Job]:
        """The jobs of a door that wait, those of lower rank first."""
        return [j for j in self._store.open_of(door, "queued") if j.id not in self.pool.running]

    def running_of(self, door: str) -> list[Job]:
        """The jobs of a door at work, the oldest first."""
        here = {
            id_: each.job for id_, each in [*self.pool.running.items()] if each.job.door == door
        }
        elsewhere = {job.id: job for job in self._store.open_of(door, "running")}
        return sorted((elsewhere | here).values(), key=lambda job: job.number)

    def count_of(self, door: str, owner: str | None = None) -> int:
        """How many jobs of a door wait or are at work; with an owner, of this client's."""
        return self._store.count_open(door, owner)

    def is_running(self, job_id: str) -> bool:
        """Whether a job is at work; one that is not may wait or have ended."""
        elsewhere = self._store.get(job_id) if self._store.channel else None
        return job_id in self.pool.running or (
            elsewhere is not None and elsewhere.state == "running"
        )

    def progress(self, job: Job) -> float:
        """What is done of a job, 0 to 1; it is read from the store if the job is not at work."""
        return self.pool.outcomes.progress(job, self.pool.running.get(job.id))

    def position(self, job: Job) -> int | None:
        """How many queued jobs come before this one; None if it is not queued."""
        return None if job.id in self.pool.running else self._queue.position(job)

    async def repeated(self, key: str, request_digest: str) -> Accepted | None:
        """The job of an idempotency key, or None; KeyReusedError if its request was another."""
        job = await self._store.offload(self._store.repeated, key, request_digest)
        return None if job is None else Accepted(job, is_new=False)

    async def submit(self, new: NewJob) -> Accepted:
        """Accept a job durably and queue it.

        Raises QueueFullError, QuotaReachedError, DrainingError, KeyReusedError.
        """
        if self.pool.is_draining:
            raise DrainingError("the server is ending and takes no more jobs. Try again soon.")
        quota = await self._queue.check(new)
        accepted = await self._store.accept(replace(new, most_running=quota.running))
        if accepted.is_new:
            self.pool.wake(new.size)
            self.subscriptions.publish(ARRIVALS)
        return accepted

    async def cancel(self, job_id: str) -> Job | None:
        """Cancel a job in whatever state it is; None for an unknown one. An ended job stays so.

        Returns once that is on disk: it is cancelled after a crash, too. Raises StoreError.
        """
        if not self.pool.cancel(job_id):
            known = await self._read(job_id)
            if known is None or known.has_ended:
                return known
        job = await self._store.cancel(job_id)
        if job.has_ended:
            await self.pool.endings.tell([job])
        self.pool.cancel(job_id)  # it may have just begun
        self.subscriptions.publish(job_id)  # whoever has it at work hears it
        for part in await self._store.offload(self._store.open_parts, job.number):
            await self.cancel(part.id)
        return await self._read(job_id)

    async def _read(self, job_id: str) -> Job | None:
        return await self._store.offload(self._store.get, job_id)

    async def ended(self, job: Job, seconds: float) -> Job:
        """The job once it has ended, or as it is after some time."""
        if job.has_ended or not seconds:
            return job
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self.subscriptions.follow(job.id) as follower:
                while not (job := await self._read(job.id) or job).has_ended:
                    await follower.wait()
        return await self._read(job.id) or job

    def workers_of(self, size: Size) -> int:
        """How many workers of a size there are, as far as is known."""
        return max(self._workers.get(size, 0), self.pool.roster.count(size))
