-- What was sent from a page and not taken, for the page that says so: a few a run, and those of the pages that come before
-- there is a run, whose scope is empty and which are of no run.

CREATE TABLE wizard.refused (
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" REFERENCES wizard.runs (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX refused_by_age ON wizard.refused (at);

CREATE INDEX refused_by_run ON wizard.refused (run_id) WHERE run_id IS NOT NULL;
