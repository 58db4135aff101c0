"""Which models workers hold in memory, and what loading them costs.

A worker's row is written when it is about to load something, when it holds something else than was
told, and now and then while it lives. Without a row it holds nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from paintgraph.jobs.store.amortising import PAID_LOADS
from paintgraph.jobs.store.database import Connection

Models = frozenset[str]
"""Names of models with digests."""

NOTHING: Models = frozenset()

_FORGOTTEN_SECONDS = 3600.0
_LATELY = 4  # a new load counts for one part of so many


class Holders(NamedTuple):
    """Whether a worker's last load has paid for itself, and what each other live one holds."""

    is_paid: bool
    others: Sequence[Models]


def hold(
    connection: Connection, worker: str, models: Iterable[str], seconds: float, load: float = 0.0
) -> None:
    """Note what a worker holds, and lives for so long; `load` is how long it loads that first."""
    connection.execute(
        f"INSERT INTO holdings VALUES (?, ?, {connection.now} + ?, {connection.now} + ?) "  # noqa: S608 - ours
        "ON CONFLICT (worker) DO UPDATE SET models = excluded.models, lease = excluded.lease, "
        "paid = CASE WHEN excluded.paid > holdings.paid THEN excluded.paid ELSE holdings.paid END",
        (worker, orjson.dumps(sorted(models)), load * (1 + PAID_LOADS), seconds),
    )


def keep(connection: Connection, agent: str, seconds: float) -> None:
    """The workers of an agent live for so long from now."""
    sql = f"UPDATE holdings SET lease = {connection.now} + ? WHERE {_OF_AGENT}"  # noqa: S608 - ours
    connection.execute(sql, (seconds, *_of_agent(agent)))


def forget(connection: Connection, agent: str) -> None:
    """No worker of an agent lives; nor do those that were not heard of for an hour."""
    old = f"lease < {connection.now} - {_FORGOTTEN_SECONDS}"
    sql = f"DELETE FROM holdings WHERE {_OF_AGENT} OR {old}"  # noqa: S608 - ours
    connection.execute(sql, _of_agent(agent))


def holders(connection: Connection, worker: str) -> Holders:
    """What is known of a worker and all others."""
    is_paid, others = True, []
    sql = f"SELECT worker, models, paid <= {connection.now} FROM holdings "  # noqa: S608 - ours
    for row in connection.execute(f"{sql} WHERE lease >= {connection.now}").fetchall():
        if row[0] == worker:
            is_paid = bool(row[2])
        else:
            others.append(frozenset[str](orjson.loads(row[1])))
    return Holders(is_paid, others)


def loaded(connection: Connection, model: str, seconds: float) -> None:
    """Note that a worker has loaded a model, and for how long."""
    connection.execute(
        "INSERT INTO loads VALUES (?, 1, ?) ON CONFLICT (model) DO UPDATE SET "
        "times = loads.times + 1, seconds = loads.seconds + (excluded.seconds - loads.seconds) / ?",
        (model, seconds, _LATELY),
    )


def load_seconds(connection: Connection) -> dict[str, float]:
    """How long each model takes to load, as far as that is known."""
    rows = connection.execute("SELECT model, seconds FROM loads").fetchall()
    return {row[0]: row[1] for row in rows}


_OF_AGENT = "substr(worker, 1, ?) = ?"


def _of_agent(agent: str) -> tuple[int, str]:
    start = f"{agent}/"
    return len(start), start
