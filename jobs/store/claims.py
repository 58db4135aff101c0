"""Which job is whose: claimed for a while by whoever asks for the next one, and told again.

A claim is one UPDATE of the first row that waits and that nobody else is just claiming. Its lease
is in the clock of the database, so that it ends for all processes at the same moment; whoever does
not renew it in time has lost the job to the next who looks.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from paintgraph.jobs.store import rows
from paintgraph.jobs.store.database import Connection, Database
from paintgraph.jobs.store.job import Job, Size
from paintgraph.jobs.store.queries import job_of

_MOST_SWEPT = 100


class Renewed(NamedTuple):
    """Ids of jobs at work that are somebody else's by now, and of those that were cancelled."""

    lost: set[str]
    cancelled: set[str]


class Waiting(NamedTuple):
    """How many jobs wait, and of how many bytes together."""

    jobs: int
    bytes: int


class Claims:
    """Who works on the jobs of a store. Coroutines return once what they wrote is on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next(
        self, size: Size, worker: str, seconds: float, most_of: Callable[[str], int]
    ) -> Job | None:
        """Claim the first job of a size for so many seconds; None if nobody's may begin.

        `most_of` says how many jobs of a client may be at work at once; 0: any number.
        """

        def update(connection: Connection) -> Job | None:
            at_work = connection.execute(
                "SELECT client, count(*) FROM jobs WHERE state = 'running' GROUP BY client"
            ).fetchall()
            full = [client for client, count in at_work if 0 < most_of(client) <= count]
            others = f"AND client NOT IN ({', '.join('?' * len(full))})" if full else ""
            first = (
                f"SELECT number FROM jobs WHERE state = 'queued' AND size = ? {others} "  # noqa: S608 - our names
                f"ORDER BY priority DESC, turn, rank, number LIMIT 1 {connection.skip_locked}"
            )
            now = connection.now()
            row = connection.execute(
                "UPDATE jobs SET state = 'running', fence = fence + 1, worker = ?, lease = ?, "  # noqa: S608 - our names
                f"started = coalesce(started, ?) WHERE number = ({first}) RETURNING *",
                (worker, now + seconds, now, size, *full),
            ).fetchone()
            return None if row is None else job_of(row)

        return await asyncio.wrap_future(self._database.write(update))

    async def renew(self, jobs: Sequence[Job], seconds: float) -> Renewed:
        """Keep jobs at work for so many seconds more."""

        def update(connection: Connection) -> Renewed:
            lease = connection.now() + seconds
            lost, cancelled = set(), set()
            for job in sorted(jobs, key=lambda job: job.number):  # all in one order
                row = connection.execute(
                    "UPDATE jobs SET lease = ? WHERE id = ? AND state = 'running' AND fence = ? "
                    "RETURNING cancel",
                    (lease, job.id, job.fence),
                ).fetchone()
                if row is None:
                    lost.add(job.id)
                elif row["cancel"]:
                    cancelled.add(job.id)
            return Renewed(lost, cancelled)

        return await asyncio.wrap_future(self._database.write(update))

    async def put_back_lost(self) -> list[Job]:
        """Queue jobs whose lease has run out, and end those that were cancelled; gives them."""

        def update(connection: Connection) -> list[Job]:
            found = connection.execute(
                "SELECT * FROM jobs WHERE state = 'running' AND lease < ? ORDER BY lease LIMIT ? "  # noqa: S608 - ours
                f"{connection.skip_locked}",
                (connection.now(), _MOST_SWEPT),
            ).fetchall()
            return [rows.put_back(connection, job_of(row)) for row in found]

        return await asyncio.wrap_future(self._database.write(update))

    def waiting(self, client: str | None = None) -> Waiting:
        """How much waits, of all or of one client."""
        sql = (
            "SELECT count(*), coalesce(sum(bytes), 0) FROM jobs "
            "WHERE state = 'queued' AND client = coalesce(?, client)"
        )
        return Waiting(*self._database.read(lambda c: c.execute(sql, (client,)).fetchone()))

    def position(self, job: Job) -> int:
        """How many jobs of its size that wait come before this one."""
        sql = (
            "SELECT count(*) FROM jobs WHERE state = 'queued' AND size = ? AND (priority > ? OR "
            "(priority = ? AND (turn, rank, number) < (?, ?, ?)))"
        )
        place = (job.priority, job.priority, job.turn, job.rank, job.number)
        count: int = self._database.read(lambda c: c.execute(sql, (job.size, *place)).fetchone())[0]
        return count

    def is_cancelled(self, job_id: str) -> bool:
        """Whether somebody asked for a job to be cancelled."""
        sql = "SELECT cancel FROM jobs WHERE id = ?"
        row = self._database.read(lambda c: c.execute(sql, (job_id,)).fetchone())
        return row is not None and bool(row[0])
