-- Whose run it is, for those on a stored profile: a person's runs are found without reading the others. Of the
-- profile's id there is a hash (wizard.stores.owners).

CREATE TABLE owners (
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (owner, created_at, run_id)
) WITHOUT ROWID;

CREATE INDEX owners_by_run ON owners (run_id);
