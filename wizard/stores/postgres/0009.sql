-- The events that were taken (wizard.model.events): the dedupe record of each one's id. `standing` says how it stands
-- (wizard.stores.blobs.event_rows), `owner` whose profile it is of, by a hash (wizard.stores.blobs.owners).

CREATE TABLE wizard.events (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    owner text COLLATE "C" NOT NULL,
    standing bigint NOT NULL,
    body bytea NOT NULL
);

CREATE INDEX events_by_age ON wizard.events (at);

CREATE INDEX events_by_owner ON wizard.events (owner);

CREATE INDEX unmatched_events ON wizard.events (number) WHERE standing = 2;
