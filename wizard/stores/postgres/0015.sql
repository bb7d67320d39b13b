-- By what profiles are found: marks of the values of some of their fields (wizard.stores.blobs.profile_marks). `marked`
-- names the fields whose marks are there; each save empties it, and who looks for a profile makes the marks first.

ALTER TABLE wizard.documents ADD COLUMN marked text COLLATE "C";

CREATE INDEX documents_by_marked ON wizard.documents (kind, marked);

CREATE TABLE wizard.profile_marks (
    mark bytea NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (mark, id)
);

CREATE INDEX profile_marks_by_id ON wizard.profile_marks (id);
