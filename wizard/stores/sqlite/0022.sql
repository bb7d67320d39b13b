-- Small maps under keys (wizard.model.cells): what channels know of conversations, codes that open them, who waits for
-- somebody. One that has a run goes with it; one may be pruned after `until`.

CREATE TABLE cells (
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    until INTEGER,
    body BLOB NOT NULL
) WITHOUT ROWID;

CREATE INDEX cells_by_run ON cells (run_id) WHERE run_id <> '';
CREATE INDEX cells_by_end ON cells (until) WHERE until IS NOT NULL;
