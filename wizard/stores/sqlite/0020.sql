-- By what profiles are found: marks of the values of some of their fields (wizard.stores.blobs.profile_marks). `marked`
-- names the fields whose marks are there; each save empties it, and who looks for a profile makes the marks first.

ALTER TABLE documents ADD COLUMN marked TEXT;

CREATE INDEX documents_by_marked ON documents (kind, marked);

CREATE TABLE profile_marks (
    mark BLOB NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (mark, id)
) WITHOUT ROWID;

CREATE INDEX profile_marks_by_id ON profile_marks (id);
