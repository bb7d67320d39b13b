-- What was sent from a page and not taken, for the page that says so: a few a run, and those of the pages that come before
-- there is a run, whose scope is empty.

CREATE TABLE refused (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX refused_by_age ON refused (at);
