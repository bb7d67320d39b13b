-- Who works under a name that has room for so many, and who waits for that. A place in line or at work that isn't
-- renewed ends by itself.

CREATE TABLE slots (
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    works INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (name, holder)
) WITHOUT ROWID;

CREATE INDEX slots_by_holder ON slots (holder);
