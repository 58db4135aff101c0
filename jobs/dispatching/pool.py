"""The workers of one process: they claim jobs of the store, and are replaced when they are lost."""

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
from paintgraph.jobs.dispatching.roster import Place, Roster
from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.dispatching.sharing import done_elsewhere
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.dispatching.support import HasModel
from paintgraph.jobs.dispatching.warmth import Warmth
from paintgraph.jobs.store.agents import OutdatedAgentError
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.firsts import ANY, Able
from paintgraph.jobs.store.job import Job, Size
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.jobs.workers.handle import Ready, StuckError, WorkerHandle, WorkerSpec
from paintgraph.jobs.workers.watch import watch

_LOG = logging.getLogger("paintgraph.jobs")
_ANSWER_SECONDS = 10.0
_RESTART_SECONDS = 1.0
_LOOK_SECONDS = 1.0  # after that it may pay to load what others hold
_NEVER_SECONDS = 1e9


class WorkerPool:
    """The workers of one process, and what they have at work.

    `workers` says how many serve each size; light jobs never wait for heavy ones. Each worker is
    told its size in its settings. What workers of the heaviest size say of themselves counts, as
    light ones may have fewer node types. `has_model` tells whether a model, a name with a digest,
    is here: jobs that name others are left to whoever shares the store.
    """

    def __init__(  # noqa: PLR0913 - the seams of a server
        self,
        store: JobStore,
        subscriptions: Subscriptions,
        effects: JobEffects,
        spec: WorkerSpec,
        workers: Mapping[Size, int],
        limits: Limits | None = None,
        observers: Sequence[Observer] = (),
        has_model: HasModel = lambda _: True,
    ) -> None:
        self.subscriptions = subscriptions
        self._store = store
        self._spec = spec
        self._workers = workers
        self._limits = limits or Limits()
        self.name = agent_name(store)
        """What this process is called by in the store."""
        self.endings = Endings(store, subscriptions, observers)
        self.outcomes = Outcomes(
            store, effects, subscriptions, self._limits.patience_seconds, observers
        )
        self._arrivals: Mapping[Size, asyncio.Event] = defaultdict(asyncio.Event)
        self.running: dict[str, Running] = {}
        """What is at work here, by job."""
        self._knowing: Size = "heavy" if workers.get("heavy") else "light"
        self.handles: dict[WorkerHandle, Place] = {}
        """The workers that are there."""
        self._tasks: list[asyncio.Task[None]] = []
        self._claims: set[asyncio.Task[Job | None]] = set()
        self.is_draining = False
        self.refused = asyncio.Event()
        """Set once the store takes no work of these workers any more; `refusal` says why."""
        self.refusal: OutdatedAgentError | None = None
        self._ended = asyncio.Event()
        self.restarts = 0
        self._left_out: dict[str, str] = {}
        self.ready = Ready()
        """What the workers said of themselves, last of all."""
        self.roster = Roster(
            store,
            self.name,
            self._limits.lease_seconds,
            self.handles,
            has_model,
            self.wake,
            self._refuse,
        )

    async def start(self) -> None:
        """Queue what an earlier process of this name left at work, and start the workers.

        Raises OutdatedAgentError, StoreError.
        """
        await self.roster.join()
        await self._store.claims.give_back(self.name)
        lasting = [*self._leases().lasting(self.subscriptions), *self.roster.lasting()]
        self._tasks += map(asyncio.create_task, lasting)
        for size, count in self._workers.items():
            for number in range(count):
                place = Place(size, f"{size}-{number}")
                self._tasks.append(asyncio.create_task(self._serve(place)))

    async def drain(self, seconds: float) -> None:
        """Take and begin no more jobs; give those at work this long to end."""
        self.is_draining = True
        self.roster.retire()
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            self._ended.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._ended.wait()

    async def close(self) -> None:
        """End the workers now; jobs at work are queued again."""
        self.is_draining = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(handle.kill() for handle in self.handles))
        await asyncio.gather(*self._claims, return_exceptions=True)  # what they take is given back
        with contextlib.suppress(StoreError):  # then at the next start, or once their leases end
            await self._store.claims.give_back(self.name)
        await self.roster.leave()

    def lacks(self) -> list[str]:
        """Why jobs are not taken, or not run: one sentence for each reason."""
        wanted, there = sum(self._workers.values()), len(self.handles)
        return [
            *(["the server is ending"] if self.is_draining else []),
            *([str(self.refusal)] if self.refusal else []),
            *([f"{wanted - there} of {wanted} workers are missing"] if there < wanted else []),
        ]

    def free(self, *, models: bool, results: bool) -> None:
        """Let each worker let go of models, or of results in memory, once its job has ended."""
        for handle in self.handles:
            handle.free(models=models, results=results)

    async def ask(self, graph: bytes | None) -> list[dict[str, Any]]:
        """What nodes refuse in a graph in JSON, as their code says; takes over changed specs.

        Nothing where no worker answers in time: a job asks again when it runs.
        """
        busy = {running.handle for running in self.running.values()}
        knowing = [handle for handle, place in self.handles.items() if place.size == self._knowing]
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

    def numbers(self) -> list[Mapping[str, Any]]:
        """What each worker holds in memory."""
        return [handle.numbers for handle in [*self.handles] if handle.numbers]

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop if it is at work here; whether it is."""
        running = self.running.get(job_id)
        if running is not None:
            self._cancel(running)
        return running is not None

    def wake(self, size: Size | None = None) -> None:
        """Let idle workers look for jobs: there may be some, or clients may run more."""
        for each in [*self._arrivals] if size is None else [size]:
            self._arrivals[each].set()

    def _refuse(self, error: OutdatedAgentError) -> None:
        if self.refusal is None:
            _LOG.error("%s", error)
        self.refusal = error
        self.is_draining = True
        self.refused.set()

    def _cancel(self, running: Running) -> None:
        if not running.cancelled:
            running.cancelled = True
            self._stop(running)

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
        if self.running.get(running.job.id) is running:
            task = asyncio.create_task(running.handle.kill())
            self._tasks.append(task)
            task.add_done_callback(self._tasks.remove)

    def _leases(self) -> Leases:
        return Leases(
            self._store,
            self.name,
            self._limits.lease_seconds,
            self.running,
            self._cancel,
            self._kill_if_running,
            self.endings.tell,
            self.wake,
        )

    async def _serve(self, place: Place) -> None:
        size, name = place
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
            self.handles[handle] = place
            self.roster.change()
            if size == self._knowing:
                self._take(handle.ready)
            watching = asyncio.create_task(self._watch(name, handle))
            warmth = Warmth()
            try:
                while await self._run_next(size, name, handle, warmth):
                    pass
            except Exception:  # noqa: BLE001 - a worker's place must never stay empty
                _LOG.exception("worker %s is replaced", name)
            finally:
                watching.cancel()
                self.handles.pop(handle, None)
                self.roster.change()
                await handle.kill()
            self.restarts += 1

    async def _watch(self, name: str, handle: WorkerHandle) -> None:
        """End a worker that stands still or takes too much."""

        def at_work() -> list[Running]:
            return [running for running in self.running.values() if running.handle is handle]

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

    async def _run_next(self, size: Size, name: str, handle: WorkerHandle, warmth: Warmth) -> bool:
        """Run one job; False if the worker was lost."""
        job = await self._next(size, name, handle, warmth)
        if job is None:
            return False
        running = Running(job, handle)
        self.running[job.id] = running
        limit = self._limited(running)
        self.subscriptions.publish(job.id)
        try:
            workers = max(self._workers[size], self.roster.count(size))
            running.done_elsewhere = await self._store.offload(
                done_elsewhere, self._store, job, workers
            )
            has_ended = await self.outcomes.begin(running)
            while not has_ended:
                has_ended = await self.outcomes.take(running, await handle.receive())
            warmth.used(self._store.claims.models(job))
        except BrokenFrameError:
            await self._leave(running, self.outcomes.lost)
            return False
        except (StaleFenceError, StoreError) as error:
            _LOG.error("job %s leaves worker %s: %s", job.id, name, error)
            await self._leave(running, self.outcomes.put_back)
            return False
        except Exception:  # noqa: BLE001 - a worker's place must never stay empty
            _LOG.exception("job %s ended by a fault of paintgraph", job.id)
            await self._leave(running, self.outcomes.lost)
            return False
        finally:
            limit.cancel()
            if self.running.get(job.id) is running:  # else a lease ran out, and it began again
                del self.running[job.id]
            self._ended.set()
            self.wake()  # its client may have another at work now
            await self.endings.tell([job])
        return True

    async def _next(
        self, size: Size, name: str, handle: WorkerHandle, warmth: Warmth
    ) -> Job | None:
        """Claim the next job for a worker; None if the worker is lost before there is one."""
        arrived, worker = self._arrivals[size], f"{self.name}/{name}"
        claims = self._store.claims
        while not handle.lost.done():
            if self.is_draining:
                await asyncio.Event().wait()  # until the server closes
            arrived.clear()
            try:
                for model, seconds in warmth.hear(handle.numbers):
                    await claims.loaded(model, seconds)
                job = await self._claimed(size, worker, warmth, self.roster.able(handle))
            except StoreError as error:
                _LOG.error("worker %s waits for the job store: %s", name, error)
                await asyncio.sleep(_RESTART_SECONDS)
                continue
            if job is not None:
                return job
            self.roster.ask()
            arrival = asyncio.create_task(arrived.wait())
            pause = _LOOK_SECONDS if claims.leaves_jobs(worker) else None
            try:
                await asyncio.wait(
                    (arrival, handle.lost), timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                arrival.cancel()
        return None

    async def _claimed(
        self, size: Size, worker: str, warmth: Warmth, able: Able = ANY
    ) -> Job | None:
        """Claim a job; that goes on if nobody waits for it any more."""
        claim = asyncio.create_task(
            self._store.claims.next(
                size,
                worker,
                self._limits.lease_seconds,
                able=able,
                holds=warmth.models,
            )
        )
        self._claims.add(claim)
        claim.add_done_callback(self._claims.discard)
        return await asyncio.shield(claim)

    async def _leave(self, running: Running, write: Callable[[Running], Awaitable[Job]]) -> None:
        """End a run that its worker did not end; it may be queued again."""
        await running.handle.kill()
        await self.outcomes.leave(running, write)
