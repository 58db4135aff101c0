"""The tables of the job store, as numbered steps from an empty file to those of today.

A step that was released never changes: whoever needs another table or column appends a step.
PostgreSQL's tables begin with what the first eleven make (`postgresql_tables`). From the twelfth on
both databases take the same steps, so these name types that both know: text, bytea, integer for
what is small, bigint, double precision.
"""

import secrets
from collections.abc import Callable, Sequence

import orjson

from paintgraph.jobs.store import holds
from paintgraph.jobs.store.database import Connection, StoreError

Migration = Callable[[Connection], None]
"""Brings the tables of one version to the next, inside a transaction that is not its own."""


def _first(connection: Connection) -> None:
    """Jobs, their facts, and paths of published files.

    Stores that were made before versions were counted have these tables already, the oldest ones
    without the column `door`.
    """
    columns = {row["name"] for row in connection.execute("PRAGMA table_info(jobs)")}
    if columns and "door" not in columns:
        connection.execute("ALTER TABLE jobs ADD COLUMN door TEXT NOT NULL DEFAULT ''")
    for statement in _FIRST:
        connection.execute(statement)


_FIRST = (
    """CREATE TABLE IF NOT EXISTS jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        client TEXT NOT NULL,
        size TEXT NOT NULL,
        priority INTEGER NOT NULL,
        created REAL NOT NULL,
        started REAL,
        ended REAL,
        worker TEXT,
        fence INTEGER NOT NULL DEFAULT 0,
        graph BLOB NOT NULL,
        request BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        outputs BLOB NOT NULL DEFAULT '{}',
        warnings BLOB NOT NULL DEFAULT '[]',
        problems BLOB NOT NULL DEFAULT '[]',
        deaths BLOB NOT NULL DEFAULT '{}',
        idempotency_key TEXT UNIQUE,
        idempotency_body TEXT,
        door TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number)",
    "CREATE INDEX IF NOT EXISTS jobs_by_door ON jobs (door, number)",
    """CREATE TABLE IF NOT EXISTS facts (
        job INTEGER NOT NULL REFERENCES jobs (number),
        seq INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (job, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS published (
        job INTEGER NOT NULL REFERENCES jobs (number),
        node TEXT NOT NULL,
        place INTEGER NOT NULL,
        path TEXT NOT NULL UNIQUE,
        PRIMARY KEY (job, node, place)
    ) WITHOUT ROWID""",
)


def _second(connection: Connection) -> None:
    """What doors with clients of other programs need: names, an order, reports, shorter lists."""
    for column in (
        "name TEXT NOT NULL DEFAULT ''",
        "rank REAL NOT NULL DEFAULT 0",
        "on_failure TEXT NOT NULL DEFAULT 'continue'",
        "is_listed INTEGER NOT NULL DEFAULT 1",
        "report BLOB NOT NULL DEFAULT '{}'",
    ):
        connection.execute(f"ALTER TABLE jobs ADD COLUMN {column}")
    connection.execute("CREATE INDEX jobs_by_name ON jobs (door, name, number)")
    connection.execute("CREATE INDEX jobs_by_end ON jobs (door, is_listed, ended)")


def _third(connection: Connection) -> None:
    """What a job's pictures carry of how they were made."""
    connection.execute("ALTER TABLE jobs ADD COLUMN texts BLOB NOT NULL DEFAULT '{}'")


def _fourth(connection: Connection) -> None:
    """What came beside a graph, for nodes that ask for it."""
    connection.execute("ALTER TABLE jobs ADD COLUMN extra BLOB NOT NULL DEFAULT '{}'")


def _fifth(connection: Connection) -> None:
    """The editor's document that a job was made of."""
    connection.execute("ALTER TABLE jobs ADD COLUMN workflow TEXT NOT NULL DEFAULT ''")


def _sixth(connection: Connection) -> None:
    """Whether somebody asked for a job at work to be cancelled."""
    connection.execute("ALTER TABLE jobs ADD COLUMN cancel INTEGER NOT NULL DEFAULT 0")


def _seventh(connection: Connection) -> None:
    """What is to be sent of jobs; jobs that wait or run have their addresses in their requests."""
    connection.execute(
        """CREATE TABLE deliveries (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            job INTEGER NOT NULL REFERENCES jobs (number),
            url TEXT NOT NULL,
            secret TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            since REAL,
            due REAL,
            ended REAL,
            status INTEGER,
            message TEXT NOT NULL DEFAULT ''
        )"""
    )
    connection.execute("CREATE INDEX deliveries_by_job ON deliveries (job)")
    connection.execute("CREATE INDEX deliveries_due ON deliveries (due) WHERE state = 'pending'")
    left = connection.execute(
        "SELECT number, request FROM jobs WHERE door = 'fooocus' AND ended IS NULL"
    ).fetchall()
    for row in left:
        if url := orjson.loads(row["request"]).get("fooocus", {}).get("webhook_url"):
            connection.execute(
                "INSERT INTO deliveries (id, job, url, state) VALUES (?, ?, ?, 'waiting')",
                (f"msg_{secrets.token_hex(16)}", row["number"], url),
            )


def _eighth(connection: Connection) -> None:
    """The last number that files of each name got, so that no folder is listed for the next.

    Paths of published files are "folder/path in it" from here on; those before are absolute.
    """
    connection.execute(
        """CREATE TABLE numbers (
            folder TEXT NOT NULL,
            stem TEXT NOT NULL,
            last INTEGER NOT NULL,
            used REAL NOT NULL,
            PRIMARY KEY (folder, stem)
        ) WITHOUT ROWID"""
    )


def _ninth(connection: Connection) -> None:
    """What retention asks for: which blobs jobs name, when jobs ended, whose events are there."""
    for statement in (
        """CREATE TABLE holds (
            job INTEGER NOT NULL REFERENCES jobs (number),
            digest BLOB NOT NULL,
            PRIMARY KEY (job, digest)
        ) WITHOUT ROWID""",
        "CREATE INDEX holds_by_digest ON holds (digest)",
        "ALTER TABLE jobs ADD COLUMN has_events INTEGER NOT NULL DEFAULT 1",
        "CREATE INDEX jobs_ended ON jobs (ended) WHERE ended IS NOT NULL",
        "CREATE INDEX jobs_with_events ON jobs (ended) WHERE has_events = 1",
        "CREATE INDEX jobs_with_key ON jobs (created) WHERE idempotency_key IS NOT NULL",
    ):
        connection.execute(statement)
    for row in connection.execute("SELECT number, graph, request, extra, outputs FROM jobs"):
        holds.note(connection, row["number"], (_bytes(row[at]) for at in range(1, 5)))
    for row in connection.execute("SELECT job, data FROM facts"):
        holds.note(connection, row["job"], (_bytes(row["data"]),))


def _tenth(connection: Connection) -> None:
    """Turns of jobs, and indexes of those that have not ended: who is next, whose turn is next."""
    for statement in (
        "ALTER TABLE jobs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0",
        """CREATE INDEX jobs_next ON jobs (size, priority DESC, turn, rank, number)
            WHERE state = 'queued'""",
        """CREATE INDEX jobs_open ON jobs (size, priority, client, rank, turn)
            WHERE ended IS NULL""",
    ):
        connection.execute(statement)


def _eleventh(connection: Connection) -> None:
    """The jobs of one client, the newest first, among those of many."""
    connection.execute("CREATE INDEX jobs_by_client ON jobs (client, number)")


def _twelfth(connection: Connection) -> None:
    """What jobs are found by: recipes, tags, times."""
    for statement in (
        "ALTER TABLE jobs ADD COLUMN recipe text NOT NULL DEFAULT ''",
        "ALTER TABLE jobs ADD COLUMN tags bytea NOT NULL DEFAULT '[]'",
        "CREATE INDEX jobs_by_recipe ON jobs (recipe, number) WHERE recipe != ''",
        "CREATE INDEX jobs_created ON jobs (created)",
        """CREATE TABLE tags (
            tag text NOT NULL,
            job bigint NOT NULL REFERENCES jobs (number),
            PRIMARY KEY (tag, job)
        )""",
        "CREATE INDEX tags_by_job ON tags (job)",
    ):
        connection.execute(statement)


def _thirteenth(connection: Connection) -> None:
    """Who has sent a picture that no job of his may name yet."""
    connection.execute(
        """CREATE TABLE uploads (
            digest bytea NOT NULL,
            client text NOT NULL,
            at double precision NOT NULL,
            PRIMARY KEY (digest, client)
        )"""
    )
    connection.execute("CREATE INDEX uploads_by_time ON uploads (at)")


def _fourteenth(connection: Connection) -> None:
    """Jobs that are parts of others, and what was given away so."""
    for statement in (
        "ALTER TABLE jobs ADD COLUMN parent bigint",
        "ALTER TABLE jobs ADD COLUMN pictures bigint NOT NULL DEFAULT 0",
        "CREATE INDEX jobs_by_parent ON jobs (parent, number) WHERE parent IS NOT NULL",
        """CREATE TABLE batches (
            job bigint NOT NULL REFERENCES jobs (number),
            place bigint NOT NULL,
            node text NOT NULL,
            part text NOT NULL,
            inputs bytea NOT NULL,
            names bytea NOT NULL,
            given bigint NOT NULL,
            PRIMARY KEY (job, place)
        )""",
    ):
        connection.execute(statement)


def _fifteenth(connection: Connection) -> None:
    """How long a job is whose who claimed it, how many a client may have at work, who waits."""
    for statement in (
        "ALTER TABLE jobs ADD COLUMN lease double precision",
        "ALTER TABLE jobs ADD COLUMN most_running bigint NOT NULL DEFAULT 0",
        "CREATE INDEX jobs_waiting ON jobs (client, size, bytes) WHERE state = 'queued'",
        "CREATE INDEX jobs_running ON jobs (client) WHERE state = 'running' AND worker IS NOT NULL",
        "DROP INDEX jobs_next",
        """CREATE INDEX jobs_next
            ON jobs (size, priority DESC, turn, rank, number, client, most_running)
            WHERE state = 'queued'""",
        "CREATE INDEX jobs_open_by_door ON jobs (door, state, client) WHERE ended IS NULL",
    ):
        connection.execute(statement)


def _sixteenth(connection: Connection) -> None:
    """Who works for the store and what they can do; which models a job names."""
    for statement in (
        """CREATE TABLE agents (
            id text PRIMARY KEY,
            agent text NOT NULL,
            host text NOT NULL,
            size text NOT NULL,
            models bytea NOT NULL,
            supports bytea NOT NULL,
            nodes text NOT NULL,
            protocol bigint NOT NULL,
            version text NOT NULL,
            lease double precision NOT NULL
        )""",
        """CREATE TABLE node_sets (
            digest text PRIMARY KEY,
            made double precision NOT NULL,
            document bytea NOT NULL
        )""",
        """CREATE TABLE model_sets (
            number bigint PRIMARY KEY,
            digest text NOT NULL UNIQUE,
            models bytea NOT NULL
        )""",
        "CREATE TABLE protocol (oldest bigint NOT NULL)",
        "INSERT INTO protocol VALUES (1)",
        "ALTER TABLE jobs ADD COLUMN models bigint NOT NULL DEFAULT 0",
        "DROP INDEX jobs_next",
        """CREATE INDEX jobs_next
            ON jobs (size, priority DESC, turn, rank, number, client, most_running, models)
            WHERE state = 'queued'""",
        "CREATE INDEX jobs_by_models ON jobs (models, size) WHERE state = 'queued'",
    ):
        connection.execute(statement)


def _seventeenth(connection: Connection) -> None:
    """What workers hold and what loading costs; who is first of those that name the same models."""
    for statement in (
        """CREATE TABLE holdings (
            worker text PRIMARY KEY,
            models bytea NOT NULL,
            paid double precision NOT NULL,
            lease double precision NOT NULL
        )""",
        """CREATE TABLE loads (
            model text PRIMARY KEY,
            times bigint NOT NULL,
            seconds double precision NOT NULL
        )""",
        "DROP INDEX jobs_by_models",
        """CREATE INDEX jobs_by_models
            ON jobs (size, models, priority DESC, turn, rank, number, client, most_running)
            WHERE state = 'queued'""",
        "CREATE INDEX jobs_lately ON jobs (size, models, ended) WHERE state = 'succeeded'",
        """CREATE INDEX jobs_open_parts ON jobs (parent, number)
            WHERE ended IS NULL AND parent IS NOT NULL""",
    ):
        connection.execute(statement)


def _eighteenth(connection: Connection) -> None:
    """When one of the servers is to do again what one does for all."""
    connection.execute("CREATE TABLE chores (name text PRIMARY KEY, due double precision NOT NULL)")


def _nineteenth(connection: Connection) -> None:
    """How jobs use node types; when a set was named last.

    What workers hold is told elsewhere; older ones read and write it here, so it needs no value.
    """
    for statement in (
        """CREATE TABLE use_sets (
            number bigint PRIMARY KEY,
            digest text NOT NULL UNIQUE,
            uses bytea NOT NULL,
            used double precision NOT NULL
        )""",
        "ALTER TABLE jobs ADD COLUMN uses bigint NOT NULL DEFAULT 0",
        "ALTER TABLE model_sets ADD COLUMN used double precision NOT NULL DEFAULT 0",
        "ALTER TABLE node_sets ADD COLUMN used double precision NOT NULL DEFAULT 0",
        # Older ones, which may still be at work, name sets without marking them.
        f"UPDATE model_sets SET used = {connection.now}",  # noqa: S608 - ours
        f"UPDATE node_sets SET used = {connection.now}",  # noqa: S608 - ours
        "ALTER TABLE agents DROP COLUMN models",
        "ALTER TABLE agents ADD COLUMN models bytea NOT NULL DEFAULT '[]'",
    ):
        connection.execute(statement)


def _twentieth(connection: Connection) -> None:
    """Queued jobs that are alike for who may take them; `state` lets SQLite leave the table."""
    for statement in (
        """CREATE INDEX jobs_alike ON jobs
            (size, models, uses, client, most_running, priority DESC, turn, rank, number, state)
            WHERE state = 'queued'""",
        "DROP INDEX jobs_waiting",
        """CREATE INDEX jobs_waiting ON jobs (size, client, bytes, parent, state)
            WHERE state = 'queued' AND parent IS NULL""",
    ):
        connection.execute(statement)


def _bytes(value: bytes | str) -> bytes:
    """A document; defaults of columns are texts."""
    return value.encode() if isinstance(value, str) else value


MIGRATIONS: tuple[Migration, ...] = (
    _first, _second, _third, _fourth, _fifth, _sixth, _seventh, _eighth, _ninth, _tenth,
    _eleventh, _twelfth, _thirteenth, _fourteenth, _fifteenth, _sixteenth, _seventeenth,
    _eighteenth, _nineteenth, _twentieth,
)  # fmt: skip
"""A store knows how many of them it has seen: in `PRAGMA user_version`, or a table for that."""


def check_version(
    store: str, version: int, migrations: Sequence[Migration], elsewhere: str
) -> None:
    """Raises StoreError for a store that has seen steps which are not among these."""
    if version > len(migrations):
        raise StoreError(
            f"the job store '{store}' has version {version}, which a newer paintgraph wrote; this "
            f"one knows versions up to {len(migrations)}. Start the newer paintgraph, or name "
            f"another {elsewhere}.",
            code="store_too_new",
        )
