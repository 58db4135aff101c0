"""Keeps what this process has claimed its own, and notices what others do in the same store."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from secrets import token_hex
from socket import gethostname
from typing import Any

from paintgraph.jobs.dispatching.neighbours import Neighbours
from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.dispatching.subscriptions import ARRIVALS, ENDINGS, Subscriptions
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.migrations import MIGRATIONS

_LOG = logging.getLogger("paintgraph.jobs")
_PARTS = 4  # a lease is renewed so often in its time


def agent_name(store: JobStore) -> str:
    """What this process is called by who claims for its workers.

    Only one process has a store that is not shared: what an earlier one left at work is its own.
    """
    return f"{gethostname()}-{token_hex(4)}" if store.channel else "server"


class Leases:
    """The leases of one agent's jobs.

    `running` is what its workers do now. `stop` is called for each of these that somebody wants
    ended, `lose` for those that are another's, or may soon be: their workers are to end at once.
    `tell` hears of jobs that were taken back from others. `wake` is called when jobs may have come,
    or clients may run more.
    """

    def __init__(  # noqa: PLR0913 - what it keeps, and whom it tells
        self,
        store: JobStore,
        agent: str,
        seconds: float,
        running: Mapping[str, Running],
        stop: Callable[[Running], None],
        lose: Callable[[Running], None],
        tell: Callable[[Iterable[Job]], Awaitable[None]],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._agent = agent
        self._seconds = seconds
        self._running = running
        self._stop = stop
        self._lose = lose
        self._tell = tell
        self._wake = wake
        self._renewed = time.monotonic()
        self._version = len(MIGRATIONS)

    def lasting(self, subscriptions: Subscriptions) -> list[Coroutine[Any, Any, None]]:
        """What is to go on while the process does: keep leases, and hear others where there are."""
        if self._store.channel is None:
            return [self.keep()]
        neighbours = Neighbours(self._store.channel, subscriptions, self.hear)
        return [self.keep(), self.let_go(), neighbours.listen()]

    async def keep(self) -> None:
        """Renew leases, and take back what others' have run out of, until cancelled."""
        while True:
            began = time.monotonic()
            try:
                await self._renew()
                self._renewed = began
                await self._tell(await self._store.claims.sweep())
                self._wake()  # what others told may have been missed
                self._note_version(await self._store.offload(self._store.version))
            except StoreError as error:
                _LOG.error("leases are not renewed: %s", error)
            except Exception:  # noqa: BLE001 - without leases all jobs would be lost
                _LOG.exception("leases are not renewed")
            await asyncio.sleep(self._seconds / _PARTS)

    async def let_go(self) -> None:
        """End what is at work here once others may have it, until cancelled.

        A database that is cut off may not even refuse to renew.
        """
        while True:
            await asyncio.sleep(self._seconds / _PARTS)
            if time.monotonic() - self._renewed >= self._seconds:
                for running in [*self._running.values()]:
                    self._let_go(running)

    def _note_version(self, version: int) -> None:
        """Tell once that a newer paintgraph has changed the store: its tables are only added to."""
        if version > self._version:
            _LOG.warning(
                "a newer paintgraph has brought the job store to version %d; this one knows %d "
                "and goes on, but does not start again. Replace it.",
                version,
                self._version,
            )
            self._version = version

    async def _renew(self) -> None:
        """Renew what is at work here; a claim that nobody here knows of is to run out."""
        before = [*self._running.values()]
        if not before:
            return
        renewed = await self._store.claims.renew(
            self._agent, [running.job.id for running in before], self._seconds
        )
        held = {each.id: each for each in renewed}
        for running in before:
            job = running.job
            if self._running.get(job.id) is not running:
                continue
            mine = held.get(job.id)
            if mine is None or mine.fence != job.fence:
                _LOG.error("job %s is another worker's by now", job.id)
                self._let_go(running)
            elif mine.cancel:
                self._stop(running)

    def _let_go(self, running: Running) -> None:
        running.let_go = True
        self._lose(running)

    async def hear(self, id_: str) -> None:
        """Another process has published this: a job waits or ended, or one here is to stop."""
        if id_ in (ARRIVALS, ENDINGS):
            self._wake()
        elif running := self._running.get(id_):
            with suppress(StoreError):  # then it is told with the next renewal
                if id_ in await self._store.offload(self._store.cancelling):
                    self._stop(running)
