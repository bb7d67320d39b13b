-- What nodes need to get at services of others (wizard.model.resources). What is secret is in `body`, which is always sealed.

CREATE TABLE resources (
    name TEXT PRIMARY KEY NOT NULL,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    saved_by TEXT NOT NULL,
    body BLOB NOT NULL
);
