-- What is kept of workflows on their way from their authors to people (wizard.model.staging), in clear as definitions are:
-- a draft is one row that is written over, versions stay, and of each workflow at most one is deployed.

CREATE TABLE wizard.drafts (
    workflow text COLLATE "C" PRIMARY KEY,
    revision bigint NOT NULL,
    saved_at timestamptz NOT NULL,
    saved_by text NOT NULL,
    text text NOT NULL
);

CREATE TABLE wizard.versions (
    workflow text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    version text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    note text NOT NULL,
    before bigint,
    text text NOT NULL,
    PRIMARY KEY (workflow, number)
);

CREATE TABLE wizard.deployed (
    workflow text COLLATE "C" PRIMARY KEY,
    number bigint NOT NULL
);

-- At most one row: `stamp` counts how often something else was deployed, `deeds` what was done. Whoever deploys holds it
-- until the end of the transaction, so that one deploys at a time, and deeds are seen in the order of their numbers.
CREATE TABLE wizard.stages (
    id bigint PRIMARY KEY CHECK (id = 1),
    stamp bigint NOT NULL,
    deeds bigint NOT NULL
);

CREATE TABLE wizard.deeds (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    by text NOT NULL,
    action text NOT NULL,
    workflow text COLLATE "C" NOT NULL,
    details bytea NOT NULL,
    note text NOT NULL
);

CREATE INDEX deeds_by_workflow ON wizard.deeds (workflow, number);
