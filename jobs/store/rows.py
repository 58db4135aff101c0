"""What is done to the rows of jobs inside a transaction."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from paintgraph.base.errors import Error
from paintgraph.base.naming import FileName
from paintgraph.jobs.store import deliveries, holds
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Fact, Job, NewJob, State
from paintgraph.jobs.store.queries import job_of


class StaleFenceError(Error):
    """Someone else works on the job by now, or it has ended; nothing was written."""

    code = "stale_fence"


class KeyReusedError(Error):
    """An idempotency key came again with another request."""

    code = "idempotency_key_reused"


def repeated(connection: Connection, key: str, request_digest: str) -> Job | None:
    """The job of an idempotency key, or None; KeyReusedError if its request was another."""
    row = connection.execute("SELECT * FROM jobs WHERE idempotency_key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row["idempotency_body"] != request_digest:
        raise KeyReusedError(
            "the idempotency key was used with another request; a key stands for one request. Use "
            "a new key."
        )
    return job_of(row)


def hold(connection: Connection, job: Job) -> None:
    """Raise StaleFenceError unless the job is still running under this fence."""
    sql = f"SELECT state, fence FROM jobs WHERE id = ? {connection.for_update}"  # noqa: S608 - ours
    row = connection.execute(sql, (job.id,)).fetchone()
    if row is None or row["state"] != "running" or row["fence"] != job.fence:
        raise StaleFenceError(f"job {job.id} has ended or belongs to another worker by now")


def insert_facts(connection: Connection, number: int, facts: Sequence[Fact]) -> int:
    """Add facts of a job; gives the last one's number."""
    row = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM facts WHERE job = ?", (number,)
    ).fetchone()
    last: int = row[0]
    written = [orjson.dumps(fact) for fact in facts]
    connection.executemany(
        "INSERT INTO facts VALUES (?, ?, ?)",
        [(number, last + place, data) for place, data in enumerate(written, start=1)],
    )
    holds.note(connection, number, written)
    return last + len(facts)


def end(  # noqa: PLR0913 - what an ended job holds
    connection: Connection,
    job: Job,
    state: State,
    facts: Sequence[Fact] = (),
    outputs: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
    problems: Sequence[Mapping[str, Any]] = (),
) -> Job:
    """End a job that has not ended, with its last facts; what is to be sent of it is due."""
    now = time.time()
    ended = replace(
        job,
        state=state,
        ended=now,
        outputs=outputs or {},
        warnings=[*job.warnings, *warnings],
        problems=[*problems],
    )
    insert_facts(connection, job.number, [*facts, {"type": "state", "state": state}])
    made = orjson.dumps(ended.outputs)
    holds.note(connection, job.number, (made,))
    connection.execute(
        "UPDATE jobs SET state = ?, ended = ?, worker = NULL, outputs = ?, warnings = ?, "
        "problems = ? WHERE id = ?",
        (
            state,
            ended.ended,
            made,
            orjson.dumps(ended.warnings),
            orjson.dumps(ended.problems),
            job.id,
        ),
    )
    deliveries.fall_due(connection, job.number, now)
    return ended


def require(connection: Connection, job_id: str) -> Job:
    """The job as it is now, until the transaction ends; raises LookupError for an unknown one."""
    sql = f"SELECT * FROM jobs WHERE id = ? {connection.for_update}"  # noqa: S608 - ours
    row = connection.execute(sql, (job_id,)).fetchone()
    if row is None:
        raise LookupError(job_id)
    return job_of(row)


def put_back(connection: Connection, job: Job) -> Job:
    """Queue a job again that nobody works on any more; one that was cancelled ends instead."""
    cancelled = connection.execute("SELECT cancel FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    if cancelled:
        return end(connection, job, "cancelled")
    connection.execute(
        "UPDATE jobs SET state = 'queued', worker = NULL, fence = ? WHERE id = ?",
        (job.fence + 1, job.id),
    )
    return require(connection, job.id)


def next_turn(connection: Connection, new: NewJob) -> int:
    """The turn of a job that is accepted now, among those of its size and priority.

    Start-time fair queueing: one after the client's own last, but not before what is served now, so
    that who comes late neither waits for all that others have queued nor makes up for lost time.
    A job of lower rank than others of its client takes the turn of the first of these.
    """
    connection.lock(f"turns of {new.client}")
    of_all = (new.size, new.priority)
    mine = (*of_all, new.client)
    displaced = _first(
        connection, f"{_OPEN} AND client = ? AND rank > ? ORDER BY rank, turn", (*mine, new.rank)
    )
    if displaced is not None:
        return displaced
    own = _first(connection, f"{_OPEN} AND client = ? ORDER BY rank DESC, turn DESC", mine)
    served = _first(
        connection, "state = 'queued' AND size = ? AND priority = ? ORDER BY turn", of_all
    )
    if served is None:
        served = _first(connection, f"{_OPEN} ORDER BY turn DESC", of_all) or 0
    return served if own is None else max(served, own + 1)


_OPEN = "ended IS NULL AND size = ? AND priority = ?"


def _first(connection: Connection, where: str, values: Sequence[Any]) -> int | None:
    """The turn of the first job of a condition in its order, or None."""
    sql = f"SELECT turn FROM jobs WHERE {where} LIMIT 1"  # noqa: S608 - our names
    row = connection.execute(sql, values).fetchone()
    return None if row is None else int(row[0])


def free_path(connection: Connection, name: FileName, above: int, taken: str | None) -> str:
    """A path of the store, "folder/path in it", that no file has got here yet."""
    plain = f"{name.folder}/{name.plain}"
    if not name.is_numbered and plain != taken:
        connection.lock(f"path {plain}")
        sql = "SELECT 1 FROM published WHERE path = ?"
        if connection.execute(sql, (plain,)).fetchone() is None:
            return plain
    row = connection.execute(
        "INSERT INTO numbers VALUES (?, ?, ?, ?) ON CONFLICT (folder, stem) DO UPDATE "
        "SET last = CASE WHEN numbers.last < excluded.last THEN excluded.last "
        "ELSE numbers.last + 1 END, used = excluded.used RETURNING last",
        (name.folder, name.stem, above + 1, time.time()),
    ).fetchone()
    return f"{name.folder}/{name.numbered(row[0])}"
