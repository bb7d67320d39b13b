-- Jobs, undos that are owed, and reports of slow work. Replies know their run and their age, and what they and
-- files hold is one blob, as everywhere, so that it can be encrypted as one.

CREATE TABLE jobs (
    key TEXT PRIMARY KEY NOT NULL,
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    visit INTEGER NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    holder INTEGER,
    payload BLOB NOT NULL
) WITHOUT ROWID;

CREATE INDEX jobs_by_due ON jobs (due);

-- A run of format 1 has no job that expires it.
INSERT INTO jobs SELECT id || '/expire/0', id, 'expire', 0, expires_at, 0, NULL, x'' FROM runs
    WHERE expires_at IS NOT NULL AND status NOT IN ('completed', 'cancelled', 'expired');

CREATE TABLE undos (
    run_id TEXT NOT NULL,
    visit INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, visit)
) WITHOUT ROWID;

CREATE INDEX undos_failed ON undos (run_id) WHERE failed;

CREATE TABLE reports (
    run_id TEXT PRIMARY KEY NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;

-- The rows of format 1 become blobs of format 2 here: msgpack of [2, [...]], in which a length is 4 bytes, the
-- highest first. The one row of this table has the value n as its byte n + 1.
CREATE TEMP TABLE all_bytes AS SELECT
    x'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F'
    || x'303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F'
    || x'606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F'
    || x'909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF'
    || x'C0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEF'
    || x'F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF' AS b;

UPDATE all_bytes SET b = CAST(b AS BLOB);

ALTER TABLE replies RENAME TO replies_1;

CREATE TABLE replies (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    run_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

-- Which run a request created isn't known of the old ones: they go when they are old, counted from now on.
INSERT INTO replies SELECT scope, key, scope, CAST(strftime('%s', 'now') AS INTEGER) * 1000000, CAST(
    x'920293C6'
    || substr(b, (length(digest) >> 24 & 255) + 1, 1) || substr(b, (length(digest) >> 16 & 255) + 1, 1)
    || substr(b, (length(digest) >> 8 & 255) + 1, 1) || substr(b, (length(digest) & 255) + 1, 1)
    || digest
    || x'CD' || substr(b, (status >> 8 & 255) + 1, 1) || substr(b, (status & 255) + 1, 1)
    || x'C6'
    || substr(b, (length(body) >> 24 & 255) + 1, 1) || substr(b, (length(body) >> 16 & 255) + 1, 1)
    || substr(b, (length(body) >> 8 & 255) + 1, 1) || substr(b, (length(body) & 255) + 1, 1)
    || body
    AS BLOB)
    FROM replies_1, all_bytes;

DROP TABLE replies_1;

CREATE INDEX replies_by_age ON replies (at);

-- The scope is the run's id, or empty where the run was created by the request.
CREATE INDEX replies_creating ON replies (run_id) WHERE scope = '';

ALTER TABLE files RENAME TO files_1;

CREATE TABLE files (
    run_id TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, id)
);

INSERT INTO files SELECT run_id, id, CAST(
    x'920293DB'
    || substr(b, (name_bytes >> 24 & 255) + 1, 1) || substr(b, (name_bytes >> 16 & 255) + 1, 1)
    || substr(b, (name_bytes >> 8 & 255) + 1, 1) || substr(b, (name_bytes & 255) + 1, 1)
    || name
    || x'DB'
    || substr(b, (type_bytes >> 24 & 255) + 1, 1) || substr(b, (type_bytes >> 16 & 255) + 1, 1)
    || substr(b, (type_bytes >> 8 & 255) + 1, 1) || substr(b, (type_bytes & 255) + 1, 1)
    || media_type
    || x'C6'
    || substr(b, (length(content) >> 24 & 255) + 1, 1) || substr(b, (length(content) >> 16 & 255) + 1, 1)
    || substr(b, (length(content) >> 8 & 255) + 1, 1) || substr(b, (length(content) & 255) + 1, 1)
    || content
    AS BLOB)
    FROM all_bytes, (
        SELECT *, length(CAST(name AS BLOB)) AS name_bytes, length(CAST(media_type AS BLOB)) AS type_bytes FROM files_1
    );

DROP TABLE files_1;

DROP TABLE all_bytes;
