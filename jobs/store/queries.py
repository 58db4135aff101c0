"""What is asked of stored jobs: by id, page by page, their facts, how many there are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple, ParamSpec

import orjson

from paintgraph.jobs.store.database import Database, Result, StoreError
from paintgraph.jobs.store.job import EVERY_JOB, Fact, Filter, Job, Report, Size, State

Given = ParamSpec("Given")
Document = Literal["graph", "request", "extra", "texts"]


class Reported(NamedTuple):
    """A job, its request in JSON, what it showed, and whether its door's list has it."""

    job: Job
    request: bytes
    report: Report
    is_listed: bool


class Queued(NamedTuple):
    """Jobs of one client and size that wait: how many, and of how many bytes together."""

    client: str
    size: Size
    jobs: int
    bytes: int


ORDER = "priority DESC, turn, rank, number"
"""Who is next; there is an index of it."""

GROUP = f"models, uses, client, most_running, {ORDER}"
"""The same within jobs that are alike in what decides who may take them; as an index."""

_BEFORE = (
    "(b.priority > jobs.priority OR (b.priority = jobs.priority "
    "AND (b.turn, b.rank, b.number) < (jobs.turn, jobs.rank, jobs.number)))"
)


class JobQueries:
    """Reads what is committed; with an owner, of this client's jobs alone."""

    def __init__(self, database: Database, owner: str | None = None) -> None:
        self._database = database
        self._owner = owner

    def of(self, owner: str | None) -> "JobQueries":
        """The same for the jobs of one client; None: for everybody's."""
        return self if owner == self._owner else JobQueries(self._database, owner)

    async def offload(
        self, read: Callable[Given, Result], *values: Given.args, **options: Given.kwargs
    ) -> Result:
        """What a function gives that reads, for event loops: these wait for no other machine."""
        return await self._database.offload(partial(read, *values, **options))

    @property
    def _mine(self) -> tuple[str, tuple[str, ...]]:
        """A condition on rows, and its values."""
        return ("TRUE", ()) if self._owner is None else ("client = ?", (self._owner,))

    def get(self, job_id: str) -> Job | None:
        """A job by id, or None."""
        mine, owner = self._mine
        sql = f"SELECT * FROM jobs WHERE id = ? AND {mine}"  # noqa: S608 - our names
        row = self._database.read(lambda c: c.execute(sql, (job_id, *owner)).fetchone())
        return None if row is None else job_of(row)

    def numbered(self, number: int) -> Job | None:
        """A job by its number, or None."""
        sql = "SELECT * FROM jobs WHERE number = ?"
        row = self._database.read(lambda c: c.execute(sql, (number,)).fetchone())
        return None if row is None else job_of(row)

    def document(self, job_id: str, which: Document = "graph") -> bytes | None:
        """A document of a job in JSON: its bound graph, its request, what came beside it, or texts.

        None without a job, and where what the store has of it is damaged.
        """
        row = self._database.read(
            lambda c: c.execute(f"SELECT {which} FROM jobs WHERE id = ?", (job_id,)).fetchone()  # noqa: S608 - our names
        )
        return None if row is None else _sound(row[0])

    def texts(self, job_id: str) -> dict[str, str]:
        """What a job's pictures carry of how they were made, by key; nothing for an unknown job."""
        texts: dict[str, str] = orjson.loads(self.document(job_id, "texts") or b"{}")
        return texts

    def page(
        self, meant: Filter = EVERY_JOB, *, before: int | None = None, limit: int = 50
    ) -> list[Job]:
        """Those of the jobs that are meant, from newest to oldest, below number `before`."""
        mine, owner = self._mine
        conditions, values = [mine, "parent IS NULL"], list[Any](owner)
        if before is not None:
            conditions.append("number < ?")
            values.append(before)
        for condition, given in _conditions(meant):
            conditions.append(condition)
            values += given
        where = " AND ".join(conditions)
        tagged = "tags JOIN jobs ON jobs.number = tags.job" if meant.tag else "jobs"
        sql = f"SELECT jobs.* FROM {tagged} WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608 - our names
        rows = self._database.read(lambda c: c.execute(sql, (*values, limit)).fetchall())
        return [job_of(row) for row in rows]

    def of_door(  # noqa: PLR0913 - what can be asked for
        self,
        door: str,
        states: Sequence[State],
        *,
        since: float = 0.0,
        until: float | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Job]:
        """Jobs of one door in some states, accepted in a time, from newest to oldest."""
        marks = ", ".join("?" * len(states))
        mine, owner = self._mine
        sql = (
            f"SELECT * FROM jobs WHERE {mine} AND door = ? AND state IN ({marks}) AND created >= ? "  # noqa: S608 - marks
            "AND created <= coalesce(?, created) ORDER BY number DESC LIMIT ? OFFSET ?"
        )
        values = (*owner, door, *states, since, until, limit, offset)
        rows = self._database.read(lambda c: c.execute(sql, values).fetchall())
        return [job_of(row) for row in rows]

    def counts_of_door(self, door: str) -> dict[str, int]:
        """How many jobs of one door are in each state."""
        mine, owner = self._mine
        sql = f"SELECT state, count(*) FROM jobs WHERE {mine} AND door = ? GROUP BY state"  # noqa: S608 - our names
        rows = self._database.read(lambda c: c.execute(sql, (*owner, door)).fetchall())
        return {row[0]: row[1] for row in rows}

    def named(self, door: str, name: str) -> Job | None:
        """The newest job that a door's clients call so, or None."""
        mine, owner = self._mine
        where = f"{mine} AND door = ? AND name = ?"
        sql = f"SELECT * FROM jobs WHERE {where} ORDER BY number DESC LIMIT 1"  # noqa: S608 - our names
        row = self._database.read(lambda c: c.execute(sql, (*owner, door, name)).fetchone())
        return None if row is None else job_of(row)

    def has_published(self, path: str) -> bool:
        """Whether one of the jobs made a file, by "folder/path in it"."""
        mine, owner = self._mine
        joined = "published p JOIN jobs j ON j.number = p.job"
        sql = f"SELECT 1 FROM {joined} WHERE p.path = ? AND {mine}"  # noqa: S608 - our names
        return self._database.read(lambda c: c.execute(sql, (path, *owner)).fetchone()) is not None

    def reported(self, job: Job) -> Reported:
        """An ended job with what came in and what it showed."""
        sql = "SELECT * FROM jobs WHERE number = ?"
        row = self._database.read(lambda c: c.execute(sql, (job.number,)).fetchone())
        return _reported(row)

    def history(
        self, door: str, *, limit: int, offset: int = 0, newest_first: bool = True
    ) -> list[Reported]:
        """Jobs of a door's list that were begun and have ended, in the order of their ends."""
        order = "DESC" if newest_first else "ASC"
        mine, owner = self._mine
        sql = (
            f"SELECT * FROM jobs WHERE {mine} AND door = ? AND is_listed = 1 AND ended IS NOT NULL "  # noqa: S608 - our names
            f"AND started IS NOT NULL ORDER BY ended {order} LIMIT ? OFFSET ?"
        )
        values = (*owner, door, limit, offset)
        rows = self._database.read(lambda c: c.execute(sql, values).fetchall())
        return [_reported(row) for row in rows if _sound(row["request"])]

    def listed(  # noqa: PLR0913 - what can be asked for
        self,
        door: str,
        states: Sequence[State],
        *,
        workflow: str | None = None,
        by: Literal["created", "duration"] = "created",
        newest_first: bool = True,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[tuple[Job, Report]], int]:
        """A page of a door's list, and how many entries it has in all.

        Left out are jobs that were cancelled before they began.
        """
        marks = ", ".join("?" * len(states))
        mine, owner = self._mine
        where = (
            f"{mine} AND door = ? AND is_listed = 1 AND state IN ({marks}) "
            "AND (ended IS NULL OR started IS NOT NULL)"
        )
        values: list[Any] = [*owner, door, *states]
        if workflow is not None:
            where, values = f"{where} AND workflow = ?", [*values, workflow]
        order = "number" if by == "created" else "coalesce(ended - started, 0)"
        columns = ", ".join((*_PLAIN, *_PARSED, "report"))
        sql = (
            f"SELECT {columns} FROM jobs WHERE {where} "  # noqa: S608 - our names and marks
            f"ORDER BY {order} {'DESC' if newest_first else 'ASC'} LIMIT ? OFFSET ?"
        )
        count = f"SELECT count(*) FROM jobs WHERE {where}"  # noqa: S608 - as above
        rows = self._database.read(lambda c: c.execute(sql, (*values, limit, offset)).fetchall())
        total = self._database.read(lambda c: c.execute(count, values).fetchone()[0])
        return [(job_of(row), orjson.loads(row["report"])) for row in rows], total

    def highest_rank(self, door: str, *, is_open: bool = False) -> float:
        """The highest rank that a job of a door ever had, or one that is open; 0 without any."""
        sql = "SELECT max(rank) FROM jobs WHERE door = ?"
        sql = f"{sql} AND ended IS NULL" if is_open else sql
        row = self._database.read(lambda c: c.execute(sql, (door,)).fetchone())
        return row[0] or 0.0

    def facts(self, job: Job, after: int = 0, limit: int = 1000) -> list[tuple[int, Fact]]:
        """A job's facts with their numbers, in order, beyond number `after`."""
        rows = self._database.read(
            lambda c: c.execute(
                "SELECT seq, data FROM facts WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?",
                (job.number, after, limit),
            ).fetchall()
        )
        return [(row["seq"], orjson.loads(row["data"])) for row in rows]

    def ended_since(self, time: float) -> list[tuple[float, float | None, float]]:
        """When jobs were accepted, started and ended that ended after a time, in that order."""
        rows = self._database.read(
            lambda c: c.execute(
                "SELECT created, started, ended FROM jobs WHERE ended > ? ORDER BY ended", (time,)
            ).fetchall()
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def open_of(self, door: str, state: State) -> list[Job]:
        """The jobs of a door that wait, or that are at work: those of lower rank first."""
        sql = (
            "SELECT * FROM jobs WHERE ended IS NULL AND door = ? AND state = ? "
            "ORDER BY rank, number"
        )
        rows = self._database.read(lambda c: c.execute(sql, (door, state)).fetchall())
        return [job_of(row) for row in rows]

    def count_open(self, door: str, owner: str | None = None) -> int:
        """How many jobs of a door wait or are at work; with an owner, of this client's."""
        sql = "SELECT count(*) FROM jobs WHERE ended IS NULL AND door = ?"
        mine = () if owner is None else (owner,)
        sql, values = (f"{sql} AND client = ?" if mine else sql), (door, *mine)
        return int(self._database.read(lambda c: c.execute(sql, values).fetchone())[0])

    def cancelling(self) -> list[str]:
        """The ids of the jobs at work that somebody wants ended."""
        sql = "SELECT id FROM jobs WHERE state = 'running' AND cancel = 1"
        return [row[0] for row in self._database.read(lambda c: c.execute(sql).fetchall())]

    def waiting(self) -> list[Queued]:
        """What waits, added up by client and size; parts of jobs do not count."""
        sql = (
            "SELECT client, size, count(*), sum(bytes) FROM jobs WHERE state = 'queued' "
            "AND parent IS NULL AND size IN ('heavy', 'light') GROUP BY size, client"
        )
        rows = self._database.read(lambda c: c.execute(sql).fetchall())
        return [Queued(*row) for row in rows]

    def before(self, job: Job) -> int | None:
        """How many queued jobs come before this one; None if it does not wait."""
        sql = (
            "SELECT state, (SELECT count(*) FROM jobs b WHERE b.state = 'queued' "  # noqa: S608 - ours
            f"AND b.size = jobs.size AND {_BEFORE}) FROM jobs WHERE id = ?"
        )
        row = self._database.read(lambda c: c.execute(sql, (job.id,)).fetchone())
        return int(row[1]) if row is not None and row[0] == "queued" else None

    def places(self, size: Size) -> dict[str, int]:
        """How many queued jobs of a size come before each, by id."""
        sql = f"SELECT id FROM jobs WHERE state = 'queued' AND size = ? ORDER BY {ORDER}"  # noqa: S608 - ours
        rows = self._database.read(lambda c: c.execute(sql, (size,)).fetchall())
        return {row[0]: place for place, row in enumerate(rows)}

    def version(self) -> int:
        """How many migrations the tables have seen; a newer paintgraph adds some."""
        return self._database.read(lambda connection: connection.version())

    def fault(self) -> str | None:
        """Why the store cannot be asked now, or None."""
        try:
            self.version()
        except StoreError as error:
            return str(error)
        return None

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state."""
        rows = self._database.read(
            lambda c: c.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall()
        )
        return {row[0]: row[1] for row in rows}


def _conditions(meant: Filter) -> Iterator[tuple[str, Sequence[Any]]]:
    """What rows have to be, each with an index of its own, and the values in it."""
    if meant.state is not None:
        yield "state = ?", (meant.state,)
    if meant.recipe:
        yield "recipe = ? AND recipe != ''", (meant.recipe,)
    if meant.tag:
        yield "tags.tag = ?", (meant.tag,)
    for column, span in (("created", meant.created), ("ended", meant.ended)):
        if span is not None:
            yield _within(column), (*span, *span, *span)


def _within(column: str) -> str:
    """That a time lies in a span, which is given three times.

    Jobs are passed through by their numbers, so these are bounded, too: times rise with numbers,
    but for what clocks and long jobs do.
    """
    inside = f"{column} >= ? AND {column} < ?"
    numbers = f"FROM jobs WHERE {inside}"
    return (
        f"number BETWEEN (SELECT min(number) {numbers}) AND (SELECT max(number) {numbers}) "
        f"AND {inside}"
    )


def _reported(row: Any) -> Reported:
    report = orjson.loads(_sound(row["report"]) or b"{}")
    request = _sound(row["request"]) or b"{}"
    return Reported(job_of(row), request, report, bool(row["is_listed"]))


def _sound(document: bytes | str) -> bytes | None:
    """A document in JSON as it was written; None if it is damaged."""
    try:
        orjson.loads(document)
    except ValueError:
        return None
    return document.encode() if isinstance(document, str) else bytes(document)


def job_of(row: Any) -> Job:
    """The job in a row with every column; what is damaged in it is one of its problems."""
    plain = {name: row[name] for name in _PLAIN}
    parsed: dict[str, Any] = {}
    for name, empty in _PARSED.items():
        try:
            parsed[name] = orjson.loads(row[name])
        except ValueError:
            parsed[name] = empty
            parsed["problems"] = [*parsed["problems"], damaged(name)]
    return Job(**plain, **parsed)


def damaged(name: str) -> dict[str, Any]:
    """The problem of a job whose row is damaged."""
    message = f"what the store has of its {name} is damaged. Run it again."
    return {"code": "damaged_row", "node": None, "message": message}


_PLAIN = (
    "id", "number", "state", "client", "size", "priority", "created", "started", "ended", "fence",
    "worker", "bytes", "door", "name", "rank", "turn", "on_failure", "workflow",
    "recipe", "parent", "models", "uses",
)  # fmt: skip
_PARSED: Mapping[str, Any] = {
    "problems": (), "outputs": {}, "warnings": (), "deaths": {}, "tags": (),
}  # fmt: skip
"""Columns in JSON, and what stands for a damaged one; problems come first."""
