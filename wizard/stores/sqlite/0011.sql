-- Lists of runs by status: the few that failed are found without reading those that didn't.

CREATE INDEX runs_by_status ON runs (status, created_at, id);

CREATE INDEX runs_by_workflow_and_status ON runs (workflow, status, created_at, id);
