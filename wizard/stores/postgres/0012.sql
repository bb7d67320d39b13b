-- Whose a workflow is, and who else works on it: one row for each that has a draft or a version. Of those that there are
-- already nobody knows who saved them first, and `shared` is null where
-- it was never said.

CREATE TABLE wizard.sharings (
    workflow text COLLATE "C" PRIMARY KEY,
    revision bigint NOT NULL,
    owner text,
    shared bytea
);

INSERT INTO wizard.sharings SELECT workflow, 1, NULL, NULL
    FROM (SELECT workflow FROM wizard.drafts UNION SELECT workflow FROM wizard.versions) AS known;
