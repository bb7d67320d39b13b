-- The history of profiles and sessions (wizard.model.documents): a record of each save, in the transaction of the save.
-- When a document was saved last counts for how long it is kept; of those that are there already it is known that they
-- are no younger than this. `sessions` says which sessions are a person's: of the profile's id there is a hash
-- (wizard.stores.blobs.owners).

ALTER TABLE wizard.documents ADD COLUMN saved_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX documents_by_age ON wizard.documents (kind, saved_at);

CREATE TABLE wizard.saves (
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (kind, id, revision)
);

CREATE INDEX saves_by_age ON wizard.saves (at);

CREATE TABLE wizard.sessions (
    owner text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (owner, session_id)
);

CREATE INDEX sessions_by_id ON wizard.sessions (session_id);
