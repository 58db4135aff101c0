"""Jobs and their facts on disk: what was accepted is never lost, an ended state never changes."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from paintgraph.base.naming import FileName
from paintgraph.engine.node.spreading import Given
from paintgraph.jobs.faults import Fault
from paintgraph.jobs.store import batches, checking, deliveries, holds, rows
from paintgraph.jobs.store.agents import Agents
from paintgraph.jobs.store.backlog import Backlog
from paintgraph.jobs.store.batches import Parts
from paintgraph.jobs.store.channel import Channel
from paintgraph.jobs.store.claims import Claims
from paintgraph.jobs.store.database import (
    Action,
    Connection,
    Database,
    Durability,
    Result,
    missing_extra,
)
from paintgraph.jobs.store.job import Fact, Job, NewJob, Report, State, digest_of
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.queries import JobQueries, job_of
from paintgraph.jobs.store.retention import Retained
from paintgraph.jobs.store.rows import StaleFenceError
from paintgraph.jobs.store.sets import MODELS, USES
from paintgraph.jobs.store.sqlite import SqliteDatabase

_ALONE_SECONDS = 120.0
"""What is done alone may ask a bucket some ten times, each with a patience of five seconds."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that is on disk; `is_new` is false for the repetition of an idempotent request."""

    job: Job
    is_new: bool


