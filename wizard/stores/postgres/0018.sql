-- Cells are found by their run as the index on it says: without that, a plan that is kept for any run looks through all.

CREATE OR REPLACE FUNCTION wizard.drop_cells_of_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM wizard.cells WHERE run_id = OLD.id AND run_id <> '';
    RETURN NULL;
END
$$;
