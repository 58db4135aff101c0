"""Single rows of jobs and facts: found, held, added to, and the turns that jobs take."""

from collections.abc import Sequence
from typing import Any

import orjson

from paintgraph.base.errors import Error
from paintgraph.jobs.store import holds
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Fact, Job, NewJob
from paintgraph.jobs.store.queries import job_of


class StaleFenceError(Error):
    """Someone else works on the job by now, or it has ended; nothing was written."""

    code = "stale_fence"


def hold(connection: Connection, job: Job) -> None:
    """Raise StaleFenceError unless the job is still running under this fence."""
    sql = f"SELECT state, fence, worker FROM jobs WHERE id = ? {connection.for_update}"  # noqa: S608 - ours
    row = connection.execute(sql, (job.id,)).fetchone()
    if row is None or tuple(row) != ("running", job.fence, job.worker):
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


def require(connection: Connection, job_id: str) -> Job:
    """The job as it is now, until the transaction ends; raises LookupError for an unknown one."""
    sql = f"SELECT * FROM jobs WHERE id = ? {connection.for_update}"  # noqa: S608 - ours
    row = connection.execute(sql, (job_id,)).fetchone()
    if row is None:
        raise LookupError(job_id)
    return job_of(row)


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
