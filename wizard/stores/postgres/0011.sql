-- Runs as they were before they were migrated to another version of their workflow; `revision` is the one with which that
-- was stored. It goes with the run.

CREATE TABLE wizard.formers (
    run_id text COLLATE "C" PRIMARY KEY REFERENCES wizard.runs (id) ON DELETE CASCADE,
    revision bigint NOT NULL,
    body bytea NOT NULL
);
