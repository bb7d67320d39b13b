-- What is kept of workflows on their way from their authors to people (wizard.model.staging), in clear as definitions are:
-- a draft is one row that is written over, versions stay, and of each workflow at most one is deployed.

CREATE TABLE drafts (
    workflow TEXT PRIMARY KEY NOT NULL,
    revision INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    saved_by TEXT NOT NULL,
    text TEXT NOT NULL
);

CREATE TABLE versions (
    workflow TEXT NOT NULL,
    number INTEGER NOT NULL,
    version TEXT NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    note TEXT NOT NULL,
    before INTEGER,
    text TEXT NOT NULL,
    PRIMARY KEY (workflow, number)
);

CREATE TABLE deployed (
    workflow TEXT PRIMARY KEY NOT NULL,
    number INTEGER NOT NULL
) WITHOUT ROWID;

-- At most one row: `stamp` counts how often something else was deployed.
CREATE TABLE stages (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    stamp INTEGER NOT NULL
);

CREATE TABLE deeds (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    action TEXT NOT NULL,
    workflow TEXT NOT NULL,
    details BLOB NOT NULL,
    note TEXT NOT NULL
);

CREATE INDEX deeds_by_workflow ON deeds (workflow, number);
