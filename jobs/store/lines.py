"""The lines of the queue: jobs of one size that name the same models, and who comes first in each.

What costs more than a look at an index is read at most once a second.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from paintgraph.engine.graph.uses import Use
from paintgraph.jobs.store import holdings
from paintgraph.jobs.store.amortising import Line, choose
from paintgraph.jobs.store.backlog import EXPECTED_SECONDS
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.holdings import Models
from paintgraph.jobs.store.job import Size
from paintgraph.jobs.store.queries import GROUP, ORDER
from paintgraph.jobs.store.sets import MODELS, USES

Policy = Callable[..., list[Line]]
"""As `choose`."""

_MOST_LINES = 64
_MOST_COUNTED = 1000  # jobs of a line: more than enough to be worth a load
_SECONDS = 1.0  # how old an answer may be


class Served:
    """Which uses of node types a worker serves, by number; `serves` looks at each once."""

    def __init__(self, serves: Callable[[Sequence[Use]], bool]) -> None:
        self._serves = serves
        self._known = {0: True}

    @property
    def others(self) -> list[int]:
        """Those that it does not serve, as far as it was asked."""
        return [number for number, serves in self._known.items() if not serves]

    def has(self, connection: Connection, number: int) -> bool:
        """Whether it serves the uses of this number."""
        if number not in self._known:
            self._known[number] = self._serves(USES.get(connection, number))
        return self._known[number]


@dataclass(frozen=True, slots=True)
class Able:
    """Which jobs a worker can do; by default any.

    Attributes:
        models: the sets of models that these may name, by number.
        served: which uses of node types.
    """

    models: Sequence[int] | None = None
    served: Served | None = None


ANY = Able()


class Lines:
    """The lines of a store, as one process sees them; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float], policy: Policy = choose) -> None:
        self._clock = clock
        self._policy = policy
        self._sets: dict[int, Models] = {0: holdings.NOTHING}
        self._loads: tuple[float, dict[str, float]] = (-_SECONDS, {})
        self._work: dict[tuple[Size, int], tuple[float, float]] = {}

    def models(self, connection: Connection, number: int) -> Models:
        """The models of a set by its number."""
        if number not in self._sets:
            self._sets[number] = frozenset(MODELS.get(connection, number))
        return self._sets[number]

    def known(self, number: int) -> Models:
        """The same where it was asked for before, else none."""
        return self._sets.get(number, holdings.NOTHING)

    def is_held(self, connection: Connection, number: int, held: Models) -> bool:
        """Whether a worker that holds these models loads nothing for this set."""
        return number == 0 or self.models(connection, number) <= held

    def load(self, connection: Connection, models: Models) -> float:
        """How long these models take to load, as far as that is known."""
        if self._clock() >= self._loads[0] + _SECONDS:
            self._loads = self._clock(), holdings.load_seconds(connection)
        return sum(self._loads[1].get(model, 0.0) for model in models)

    def chosen(
        self,
        connection: Connection,
        size: Size,
        worker: str,
        held: Models,
        able: Able,
    ) -> Any:
        """The row of the job that a worker takes next, locked; None if it takes none now.

        Jobs of a lower priority are taken only where it takes none of a higher one.
        """
        earliest = first(connection, size, able, locked=False)
        if earliest is None:
            return None
        if self.is_held(connection, earliest["models"], held):
            row = first(connection, size, replace(able, models=(earliest["models"],)))
            if row is not None:
                return row
        known = holdings.holders(connection, worker)
        numbers = {*_numbers(connection, size, able.models)} - {earliest["models"]}
        lines = (replace(able, models=(number,)) for number in numbers)
        firsts = (first(connection, size, line, locked=False) for line in lines)
        in_order = sorted((earliest, *filter(None, firsts)), key=_place)
        for _, same in groupby(in_order, key=lambda row: row["priority"]):
            rows = {row["models"]: row for row in same}
            left = [self._line(connection, size, row, held, known.others) for row in rows.values()]
            while left and (chosen := self._policy(left, is_paid=known.is_paid)):
                line = min(chosen, key=lambda line: _place(rows[line.models]))
                row = first(connection, size, replace(able, models=(line.models,)))
                if row is not None:
                    return row
                left.remove(line)  # others take all of it at this moment
        return None

    def _line(
        self,
        connection: Connection,
        size: Size,
        row: Any,
        held: Models,
        others: Sequence[Models],
    ) -> Line:
        models = self.models(connection, row["models"])
        return Line(
            row["models"],
            is_held=models <= held,
            waited=row["waited"],
            work=self._work_of(connection, size, row["models"]),
            holders=sum(models <= other for other in others),
            load=self.load(connection, models - held),
        )

    def _work_of(self, connection: Connection, size: Size, number: int) -> float:
        """How many seconds the jobs of a line will take together, or at least."""
        read_at, work = self._work.get((size, number), (-_SECONDS, 0.0))
        if self._clock() >= read_at + _SECONDS:
            work = expected_seconds(connection, size, number) * _count(connection, size, number)
            self._work[size, number] = self._clock(), work
        return work


