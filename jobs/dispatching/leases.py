"""Keeps what this process has claimed its own, and notices what others do in the same store."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from secrets import token_hex
from socket import gethostname

from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.dispatching.subscriptions import ENDINGS, Subscriptions
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import ENDED
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.queries import Mark

_LOG = logging.getLogger("paintgraph.jobs")
_PARTS = 4  # a lease is renewed so often in its time
_LOOK_SECONDS = 0.25


def agent_name(store: JobStore) -> str:
    """What this process is called by who claims for its workers.

    Only one process has a store that is not shared: what an earlier one left at work is its own.
    """
    return f"{gethostname()}-{token_hex(4)}" if store.claims.are_shared else "server"


class Leases:
    """The leases of one agent's jobs.

    `running` is what its workers do now. `stop` is called for each of these that somebody wants
    ended, `lose` for those that are another's, or may soon be: their workers are to end at once.
    `wake` is called when jobs may have come, or clients may run more.
    """

    def __init__(  # noqa: PLR0913 - what it keeps, and whom it tells
        self,
        store: JobStore,
        agent: str,
        seconds: float,
        running: Mapping[str, Running],
        stop: Callable[[Running], None],
        lose: Callable[[Running], None],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._agent = agent
        self._seconds = seconds
        self._running = running
        self._stop = stop
        self._lose = lose
        self._wake = wake
        self._renewed = time.monotonic()

    async def keep(self, subscriptions: Subscriptions) -> None:
        """Renew leases, and take back what others' have run out of, until cancelled.

        Where others share the store, those who follow its jobs are told what others have done.
        """
        tasks = [self._keep()]
        if self._store.claims.are_shared:
            tasks.append(self._look_around(subscriptions))
        await asyncio.gather(*tasks)

    async def _keep(self) -> None:
        while True:
            began = time.monotonic()
            try:
                await self._renew()
                if await self._store.claims.sweep():
                    self._wake()
                self._renewed = began
            except StoreError as error:
                _LOG.error("leases are not renewed: %s", error)
            if time.monotonic() - self._renewed >= self._seconds:
                for running in [*self._running.values()]:
                    self._lose(running)
            await asyncio.sleep(self._seconds / _PARTS)

    async def _renew(self) -> None:
        """Renew; what was claimed meanwhile has a new lease anyway."""
        before = [*self._running.values()]
        if not before:
            return
        renewed = await self._store.claims.renew(self._agent, self._seconds)
        held = {each.id: each for each in renewed}
        for running in before:
            job = running.job
            if self._running.get(job.id) is not running:
                continue
            mine = held.get(job.id)
            if mine is None or mine.fence != job.fence:
                _LOG.error("job %s is another worker's by now", job.id)
                self._lose(running)
            elif mine.cancel:
                self._stop(running)

    async def _look_around(self, subscriptions: Subscriptions) -> None:
        seen: dict[str, Mark] = {}
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                for job_id in await asyncio.to_thread(self._store.cancelling):
                    if job_id in self._running:
                        self._stop(self._running[job_id])
                if await asyncio.to_thread(self._store.waiting):
                    self._wake()
                now = await asyncio.to_thread(self._store.marks, subscriptions.followed())
            except StoreError:
                continue  # whoever needs the store tells that it is away
            for job_id, mark in now.items():
                if mark != seen.get(job_id) and job_id not in self._running:
                    subscriptions.publish(job_id)
                    if mark.state in ENDED:
                        subscriptions.publish(ENDINGS)
            seen = now
