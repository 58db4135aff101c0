"""What is wrong with the jobs of a store, whichever database it is in."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

_DOCUMENTS = (
    "graph",
    "request",
    "extra",
    "texts",
    "outputs",
    "warnings",
    "problems",
    "deaths",
    "tags",
)
_AT_ONCE = 200


def faults(connection: Any, has_blob: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong, in sentences; `has_blob` tells of a digest in hexadecimal.

    `connection` is any that runs statements with `?` for values.
    """
    yield from _damaged(connection)
    lacking = connection.execute(
        "SELECT DISTINCT jobs.id, digest FROM holds JOIN jobs ON jobs.number = holds.job "
        "WHERE jobs.ended IS NULL ORDER BY jobs.id, digest"
    )
    for id_, digest in lacking.fetchall():
        if not has_blob(digest.hex()):
            yield f"job {id_}: the picture sha256:{digest.hex()} is gone. Send it again."


def _damaged(connection: Any) -> Iterator[str]:
    """Documents that cannot be read; few are held in memory at a time."""
    sql = (
        f"SELECT number, id, {', '.join(_DOCUMENTS)} FROM jobs WHERE number > ? "  # noqa: S608 - our names
        f"ORDER BY number LIMIT {_AT_ONCE}"
    )
    last = 0
    while rows := connection.execute(sql, (last,)).fetchall():
        last = rows[-1][0]
        for _, id_, *documents in rows:
            for name, text in zip(_DOCUMENTS, documents, strict=True):
                try:
                    orjson.loads(text)
                except ValueError:
                    yield (
                        f"job {id_}: its {name} cannot be read. Delete the job, or use a backup."
                    )
