"""How much waits, in jobs and in the seconds that they will take."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from paintgraph.jobs.store.database import Connection, Database
from paintgraph.jobs.store.job import Size
from paintgraph.jobs.store.sets import MODELS

TARGET_SECONDS = 60.0
"""How long a job may wait before more workers are worth their cost."""

EXPECTED_SECONDS = (
    "coalesce((SELECT avg(ended - started) FROM (SELECT started, ended FROM jobs "
    "WHERE state = 'succeeded' AND size = line.size AND models = line.models "
    "AND NOT EXISTS (SELECT 1 FROM batches WHERE job = jobs.number) "
    "ORDER BY ended DESC LIMIT 20) lately), "
    "CASE line.size WHEN 'light' THEN 0.1 ELSE 10 END)"
)
"""An expression for how long a job of a `line`, a size and a set of models, takes: as lately.

Those that waited for their parts do not count.
"""

BACKLOG = (
    f"SELECT size, models, uses, queued, queued * {EXPECTED_SECONDS} AS seconds, "  # noqa: S608 - ours
    "(SELECT created FROM jobs WHERE number = line.earliest) AS since FROM ("
    "SELECT size, models, uses, count(*) AS queued, min(number) AS earliest FROM jobs "
    "WHERE state = 'queued' AND size IN ('heavy', 'light') GROUP BY size, models, uses) line"
)
"""What waits; with both sizes named, SQLite reads it in the order of an index, without a sort."""


class Waiting(NamedTuple):
    """Jobs of one size that wait, name the same models and use node types alike.

    `seconds` is how long they will take together, `since` when the first of them was accepted,
    `number` that of their set of models, `uses` that of their uses of node types.
    """

    size: Size
    models: tuple[str, ...]
    jobs: int
    seconds: float
    since: float
    number: int = 0
    uses: int = 0


class Loads(NamedTuple):
    """How often workers have loaded a model, and how many seconds that takes lately."""

    model: str
    times: int
    seconds: float


@dataclass(slots=True)
class Tally:
    """What one process has seen since it started.

    Attributes:
        claims: jobs that it claimed, by size.
        claim_seconds: how long it waited for all answers to its claims together.
        asked: how often it asked for a job.
        expired: claims of others that were not renewed, which it took back.
        stale: writes that were refused as the job was another worker's by then.
    """

    claims: Counter[Size] = field(default_factory=Counter)
    claim_seconds: float = 0.0
    asked: int = 0
    expired: int = 0
    stale: int = 0


class Backlog:
    """Reads how much waits. That costs a look at each queued job's place in an index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> list[Waiting]:
        """What waits, by size, models and uses of node types."""

        def read(connection: Connection) -> list[Waiting]:
            found = connection.execute(BACKLOG).fetchall()
            names = MODELS.some(connection, {row[1] for row in found})
            return [
                Waiting(
                    row["size"],
                    tuple(names.get(row["models"], ())),
                    row["queued"],
                    float(row["seconds"]),
                    row["since"],
                    row["models"],
                    row["uses"],
                )
                for row in found
            ]

        return self._database.read(read)

    def loads(self) -> list[Loads]:
        """How often models were loaded, by all workers."""
        sql = "SELECT model, times, seconds FROM loads ORDER BY model"
        return [Loads(*row) for row in self._database.read(lambda c: c.execute(sql).fetchall())]
