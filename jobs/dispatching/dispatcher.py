"""Claims queued jobs for its workers and replaces workers that are lost."""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from paintgraph.base.frames import BrokenFrameError
from paintgraph.jobs import faults
from paintgraph.jobs.dispatching.endings import Endings
from paintgraph.jobs.dispatching.leases import Leases, agent_name
from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.dispatching.observing import Observer
from paintgraph.jobs.dispatching.outcomes import JobEffects, Outcomes
from paintgraph.jobs.dispatching.quotas import NO_QUOTA, DrainingError, Quota
from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.dispatching.sharing import done_elsewhere
from paintgraph.jobs.dispatching.subscriptions import ARRIVALS, Subscriptions
from paintgraph.jobs.dispatching.waiting import Queue
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import Job, NewJob, Size
from paintgraph.jobs.store.jobs import Accepted, JobStore
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.jobs.workers.handle import Ready, StuckError, WorkerHandle, WorkerSpec
from paintgraph.jobs.workers.watch import watch

_LOG = logging.getLogger("paintgraph.jobs")
_ANSWER_SECONDS = 10.0
_RESTART_SECONDS = 1.0
_NEVER_SECONDS = 1e9


class Dispatcher:
    """The queue and the workers of one server.

    `workers` says how many processes serve each size; light jobs never wait for heavy ones. Each
    worker is told its size in its settings. What workers of the heaviest size say of themselves
    counts, as light ones may have fewer node types.
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
    ) -> None:
        self.subscriptions = subscriptions
        self._store = store
        self._spec = spec
        self._workers = workers
        self._limits = limits or Limits()
        self._queue = Queue(store, self._limits, workers, quota_of)
        self._agent = agent_name(store)
        self._endings = Endings(store, subscriptions, observers)
        self._outcomes = Outcomes(
            store, effects, subscriptions, self._limits.patience_seconds, observers
        )
        self._arrivals: Mapping[Size, asyncio.Event] = defaultdict(asyncio.Event)
        self._running: dict[str, Running] = {}
        self._knowing: Size = "heavy" if workers.get("heavy") else "light"
        self._handles: dict[WorkerHandle, Size] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False
        self._ended = asyncio.Event()
        self.restarts = 0
        self._left_out: dict[str, str] = {}
        self.ready = Ready()
        """What the workers said of themselves, last of all."""

    async def start(self) -> None:
        """Queue what an earlier process of this name left at work, and start the workers."""
        await self._store.claims.give_back(self._agent)
        self._tasks += map(asyncio.create_task, self._leases().lasting(self.subscriptions))
        for size, count in self._workers.items():
            for number in range(count):
                self._tasks.append(asyncio.create_task(self._serve(size, f"{size}-{number}")))

    async def drain(self, seconds: float) -> None:
        """Take and begin no more jobs; give those at work this long to end."""
        self._draining = True
        deadline = time.monotonic() + seconds
        while self._running and time.monotonic() < deadline:
            self._ended.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), deadline - time.monotonic())

    async def close(self) -> None:
        """End the workers now; jobs at work are queued again."""
        self._draining = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(handle.kill() for handle in self._handles))
        with contextlib.suppress(StoreError):  # then at the next start, or once their leases end
            await self._store.claims.give_back(self._agent)

    @property
    def is_ready(self) -> bool:
        """Whether jobs are taken and every worker is there."""
        return not self.lacks()

    def lacks(self) -> list[str]:
        """Why jobs are not taken, or not run: one sentence for each reason."""
        wanted, there = sum(self._workers.values()), len(self._handles)
        return [
            *(["the server is ending"] if self._draining else []),
            *([f"{wanted - there} of {wanted} workers are missing"] if there < wanted else []),
        ]

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """How many jobs are at work."""
        return len(self._running)

    def free(self, *, models: bool, results: bool) -> None:
        """Let each worker let go of models, or of results in memory, once its job has ended."""
        for handle in self._handles:
            handle.free(models=models, results=results)

    async def ask(self, graph: bytes | None) -> list[dict[str, Any]]:
        """What nodes refuse in a graph in JSON, as their code says; takes over changed specs.

        Nothing where no worker answers in time: a job asks again when it runs.
        """
        busy = {running.handle for running in self._running.values()}
        knowing = [handle for handle, size in self._handles.items() if size == self._knowing]
        handle = min(knowing, key=lambda handle: handle in busy, default=None)
        if handle is None:
            return []
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                problems = await handle.ask(graph)
        except (TimeoutError, BrokenFrameError):
            return []
        self._take(handle.ready)
        return problems

    def queued_of(self, door: str) -> list[Job]:
        """The jobs of a door that wait, those of lower rank first."""
        return [j for j in self._store.open_of(door, "queued") if j.id not in self._running]

    def running_of(self, door: str) -> list[Job]:
        """The jobs of a door at work, the oldest first."""
        here = {id_: each.job for id_, each in [*self._running.items()] if each.job.door == door}
        elsewhere = {job.id: job for job in self._store.open_of(door, "running")}
        return sorted((elsewhere | here).values(), key=lambda job: job.number)

    def count_of(self, door: str, owner: str | None = None) -> int:
        """How many jobs of a door wait or are at work; with an owner, of this client's."""
        return self._store.count_open(door, owner)

    def is_running(self, job_id: str) -> bool:
        """Whether a job is at work; one that is not may wait or have ended."""
        elsewhere = self._store.get(job_id) if self._store.channel else None
        return job_id in self._running or (elsewhere is not None and elsewhere.state == "running")

    def progress(self, job: Job) -> float:
        """What is done of a job, 0 to 1; it is read from the store if the job is not at work."""
        return self._outcomes.progress(job, self._running.get(job.id))

    def numbers(self) -> list[Mapping[str, Any]]:
        """What each worker holds in memory."""
        return [handle.numbers for handle in [*self._handles] if handle.numbers]

    def position(self, job: Job) -> int | None:
        """How many queued jobs come before this one; None if it is not queued."""
        return None if job.id in self._running else self._queue.position(job)

    async def repeated(self, key: str, request_digest: str) -> Accepted | None:
        """The job of an idempotency key, or None; KeyReusedError if its request was another."""
        job = await self._store.offload(self._store.repeated, key, request_digest)
        return None if job is None else Accepted(job, is_new=False)

    async def submit(self, new: NewJob) -> Accepted:
        """Accept a job durably and queue it.

        Raises QueueFullError, QuotaReachedError, DrainingError, KeyReusedError.
        """
        if self._draining:
            raise DrainingError("the server is ending and takes no more jobs. Try again soon.")
        quota = await self._queue.check(new)
        accepted = await self._store.accept(replace(new, most_running=quota.running))
        if accepted.is_new:
            self._arrivals[new.size].set()
            self.subscriptions.publish(ARRIVALS)
        return accepted

    async def cancel(self, job_id: str) -> Job | None:
        """Cancel a job in whatever state it is; None for an unknown one. An ended job stays so.

        Returns once that is on disk: it is cancelled after a crash, too. Raises StoreError.
        """
        if running := self._running.get(job_id):
            self._cancel(running)
        elif (job := await self._read(job_id)) is None or job.has_ended:
            return job
        job = await self._store.cancel(job_id)
        if job.has_ended:
            await self._endings.tell([job])
        if running := self._running.get(job_id):  # it may have just begun
            self._cancel(running)
        self.subscriptions.publish(job_id)  # whoever has it at work hears it
        for part in await self._store.offload(self._store.open_parts, job.number):
            await self.cancel(part.id)
        return await self._read(job_id)

    async def _read(self, job_id: str) -> Job | None:
        return await self._store.offload(self._store.get, job_id)

    def _cancel(self, running: Running) -> None:
        if not running.cancelled:
            running.cancelled = True
            self._stop(running)

    async def ended(self, job: Job, seconds: float) -> Job:
        """The job once it has ended, or as it is after some time."""
        if job.has_ended or not seconds:
            return job
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self.subscriptions.follow(job.id) as follower:
                while not (job := await self._read(job.id) or job).has_ended:
                    await follower.wait()
        return await self._read(job.id) or job

    def _limited(self, running: Running) -> asyncio.TimerHandle:
        """What stops a job at work once its time is over."""
        seconds = self._limits.job_seconds
        return asyncio.get_running_loop().call_later(
            seconds or _NEVER_SECONDS, lambda: self._stop(running, faults.out_of_time(seconds))
        )

    def _stop(self, running: Running, fault: faults.Fault | None = None) -> None:
        """Ask a job at work to stop; its worker is ended where it does not."""
        running.fault = fault or running.fault
        running.handle.cancel(running.job.id)
        asyncio.get_running_loop().call_later(
            self._limits.grace_seconds, self._kill_if_running, running
        )

    def _kill_if_running(self, running: Running) -> None:
        """End a job's worker now, if it still has that job."""
        if self._running.get(running.job.id) is running:
            task = asyncio.create_task(running.handle.kill())
            self._tasks.append(task)
            task.add_done_callback(self._tasks.remove)

    def _wake(self) -> None:
        """Let idle workers look for jobs: there may be some, or clients may run more."""
        for arrival in self._arrivals.values():
            arrival.set()

    def _leases(self) -> Leases:
        return Leases(
            self._store,
            self._agent,
            self._limits.lease_seconds,
            self._running,
            self._cancel,
            self._kill_if_running,
            self._endings.tell,
            self._wake,
        )

    async def _serve(self, size: Size, name: str) -> None:
        while True:
            try:
                handle = await WorkerHandle.start(self._spec_of(size))
            except StuckError as error:
                _LOG.error("worker %s starts again without %s", name, error)
                self._left_out[error.what] = error.why
                continue
            except (BrokenFrameError, TimeoutError, OSError) as error:
                _LOG.error("worker %s does not start: %s", name, error)
                await asyncio.sleep(_RESTART_SECONDS)
                continue
            self._handles[handle] = size
            if size == self._knowing:
                self._take(handle.ready)
            watching = asyncio.create_task(self._watch(name, handle))
            try:
                while await self._run_next(size, name, handle):
                    pass
            except Exception:  # noqa: BLE001 - a worker's place must never stay empty
                _LOG.exception("worker %s is replaced", name)
            finally:
                watching.cancel()
                self._handles.pop(handle, None)
                await handle.kill()
            self.restarts += 1

    async def _watch(self, name: str, handle: WorkerHandle) -> None:
        """End a worker that stands still or takes too much."""

        def at_work() -> list[Running]:
            return [running for running in self._running.values() if running.handle is handle]

        fault = await watch(handle, self._limits.workers, lambda: bool(at_work()))
        _LOG.error("worker %s is replaced: %s", name, fault.message)
        for running in at_work():
            running.fault = fault
        await handle.kill()

    def _spec_of(self, size: Size) -> WorkerSpec:
        """How a worker is built, without what others could not load."""
        more = {"size": size, "left_out": self._left_out}
        return replace(self._spec, settings={**self._spec.settings, **more})

    def _take(self, ready: Ready) -> None:
        """Note what a worker said of itself; notices are logged when they change."""
        if ready.notices != self.ready.notices:
            for notice in ready.notices:
                _LOG.warning(notice)
        self.ready = ready

    async def _run_next(self, size: Size, name: str, handle: WorkerHandle) -> bool:
        """Run one job; False if the worker was lost."""
        job = await self._next(size, name, handle)
        if job is None:
            return False
        running = Running(job, handle)
        self._running[job.id] = running
        began = time.monotonic()
        limit = self._limited(running)
        self.subscriptions.publish(job.id)
        try:
            running.done_elsewhere = await self._store.offload(
                done_elsewhere, self._store, job, self._workers[size]
            )
            has_ended = await self._outcomes.begin(running)
            while not has_ended:
                has_ended = await self._outcomes.take(running, await handle.receive())
        except BrokenFrameError:
            await self._leave(running, self._outcomes.lost)
            return False
        except (StaleFenceError, StoreError) as error:
            _LOG.error("job %s leaves worker %s: %s", job.id, name, error)
            await self._leave(running, self._outcomes.put_back)
            return False
        except Exception:  # noqa: BLE001 - a worker's place must never stay empty
            _LOG.exception("job %s ended by a fault of paintgraph", job.id)
            await self._leave(running, self._outcomes.lost)
            return False
        finally:
            limit.cancel()
            if self._running.get(job.id) is running:  # else a lease ran out, and it began again
                del self._running[job.id]
            self._queue.took(size, time.monotonic() - began)
            self._ended.set()
            self._wake()  # its client may have another at work now
            await self._endings.tell([job])
        return True

    async def _next(self, size: Size, name: str, handle: WorkerHandle) -> Job | None:
        """Claim the next job for a worker; None if the worker is lost before there is one."""
        arrived = self._arrivals[size]
        while not handle.lost.done():
            if self._draining:
                await asyncio.Event().wait()  # until the server closes
            arrived.clear()
            try:
                job = await self._store.claims.next(
                    size, f"{self._agent}/{name}", self._limits.lease_seconds
                )
            except StoreError as error:
                _LOG.error("worker %s waits for the job store: %s", name, error)
                await asyncio.sleep(_RESTART_SECONDS)
                continue
            if job is not None:
                return job
            arrival = asyncio.create_task(arrived.wait())
            try:
                await asyncio.wait((arrival, handle.lost), return_when=asyncio.FIRST_COMPLETED)
            finally:
                arrival.cancel()
        return None

    async def _leave(self, running: Running, write: Callable[[Running], Awaitable[Job]]) -> None:
        """End a run that its worker did not end; it may be queued again."""
        await running.handle.kill()
        await self._outcomes.leave(running, write)
