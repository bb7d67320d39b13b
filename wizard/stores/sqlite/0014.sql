-- The events that were taken (wizard.model.events): the dedupe record of each one's id. `standing` says how it stands
-- (wizard.stores.blobs.event_rows), `owner` whose profile it is of, by a hash (wizard.stores.blobs.owners).

CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    owner TEXT NOT NULL,
    standing INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX events_by_age ON events (at);

CREATE INDEX events_by_owner ON events (owner);

CREATE INDEX unmatched_events ON events (number) WHERE standing = 2;
