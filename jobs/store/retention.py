"""What of a store is old enough to go: found and removed in small steps, never a job that lives.

A job lives until it has ended and all that is to be sent of it has arrived or is given up.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple

from paintgraph.jobs.store import holds
from paintgraph.jobs.store.database import Action, Connection, Database, Result
from paintgraph.jobs.store.sets import KEPT_SECONDS, MODELS, USES

_OLD = {
    "jobs": "jobs WHERE ended < ? AND NOT EXISTS (SELECT 1 FROM deliveries d "
    "WHERE d.job = jobs.number AND d.state = 'pending') AND NOT EXISTS (SELECT 1 FROM jobs whole "
    "WHERE whole.number = jobs.parent AND whole.ended IS NULL)",
    "events": "jobs WHERE has_events = 1 AND ended < ?",
    "keys": "jobs WHERE idempotency_key IS NOT NULL AND created < ? AND ended IS NOT NULL",
}
"""Where to find what is too old, by kind."""


class Purged(NamedTuple):
    """What a job alone held: digests of blobs in hexadecimal, and paths of files as published."""

    digests: list[str]
    files: list[str]


class Retained:
    """What a store keeps. Coroutines return once what they removed is gone from disk.

    `before` is seconds since 1970; what ended, or was last used, earlier is old.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_due(self, what: str, seconds: float) -> bool:
        """Whether something is to be done now, of which one is to do it in so many seconds.

        Whoever is told so first does it; the time is the database's.
        """

        def update(connection: Connection) -> bool:
            taken = connection.execute(
                f"INSERT INTO chores VALUES (?, {connection.now} + ?) ON CONFLICT (name) "  # noqa: S608 - ours
                f"DO UPDATE SET due = excluded.due WHERE chores.due <= {connection.now} "
                "RETURNING name",
                (what, seconds),
            )
            return taken.fetchone() is not None

        return await self._write(update)

    async def remove_jobs(self, before: float, most: int) -> int:
        """Remove the jobs that ended first, with all that the store has of them; how many."""

        def update(connection: Connection) -> int:
            found = connection.execute(
                f"SELECT number FROM {_OLD['jobs']} ORDER BY ended LIMIT ? "  # noqa: S608 - ours
                f"{connection.skip_locked}",
                (before, most),
            ).fetchall()
            _remove(connection, [row[0] for row in found])
            return len(found)

        return await self._write(update)

    async def remove_events(self, before: float, most: int) -> int:
        """Remove the events of jobs that ended first, but for the last of each; of how many."""

        def update(connection: Connection) -> int:
            found = connection.execute(
                f"SELECT number FROM {_OLD['events']} ORDER BY ended LIMIT ? "  # noqa: S608 - ours
                f"{connection.skip_locked}",
                (before, most),
            ).fetchall()
            for (number,) in found:
                connection.execute(
                    "DELETE FROM facts WHERE job = ? AND seq < "
                    "(SELECT max(seq) FROM facts WHERE job = ?)",
                    (number, number),
                )
                connection.execute("UPDATE jobs SET has_events = 0 WHERE number = ?", (number,))
            return len(found)

        return await self._write(update)

    async def remove_keys(self, before: float, most: int) -> int:
        """Forget idempotency keys of jobs that were accepted first and have ended; how many."""

        def update(connection: Connection) -> int:
            return connection.execute(
                "UPDATE jobs SET idempotency_key = NULL WHERE number IN "  # noqa: S608 - ours
                f"(SELECT number FROM {_OLD['keys']} ORDER BY created LIMIT ?)",
                (before, most),
            ).rowcount

        return await self._write(update)

    async def remove_numbers(self, before: float) -> int:
        """Forget the last numbers of names that no file was given lately; folders tell them."""

        def update(connection: Connection) -> int:
            return connection.execute("DELETE FROM numbers WHERE used < ?", (before,)).rowcount

        return await self._write(update)

    async def remove_uploads(self, before: float) -> int:
        """Forget who sent pictures long ago; how many."""

        def update(connection: Connection) -> int:
            return connection.execute("DELETE FROM uploads WHERE at < ?", (before,)).rowcount

        return await self._write(update)

    async def remove_sets(self) -> int:
        """Remove sets and node types that were not named for a day, nor are now; how many."""

        def update(connection: Connection) -> int:
            nodes = connection.execute(
                f"DELETE FROM node_sets WHERE used < {connection.now} - {KEPT_SECONDS} "  # noqa: S608 - ours
                "AND digest NOT IN (SELECT nodes FROM agents)"
            ).rowcount
            return nodes + MODELS.drop(connection) + USES.drop(connection)

        return await self._write(update)

    async def note_upload(self, digest: str, client: str) -> None:
        """Note that a client has sent a picture: no other client's purge removes it.

        `digest` in hexadecimal.
        """
        await self._write(lambda c: holds.note_upload(c, digest, client))

    async def purge(self, job_id: str) -> Purged | None:
        """Remove one job that has ended, with all that the store has of it; None for any other."""

        def update(connection: Connection) -> Purged | None:
            row = connection.execute(
                "SELECT number, client FROM jobs WHERE id = ? AND ended IS NOT NULL "  # noqa: S608 - ours
                f"{connection.for_update}",
                (job_id,),
            ).fetchone()
            if row is None:
                return None
            parts = connection.execute("SELECT number FROM jobs WHERE parent = ?", (row[0],))
            purged = Purged([], [])
            for number in [*(part[0] for part in parts.fetchall()), row[0]]:
                held = holds.of_job(connection, number)
                others = {*holds.held_by_others(connection, number, row[1])}
                files = connection.execute("SELECT path FROM published WHERE job = ?", (number,))
                purged.files.extend(each[0] for each in files)
                purged.digests.extend(each for each in held if each not in others)
                holds.forget_uploads(connection, held, row[1])
                _remove(connection, [number])
            return purged

        return await self._write(update)

    async def shrink(self) -> bool:
        """Give some room that holds nothing back to the disk, if it is much.

        Whether it is worth going on.
        """
        return await self._write(lambda connection: connection.shrink())

    def old(self, kind: Literal["jobs", "events", "keys"], before: float) -> int:
        """How many there are to remove."""
        sql = f"SELECT count(*) FROM {_OLD[kind]}"  # noqa: S608 - our names
        return int(self._database.read(lambda c: c.execute(sql, (before,)).fetchone())[0])

    def bytes_used(self) -> int:
        """Bytes of the store that hold something; 0 where its size is not ours to bound."""
        return self._database.read(lambda connection: connection.bytes_used())

    def needed_blobs(self, digests: Sequence[str]) -> set[str]:
        """Those of some blobs, by digest in hexadecimal, that a living job names."""
        return self._database.read(lambda c: holds.needed(c, digests))

    def is_held(self, digest: str) -> bool:
        """Whether any job names a blob, by digest in hexadecimal, or any client has sent it."""
        return self._database.read(lambda c: holds.is_held(c, digest))

    def needed_files(self, paths: Sequence[str]) -> set[str]:
        """Those of some published files that living jobs, or parts of living ones, have written."""
        marks = ", ".join("?" * len(paths))
        rows = self._database.read(
            lambda c: c.execute(
                "SELECT path FROM published JOIN jobs ON jobs.number = published.job "  # noqa: S608 - marks
                "LEFT JOIN jobs AS whole ON whole.number = jobs.parent "
                f"WHERE path IN ({marks}) AND (jobs.ended IS NULL "
                "OR (whole.number IS NOT NULL AND whole.ended IS NULL))",
                paths,
            ).fetchall()
        )
        return {row[0] for row in rows}

    async def _write(self, update: Action[Result]) -> Result:
        return await asyncio.wrap_future(self._database.write(update))


def _remove(connection: Connection, numbers: Sequence[int]) -> None:
    each = [(number,) for number in numbers]
    for table in ("facts", "published", "deliveries", "holds", "tags", "batches"):
        connection.executemany(f"DELETE FROM {table} WHERE job = ?", each)  # noqa: S608 - our names
    connection.executemany("DELETE FROM jobs WHERE number = ?", each)
