-- Every turn rewrites the small row in runs, which has no index on what a turn changes, and adds rows elsewhere: what a
-- turn seldom changes is in run_data. Times are exact to the microsecond. The tables of PgQueuer are in this schema too.

CREATE TABLE wizard.runs (
    id text COLLATE "C" PRIMARY KEY,
    workflow text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    entries bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    header bytea NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX runs_by_age ON wizard.runs (created_at, id);

CREATE INDEX runs_by_workflow ON wizard.runs (workflow, created_at, id);

CREATE TABLE wizard.run_data (
    run_id text COLLATE "C" PRIMARY KEY,
    birth bytea NOT NULL,
    context bytea
);

CREATE TABLE wizard.steps (
    run_id text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, path)
);

CREATE TABLE wizard.parked (
    run_id text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, path)
);

CREATE TABLE wizard.undos (
    run_id text COLLATE "C" NOT NULL,
    visit bigint NOT NULL,
    failed boolean NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, visit)
);

CREATE INDEX undos_failed ON wizard.undos (run_id) WHERE failed;

-- One row a turn; `first` is the number of its first entry.
CREATE TABLE wizard.trace (
    run_id text COLLATE "C" NOT NULL,
    first bigint NOT NULL,
    revision bigint NOT NULL,
    at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, first)
);

