"""Who is told that jobs have ended: followers, at once, and observers, with what came of it."""

import contextlib
from collections.abc import Iterable, Sequence

from paintgraph.jobs.dispatching.observing import Observer
from paintgraph.jobs.dispatching.subscriptions import ENDINGS, Subscriptions
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore


class Endings:
    """Tells of ends."""

    def __init__(
        self, store: JobStore, subscriptions: Subscriptions, observers: Sequence[Observer]
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._observers = observers

    async def tell(self, jobs: Iterable[Job]) -> None:
        """Tell that jobs have ended, or wait again; of a part, also what became of the whole."""
        for job in jobs:
            self._subscriptions.publish(job.id)
            self._subscriptions.publish(ENDINGS)
            with contextlib.suppress(StoreError):  # who follows looks again
                for now in await self._store.offload(self._concerned, job):
                    self._subscriptions.publish(now.id)
                    for observer in self._observers if now.has_ended else ():
                        observer.job_ended(now)

    def _concerned(self, job: Job) -> list[Job]:
        """A job as it is now, and the one that it is a part of."""
        whole = self._store.numbered(job.parent) if job.parent else None
        return [*filter(None, (self._store.get(job.id), whole))]
