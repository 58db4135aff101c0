"""Jobs and their facts on disk: what was accepted is never lost, an ended state never changes."""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from paintgraph.base.errors import Error
from paintgraph.jobs.store.database import Database, Durability
from paintgraph.jobs.store.job import Fact, Job, NewJob, Report, State, digest_of
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.queries import JobQueries, job_of

MOST_DEATHS = 3
"""How often one node may take its worker with it."""


class StaleFenceError(Error):
    """Someone else works on the job by now, or it has ended; nothing was written."""

    code = "stale_fence"


class KeyReusedError(Error):
    """An idempotency key came again with another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that is on disk; `is_new` is false for the repetition of an idempotent request."""

    job: Job
    is_new: bool


class JobStore(JobQueries):
    """The jobs of one data folder. Coroutines return once what they wrote is on disk."""

    def __init__(self, path: Path, durability: Durability = "full") -> None:
        super().__init__(Database(path, MIGRATIONS, durability))

    def close(self) -> None:
        """Write what is under way and close."""
        self._database.close()

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
            "created": time.time(),
            "graph": graph,
            "request": request,
            "texts": texts,
            "extra": extra,
            "bytes": len(graph) + len(request) + len(texts) + len(extra),
            "warnings": orjson.dumps(list(new.warnings)),
            "idempotency_key": new.idempotency_key,
            "idempotency_body": body,
        }

        def insert(connection: sqlite3.Connection) -> Accepted:
            if new.idempotency_key is not None:
                earlier = _repeated(connection, new.idempotency_key, body)
                if earlier is not None:
                    return Accepted(earlier, is_new=False)
            names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", values)  # noqa: S608 - our names
            return Accepted(_require(connection, str(values["id"])), is_new=True)

        return await asyncio.wrap_future(self._database.write(insert))

    def repeated(self, key: str, request_digest: str) -> Job | None:
        """The job of an idempotency key, or None; KeyReusedError if its request was another."""
        return self._database.read(lambda c: _repeated(c, key, request_digest))

    def claim(self, job: Job, worker: str) -> Job:
        """Let a worker have a queued job; the new fence is its right to write.

        Does not wait: the claim shares the next commit, and every later write of this fence comes
        after it. If the process dies before, the job is still queued.
        """
        claimed = replace(
            job, state="running", fence=job.fence + 1, started=job.started or time.time()
        )

        def update(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE jobs SET state = 'running', worker = ?, fence = ?, started = ? "
                "WHERE id = ? AND state = 'queued' AND fence = ?",
                (worker, claimed.fence, claimed.started, job.id, job.fence),
            )

        self._database.write(update, can_wait=True)
        return claimed

    async def append(self, job: Job, facts: Sequence[Fact]) -> int:
        """Add facts of a running job; gives the last one's number. Raises StaleFenceError."""

        def insert(connection: sqlite3.Connection) -> int:
            _hold(connection, job)
            return _insert_facts(connection, job.number, facts)

        return await asyncio.wrap_future(self._database.write(insert))

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

        def update(connection: sqlite3.Connection) -> Job:
            _hold(connection, job)
            if report:
                plain = (orjson.dumps(report), job.id)
                connection.execute("UPDATE jobs SET report = ? WHERE id = ?", plain)
            return _end(connection, job, state, facts, outputs, warnings, problems)

        return await asyncio.wrap_future(self._database.write(update))

    async def release(self, job: Job, node: str) -> Job:
        """Put a job back whose worker was lost at a node; the third time there it fails."""

        def update(connection: sqlite3.Connection) -> Job:
            _hold(connection, job)
            deaths = dict(_require(connection, job.id).deaths)
            deaths[node] = deaths.get(node, 0) + 1
            connection.execute(
                "UPDATE jobs SET state = 'queued', worker = NULL, fence = fence + 1, deaths = ? "
                "WHERE id = ?",
                (orjson.dumps(deaths), job.id),
            )
            if deaths[node] < MOST_DEATHS:
                fact = {"type": "worker_lost", "node": node, "times": deaths[node]}
                _insert_facts(connection, job.number, [fact])
                return _require(connection, job.id)
            where = f"node '{node}'" if node else "the job"
            problem = {
                "code": "worker_lost",
                "node": node or None,
                "message": f"{where}: the worker was lost {MOST_DEATHS} times while it ran, most "
                "likely for lack of memory. Use smaller pictures, or more memory.",
            }
            return _end(connection, _require(connection, job.id), "failed", problems=[problem])

        return await asyncio.wrap_future(self._database.write(update))

    async def requeue(self, job: Job) -> Job:
        """Put a job back whose claim or end could not be written.

        One that has ended stays as it is. Raises StaleFenceError if somebody else has it.
        """

        def update(connection: sqlite3.Connection) -> Job:
            now = _require(connection, job.id)
            if now.fence > job.fence:
                raise StaleFenceError(f"job {job.id} belongs to another worker by now")
            if not now.has_ended:
                connection.execute(
                    "UPDATE jobs SET state = 'queued', worker = NULL, fence = ? WHERE id = ?",
                    (job.fence + 1, job.id),
                )
            return _require(connection, job.id)

        return await asyncio.wrap_future(self._database.write(update))

    async def cancel_queued(self, job_id: str) -> Job:
        """Cancel a job that no worker has; any other stays as it is. Gives the job as it is now."""

        def update(connection: sqlite3.Connection) -> Job:
            job = _require(connection, job_id)
            if job.state != "queued":
                return job
            return _end(connection, job, "cancelled")

        return await asyncio.wrap_future(self._database.write(update))

    async def unlist(self, door: str, names: Sequence[str] | None = None) -> None:
        """Leave ended jobs out of a door's list from now on: those of some names, or all."""

        def update(connection: sqlite3.Connection) -> None:
            start = "UPDATE jobs SET is_listed = 0 WHERE door = ? AND ended IS NOT NULL"
            if names is None:
                connection.execute(start, (door,))
            else:
                each = [(door, name) for name in names]
                connection.executemany(f"{start} AND name = ?", each)

        await asyncio.wrap_future(self._database.write(update))

    async def recover(self) -> list[Job]:
        """At start: queue jobs again that ran when the last process ended; gives all queued."""

        def update(connection: sqlite3.Connection) -> list[Job]:
            connection.execute(
                "UPDATE jobs SET state = 'queued', worker = NULL, fence = fence + 1 "
                "WHERE state = 'running'"
            )
            rows = connection.execute(
                "SELECT * FROM jobs WHERE state = 'queued' ORDER BY number"
            ).fetchall()
            return [job_of(row) for row in rows]

        return await asyncio.wrap_future(self._database.write(update))

    async def reserve(self, job: Job, node: str, place: int, paths: Iterable[str]) -> str:
        """The path under which an effect is published: that of the first time, else a free one."""

        def insert(connection: sqlite3.Connection) -> str:
            _hold(connection, job)
            key = (job.number, node, place)
            row = connection.execute(
                "SELECT path FROM published WHERE job = ? AND node = ? AND place = ?", key
            ).fetchone()
            if row is not None:
                return str(row["path"])
            for path in paths:
                added = connection.execute(
                    "INSERT OR IGNORE INTO published VALUES (?, ?, ?, ?)", (*key, path)
                ).rowcount
                if added:
                    return path
            raise LookupError("no path is free")

        return await asyncio.wrap_future(self._database.write(insert))


