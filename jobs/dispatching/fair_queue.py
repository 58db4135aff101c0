"""Who is next: queued jobs in fair turns between clients, higher priorities first."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable

from paintgraph.jobs.store.job import Job


class FairQueue:
    """Queued jobs of one size.

    Within a priority clients take turns, each in the order of its jobs' ranks, then of arrival.
    """

    def __init__(self) -> None:
        self._turns: dict[int, OrderedDict[str, deque[Job]]] = {}
        self._arrived = asyncio.Event()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, job: Job, *, first: bool = False) -> None:
        """Queue a job; `first` for one that lost its worker."""
        clients = self._turns.setdefault(job.priority, OrderedDict())
        own = clients.setdefault(job.client, deque())
        if first:
            own.appendleft(job)
            clients.move_to_end(job.client, last=False)
        else:
            _place(own, job)
        self._count += 1
        self._arrived.set()

    async def arrived(self) -> None:
        """Return once there may be a job to take; somebody else may take it first."""
        await self._arrived.wait()

    def wake(self) -> None:
        """Let those who wait look again: a client may run what it might not before."""
        self._arrived.set()

    def take(self, may_run: Callable[[str], bool] = lambda _: True) -> Job | None:
        """The next job of a client that may run one; None if there is none now."""
        for priority in sorted(self._turns, reverse=True):
            clients = self._turns[priority]
            client = next((client for client in clients if may_run(client)), None)
            if client is None:
                continue
            own = clients[client]
            job = own.popleft()
            if own:
                clients.move_to_end(client)
            else:
                del clients[client]
            if not clients:
                del self._turns[priority]
            self._count -= 1
            return job
        self._arrived.clear()
        return None

    def remove(self, job_id: str) -> bool:
        """Take a job out of the line; whether it was there."""
        for priority, clients in self._turns.items():
            for client, own in clients.items():
                for job in own:
                    if job.id == job_id:
                        own.remove(job)
                        self._count -= 1
                        if not own:
                            del clients[client]
                        if not clients:
                            del self._turns[priority]
                        return True
        return False

    def position(self, job_id: str) -> int | None:
        """How many jobs come before this one, by turns; None if it is not here."""
        before = 0
        for priority in sorted(self._turns, reverse=True):
            clients = self._turns[priority]
            for place, own in enumerate(clients.values()):
                newest_first = zip(reversed(range(len(own))), reversed(own), strict=True)
                for turn, job in newest_first:  # most often a new one is asked about
                    if job.id == job_id:
                        others = [
                            min(len(line), turn + (other < place))
                            for other, line in enumerate(clients.values())
                            if other != place
                        ]
                        return before + turn + sum(others)
            before += sum(len(own) for own in clients.values())
        return None


def _place(line: deque[Job], job: Job) -> None:
    """Put a job behind all of its rank or a lower one; most often that is the end."""
    later = 0
    while later < len(line) and line[-1 - later].rank > job.rank:
        later += 1
    line.insert(len(line) - later, job)
