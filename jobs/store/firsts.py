"""Who is first in the queue of those that a worker can do, however many it cannot do.

The database finds jobs in order; which node types a worker has is judged here.
"""

from bisect import insort
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any, TypeVar

from paintgraph.engine.graph.uses import Use
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Size
from paintgraph.jobs.store.queries import GROUP, ORDER
from paintgraph.jobs.store.sets import USES

MOST_KNOWN = 4096
"""How many sets a process knows by number; it asks again for those that it has forgotten."""

_Known = TypeVar("_Known")
_PAGE = 1000  # rows that are judged at a time


class Served:
    """Which uses of node types a worker serves, by number; `serves` looks at each once."""

    def __init__(self, serves: Callable[[Sequence[Use]], bool]) -> None:
        self._serves = serves
        self._known = {0: True}

    def which(self, connection: Connection, numbers: Collection[int]) -> set[int]:
        """Those of some numbers whose uses it serves; one statement for all that are new."""
        new = {*numbers} - self._known.keys()
        uses = USES.some(connection, new) if new else {}
        known = self._known | {number: self._serves(uses.get(number, ())) for number in new}
        self._known = newest(known)
        return {number for number in numbers if known[number]}


def newest(known: dict[int, _Known]) -> dict[int, _Known]:
    """What is known without what was learnt long ago, if that is much; 0 is always known."""
    if len(known) <= MOST_KNOWN:
        return known
    left = islice(known.items(), len(known) - MOST_KNOWN // 2, None)
    return {0: known[0], **dict(left)}


@dataclass(frozen=True, slots=True)
class Able:
    """Which jobs a worker can do; by default any.

    Attributes:
        models: the sets of models that these may name, by number.
        served: which uses of node types.
        least: the lowest priority that is taken now.
        below: the priority that all are below that are taken now.
    """

    models: Sequence[int] | None = None
    served: Served | None = None
    least: int | None = None
    below: int | None = None


ANY = Able()


def first(connection: Connection, size: Size, able: Able = ANY, *, locked: bool = True) -> Any:
    """The row of the first job of a client that may have one more at work, or None.

    The first that a worker can do. It is `locked` for whoever takes it: others do not see it then.
    As many as there may be that he cannot take, they are not gone through one by one.
    """
    front = list(_able(connection, size, able, _FRONT))
    row = lock(connection, front) if locked else next(iter(front), None)
    if row is not None:
        return row
    alike = _able(connection, size, able, _ALIKE)
    head = next(alike, None)
    if head is None or not locked:
        return head
    row = lock(connection, [head])
    return row if row is not None else _next_to(connection, size, able, [head, *alike])


def lock(connection: Connection, rows: Sequence[Any]) -> Any:
    """The first of these rows, in order, that may be taken and that nobody else takes; or None."""
    if not rows or not connection.skip_locked:
        return rows[0] if rows else None
    marks = ", ".join("?" * len(rows))
    return connection.execute(
        f"{_rows_of(connection)} WHERE number IN ({marks}) AND state = 'queued' AND {_MAY_BEGIN} "
        f"ORDER BY {ORDER} LIMIT 1 {connection.skip_locked}",
        tuple(row["number"] for row in rows),
    ).fetchone()


def place(row: Any) -> tuple[int, int, float, int]:
    """What `ORDER` says of a row."""
    return -row["priority"], row["turn"], row["rank"], row["number"]


def among(sets: Sequence[int] | None) -> str:
    """A condition of SQL: that a row names one of these sets; each is a value of it."""
    if sets is None:
        return "TRUE"
    return f"models IN ({', '.join('?' * len(sets)) or 'NULL'})"


def _able(connection: Connection, size: Size, able: Able, those: str) -> Iterator[Any]:
    """The rows of those queued jobs that a worker can do, in order."""
    rows = _rows(connection, size, able, those)
    if able.least is not None:
        least = able.least
        rows = takewhile(lambda row: bool(row["priority"] >= least), rows)
    while page := list(islice(rows, _PAGE)):
        uses = {row["uses"] for row in page}
        served = able.served.which(connection, uses) if able.served else uses
        yield from (row for row in page if row["uses"] in served)


def _rows(connection: Connection, size: Size, able: Able, those: str) -> Iterator[Any]:
    """The same of all workers' that may begin, by pages."""
    conditions, line = [], list[int]()
    if able.models is not None and len(able.models) == 1:
        conditions, line = ["models = ?"], [*able.models]
    if able.below is not None:
        conditions, line = [*conditions, "priority < ?"], [*line, able.below]
    asked = those.replace("LINE", " AND ".join(conditions) or "TRUE")
    values = (*(size, *line) * those.count("size = ?"), *(able.models or ()))
    after: tuple[Any, ...] = ()
    while True:
        page = connection.execute(
            f"{_rows_of(connection)} WHERE number IN ({asked}) AND state = 'queued' "
            f"AND {among(able.models)} AND {_MAY_BEGIN} AND {_AFTER if after else 'TRUE'} "
            f"ORDER BY {ORDER} LIMIT {_PAGE}",
            (*values, *after),
        ).fetchall()
        yield from page
        if len(page) < _PAGE:
            return
        after = place(page[-1])


def _next_to(connection: Connection, size: Size, able: Able, ahead: list[Any]) -> Any:
    """The first, locked, where others take jobs at this moment; `ahead` are the first ones alike.

    Those that come after one that is taken go before what is alike in another way, if that is their
    turn.
    """

    def alike(row: Any, where: str, end: Any, lock: str) -> Any:
        least, bound = able.least, place(end) if end is not None else ()
        kind = [row[name] for name in ("models", "uses", "client", "most_running")]
        return connection.execute(
            f"{_rows_of(connection)} WHERE state = 'queued' AND size = ? AND models = ? "
            f"AND uses = ? AND client = ? AND most_running = ? AND {_MAY_BEGIN} "
            f"AND {where if bound else 'TRUE'} AND {'TRUE' if least is None else 'priority >= ?'} "
            f"ORDER BY {ORDER} LIMIT 1 {lock}",
            (size, *kind, *bound, *(() if least is None else (least,))),
        ).fetchone()

    while ahead:
        head, *ahead = ahead
        end = ahead[0] if ahead else None
        row = alike(head, _BEFORE, end, connection.skip_locked)
        if row is not None:
            return row
        later = end and alike(head, _AFTER, end, "")
        if later:
            insort(ahead, later, key=place)
    return None


def _rows_of(connection: Connection) -> str:
    columns = "number, client, most_running, models, uses, priority, turn, rank"
    return f"SELECT {columns}, {connection.now} - created AS waited FROM jobs"  # noqa: S608 - ours


_AFTER = "(-priority, turn, rank, number) > (?, ?, ?, ?)"
_BEFORE = _AFTER.replace(">", "<")

_MAY_BEGIN = (
    "(most_running = 0 OR most_running > (SELECT count(*) FROM jobs at_work WHERE "
    "at_work.state = 'running' AND at_work.worker IS NOT NULL AND at_work.client = jobs.client))"
)
"""That a job's client may have one more at work."""

_ALL = "SELECT number FROM jobs WHERE state = 'queued' AND size = ? AND LINE"

_FRONT = f"{_ALL} ORDER BY {ORDER} LIMIT 16"
"""The first jobs of all; most often one of these may begin."""

_ALIKE = (
    "WITH RECURSIVE firsts (number) AS ("  # noqa: S608 - ours
    f"SELECT ({_ALL} ORDER BY {GROUP} LIMIT 1) UNION ALL SELECT ({_ALL} "
    "AND (models, uses, client, most_running) >= "
    "(last.models + 0, last.uses + 0, last.client || '', last.most_running + 1) "
    f"ORDER BY {GROUP} LIMIT 1) FROM firsts JOIN jobs last ON last.number = firsts.number) "
    "SELECT number FROM firsts"
)
"""The first of all jobs that are alike in what decides who may take them; one look for each.

SQLite seeks a row in an index only by values that are no columns, and begins at what is equal.
"""
