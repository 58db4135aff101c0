"""What many jobs have in common, written once and named by a number: their models, their uses.

A number is never given twice, so what is known of one holds for ever. A set that is named is marked
so, once an hour at most; one that was not for a day, and that no open job names, is dropped.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from paintgraph.jobs.store.database import Connection

_MARKED_SECONDS = 3600.0
KEPT_SECONDS = 86400.0
"""So much longer that nobody drops what somebody else names at this moment."""


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of one kind; `column` holds them in their table, and their numbers in that of jobs."""

    table: str
    column: str

    def number(self, connection: Connection, named: Sequence[Any]) -> int:
        """The number of a set, which is noted if it is new; 0 for one of nothing."""
        if not named:
            return 0
        text = orjson.dumps(named)
        digest = blake2b(text, digest_size=16).hexdigest()
        is_old = f"used < {connection.now} - {_MARKED_SECONDS}"
        find = f"SELECT number, {is_old} FROM {self.table} WHERE digest = ?"  # noqa: S608 - ours
        row = connection.execute(find, (digest,)).fetchone()
        if row is None:
            row = connection.execute(
                f"INSERT INTO {self.table} (number, digest, {self.column}, used) "  # noqa: S608 - ours
                f"SELECT coalesce(max(number), 0) + 1, ?, ?, {connection.now} FROM {self.table} "
                "WHERE TRUE ON CONFLICT DO NOTHING RETURNING number",
                (digest, text),
            ).fetchone()
        elif row[1]:
            row = connection.execute(
                f"UPDATE {self.table} SET used = {connection.now} WHERE number = ? "  # noqa: S608 - ours
                "RETURNING number",
                (row[0],),
            ).fetchone()
        if row is None:  # another one got its number at once, or it was dropped just now
            return self.number(connection, named)
        return int(row[0])

    def after(self, connection: Connection, number: int) -> dict[int, Any]:
        """The sets of higher numbers, by number in order."""
        rows = connection.execute(
            f"SELECT number, {self.column} FROM {self.table} WHERE number > ? ORDER BY number",  # noqa: S608 - ours
            (number,),
        ).fetchall()
        return {row[0]: orjson.loads(row[1]) for row in rows}

    def numbers(self, connection: Connection) -> set[int]:
        """The numbers of all sets."""
        rows = connection.execute(f"SELECT number FROM {self.table}")  # noqa: S608 - ours
        return {row[0] for row in rows.fetchall()}

    def some(self, connection: Connection, numbers: Collection[int]) -> dict[int, Any]:
        """Sets by their numbers; that of 0 is not among them."""
        marks = ", ".join("?" * len(numbers)) or "NULL"
        sql = f"SELECT number, {self.column} FROM {self.table} WHERE number IN ({marks})"  # noqa: S608 - ours
        rows = connection.execute(sql, tuple(numbers)).fetchall()
        return {row[0]: orjson.loads(row[1]) for row in rows}

    def get(self, connection: Connection, number: int) -> Any:
        """A set by its number; that of 0 is empty."""
        return self.some(connection, (number,)).get(number, [])

    def drop(self, connection: Connection) -> int:
        """Remove those that were not named for a day, and that no open job names; how many."""
        named = f"SELECT 1 FROM jobs WHERE {self.column} = {self.table}.number AND state ="  # noqa: S608 - ours
        return connection.execute(
            f"DELETE FROM {self.table} WHERE used < {connection.now} - {KEPT_SECONDS} "  # noqa: S608 - ours
            f"AND number < (SELECT max(number) FROM {self.table}) "
            f"AND NOT EXISTS ({named} 'queued' AND size = 'light') "
            f"AND NOT EXISTS ({named} 'queued' AND size = 'heavy') "
            f"AND NOT EXISTS ({named} 'running')"
        ).rowcount


MODELS = Sets("model_sets", "models")
"""Names of models with digests, in order."""

USES = Sets("use_sets", "uses")
"""How graphs use node types, as in `Use`."""
