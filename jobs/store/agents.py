"""Who works for a store: a row for each worker, which counts as alive until its lease ends.

And what workers differ in: the models that are there, and the node types.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from paintgraph.base.errors import Error
from paintgraph.engine.graph.uses import Use
from paintgraph.jobs.store import holdings
from paintgraph.jobs.store.database import Connection, Database
from paintgraph.jobs.store.job import Size
from paintgraph.jobs.store.sets import MODELS, USES

PROTOCOL = 1
"""What this paintgraph's agents understand of a store. A migration that older ones must not work
with raises `oldest` in the table `protocol`."""

_FORGOTTEN_SECONDS = 3600.0  # how long those are told of that were lost


class OutdatedAgentError(Error):
    """The store is used by servers that this paintgraph's agents are too old for."""

    code = "agent_too_old"


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker of an agent.

    Attributes:
        id: as jobs name it that it has: "AGENT/WORKER".
        host: the machine's name.
        size: which jobs it takes.
        supports: the sets of models that it can serve, by number; 0 is no model.
        nodes: the digest of its node types; empty until it has told them.
        protocol, version: of its paintgraph.
        is_alive: whether it was heard of within its lease.
    """

    id: str
    host: str
    size: Size
    supports: Sequence[int] = (0,)
    nodes: str = ""
    protocol: int = PROTOCOL
    version: str = ""
    is_alive: bool = True


class ModelSet(NamedTuple):
    """The models that a job names: names with digests, in order."""

    number: int
    models: tuple[str, ...]


class Agents:
    """The workers of a store, and what they can do. Times are the database's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, agent: str, workers: Sequence[Worker], seconds: float) -> set[str]:
        """These are the workers of an agent, alive for so long from now; it has no others.

        Gives the digests of their node types that are not kept, as nobody had named them for long.
        Raises OutdatedAgentError for an agent that may not work for the store.
        """
        told = {each.nodes for each in workers if each.nodes}

        def update(connection: Connection) -> set[str]:
            check_protocol(connection)
            _remove(connection, agent)
            if not workers:
                holdings.forget(connection, agent)
            connection.executemany(
                "INSERT INTO agents (id, agent, host, size, supports, nodes, protocol, version, "  # noqa: S608 - ours
                f"lease) VALUES (?, ?, ?, ?, ?, ?, ?, ?, {connection.now} + ?)",
                [
                    (
                        each.id,
                        agent,
                        each.host,
                        each.size,
                        orjson.dumps(list(each.supports)),
                        each.nodes,
                        each.protocol,
                        each.version,
                        seconds,
                    )
                    for each in workers
                ],
            )
            connection.execute(
                f"DELETE FROM agents WHERE lease < {connection.now} - ?",  # noqa: S608 - ours
                (_FORGOTTEN_SECONDS,),
            )
            marks = ", ".join("?" * len(told)) or "NULL"
            sql = f"SELECT digest FROM node_sets WHERE digest IN ({marks})"  # noqa: S608 - ours
            return told - {row[0] for row in connection.execute(sql, tuple(told)).fetchall()}

        return await asyncio.wrap_future(self._database.write(update))

    async def leave(self, agent: str) -> None:
        """An agent has ended."""
        await asyncio.wrap_future(self._database.write(lambda c: _remove(c, agent)))

    def all(self) -> list[Worker]:
        """Those that are alive, and those that were lost within an hour."""
        return self._database.read(lambda c: _workers(c, "TRUE"))

    def alive(self) -> list[Worker]:
        """Those that are alive."""
        return self._database.read(lambda c: _workers(c, f"lease >= {c.now}"))

    def at_work(self) -> set[str]:
        """The agents that have jobs."""
        sql = "SELECT DISTINCT worker FROM jobs WHERE state = 'running' AND worker IS NOT NULL"
        rows = self._database.read(lambda c: c.execute(sql).fetchall())
        return {row[0].partition("/")[0] for row in rows}

    def model_sets(self, after: int = 0) -> list[ModelSet]:
        """The sets of models that jobs name, or named lately, of numbers higher than `after`."""
        found = self._database.read(lambda c: MODELS.after(c, after))
        return [ModelSet(number, tuple(models)) for number, models in found.items()]

    def numbers(self) -> set[int]:
        """The numbers of all these sets."""
        return self._database.read(MODELS.numbers)

    def models(self, number: int) -> Sequence[str]:
        """The models of a set."""
        found: Sequence[str] = self._database.read(lambda c: MODELS.get(c, number))
        return found

    def uses(self, number: int) -> Sequence[Use]:
        """How the jobs that name this number use node types."""
        found: Sequence[Use] = self._database.read(lambda c: USES.get(c, number))
        return found

    async def keep_nodes(self, document: Mapping[str, Any]) -> str:
        """Keep what a worker says of its node types, as plain data; gives its digest."""
        text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        digest = blake2b(text, digest_size=16).hexdigest()

        def update(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO node_sets (digest, made, document, used) "  # noqa: S608 - ours
                f"VALUES (?, {connection.now}, ?, {connection.now}) "
                "ON CONFLICT (digest) DO UPDATE SET used = excluded.used",
                (digest, text),
            )

        await asyncio.wrap_future(self._database.write(update))
        return digest

    def newest_nodes(self) -> list[str]:
        """The digests of the newest node types that live workers of each size serve, newest first.

        Heavy ones know more than light ones of the same paintgraph.
        """

        def read(connection: Connection) -> Any:
            return connection.execute(
                "SELECT digest, size FROM node_sets JOIN agents ON agents.nodes = digest "  # noqa: S608 - ours
                f"WHERE lease >= {connection.now} ORDER BY made DESC, size"
            ).fetchall()

        newest: dict[str, str] = {}
        for row in self._database.read(read):
            newest.setdefault(row[1], row[0])
        return [*dict.fromkeys(newest.values())]

    def nodes(self, digest: str) -> dict[str, Any] | None:
        """What was kept under a digest, or None."""
        sql = "SELECT document FROM node_sets WHERE digest = ?"
        row = self._database.read(lambda c: c.execute(sql, (digest,)).fetchone())
        if row is None:
            return None
        document: dict[str, Any] = orjson.loads(row[0])
        return document


def check_protocol(connection: Connection) -> None:
    """Raise OutdatedAgentError if this paintgraph's agents may not work for the store."""
    (oldest,) = connection.execute("SELECT oldest FROM protocol").fetchone()
    if oldest > PROTOCOL:
        raise OutdatedAgentError(
            f"this paintgraph's workers speak protocol {PROTOCOL}; the job store takes {oldest} or "
            "newer, as a newer paintgraph uses it. Install that one here: pip install --upgrade "
            "paintgraph."
        )


def _remove(connection: Connection, agent: str) -> None:
    connection.execute("DELETE FROM agents WHERE agent = ?", (agent,))


def _workers(connection: Connection, which: str) -> list[Worker]:
    """The workers for whom a condition of SQL holds."""
    alive = f"lease >= {connection.now} AS is_alive"
    sql = f"SELECT *, {alive} FROM agents WHERE {which} ORDER BY id"  # noqa: S608 - ours
    return [_worker(row) for row in connection.execute(sql).fetchall()]


def _worker(row: Any) -> Worker:
    return Worker(
        row["id"],
        row["host"],
        row["size"],
        tuple(orjson.loads(row["supports"])),
        row["nodes"],
        row["protocol"],
        row["version"],
        bool(row["is_alive"]),
    )
