-- The mark of a sealed database (wizard.stores.marks): at most one row.

CREATE TABLE wizard.seal (
    id bigint PRIMARY KEY CHECK (id = 1),
    body bytea NOT NULL
);
