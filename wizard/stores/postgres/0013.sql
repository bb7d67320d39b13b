-- What nodes need to get at services of others (wizard.model.resources). What is secret is in `body`, which is always sealed.

CREATE TABLE wizard.resources (
    name text COLLATE "C" PRIMARY KEY,
    revision bigint NOT NULL,
    kind text NOT NULL,
    saved_at timestamptz NOT NULL,
    saved_by text NOT NULL,
    body bytea NOT NULL
);
