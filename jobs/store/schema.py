"""Tables of the job store."""

ADDED = (("jobs", "door", "TEXT NOT NULL DEFAULT ''"),)
"""Columns that older stores do not have: table, name and declaration."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
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
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
CREATE INDEX IF NOT EXISTS jobs_by_door ON jobs (door, number);
CREATE TABLE IF NOT EXISTS facts (
    job INTEGER NOT NULL REFERENCES jobs (number),
    seq INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS published (
    job INTEGER NOT NULL REFERENCES jobs (number),
    node TEXT NOT NULL,
    place INTEGER NOT NULL,
    path TEXT NOT NULL UNIQUE,
    PRIMARY KEY (job, node, place)
) WITHOUT ROWID;
"""
