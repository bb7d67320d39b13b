-- Who works under a name that has room for so many, and who waits for that. A place in line or at work that isn't
-- renewed ends by itself; after a crash nobody is at work.

CREATE UNLOGGED TABLE wizard.slots (
    name text COLLATE "C" NOT NULL,
    holder text COLLATE "C" NOT NULL,
    works boolean NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (name, holder)
);

CREATE INDEX slots_by_holder ON wizard.slots (holder);

-- A place under each of the names, or none and places in line under those that have no room. The answer is how many
-- go before, counted from 1, or 0 with the places. One asker at a time under a name: all lock in the same order.
CREATE FUNCTION wizard.occupy(
    p_holder text, p_names text[], p_limits bigint[], p_lease interval, p_since timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    place bigint := 0;
    missing bigint;
    v_name text;
    v_limit bigint;
    full_names text[] := '{}';
    moment timestamptz;
BEGIN
    FOR v_name IN SELECT each FROM unnest(p_names) AS each ORDER BY each COLLATE "C" LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('slots/' || v_name, 0));
    END LOOP;
    moment := clock_timestamp();
    DELETE FROM wizard.slots WHERE name = ANY (p_names) AND until <= moment;
    FOR v_name, v_limit IN SELECT * FROM unnest(p_names, p_limits) LOOP
        CONTINUE WHEN EXISTS (SELECT FROM wizard.slots WHERE name = v_name AND holder = p_holder AND works);
        SELECT count(*) - v_limit + 1 INTO missing FROM wizard.slots WHERE name = v_name AND holder <> p_holder
            AND (works OR (since, holder) < (p_since, p_holder COLLATE "C"));
        IF missing > 0 THEN
            full_names := full_names || v_name;
            place := greatest(place, missing);
        END IF;
    END LOOP;
    DELETE FROM wizard.slots WHERE holder = p_holder;
    INSERT INTO wizard.slots
        SELECT each, p_holder, place = 0, p_since, moment + p_lease
        FROM unnest(CASE WHEN place = 0 THEN p_names ELSE full_names END) AS each;
    RETURN place;
END $$;
