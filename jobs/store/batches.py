"""Many pictures of one job as jobs of their own, so that several workers share them.

A node gives its pictures away; its job then waits, at work for all who look but at no worker. Some
of its parts are open at a time: whoever ends one makes the next ones in the same transaction, as
large as those before say, and whoever ends the last one queues the job again. So what was given is
never given twice, and a part takes its turn among the jobs of all clients.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

import orjson

from paintgraph.engine.node.spreading import Given
from paintgraph.jobs.store import holds, records
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Fact, Job, NewJob
from paintgraph.jobs.store.queries import job_of

SECONDS = 10.0
"""How long a part should take at most."""

_MOST_PICTURES = 100
_MOST_OPEN = 32
_FIRST_OPEN = 4
"""So many parts of one picture are made before any has ended; one more for each that has."""

_FAIR_PARTS = 16
"""A part has at most one of so many of what is left, so that workers end together."""

_OF_PARTS_ALONE = ("state", "kept", "worker_lost")
"""Facts that tell nothing of the whole."""

_ORIGIN = ("node", "kind", "display", "parent", "submitted")


@dataclass(frozen=True, slots=True)
class Parts:
    """What came of the parts of a job, in their order: what an ended job holds."""

    outputs: Mapping[str, Any]
    warnings: Sequence[str]
    problems: Sequence[Mapping[str, Any]]
    shown: Mapping[str, Any]


class _SoFar(NamedTuple):
    """How many parts have ended, how many seconds they took together, of how many pictures."""

    parts: int
    seconds: float
    pictures: int


def give(connection: Connection, job: Job, given: Given) -> bool:
    """Make the first parts of a batch; its job, which is at work, waits for them.

    False if nothing is to be waited for. Raises StaleFenceError.
    """
    records.hold(connection, job)
    connection.execute(
        "INSERT INTO batches (job, place, node, part, inputs, names, given) "
        "VALUES (?, ?, ?, ?, ?, ?, 0)",
        (
            job.number,
            len(given_away(connection, job)),
            given.node,
            given.part,
            orjson.dumps(given.inputs),
            orjson.dumps(given.names),
        ),
    )
    connection.execute("UPDATE jobs SET worker = NULL WHERE id = ?", (job.id,))
    return _go_on(connection, job)


def part_ended(connection: Connection, part: Job) -> Job | None:
    """Note that a part has ended: its facts are told of the whole, the next ones are made.

    Gives the job that it was a part of if that is to be queued again.
    """
    row = connection.execute(
        f"SELECT id FROM jobs WHERE number = ? {connection.for_update}",  # noqa: S608 - ours
        (part.parent,),
    ).fetchone()
    if row is None:
        return None  # purged
    job = records.require(connection, row[0])
    if job.state != "running":
        return None
    records.insert_facts(connection, job.number, [*_told(connection, job, part)])
    return None if _go_on(connection, job) else job


def _told(connection: Connection, job: Job, part: Job) -> Iterator[Fact]:
    """The facts of a part as facts of the whole."""
    done = _so_far(connection, job).pictures
    batch = _last(connection, job)
    own, total = batch["part"], len(orjson.loads(batch["names"]))
    found = connection.execute("SELECT data FROM facts WHERE job = ? ORDER BY seq", (part.number,))
    for row in found.fetchall():
        fact = orjson.loads(row[0])
        if fact["type"] == "node_finished" and fact["kind"] == own:
            origin = {name: fact[name] for name in _ORIGIN}
            yield {"type": "progress", **origin, "element": 0, "done": done, "total": total}
        elif fact["type"] not in _OF_PARTS_ALONE:
            yield fact


def _so_far(connection: Connection, job: Job) -> _SoFar:
    return _SoFar(
        *connection.execute(
            "SELECT count(*), coalesce(sum(ended - started), 0), coalesce(sum(pictures), 0) "
            "FROM jobs WHERE parent = ? AND state IN ('succeeded', 'failed')",
            (job.number,),
        ).fetchone()
    )


def _last(connection: Connection, job: Job) -> Any:
    """The row of what a job gave away last."""
    sql = "SELECT * FROM batches WHERE job = ? ORDER BY place DESC LIMIT 1"
    return connection.execute(sql, (job.number,)).fetchone()


def given_away(connection: Connection, job: Job) -> list[str]:
    """The nodes of a job whose pictures were given away; all of them were worked on."""
    sql = "SELECT node FROM batches WHERE job = ?"
    return [row[0] for row in connection.execute(sql, (job.number,))]


def gathered(connection: Connection, job: Job) -> Parts:
    """What came of the parts of a job."""
    sql = "SELECT outputs, warnings, problems, report FROM jobs WHERE parent = ? ORDER BY number"
    outputs: dict[str, Any] = {}
    warnings: dict[str, None] = {}
    problems: dict[bytes, Mapping[str, Any]] = {}
    shown: dict[str, Any] = {}
    for row in connection.execute(sql, (job.number,)).fetchall():
        outputs |= orjson.loads(row["outputs"])
        warnings |= dict.fromkeys(orjson.loads(row["warnings"]))
        for problem in orjson.loads(row["problems"]):  # what all parts fail on is told once
            problems.setdefault(orjson.dumps(problem), problem)
        shown |= orjson.loads(row["report"]).get("shown", {})
    return Parts(outputs, list(warnings), list(problems.values()), shown)


def open_parts(connection: Connection, number: int) -> list[Job]:
    """The parts of a job that have not ended."""
    sql = "SELECT * FROM jobs WHERE parent = ? AND ended IS NULL ORDER BY number"
    return [job_of(row) for row in connection.execute(sql, (number,)).fetchall()]


def _go_on(connection: Connection, job: Job) -> bool:
    """Make parts up to as many as may be open; False if none are left."""
    cancelled = connection.execute("SELECT cancel FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    row = _last(connection, job)
    names: list[str] = [] if cancelled else orjson.loads(row["names"])
    given: int = row["given"]
    is_open = len(open_parts(connection, job.number))
    so_far = _so_far(connection, job)
    most_open = min(_MOST_OPEN, _FIRST_OPEN + so_far.parts)
    while is_open < most_open and given < len(names):
        size = _size(so_far, len(names) - given)
        _make(connection, job, row, names[given : given + size], given)
        given, is_open = given + size, is_open + 1
    connection.execute(
        "UPDATE batches SET given = ? WHERE job = ? AND place = ?",
        (given, job.number, row["place"]),
    )
    return is_open > 0


def _size(so_far: _SoFar, left: int) -> int:
    """How many pictures the next part has: few while it is not known how long they take."""
    if not so_far.pictures:
        return 1
    in_a_second = so_far.pictures / max(so_far.seconds, 1e-3)
    fair = max(in_a_second, ceil(left / _FAIR_PARTS))  # the last are small, but no mere crumbs
    return max(1, int(min(fair, SECONDS * in_a_second, _MOST_PICTURES)))


def _make(connection: Connection, job: Job, batch: Any, names: list[str], first: int) -> None:
    """Queue one part."""
    whole = connection.execute("SELECT graph FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
    document = orjson.loads(whole)
    node = {"node": batch["part"], **orjson.loads(batch["inputs"]), "names": names, "first": first}
    graph = {**document, "nodes": {batch["node"]: node}, "outputs": {}}
    if bound := document.get("bound"):
        others = {*orjson.loads(batch["names"])}.difference(names)
        settings = node.get("settings", "")  # they may name one of the pictures, as the mask
        kept = [
            one
            for one in bound["names"]
            if one[0] != "picture" or one[1] not in others or one[1] in settings
        ]
        graph["bound"] = {**bound, "names": kept}
    like = NewJob({}, {}, client=job.client, size=job.size, priority=job.priority, rank=job.rank)
    written = orjson.dumps(graph)
    row = connection.execute(
        "INSERT INTO jobs (id, state, client, size, priority, rank, on_failure, created, graph, "
        "request, texts, bytes, turn, parent, pictures, most_running, models, uses) "
        "SELECT ?, 'queued', "
        "client, size, priority, rank, on_failure, created, ?, ?, texts, ?, ?, number, ?, "
        "most_running, models, uses FROM jobs WHERE id = ? RETURNING number",
        (
            secrets.token_hex(16),
            written,
            b"{}",
            len(written),
            records.next_turn(connection, like),
            len(names),
            job.id,
        ),
    ).fetchone()
    holds.note(connection, row[0], (written,))
