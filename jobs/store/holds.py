"""Which blobs jobs name and clients sent: none goes while it is needed, all with the last job."""

import re
import time
from collections.abc import Iterable, Sequence

from paintgraph.jobs.store.database import Connection

_DIGEST = re.compile(b"sha256:([0-9a-f]{64})")


def digests_in(documents: Iterable[bytes]) -> set[str]:
    """The digests that documents name, in hexadecimal."""
    return {digest.decode() for text in documents for digest in _DIGEST.findall(text)}


def note(connection: Connection, job: int, documents: Iterable[bytes]) -> None:
    """Note the blobs that documents of a job name."""
    connection.executemany(
        "INSERT INTO holds VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(job, bytes.fromhex(digest)) for digest in digests_in(documents)],
    )


def of_job(connection: Connection, job: int) -> list[str]:
    """The blobs that a job names."""
    found = connection.execute("SELECT digest FROM holds WHERE job = ?", (job,))
    return [row[0].hex() for row in found]


def held_by_others(connection: Connection, job: int, client: str) -> list[str]:
    """The blobs of a client's job that other jobs name, or other clients have sent, as well."""
    found = connection.execute(
        "SELECT digest FROM holds h WHERE job = ? AND (EXISTS "
        "(SELECT 1 FROM holds o WHERE o.digest = h.digest AND o.job != h.job) OR EXISTS "
        "(SELECT 1 FROM uploads u WHERE u.digest = h.digest AND u.client != ?))",
        (job, client),
    )
    return [row[0].hex() for row in found]


def is_held(connection: Connection, digest: str) -> bool:
    """Whether any job names a blob, or any client has sent it."""
    sql = (
        "SELECT 1 FROM holds WHERE digest = ? UNION ALL "
        "SELECT 1 FROM uploads WHERE digest = ? LIMIT 1"
    )
    return connection.execute(sql, (bytes.fromhex(digest),) * 2).fetchone() is not None


def note_upload(connection: Connection, digest: str, client: str) -> None:
    """Note that a client has sent a blob."""
    connection.execute(
        "INSERT INTO uploads VALUES (?, ?, ?) ON CONFLICT (digest, client) "
        "DO UPDATE SET at = excluded.at",
        (bytes.fromhex(digest), client, time.time()),
    )


def forget_uploads(connection: Connection, digests: Iterable[str], client: str) -> None:
    """Forget that a client has sent some blobs."""
    connection.executemany(
        "DELETE FROM uploads WHERE digest = ? AND client = ?",
        [(bytes.fromhex(digest), client) for digest in digests],
    )


def needed(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Those of some blobs that a job names which has not ended."""
    if not digests:
        return set()
    marks = ", ".join("?" * len(digests))
    found = connection.execute(
        "SELECT DISTINCT digest FROM holds JOIN jobs ON jobs.number = holds.job "  # noqa: S608 - marks
        f"WHERE digest IN ({marks}) AND jobs.ended IS NULL",
        [bytes.fromhex(digest) for digest in digests],
    )
    return {row[0].hex() for row in found}
