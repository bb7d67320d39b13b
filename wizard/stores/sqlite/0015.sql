-- The history of profiles and sessions (wizard.model.documents): a record of each save, in the transaction of the save.
-- When a document was saved last counts for how long it is kept; of those that are there already it is known that they
-- are no younger than this. `sessions` says which sessions are a person's: of the profile's id there is a hash
-- (wizard.stores.blobs.owners).

ALTER TABLE documents ADD COLUMN saved_at INTEGER NOT NULL DEFAULT 0;

UPDATE documents SET saved_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000000;

CREATE INDEX documents_by_age ON documents (kind, saved_at);

CREATE TABLE saves (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, id, revision)
) WITHOUT ROWID;

CREATE INDEX saves_by_age ON saves (at);

CREATE TABLE sessions (
    owner TEXT NOT NULL,
    session_id TEXT NOT NULL,
    PRIMARY KEY (owner, session_id)
) WITHOUT ROWID;

CREATE INDEX sessions_by_id ON sessions (session_id);