-- `run_id` is the run that was moved or created; a scope is a run's id too, or empty for what creates runs.
CREATE TABLE wizard.replies (
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX replies_by_age ON wizard.replies (at);

CREATE INDEX replies_of_creation ON wizard.replies (run_id) WHERE scope = '';

CREATE TABLE wizard.files (
    run_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (run_id, id)
);

-- How far work is: written often, and no loss after a crash.
CREATE UNLOGGED TABLE wizard.reports (
    run_id text COLLATE "C" PRIMARY KEY,
    body bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE wizard.documents (
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE wizard.definitions (
    version text COLLATE "C" PRIMARY KEY,
    body bytea NOT NULL
);

-- The jobs of a run are found by the beginning of their keys.
CREATE INDEX wizard_jobs_by_run ON wizard.pgqueuer (dedupe_key text_pattern_ops);

-- A whole turn in one call. The answer is the time of the transaction, or null where the run isn't at the expected
-- revision (for null: where it exists), and nothing is written then. A reply's key that is there already is an error,
-- so that what was written goes. Lists are null where they are empty.
CREATE FUNCTION wizard.commit_turn(
    p_run text, p_expected bigint, p_workflow text, p_version text, p_status text, p_revision bigint,
    p_created timestamptz, p_updated timestamptz, p_expires timestamptz,
    p_header bytea, p_birth bytea, p_context bytea,
    p_dropped text[], p_step_paths text[], p_step_seqs bigint[], p_step_bodies bytea[],
    p_unpark_all boolean, p_unparked text[], p_parked_paths text[], p_parked_bodies bytea[],
    p_entry_count bigint, p_entries bytea,
    p_reply_scope text, p_reply_key text, p_reply_body bytea, p_reply_again boolean,
    p_file_ids text[], p_file_bodies bytea[],
    p_undone bigint[], p_undo_visits bigint[], p_undo_failed boolean[], p_undo_bodies bytea[],
    p_settled text[], p_ordered text[]
) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    last_entry bigint;
BEGIN
    IF p_expected IS NULL THEN
        INSERT INTO wizard.runs VALUES (p_run, p_workflow, p_version, p_status, p_revision, p_entry_count,
            p_created, p_updated, p_expires, p_header)
            ON CONFLICT (id) DO NOTHING RETURNING entries INTO last_entry;
    ELSE
        UPDATE wizard.runs SET status = p_status, revision = p_revision, entries = entries + p_entry_count,
            updated_at = p_updated, expires_at = p_expires, header = p_header
            WHERE id = p_run AND revision = p_expected RETURNING entries INTO last_entry;
    END IF;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF p_reply_key IS NOT NULL THEN
        INSERT INTO wizard.replies VALUES (p_reply_scope, p_reply_key, p_run, p_updated, p_reply_body)
            ON CONFLICT (scope, key) DO UPDATE SET body = excluded.body, at = excluded.at WHERE p_reply_again;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'this idempotency key is stored already' USING ERRCODE = 'WZ001';
        END IF;
    END IF;
    IF p_expected IS NULL THEN
        INSERT INTO wizard.run_data VALUES (p_run, p_birth, p_context);
    ELSIF p_context IS NOT NULL THEN
        UPDATE wizard.run_data SET context = p_context WHERE run_id = p_run AND context IS DISTINCT FROM p_context;
    END IF;
    IF p_dropped IS NOT NULL THEN
        DELETE FROM wizard.steps WHERE run_id = p_run AND path = ANY (p_dropped);
    END IF;
    IF p_step_paths IS NOT NULL THEN
        INSERT INTO wizard.steps SELECT p_run, * FROM unnest(p_step_paths, p_step_seqs, p_step_bodies)
            ON CONFLICT (run_id, path) DO UPDATE SET seq = excluded.seq, body = excluded.body;
    END IF;
    IF p_unpark_all THEN
        DELETE FROM wizard.parked WHERE run_id = p_run;
    ELSIF p_unparked IS NOT NULL THEN
        DELETE FROM wizard.parked WHERE run_id = p_run AND path = ANY (p_unparked);
    END IF;
    IF p_parked_paths IS NOT NULL THEN
        INSERT INTO wizard.parked SELECT p_run, * FROM unnest(p_parked_paths, p_parked_bodies)
            ON CONFLICT (run_id, path) DO UPDATE SET body = excluded.body;
    END IF;
    IF p_entry_count > 0 THEN
        INSERT INTO wizard.trace VALUES (p_run, last_entry - p_entry_count + 1, p_revision, p_updated, p_entries);
    END IF;
    IF p_file_ids IS NOT NULL THEN
        INSERT INTO wizard.files SELECT p_run, * FROM unnest(p_file_ids, p_file_bodies)
            ON CONFLICT (run_id, id) DO UPDATE SET body = excluded.body;
    END IF;
    IF p_undone IS NOT NULL THEN
        DELETE FROM wizard.undos WHERE run_id = p_run AND visit = ANY (p_undone);
    END IF;
    IF p_undo_visits IS NOT NULL THEN
        INSERT INTO wizard.undos SELECT p_run, * FROM unnest(p_undo_visits, p_undo_failed, p_undo_bodies)
            ON CONFLICT (run_id, visit) DO UPDATE SET failed = excluded.failed, body = excluded.body;
    END IF;
    -- A job that is ordered anew gets a new row, unless somebody holds the one that is there: a row's id and its
    -- attempts tell all claims apart.
    IF p_settled IS NOT NULL OR p_ordered IS NOT NULL THEN
        DELETE FROM wizard.pgqueuer WHERE status IN ('queued', 'picked') AND (dedupe_key = ANY (p_settled)
            OR (dedupe_key = ANY (p_ordered) AND NOT (attempts > 0 AND execute_after > p_updated)));
    END IF;
    RETURN now();
END $$;

-- All that is stored of a run; its jobs have keys from p_first up to p_last. Statement after statement, so that what a
-- turn committed while the first one waited for it is seen by those that follow.
CREATE FUNCTION wizard.delete_run(p_run text, p_first text, p_last text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM wizard.runs WHERE id = p_run;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM wizard.run_data WHERE run_id = p_run;
    DELETE FROM wizard.steps WHERE run_id = p_run;
    DELETE FROM wizard.parked WHERE run_id = p_run;
    DELETE FROM wizard.undos WHERE run_id = p_run;
    DELETE FROM wizard.trace WHERE run_id = p_run;
    DELETE FROM wizard.replies WHERE scope = p_run AND scope <> '';
    DELETE FROM wizard.replies WHERE run_id = p_run AND scope = '';
    DELETE FROM wizard.files WHERE run_id = p_run;
    DELETE FROM wizard.reports WHERE run_id = p_run;
    DELETE FROM wizard.pgqueuer WHERE dedupe_key ~>=~ p_first AND dedupe_key ~<~ p_last;
    RETURN true;
END $$;