def first(connection: Connection, size: Size, able: Able = ANY, *, locked: bool = True) -> Any:
    """The row of the first job of a client that may have one more at work, or None.

    The first that a worker can do. It is `locked` for whoever takes it: others do not see it then.
    As many as there may be that he cannot take, they are not gone through one by one.
    """
    lock = connection.skip_locked if locked else ""
    row = _first_of(connection, size, able, _FRONT, lock)
    if row is None:
        row = _first_of(connection, size, able, _ALIKE, lock)
    if row is None and lock and _first_of(connection, size, able, _ALIKE, "") is not None:
        row = _first_of(connection, size, able, _ALL, lock)  # others take those at this moment
    return row


def _first_of(connection: Connection, size: Size, able: Able, those: str, lock: str) -> Any:
    """The row of the first that a worker can do of those queued jobs."""
    line = "models = ?" if able.models is not None and len(able.models) == 1 else "TRUE"
    values = (size, *(able.models or ())) if line != "TRUE" else (size,)
    asked = those.replace("LINE", line)
    while True:
        others = able.served.others if able.served else ()
        row = connection.execute(
            f"SELECT number, client, most_running, models, uses, priority, turn, rank, "  # noqa: S608 - ours
            f"{connection.now} - created AS waited FROM jobs WHERE number IN ({asked}) "
            f"AND state = 'queued' AND {_among(able.models)} AND {_not(others)} AND {_MAY_BEGIN} "
            f"ORDER BY {ORDER} LIMIT 1 {lock}",
            (*values * those.count("size = ?"), *(able.models or ()), *others),
        ).fetchone()
        if row is None or not able.served or able.served.has(connection, row["uses"]):
            return row


def expected_seconds(connection: Connection, size: Size, number: int) -> float:
    """How long a job of a line takes, as the last ones did."""
    line = "(SELECT CAST(? AS text) AS size, CAST(? AS bigint) AS models) line"
    sql = f"SELECT {EXPECTED_SECONDS} FROM {line}"  # noqa: S608 - ours
    return float(connection.execute(sql, (size, number)).fetchone()[0])


def _count(connection: Connection, size: Size, number: int) -> int:
    row = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE state = 'queued' AND size = ? "
        "AND models = ? LIMIT ?) counted",
        (size, number, _MOST_COUNTED),
    ).fetchone()
    return int(row[0])


def _numbers(connection: Connection, size: Size, supports: Sequence[int] | None) -> Iterator[int]:
    """Sets of models that queued jobs name; one look at an index for each."""
    where = "FROM jobs WHERE state = 'queued' AND size = ?"
    rows = connection.execute(
        f"WITH RECURSIVE found(models) AS (SELECT min(models) {where} "  # noqa: S608 - ours
        f"UNION ALL SELECT (SELECT min(models) {where} AND models > found.models) "
        "FROM found WHERE found.models IS NOT NULL) "
        f"SELECT models FROM found WHERE models IS NOT NULL AND {_among(supports)} LIMIT ?",
        (size, size, *(supports or ()), _MOST_LINES),
    ).fetchall()
    return (row[0] for row in rows)


def _among(sets: Sequence[int] | None) -> str:
    """A condition of SQL: that a row names one of these sets; each is a value of it."""
    if sets is None:
        return "TRUE"
    return f"models IN ({', '.join('?' * len(sets)) or 'NULL'})"


def _not(uses: Sequence[int]) -> str:
    """A condition of SQL: that a row names none of these uses; each is a value of it."""
    return f"uses NOT IN ({', '.join('?' * len(uses))})" if uses else "TRUE"


def _place(row: Any) -> tuple[int, int, float, int]:
    """What `ORDER` says of a row."""
    return -row["priority"], row["turn"], row["rank"], row["number"]


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
