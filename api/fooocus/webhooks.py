"""Tells of tasks that have ended to whoever gave an address for that."""

import asyncio
import logging
import math
from collections.abc import Callable

import orjson
from aiohttp import web

from paintgraph.api.app_keys import STORE
from paintgraph.api.fooocus.orders import REQUEST
from paintgraph.api.fooocus.rules import DOOR, RULES
from paintgraph.api.fooocus.tasks import record
from paintgraph.api.native.jobs import ended
from paintgraph.jobs.sources.addresses import is_public
from paintgraph.jobs.sources.fetching import Fetcher
from paintgraph.jobs.sources.urls import FetchError
from paintgraph.jobs.store.job import Job

_LOG = logging.getLogger("paintgraph.fooocus")
_DEADLINE_SECONDS = 10.0
_PAUSES_SECONDS = (1.0, 5.0, 25.0)
"""Between one try and the next."""

_MOST_WAITING = 100_000


class Webhooks:
    """One watcher for each task that somebody wants to hear of; tasks never wait for them."""

    def __init__(self, app: web.Application, pauses: tuple[float, ...] = _PAUSES_SECONDS) -> None:
        self._app = app
        self._pauses = pauses
        self._watchers: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Watch the tasks that an earlier process accepted and left."""
        store = self._app[STORE]
        for job in store.of_door(DOOR, ("queued", "running"), limit=_MOST_WAITING):
            sent = orjson.loads(store.document(job.id, "request") or b"{}").get(REQUEST, {})
            self.watch(job, sent.get("webhook_url", ""))

    def watch(self, job: Job, address: str) -> None:
        """Send the record of a task to an address once it has ended; does not wait."""
        if address:
            watcher = asyncio.create_task(self._tell(job, address))
            self._watchers.add(watcher)
            watcher.add_done_callback(self._watchers.discard)

    async def close(self) -> None:
        """End all watching."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)

    async def _tell(self, job: Job, address: str) -> None:
        app = self._app
        job = await ended(app, job, math.inf)
        sent = orjson.loads(app[STORE].document(job.id, "request") or b"{}").get(REQUEST, {})
        body = orjson.dumps(await asyncio.to_thread(record, app, job, sent.get("base", "")))
        accepts: Callable[[str], bool] = _any if app[RULES].desk.allow_private else is_public
        fetcher = Fetcher(deadline_seconds=_DEADLINE_SECONDS, accepts=accepts)
        reason = ""
        for pause in (*self._pauses, None):
            try:
                status = await fetcher.post(address, body)
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
        _LOG.warning("the webhook of task %s was not told: %s", job.id, reason)


def _any(_: str) -> bool:
    return True


WEBHOOKS = web.AppKey("fooocus_webhooks", Webhooks)
