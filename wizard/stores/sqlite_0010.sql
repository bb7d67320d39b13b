-- Whose run it is, for those on a stored profile: a person's runs are found without reading the others.

CREATE TABLE run_profiles (
    profile TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (profile, created_at, run_id)
) WITHOUT ROWID;

CREATE INDEX profiles_by_run ON run_profiles (run_id);
