-- The mark of a sealed database (wizard.stores.marks): at most one row.

CREATE TABLE seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    body BLOB NOT NULL
);
