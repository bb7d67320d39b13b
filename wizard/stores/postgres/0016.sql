-- What was said in conversations about runs (wizard.model.talk), numbered by run. Its ids are a set: what a channel delivers
-- twice is known again. It goes with the run.

CREATE TABLE wizard.utterances (
    run_id text COLLATE "C" NOT NULL REFERENCES wizard.runs (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, number),
    UNIQUE (run_id, id)
);
