-- Node types that services offer over HTTP (wizard.model.remote). Address, secret and description are in the body, which
-- is always sealed.

CREATE TABLE wizard.remote_nodes (
    type text COLLATE "C" PRIMARY KEY,
    revision bigint NOT NULL,
    body bytea NOT NULL
);
