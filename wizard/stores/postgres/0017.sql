-- Small maps under keys (wizard.model.cells): what channels know of conversations, codes that open them, who waits for
-- somebody. One that has a run goes with it, though it may be there before; one may be pruned after `until`.

CREATE TABLE wizard.cells (
    key text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    until timestamptz,
    body bytea NOT NULL
);

CREATE INDEX cells_by_run ON wizard.cells (run_id) WHERE run_id <> '';
CREATE INDEX cells_by_end ON wizard.cells (until) WHERE until IS NOT NULL;

CREATE FUNCTION wizard.drop_cells_of_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM wizard.cells WHERE run_id = OLD.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER cells_go_with_their_run AFTER DELETE ON wizard.runs
    FOR EACH ROW EXECUTE FUNCTION wizard.drop_cells_of_run();
