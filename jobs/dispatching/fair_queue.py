"""Who is next: the queued jobs of one size in memory, in the order that the store gave them.

The order is in the jobs themselves: higher priorities first, then by turns, which the store gives
out so that clients alternate, then by rank and acceptance. So a restart changes nothing, and a
store that hands jobs to several servers can ask its database for the same one.
"""

import asyncio
from bisect import bisect_left, insort
from collections.abc import Callable
from functools import cache

from paintgraph.jobs.store.job import Job


class FairQueue:
    """Queued jobs of one size."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._places: dict[str, tuple[float, ...]] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: Job) -> None:
        """Queue a job; one that lost its worker has its turn still, and is among the first."""
        insort(self._jobs, job, key=_place)
        self._places[job.id] = _place(job)
        self._arrived.set()

    async def arrived(self) -> None:
        """Return once there may be a job to take; somebody else may take it first."""
        await self._arrived.wait()

    def wake(self) -> None:
        """Let those who wait look again: a client may run what it might not before."""
        self._arrived.set()

    def take(self, may_run: Callable[[str], bool] = lambda _: True) -> Job | None:
        """The next job of a client that may run one; None if there is none now."""
        may_now = cache(may_run)  # each client is asked about once
        job = next((job for job in self._jobs if may_now(job.client)), None)
        if job is None:
            self._arrived.clear()
        else:
            self.remove(job.id)
        return job

    def remove(self, job_id: str) -> bool:
        """Take a job out of the queue; whether it was there."""
        place = self.position(job_id)
        if place is None:
            return False
        del self._jobs[place], self._places[job_id]
        return True

    def position(self, job_id: str) -> int | None:
        """How many jobs come before this one; None if it is not here."""
        place = self._places.get(job_id)
        return None if place is None else bisect_left(self._jobs, place, key=_place)


def _place(job: Job) -> tuple[float, ...]:
    """What jobs are sorted by; the store has an index of the same columns."""
    return (-job.priority, job.turn, job.rank, job.number)
