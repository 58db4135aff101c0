"""Which worker has which job: claimed for a while, renewed while it works, taken back afterwards.

A worker's name begins with that of its agent, the process that speaks for it: "AGENT/WORKER".
Coroutines return once what they wrote is on disk, but for `next`.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from paintgraph.jobs.faults import UNRENEWED
from paintgraph.jobs.store import holdings, rows
from paintgraph.jobs.store.amortising import choose
from paintgraph.jobs.store.backlog import Tally
from paintgraph.jobs.store.database import Connection, Database
from paintgraph.jobs.store.firsts import ANY, Able, first
from paintgraph.jobs.store.holdings import Models
from paintgraph.jobs.store.job import Job, Size
from paintgraph.jobs.store.lines import Lines, Policy
from paintgraph.jobs.store.queries import job_of

LEASE_SECONDS = 30.0
"""How long a job is whose who claimed it, and did not renew that."""


class Held(NamedTuple):
    """A job that an agent has, under this fence; `cancel` tells that somebody wants it ended."""

    id: str
    fence: int
    cancel: bool


class _Told(NamedTuple):
    """What a worker was last said to hold, and when that has to be said again."""

    models: Models
    until: float


class Claims:
    """The claims of a store; times are the database's.

    `clock` gives seconds from any time on; `policy` says which models' jobs a worker takes.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.monotonic,
        policy: Policy = choose,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lines = Lines(clock, policy)
        self._told: dict[str, _Told] = {}
        self._leaving: set[str] = set()
        self.tally = Tally()

    async def next(
        self,
        size: Size,
        worker: str,
        seconds: float = LEASE_SECONDS,
        *,
        able: Able = ANY,
        holds: Collection[str] | None = None,
    ) -> Job | None:
        """Let a worker have the next job of a size; the new fence is its right to write.

        One that it is `able` to do. With `holds`, the models that the worker has in memory, one
        that is worth its load (`choose`).

        Next is the first by priority, turn, rank and acceptance of a client that may have one more
        at work. May return before that is on disk: every later write of this fence comes after it,
        and if the process dies before, the job is still queued. None if nothing may begin now.
        """
        held = None if holds is None else frozenset(holds)

        def update(connection: Connection) -> Job | None:
            if held is not None:
                self._tell(connection, worker, held, seconds)
            while (row := self._pick(connection, size, worker, held, able)) is not None:
                if row["most_running"]:  # what the statement saw may be old by now
                    connection.lock(f"running {row['client']}")
                    if _running(connection, row["client"]) >= row["most_running"]:
                        continue
                job = take(connection, row["number"], worker, seconds)
                if held is not None and not self._lines.is_held(connection, job.models, held):
                    wanted = self._lines.models(connection, job.models)
                    load = self._lines.load(connection, wanted - held)
                    self._hold(connection, worker, wanted, seconds, load)
                return job
            return None

        began = time.perf_counter()
        job = await asyncio.wrap_future(self._database.write(update, early=True))
        self.tally.claim_seconds += time.perf_counter() - began
        self.tally.asked += 1
        self.tally.claims[size] += job is not None
        return job

    def leaves_jobs(self, worker: str) -> bool:
        """Whether jobs wait that a worker did not take, as others will have done them sooner.

        It is to ask again in a second.
        """
        return worker in self._leaving

    def models(self, job: Job) -> Models:
        """The models that a job names which was claimed here by what its worker held."""
        return self._lines.known(job.models)

    async def loaded(self, model: str, seconds: float) -> None:
        """Note that a worker has loaded a model, and for how long."""

        def update(connection: Connection) -> None:
            holdings.loaded(connection, model, seconds)

        await asyncio.wrap_future(self._database.write(update))

    def _pick(
        self,
        connection: Connection,
        size: Size,
        worker: str,
        held: Models | None,
        able: Able,
    ) -> Any:
        """The row of the job that a worker takes next, locked, or None; whether it leaves some."""
        self._leaving.discard(worker)
        if held is None:
            return first(connection, size, able)
        row = self._lines.chosen(connection, size, worker, held, able)
        if row is None and first(connection, size, able, locked=False) is not None:
            self._leaving.add(worker)
        return row

    def _tell(self, connection: Connection, worker: str, held: Models, seconds: float) -> None:
        """Let others know what a worker holds, if they do not."""
        told = self._told.get(worker, _Told(frozenset(), 0.0))
        is_known = held == told.models and (not held or self._clock() < told.until)
        if not is_known:
            self._hold(connection, worker, held, seconds)

    def _hold(
        self,
        connection: Connection,
        worker: str,
        models: Models,
        seconds: float,
        load: float = 0.0,
    ) -> None:
        holdings.hold(connection, worker, models, seconds, load)
        self._told[worker] = _Told(models, self._clock() + seconds / 2)

    async def renew(
        self, agent: str, ids: Sequence[str], seconds: float = LEASE_SECONDS
    ) -> list[Held]:
        """Keep jobs that an agent's workers have for so long from now; gives those that it kept."""
        marks = ", ".join("?" * len(ids)) or "NULL"

        def update(connection: Connection) -> list[Held]:
            found = connection.execute(
                f"UPDATE jobs SET lease = {connection.now} + ? WHERE {_OF_AGENT} "  # noqa: S608 - ours
                f"AND id IN ({marks}) RETURNING id, fence, cancel",
                (seconds, *_of_agent(agent), *ids),
            )
            holdings.keep(connection, agent, seconds)
            return [Held(row[0], row[1], bool(row[2])) for row in found.fetchall()]

        return await asyncio.wrap_future(self._database.write(update))

    async def sweep(self) -> list[Job]:
        """Take back the jobs whose agents have not renewed them: each has lost its worker."""

        def update(connection: Connection) -> list[Job]:
            found = connection.execute(
                f"SELECT id FROM jobs WHERE {_AT_WORK} "  # noqa: S608 - ours
                f"AND coalesce(lease, 0) < {connection.now} {connection.skip_locked}"
            )
            return [rows.lose(connection, row[0], "", UNRENEWED) for row in found.fetchall()]

        lost = await asyncio.wrap_future(self._database.write(update))
        self.tally.expired += len(lost)
        return lost

    async def give_back(self, agent: str) -> list[Job]:
        """Queue the jobs again that an agent's workers have, as none is alive.

        And those that an earlier paintgraph claimed, without a lease. Gives those that wait now.
        """

        def update(connection: Connection) -> list[Job]:
            found = connection.execute(
                f"SELECT * FROM jobs WHERE {_OF_AGENT} OR ({_AT_WORK} AND lease IS NULL) "  # noqa: S608 - ours
                f"ORDER BY number {connection.for_update}",
                _of_agent(agent),
            )
            left = [rows.put_back(connection, job_of(row)) for row in found.fetchall()]
            holdings.forget(connection, agent)
            return [job for job in left if not job.has_ended]

        return await asyncio.wrap_future(self._database.write(update))

    async def settle(self) -> None:
        """Return once all that was told before is on disk."""
        await asyncio.wrap_future(self._database.write(lambda _: None))


def take(connection: Connection, number: int, worker: str, seconds: float = LEASE_SECONDS) -> Job:
    """Let a worker have a queued job."""
    row = connection.execute(
        "UPDATE jobs SET state = 'running', worker = ?, fence = fence + 1, "  # noqa: S608 - ours
        f"lease = {connection.now} + ?, started = coalesce(started, ?) "
        "WHERE number = ? RETURNING *",
        (worker, seconds, time.time(), number),
    ).fetchone()
    return job_of(row)


_AT_WORK = "state = 'running' AND worker IS NOT NULL"
"""Others that run wait for their parts."""

_OF_AGENT = f"{_AT_WORK} AND substr(worker, 1, ?) = ?"


def _of_agent(agent: str) -> tuple[int, str]:
    start = f"{agent}/"
    return len(start), start


def _running(connection: Connection, client: str) -> int:
    sql = f"SELECT count(*) FROM jobs WHERE {_AT_WORK} AND client = ?"  # noqa: S608 - ours
    return int(connection.execute(sql, (client,)).fetchone()[0])
