-- A job that failed too often waits under an entrypoint that nobody claims, until an operator puts it back.

CREATE INDEX wizard_jobs_aside ON wizard.pgqueuer (updated) WHERE entrypoint = 'wizard_aside';
