-- Whose run it is, for those on a stored profile: a person's runs are found without reading the others.

CREATE TABLE wizard.run_profiles (
    profile text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    run_id text COLLATE "C" NOT NULL REFERENCES wizard.runs (id) ON DELETE CASCADE,
    PRIMARY KEY (profile, created_at, run_id)
);

CREATE INDEX profiles_by_run ON wizard.run_profiles (run_id);
