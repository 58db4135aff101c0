"""What is done to the rows of jobs inside a transaction."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from paintgraph.base.errors import Error
from paintgraph.base.naming import FileName
from paintgraph.jobs.faults import Fault
from paintgraph.jobs.store import batches, deliveries, holds
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Fact, Job, State
from paintgraph.jobs.store.queries import job_of
from paintgraph.jobs.store.records import (
    StaleFenceError,
    hold,
    insert_facts,
    next_turn,
    require,
)

__all__ = (
    "KeyReusedError",
    "StaleFenceError",
    "end",
    "free_path",
    "hold",
    "insert_facts",
    "lose",
    "next_turn",
    "put_back",
    "repeated",
    "require",
)

MOST_DEATHS = 3
"""How often one node may take its worker with it."""


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
        worker=None,
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
    deliveries.fall_due(connection, job.number)
    if job.parent is not None:
        whole = batches.part_ended(connection, ended)
        if whole is not None:
            put_back(connection, whole)
    return ended


def put_back(connection: Connection, job: Job) -> Job:
    """Queue a job again that nobody works on any more; one that was cancelled ends instead."""
    cancelled = connection.execute("SELECT cancel FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    if cancelled:
        made = batches.gathered(connection, job)
        return end(connection, job, "cancelled", (), made.outputs, made.warnings, made.problems)
    connection.execute(
        "UPDATE jobs SET state = 'queued', worker = NULL, fence = ? WHERE id = ?",
        (job.fence + 1, job.id),
    )
    return require(connection, job.id)


def lose(connection: Connection, job_id: str, node: str, fault: Fault | None = None) -> Job:
    """Put a job back whose worker was lost at a node; the third time there it fails.

    At node "" nobody knows where; a result that was kept since the last time is a step on.
    """
    before = require(connection, job_id)
    deaths = dict(before.deaths)
    if not node and _has_kept_more(connection, before):
        deaths.pop(node, None)
    deaths[node] = deaths.get(node, 0) + 1
    written = (orjson.dumps(deaths), job_id)
    connection.execute("UPDATE jobs SET deaths = ? WHERE id = ?", written)
    now = require(connection, job_id)
    if deaths[node] < MOST_DEATHS:
        fact = {"type": "worker_lost", "node": node, "times": deaths[node]}
        insert_facts(connection, now.number, [fact])
        return put_back(connection, now)
    where = f"node '{node}'" if node else "the job"
    why = (
        f"the worker was lost {MOST_DEATHS} times while it ran, most likely for lack of "
        "memory. Use smaller pictures, or more memory."
    )
    problem = {
        "code": fault.code if fault else "worker_lost",
        "node": node or None,
        "message": f"{where}: {fault.message if fault else why}",
    }
    return end(connection, now, "failed", problems=[problem])


def _has_kept_more(connection: Connection, job: Job) -> bool:
    """Whether a result of a job was kept since its worker was lost last, nobody knows where."""
    sql = "SELECT data FROM facts WHERE job = ? ORDER BY seq DESC"
    for row in connection.execute(sql, (job.number,)).fetchall():
        fact = orjson.loads(row[0])
        if fact["type"] == "stored":
            return True
        if fact["type"] == "worker_lost" and not fact["node"]:
            return False
    return False


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