def _repeated(connection: sqlite3.Connection, key: str, request_digest: str) -> Job | None:
    row = connection.execute("SELECT * FROM jobs WHERE idempotency_key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row["idempotency_body"] != request_digest:
        raise KeyReusedError(
            "the idempotency key was used with another request; a key stands for one request. Use "
            "a new key."
        )
    return job_of(row)


def _hold(connection: sqlite3.Connection, job: Job) -> None:
    """Raise StaleFenceError unless the job is still running under this fence."""
    row = connection.execute("SELECT state, fence FROM jobs WHERE id = ?", (job.id,)).fetchone()
    if row is None or row["state"] != "running" or row["fence"] != job.fence:
        raise StaleFenceError(f"job {job.id} has ended or belongs to another worker by now")


def _insert_facts(connection: sqlite3.Connection, number: int, facts: Sequence[Fact]) -> int:
    row = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM facts WHERE job = ?", (number,)
    ).fetchone()
    last: int = row[0]
    connection.executemany(
        "INSERT INTO facts VALUES (?, ?, ?)",
        [(number, last + place, orjson.dumps(fact)) for place, fact in enumerate(facts, start=1)],
    )
    return last + len(facts)


def _end(  # noqa: PLR0913 - what an ended job holds
    connection: sqlite3.Connection,
    job: Job,
    state: State,
    facts: Sequence[Fact] = (),
    outputs: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
    problems: Sequence[Mapping[str, Any]] = (),
) -> Job:
    """End a job that has not ended, with its last facts."""
    ended = replace(
        job,
        state=state,
        ended=time.time(),
        outputs=outputs or {},
        warnings=[*job.warnings, *warnings],
        problems=[*problems],
    )
    _insert_facts(connection, job.number, [*facts, {"type": "state", "state": state}])
    connection.execute(
        "UPDATE jobs SET state = ?, ended = ?, worker = NULL, outputs = ?, warnings = ?, "
        "problems = ? WHERE id = ?",
        (
            state,
            ended.ended,
            orjson.dumps(ended.outputs),
            orjson.dumps(ended.warnings),
            orjson.dumps(ended.problems),
            job.id,
        ),
    )
    return ended


def _require(connection: sqlite3.Connection, job_id: str) -> Job:
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise LookupError(job_id)
    return job_of(row)
