"""The tables of a request journal, and how a journal written by an older version is brought up to date."""

from __future__ import annotations

import sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS requests (
    key TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    payload TEXT NOT NULL,
    free INTEGER NOT NULL,              -- 1: costs nothing and may be asked again (the built-in teacher)
    state TEXT NOT NULL,                -- planned, sent, settled
    outcome TEXT NOT NULL DEFAULT '',   -- of a settled one: reply, or failed: why
    body TEXT,
    mode TEXT NOT NULL DEFAULT ''       -- how structured output was asked for
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL REFERENCES requests(key),
    state TEXT NOT NULL,                -- sent, settled, in_doubt
    charged INTEGER NOT NULL,           -- nano-USD; while sent or in doubt: the worst case
    counted INTEGER NOT NULL,           -- 1: counts towards max_requests
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts(key);
CREATE TABLE IF NOT EXISTS abilities (
    endpoint TEXT NOT NULL, model TEXT NOT NULL, found TEXT NOT NULL, PRIMARY KEY (endpoint, model)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,          -- travels in the file's name and the batch's metadata
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,                -- prepared, uploaded, submitted, collected
    mode TEXT NOT NULL,
    file TEXT NOT NULL DEFAULT '',      -- the uploaded file's name there
    remote TEXT NOT NULL DEFAULT '',    -- the batch's name there
    note TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO names VALUES ('run', lower(hex(randomblob(8))));  -- tells this folder's runs from others'
"""

#: What later versions added: table, column, definition.
_COLUMNS = (
    ("requests", "prompt_tokens", "INTEGER"),
    ("requests", "completion_tokens", "INTEGER"),
    ("requests", "request_id", "TEXT NOT NULL DEFAULT ''"),
    ("requests", "origin", "TEXT NOT NULL DEFAULT ''"),  # '': asked here; shared; imported
    ("attempts", "tokens", "INTEGER NOT NULL DEFAULT 0"),  # while sent or in doubt: the most it can take
    ("attempts", "seconds", "REAL"),
    ("attempts", "batch", "INTEGER"),
)


def prepare(database: sqlite3.Connection) -> None:
    """Makes tables and columns that are missing, and settles what a run that died left open.

    The caller holds the journal's lock, so nobody else can have anything open. Calls that cost
    nothing are forgotten, others are in doubt; items of a batch are neither: the batch goes on.
    """
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.executescript(_TABLES)
    for table, column, definition in _COLUMNS:
        known = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        if column not in known:
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")
    database.execute("CREATE INDEX IF NOT EXISTS attempts_in ON attempts(batch) WHERE batch IS NOT NULL")
    opened = "state = 'sent' AND batch IS NULL"
    database.execute(f"DELETE FROM attempts WHERE {opened} AND key IN (SELECT key FROM requests WHERE free)")
    database.execute(f"UPDATE attempts SET state = 'in_doubt' WHERE {opened}")
