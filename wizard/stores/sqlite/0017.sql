-- Whose a workflow is, and who else works on it: one row for each that has a draft or a version. Of those that there are
-- already nobody knows who saved them first, and `shared` is null where
-- it was never said.

CREATE TABLE sharings (
    workflow TEXT PRIMARY KEY NOT NULL,
    revision INTEGER NOT NULL,
    owner TEXT,
    shared BLOB
);

INSERT INTO sharings SELECT workflow, 1, NULL, NULL FROM (SELECT workflow FROM drafts UNION SELECT workflow FROM versions);
