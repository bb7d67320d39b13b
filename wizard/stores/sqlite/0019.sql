-- Node types that services offer over HTTP (wizard.model.remote). Address, secret and description are in the body, which
-- is always sealed.

CREATE TABLE remote_nodes (
    type TEXT PRIMARY KEY NOT NULL,
    revision INTEGER NOT NULL,
    body BLOB NOT NULL
);
