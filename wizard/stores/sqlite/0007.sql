-- A job that failed too often is put aside for an operator: it has a reason then, and nobody claims it.

ALTER TABLE jobs ADD COLUMN reason TEXT;

ALTER TABLE jobs ADD COLUMN aside_at INTEGER;

DROP INDEX jobs_by_due;

CREATE INDEX jobs_by_due ON jobs (due) WHERE reason IS NULL;

CREATE INDEX jobs_aside ON jobs (aside_at) WHERE reason IS NOT NULL;
