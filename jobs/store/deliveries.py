"""What is to be sent of jobs to addresses that clients named, until it has arrived or is given up.

A delivery is written with its job and falls due in the transaction that ends the job, so none is
lost with a process. Whoever sends one claims it for a while; if nobody settles it in that time, it
is due again: it may come twice then, under the same id.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from paintgraph.jobs.store.database import Connection, Database
from paintgraph.jobs.store.job import Webhook

DeliveryState = Literal["waiting", "pending", "delivered", "failed"]
"""Waiting for the job to end; to be sent or sent again; arrived; given up."""
DELIVERY_STATES: tuple[DeliveryState, ...] = ("waiting", "pending", "delivered", "failed")

LEASE_SECONDS = 20.0
"""How long a delivery is whose who claimed it; longer than sending may take."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message about the end of a job. Times are seconds since 1970.

    Attributes:
        id: what the receiver knows it by, however often it comes.
        job: id of the job.
        attempts: how often it was claimed; only who claimed it last may settle it.
        since: when the present tries began: at the job's end, or when it was wished again.
        due: when the next try is.
        ended: when it arrived or was given up.
        status, message: the last answer's status, and what was wrong with it.
    """

    number: int
    id: str
    job: str
    url: str
    state: DeliveryState
    attempts: int
    since: float | None
    due: float | None
    ended: float | None
    status: int | None
    message: str
    secret: str = field(repr=False)


class Deliveries:
    """The deliveries of a store. Coroutines return once what they wrote is on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, now: float, most: int) -> list[Delivery]:
        """Take what is due, the longest due first; it is the caller's for `LEASE_SECONDS`."""

        def update(connection: Connection) -> list[Delivery]:
            due = (
                "SELECT number FROM deliveries WHERE state = 'pending' AND due <= ? "  # noqa: S608 - our names
                f"ORDER BY due LIMIT ? {connection.skip_locked}"
            )
            taken = connection.execute(
                "UPDATE deliveries SET attempts = attempts + 1, due = ? "  # noqa: S608 - our names
                f"WHERE number IN ({due}) RETURNING number",
                (now + LEASE_SECONDS, now, most),
            ).fetchall()
            numbers = [row[0] for row in taken]
            marks = ", ".join("?" * len(numbers)) or "NULL"
            return _found(connection, f"d.number IN ({marks}) ORDER BY d.number", numbers)

        return await asyncio.wrap_future(self._database.write(update))

    async def settle(  # noqa: PLR0913 - what a try tells
        self,
        delivery: Delivery,
        state: DeliveryState,
        now: float,
        *,
        due: float | None = None,
        status: int | None = None,
        message: str = "",
    ) -> None:
        """Write down what came of a try; nothing if somebody else has claimed it since."""

        def update(connection: Connection) -> None:
            ended = None if state == "pending" else now
            connection.execute(
                "UPDATE deliveries SET state = ?, due = ?, ended = ?, status = ?, message = ? "
                "WHERE number = ? AND attempts = ? AND state = 'pending'",
                (state, due, ended, status, message, delivery.number, delivery.attempts),
            )

        await asyncio.wrap_future(self._database.write(update))

    async def again(self, id_: str, now: float) -> Delivery | None:
        """Let a delivery be sent now, whatever came of it; None for an unknown one.

        One whose job has not ended stays as it is.
        """

        def update(connection: Connection) -> Delivery | None:
            connection.execute(
                "UPDATE deliveries SET state = 'pending', since = ?, due = ?, ended = NULL "
                "WHERE id = ? AND state != 'waiting'",
                (now, now, id_),
            )
            return next(iter(_found(connection, "d.id = ?", (id_,))), None)

        return await asyncio.wrap_future(self._database.write(update))

    def next_due(self) -> float | None:
        """When something is to be sent next, or None."""
        sql = "SELECT min(due) FROM deliveries WHERE state = 'pending'"
        due: float | None = self._database.read(lambda c: c.execute(sql).fetchone())[0]
        return due

    def get(self, id_: str) -> Delivery | None:
        """A delivery by id, or None."""
        found = self._database.read(lambda c: _found(c, "d.id = ?", (id_,)))
        return found[0] if found else None

    def page(
        self,
        *,
        owner: str | None = None,
        job: str | None = None,
        state: DeliveryState | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Delivery]:
        """Deliveries from newest to oldest, below `before`: of one client, job, state."""
        wished = {
            "j.client = ?": owner,
            "j.id = ?": job,
            "d.state = ?": state,
            "d.number < ?": before,
        }
        conditions = [sql for sql, value in wished.items() if value is not None]
        values = [value for value in wished.values() if value is not None]
        where = " AND ".join(["TRUE", *conditions])
        sql = f"{where} ORDER BY d.number DESC LIMIT ?"
        return self._database.read(lambda c: _found(c, sql, (*values, limit)))


def add(connection: Connection, job: int, webhook: Webhook) -> None:
    """Note that the end of a job is to be sent somewhere."""
    connection.execute(
        "INSERT INTO deliveries (id, job, url, secret, state) VALUES (?, ?, ?, ?, 'waiting')",
        (f"msg_{secrets.token_hex(16)}", job, webhook.url, webhook.secret),
    )


def fall_due(connection: Connection, job: int, now: float) -> None:
    """The job has ended: what was to be sent of it is due."""
    connection.execute(
        "UPDATE deliveries SET state = 'pending', since = ?, due = ? "
        "WHERE job = ? AND state = 'waiting'",
        (now, now, job),
    )


def _found(connection: Connection, where: str, values: Sequence[Any]) -> list[Delivery]:
    sql = (
        "SELECT d.number, d.id, j.id AS job, d.url, d.state, d.attempts, d.since, d.due, d.ended, "  # noqa: S608 - our names
        "d.status, d.message, d.secret FROM deliveries d JOIN jobs j ON j.number = d.job "
        f"WHERE {where}"
    )
    return [Delivery(*row) for row in connection.execute(sql, values)]
