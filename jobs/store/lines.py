"""The lines of the queue: jobs of one size that name the same models, and who comes first in each.

What costs more than a look at an index is read at most once a second.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from paintgraph.jobs.store import holdings
from paintgraph.jobs.store.amortising import Line, choose
from paintgraph.jobs.store.backlog import EXPECTED_SECONDS
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.firsts import MOST_KNOWN, Able, among, first, lock, newest, place
from paintgraph.jobs.store.holdings import Models
from paintgraph.jobs.store.job import Size
from paintgraph.jobs.store.sets import MODELS

Policy = Callable[..., list[Line]]
"""As `choose`."""

_MOST_LINES = 64
_MOST_LOOKED_AT = 256  # lines, for those; the clients of some may all be at their bounds
_MOST_COUNTED = 1000  # jobs of a line: more than enough to be worth a load
_SECONDS = 1.0  # how old an answer may be


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
        return self._models_of(connection, (number,))[number]

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
            row = lock(connection, [earliest])
            if row is None:  # another takes it at this moment
                alike = replace(able, models=(earliest["models"],), least=earliest["priority"])
                row = first(connection, size, alike)
            if row is not None:
                return row
        known = holdings.holders(connection, worker)
        ahead = self._firsts(connection, size, earliest, held, able)
        while ahead:
            priority = max(row["priority"] for row in ahead)
            now = sorted((row for row in ahead if row["priority"] == priority), key=place)
            ahead = [row for row in ahead if row["priority"] < priority]
            rows = {row["models"]: row for row in now}
            left = [self._line(connection, size, row, held, known.others) for row in rows.values()]
            while left and (chosen := self._policy(left, is_paid=known.is_paid)):
                line = min(chosen, key=lambda line: place(rows[line.models]))
                of_line = replace(able, models=(line.models,))
                row = first(connection, size, replace(of_line, least=priority))
                if row is not None:
                    return row
                left.remove(line)  # others take all of it at this moment
                lower = first(connection, size, replace(of_line, below=priority), locked=False)
                ahead += [lower] if lower is not None else []
        return None

    def _firsts(
        self, connection: Connection, size: Size, earliest: Any, held: Models, able: Able
    ) -> list[Any]:
        """The first jobs of lines that a worker can do; of its own, if those are very many."""
        numbers = _numbers(connection, size, able) - {earliest["models"]}
        models = self._models_of(connection, numbers)
        own_first = sorted(numbers, key=lambda number: (not models[number] <= held, number))
        lines = (replace(able, models=(number,)) for number in own_first[:_MOST_LOOKED_AT])
        firsts = (first(connection, size, line, locked=False) for line in lines)
        return [earliest, *islice(filter(None, firsts), _MOST_LINES)]

    def _models_of(self, connection: Connection, numbers: Collection[int]) -> dict[int, Models]:
        """The models of sets by their numbers; one statement for all that are new."""
        new = {*numbers} - self._sets.keys()
        found = MODELS.some(connection, new) if new else {}
        sets = self._sets | {number: frozenset(found.get(number, ())) for number in new}
        self._sets = newest(sets)
        return {number: sets[number] for number in numbers}

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
            if len(self._work) >= MOST_KNOWN:
                self._work.clear()
            self._work[size, number] = self._clock(), work
        return work


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


def _numbers(connection: Connection, size: Size, able: Able) -> set[int]:
    """Sets of models that queued jobs name which a worker has the node types for.

    One look at an index for each that is used in another way.
    """
    where = "FROM jobs WHERE state = 'queued' AND size = ?"
    least = f"{where} ORDER BY size, models, uses LIMIT 1"
    ahead = f"{where} AND (models, uses) > (found.models + 0, found.uses + 0)"
    rows = connection.execute(
        f"WITH RECURSIVE found(models, uses) AS (SELECT * FROM (SELECT models, uses {least}) least "  # noqa: S608 - ours
        f"UNION ALL SELECT next.models, next.uses FROM found JOIN jobs next ON next.number = "
        f"(SELECT number {ahead} ORDER BY size, models, uses LIMIT 1)) "
        f"SELECT models, uses FROM found WHERE {among(able.models)}",
        (size, size, *(able.models or ())),
    ).fetchall()
    uses = {row[1] for row in rows}
    served = able.served.which(connection, uses) if able.served else uses
    return {row[0] for row in rows if row[1] in served}
