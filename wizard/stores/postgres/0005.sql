-- Whose run it is, for those on a stored profile: a person's runs are found without reading the others. Of the
-- profile's id there is a hash (wizard.stores.owners).

CREATE TABLE wizard.owners (
    owner text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    run_id text COLLATE "C" NOT NULL REFERENCES wizard.runs (id) ON DELETE CASCADE,
    PRIMARY KEY (owner, created_at, run_id)
);

CREATE INDEX owners_by_run ON wizard.owners (run_id);
