-- What was said in conversations about runs (wizard.model.talk), numbered by run. Its ids are a set: what a channel delivers
-- twice is known again. It goes with the run.

CREATE TABLE utterances (
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

CREATE UNIQUE INDEX utterances_by_id ON utterances (run_id, id);
