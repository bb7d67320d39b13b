-- Runs as they were before they were migrated to another version of their workflow; `revision` is the one with which that
-- was stored. It goes with the run.

CREATE TABLE formers (
    run_id TEXT PRIMARY KEY NOT NULL,
    revision INTEGER NOT NULL,
    body BLOB NOT NULL
);
