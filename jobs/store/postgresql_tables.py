"""The tables of a job store in PostgreSQL, as the first eleven migrations make them in SQLite."""

TABLES_VERSION = 11

TABLES: tuple[str, ...] = (
    "CREATE TABLE paintgraph_version (version bigint NOT NULL)",
    """CREATE TABLE jobs (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL UNIQUE,
        state text NOT NULL,
        client text NOT NULL,
        size text NOT NULL,
        priority bigint NOT NULL,
        created double precision NOT NULL,
        started double precision,
        ended double precision,
        worker text,
        fence bigint NOT NULL DEFAULT 0,
        graph bytea NOT NULL,
        request bytea NOT NULL,
        bytes bigint NOT NULL,
        outputs bytea NOT NULL DEFAULT '{}',
        warnings bytea NOT NULL DEFAULT '[]',
        problems bytea NOT NULL DEFAULT '[]',
        deaths bytea NOT NULL DEFAULT '{}',
        idempotency_key text UNIQUE,
        idempotency_body text,
        door text NOT NULL DEFAULT '',
        name text NOT NULL DEFAULT '',
        rank double precision NOT NULL DEFAULT 0,
        on_failure text NOT NULL DEFAULT 'continue',
        is_listed integer NOT NULL DEFAULT 1,
        report bytea NOT NULL DEFAULT '{}',
        texts bytea NOT NULL DEFAULT '{}',
        extra bytea NOT NULL DEFAULT '{}',
        workflow text NOT NULL DEFAULT '',
        cancel integer NOT NULL DEFAULT 0,
        has_events integer NOT NULL DEFAULT 1,
        turn bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)""",
    "CREATE INDEX jobs_by_state ON jobs (state, number)",
    "CREATE INDEX jobs_by_door ON jobs (door, number)",
    "CREATE INDEX jobs_by_name ON jobs (door, name, number)",
    "CREATE INDEX jobs_by_end ON jobs (door, is_listed, ended)",
    "CREATE INDEX jobs_by_client ON jobs (client, number)",
    "CREATE INDEX jobs_ended ON jobs (ended) WHERE ended IS NOT NULL",
    "CREATE INDEX jobs_with_events ON jobs (ended) WHERE has_events = 1",
    "CREATE INDEX jobs_with_key ON jobs (created) WHERE idempotency_key IS NOT NULL",
    """CREATE INDEX jobs_next ON jobs (size, priority DESC, turn, rank, number)
        WHERE state = 'queued'""",
    """CREATE INDEX jobs_open ON jobs (size, priority, client, rank, turn)
        WHERE ended IS NULL""",
    """CREATE TABLE facts (
        job bigint NOT NULL REFERENCES jobs (number),
        seq bigint NOT NULL,
        data bytea NOT NULL,
        PRIMARY KEY (job, seq)
    )""",
    """CREATE TABLE published (
        job bigint NOT NULL REFERENCES jobs (number),
        node text NOT NULL,
        place bigint NOT NULL,
        path text NOT NULL UNIQUE,
        PRIMARY KEY (job, node, place)
    )""",
    """CREATE TABLE deliveries (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL UNIQUE,
        job bigint NOT NULL REFERENCES jobs (number),
        url text NOT NULL,
        secret text NOT NULL DEFAULT '',
        state text NOT NULL,
        attempts bigint NOT NULL DEFAULT 0,
        since double precision,
        due double precision,
        ended double precision,
        status bigint,
        message text NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX deliveries_by_job ON deliveries (job)",
    "CREATE INDEX deliveries_due ON deliveries (due) WHERE state = 'pending'",
    """CREATE TABLE numbers (
        folder text NOT NULL,
        stem text NOT NULL,
        last bigint NOT NULL,
        used double precision NOT NULL,
        PRIMARY KEY (folder, stem)
    )""",
    """CREATE TABLE holds (
        job bigint NOT NULL REFERENCES jobs (number),
        digest bytea NOT NULL,
        PRIMARY KEY (job, digest)
    )""",
    "CREATE INDEX holds_by_digest ON holds (digest)",
)
