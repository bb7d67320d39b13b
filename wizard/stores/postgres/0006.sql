-- Lists of runs by status: the few that failed are found without reading those that didn't. A turn that leaves the status
-- as it was still rewrites nothing but the row.

CREATE INDEX runs_by_status ON wizard.runs (status, created_at, id);

CREATE INDEX runs_by_workflow_and_status ON wizard.runs (workflow, status, created_at, id);
