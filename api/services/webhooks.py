"""Sends what became of jobs to addresses that clients named; jobs never wait for that."""

import asyncio
import logging
import math
from collections.abc import Callable

from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.sources.addresses import FetchError, is_public
from paintgraph.jobs.sources.fetching import Fetcher
from paintgraph.jobs.store.job import Job

_LOG = logging.getLogger("paintgraph.webhooks")
_DEADLINE_SECONDS = 10.0
_PAUSES_SECONDS = (1.0, 5.0, 25.0)
"""Between one try and the next."""


class Webhooks:
    """One watcher for each job whose end is to be sent somewhere."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        allow_private: bool,
        pauses: tuple[float, ...] = _PAUSES_SECONDS,
    ) -> None:
        self._dispatcher = dispatcher
        self._accepts: Callable[[str], bool] = _any if allow_private else is_public
        self._pauses = pauses
        self._watchers: set[asyncio.Task[None]] = set()

    def watch(self, job: Job, address: str, body: Callable[[Job], bytes]) -> None:
        """Send the JSON that `body` makes of an ended job to an address; does not wait for it.

        `body` is called in a thread.
        """
        if address:
            watcher = asyncio.create_task(self._send(job, address, body))
            self._watchers.add(watcher)
            watcher.add_done_callback(self._watchers.discard)

    async def close(self) -> None:
        """End all watching."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)

    async def _send(self, job: Job, address: str, body: Callable[[Job], bytes]) -> None:
        job = await self._dispatcher.ended(job, math.inf)
        data = await asyncio.to_thread(body, job)
        fetcher = Fetcher(deadline_seconds=_DEADLINE_SECONDS, accepts=self._accepts)
        reason = ""
        for pause in (*self._pauses, None):
            try:
                status = await fetcher.post(address, data)
            except FetchError as error:
                reason = str(error)
                if error.code == "address_refused":
                    break
            else:
                if status < 400:
                    return
                reason = f"it answers with status {status}"
            if pause is not None:
                await asyncio.sleep(pause)
        _LOG.warning("the webhook of job %s was not reached: %s", job.id, reason)


def _any(_: str) -> bool:
    return True
