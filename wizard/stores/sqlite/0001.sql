-- Every turn rewrites the small row in runs and touches as few other pages as can be: what a turn
-- seldom changes is in run_data, and rows that a load reads together are stored together.
-- Times are whole microseconds since 1970-01-01 UTC.

PRAGMA application_id = 1464424004;

CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL,
    workflow TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    header BLOB NOT NULL
);

CREATE INDEX runs_by_age ON runs (created_at, id);

CREATE INDEX runs_by_workflow ON runs (workflow, created_at, id);

CREATE TABLE run_data (
    run_id TEXT PRIMARY KEY NOT NULL,
    birth BLOB NOT NULL,
    context BLOB
) WITHOUT ROWID;

CREATE TABLE steps (
    run_id TEXT NOT NULL,
    path TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, path)
) WITHOUT ROWID;

CREATE TABLE parked (
    run_id TEXT NOT NULL,
    path TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, path)
) WITHOUT ROWID;

-- One row a turn; `first` is the number of its first entry.
CREATE TABLE trace (
    run_id TEXT NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, first)
) WITHOUT ROWID;

CREATE TABLE replies (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

CREATE TABLE files (
    run_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (run_id, id)
);

CREATE TABLE documents (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE definitions (
    version TEXT PRIMARY KEY NOT NULL,
    body BLOB NOT NULL
);