class JobStore(JobQueries):
    """The jobs of a file, or of a database by its address postgresql://...

    Coroutines return once what they wrote is on disk. With `as_it_is` a database must have the
    newest tables already: servers of another paintgraph may be at work with it.
    """

    def __init__(
        self, place: Path | str, durability: Durability = "full", *, as_it_is: bool = False
    ) -> None:
        super().__init__(_opened(place, durability, as_it_is=as_it_is))
        self.deliveries = deliveries.Deliveries(self._database)
        self.claims = Claims(self._database)
        self.backlog = Backlog(self._database)
        self.agents = Agents(self._database)
        self.retained = Retained(self._database)

    @property
    def channel(self) -> Channel | None:
        """What reaches the other servers that share the store; None where there are none."""
        return self._database.channel

    def close(self) -> None:
        """Write what is under way and close."""
        self._database.close()

    def faults(self, has_blob: Callable[[str], bool]) -> list[str]:
        """What is wrong with the jobs, in sentences; see `checking.faults`."""
        return self._database.read(lambda c: [*checking.faults(c, has_blob)])

    async def accept(self, new: NewJob) -> Accepted:
        """Take a job; raises KeyReusedError for an idempotency key with another request."""
        graph = orjson.dumps(new.graph)
        request = orjson.dumps(new.request)
        texts = orjson.dumps(dict(new.texts))
        extra = orjson.dumps(new.extra)
        body = new.request_digest or digest_of(new.request)
        values = {
            "id": secrets.token_hex(16),
            "state": "queued",
            "client": new.client,
            "size": new.size,
            "door": new.door,
            "priority": new.priority,
            "name": new.name,
            "rank": new.rank,
            "on_failure": new.on_failure,
            "workflow": new.workflow,
            "recipe": new.recipe,
            "tags": orjson.dumps(list(new.tags)),
            "created": time.time(),
            "graph": graph,
            "request": request,
            "texts": texts,
            "extra": extra,
            "bytes": len(graph) + len(request) + len(texts) + len(extra),
            "most_running": new.most_running,
            "warnings": orjson.dumps(list(new.warnings)),
            "idempotency_key": new.idempotency_key,
            "idempotency_body": body,
        }

        def insert(connection: Connection) -> Accepted:
            if new.idempotency_key is not None:
                earlier = rows.repeated(connection, new.idempotency_key, body)
                if earlier is not None:
                    return Accepted(earlier, is_new=False)
            values["turn"] = rows.next_turn(connection, new)
            values["models"] = MODELS.number(connection, sorted({*new.models}))
            values["uses"] = USES.number(connection, new.uses if self.channel else ())
            row = connection.execute(
                f"INSERT INTO jobs ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "  # noqa: S608 - our names
                "ON CONFLICT (idempotency_key) DO NOTHING RETURNING *",
                tuple(values.values()),
            ).fetchone()
            if row is None:  # somebody else's transaction came first
                return insert(connection)
            job = job_of(row)
            holds.note(connection, job.number, (graph, request, extra))
            tags = [(tag, job.number) for tag in dict.fromkeys(new.tags)]
            connection.executemany("INSERT INTO tags VALUES (?, ?)", tags)
            if new.webhook is not None:
                deliveries.add(connection, job.number, new.webhook)
            return Accepted(job, is_new=True)

        return await asyncio.wrap_future(self._database.write(insert))

    async def alone(self, name: str, act: Callable[[], Result]) -> Result:
        """Do something while no other server that shares the store does so under this name.

        A writer waits for it: no more than one such thing at a time is to be asked for. After two
        minutes it is alone no longer, and fails in the end.
        """
        if self.channel is None:
            return await asyncio.to_thread(act)

        def hold(connection: Connection) -> Result:
            connection.lock(name, idle_seconds=_ALONE_SECONDS)
            return act()

        return await asyncio.wrap_future(self._database.write(hold))

    def repeated(self, key: str, request_digest: str) -> Job | None:
        """The job of an idempotency key, or None; KeyReusedError if its request was another."""
        return self._database.read(lambda c: rows.repeated(c, key, request_digest))

    async def append(self, job: Job, facts: Sequence[Fact]) -> int:
        """Add facts of a running job; gives the last one's number. Raises StaleFenceError."""

        def insert(connection: Connection) -> int:
            rows.hold(connection, job)
            return rows.insert_facts(connection, job.number, facts)

        return await self._write_as_holder(insert)

    async def finish(  # noqa: PLR0913 - what an ended job holds
        self,
        job: Job,
        state: State,
        *,
        facts: Sequence[Fact] = (),
        outputs: Mapping[str, Any] | None = None,
        warnings: Sequence[str] = (),
        problems: Sequence[Mapping[str, Any]] = (),
        report: Report | None = None,
    ) -> Job:
        """End a running job with its last facts. Raises StaleFenceError."""

        def update(connection: Connection) -> Job:
            rows.hold(connection, job)
            if report:
                plain = (orjson.dumps(report), job.id)
                connection.execute("UPDATE jobs SET report = ? WHERE id = ?", plain)
            return rows.end(connection, job, state, facts, outputs, warnings, problems)

        return await self._write_as_holder(update)

    async def give_away(self, job: Job, given: Given) -> Job:
        """Let a running job wait for others that do a part of it each. Raises StaleFenceError."""

        def update(connection: Connection) -> Job:
            if not batches.give(connection, job, given):
                return rows.put_back(connection, rows.require(connection, job.id))
            return rows.require(connection, job.id)

        return await self._write_as_holder(update)

    def given_away(self, job: Job) -> list[str]:
        """The nodes of a job of which others did each a part."""
        return self._database.read(lambda c: batches.given_away(c, job))

    def open_parts(self, number: int) -> list[Job]:
        """The parts of the job of a number that have not ended."""
        return self._database.read(lambda c: batches.open_parts(c, number))

    def parts(self, job: Job) -> Parts:
        """What came of the parts of a job."""
        return self._database.read(lambda c: batches.gathered(c, job))

    async def release(self, job: Job, node: str, fault: Fault | None = None) -> Job:
        """Put a job back whose worker was lost at a node; the third time there it fails.

        `fault` says why it was lost, where that is known; its message follows the node's name.
        """

        def update(connection: Connection) -> Job:
            rows.hold(connection, job)
            return rows.lose(connection, job.id, node, fault)

        return await self._write_as_holder(update)

    async def requeue(self, job: Job) -> Job:
        """Put a job back whose claim or end could not be written.

        One that has ended stays as it is. Raises StaleFenceError if somebody else has it.
        """

        def update(connection: Connection) -> Job:
            now = rows.require(connection, job.id)
            waits = now.state == "running" and now.worker is None  # for its parts
            if now.fence > job.fence or waits or now.worker not in (None, job.worker):
                raise StaleFenceError(f"job {job.id} belongs to another worker by now")
            return (
                now if now.has_ended else rows.put_back(connection, replace(now, fence=job.fence))
            )

        return await self._write_as_holder(update)

    async def cancel(self, job_id: str) -> Job:
        """Cancel a job, as far as that can be written: one that waits ends, one at work will.

        What is at work never runs again: whoever loses or leaves it ends it. An ended job stays as
        it is. Gives the job as it is now; raises LookupError for an unknown one.
        """

        def update(connection: Connection) -> Job:
            job = rows.require(connection, job_id)
            if job.has_ended:
                return job
            connection.execute("UPDATE jobs SET cancel = 1 WHERE id = ?", (job_id,))
            return job if job.state == "running" else rows.end(connection, job, "cancelled")

        return await asyncio.wrap_future(self._database.write(update))

    async def unlist(
        self, door: str, names: Sequence[str] | None = None, owner: str | None = None
    ) -> None:
        """Leave ended jobs out of a door's list from now on: those of some names, or all.

        With an owner, those of this client's alone.
        """

        def update(connection: Connection) -> None:
            start = (
                "UPDATE jobs SET is_listed = 0 WHERE door = ? AND ended IS NOT NULL "
                "AND client = coalesce(?, client)"
            )
            if names is None:
                connection.execute(start, (door, owner))
            else:
                each = [(door, owner, name) for name in names]
                connection.executemany(f"{start} AND name = ?", each)

        await asyncio.wrap_future(self._database.write(update))

    def last_number(self, name: FileName) -> int | None:
        """The highest number that files of this name were given; None if none ever was."""
        sql = "SELECT last FROM numbers WHERE folder = ? AND stem = ?"
        key = (name.folder, name.stem)
        row = self._database.read(lambda c: c.execute(sql, key).fetchone())
        return None if row is None else int(row[0])

    async def reserve(  # noqa: PLR0913 - what a file is known by
        self,
        job: Job,
        node: str,
        place: int,
        name: FileName,
        *,
        above: int = 0,
        taken: str | None = None,
    ) -> tuple[str, bool]:
        """The path in its folder under which a file is published, and whether that is a new one.

        That of the first time, if the node runs again, unless that is `taken` by somebody else's
        file. A number is higher than `above` and than all that this name ever got here.
        """

        def insert(connection: Connection) -> tuple[str, bool]:
            rows.hold(connection, job)
            key = (job.number, node, place)
            row = connection.execute(
                "SELECT path FROM published WHERE job = ? AND node = ? AND place = ?", key
            ).fetchone()
            if row is not None and row["path"] != taken:
                return str(row["path"]), False
            path = rows.free_path(connection, name, above, taken)
            connection.execute(
                "INSERT INTO published VALUES (?, ?, ?, ?) "
                "ON CONFLICT (job, node, place) DO UPDATE SET path = excluded.path",
                (*key, path),
            )
            return path, True

        return await self._write_as_holder(insert)

    async def _write_as_holder(self, action: Action[Result]) -> Result:
        """Write what only who has the job may write; raises StaleFenceError."""
        try:
            return await asyncio.wrap_future(self._database.write(action))
        except StaleFenceError:
            self.claims.tally.stale += 1
            raise


def _opened(place: Path | str, durability: Durability, *, as_it_is: bool) -> Database:
    if isinstance(place, Path):
        return SqliteDatabase(place, MIGRATIONS, durability)
    try:
        from paintgraph.jobs.store.postgresql import PostgresqlDatabase
    except ImportError as error:
        raise missing_extra(error) from error
    return PostgresqlDatabase(place, MIGRATIONS, as_it_is=as_it_is)
