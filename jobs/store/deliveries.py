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
    """One message about the end of a job. Times are seconds since 1970, by the database's clock.

    Attributes:
        id: what the receiver knows it by, however often it comes.
        job: id of the job.
        attempts: how often it was claimed; only who claimed it last may settle it.
        since: when the present tries began: at the job's end, or when it was wished again.
        due: when the next try is.
        ended: when it arrived or was given up.
        status, message: the last answer's status, and what was wrong with it.
        tried_seconds: how long the present tries have gone on.
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
    tried_seconds: float = field(compare=False)


class Deliveries:
    """The deliveries of a store. Coroutines return once what they wrote is on disk.

    Servers whose clocks are apart agree on what is due: no time is theirs.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, most: int) -> list[Delivery]:
        """Take what is due, the longest due first; it is the caller's for `LEASE_SECONDS`."""

        def update(connection: Connection) -> list[Delivery]:
            due = (
                "SELECT number FROM deliveries WHERE state = 'pending' "  # noqa: S608 - our names
                f"AND due <= {connection.now} ORDER BY due LIMIT ? {connection.skip_locked}"
            )
            taken = connection.execute(
                "UPDATE deliveries SET attempts = attempts + 1, "  # noqa: S608 - our names
                f"due = {connection.now} + ? WHERE number IN ({due}) RETURNING number",
                (LEASE_SECONDS, most),
            ).fetchall()
            numbers = [row[0] for row in taken]
            marks = ", ".join("?" * len(numbers)) or "NULL"
            return _found(connection, f"d.number IN ({marks}) ORDER BY d.number", numbers)

        return await asyncio.wrap_future(self._database.write(update))

    async def settle(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        pause: float = 0.0,
        status: int | None = None,
        message: str = "",
    ) -> None:
        """Write down what came of a try; nothing if somebody else has claimed it since.

        One that is still pending is due again after a pause in seconds.
        """

        def update(connection: Connection) -> None:
            now = connection.now
            times = f"due = {now} + ?" if state == "pending" else f"due = NULL, ended = {now}"
            connection.execute(
                f"UPDATE deliveries SET state = ?, status = ?, message = ?, {times} "  # noqa: S608 - ours
                "WHERE number = ? AND attempts = ? AND state = 'pending'",
                (
                    *(state, status, message),
                    *((pause,) if state == "pending" else ()),
                    *(delivery.number, delivery.attempts),
                ),
            )

        await asyncio.wrap_future(self._database.write(update))

    async def again(self, id_: str) -> Delivery | None:
        """Let a delivery be sent now, whatever came of it; None for an unknown one.

        One whose job has not ended stays as it is.
        """

        def update(connection: Connection) -> Delivery | None:
            connection.execute(
                f"UPDATE deliveries SET state = 'pending', {_now(connection)}, ended = NULL "  # noqa: S608 - ours
                "WHERE id = ? AND state != 'waiting'",
                (id_,),
            )
            return next(iter(_found(connection, "d.id = ?", (id_,))), None)

        return await asyncio.wrap_future(self._database.write(update))

    def due_in(self) -> float | None:
        """In how many seconds something is to be sent next; None if nothing is."""

        def read(connection: Connection) -> float | None:
            sql = f"SELECT min(due) - {connection.now} FROM deliveries WHERE state = 'pending'"  # noqa: S608 - ours
            due: float | None = connection.execute(sql).fetchone()[0]
            return due

        return self._database.read(read)

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


def fall_due(connection: Connection, job: int) -> None:
    """The job has ended: what was to be sent of it is due."""
    connection.execute(
        f"UPDATE deliveries SET state = 'pending', {_now(connection)} "  # noqa: S608 - ours
        "WHERE job = ? AND state = 'waiting'",
        (job,),
    )


def _now(connection: Connection) -> str:
    """Sets the times of a delivery that is to be sent from now on."""
    return f"since = {connection.now}, due = {connection.now}"


def _found(connection: Connection, where: str, values: Sequence[Any]) -> list[Delivery]:
    sql = (
        "SELECT d.number, d.id, j.id AS job, d.url, d.state, d.attempts, d.since, d.due, d.ended, "  # noqa: S608 - our names
        f"d.status, d.message, d.secret, coalesce({connection.now} - d.since, 0) "
        f"FROM deliveries d JOIN jobs j ON j.number = d.job WHERE {where}"
    )
    return [Delivery(*row) for row in connection.execute(sql, values)]
