"""Runs as a PostgreSQL database gives them: one by the rows of one statement, a list's line by its row, all of
them by numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wizard.model import RunStatus
from wizard.stores.blobs import rows
from wizard.stores.blobs.formats import MISSHAPEN, unreadable
from wizard.stores.blobs.vault import Vault
from wizard.stores.contract import RunSummary
from wizard.stores.postgres.values import decoded

READ_RUN = """SELECT r.id, workflow, version, status, revision, created_at, updated_at, expires_at, header, birth,
    context, steps.*, parked.*, undos.*
    FROM wizard.runs AS r JOIN wizard.run_data ON run_id = r.id,
    LATERAL (SELECT array_agg(path) AS paths, array_agg(seq) AS seqs, array_agg(body) AS bodies
        FROM wizard.steps WHERE run_id = r.id) AS steps,
    LATERAL (SELECT array_agg(path) AS parked_paths, array_agg(body) AS parked_bodies
        FROM wizard.parked WHERE run_id = r.id) AS parked,
    LATERAL (SELECT array_agg(visit) AS undo_visits, array_agg(failed) AS undo_failed, array_agg(body) AS undo_bodies
        FROM wizard.undos WHERE run_id = r.id) AS undos
    WHERE r.id = $1"""
COUNT_RUNS = "SELECT workflow, status, count(*) FROM wizard.runs GROUP BY workflow, status"


def run_row(row: Any) -> rows.RunRow:
    """The run's own columns; birth and context are empty where they weren't read."""
    columns = tuple(row)
    names = (decoded(columns[0]), decoded(columns[1]), decoded(columns[2]))
    birth, context = columns[9:11] if len(columns) > 10 else (b"", None)
    return rows.RunRow._make((*names, *columns[3:9], birth, context))


def stored_run(vault: Vault, row: Any) -> rows.StoredRun:
    """What READ_RUN found. Raises StoreError naming the run."""
    run = run_row(row)
    head = rows.read_header(vault, run)
    steps = zip(map(decoded, row["paths"] or ()), row["seqs"] or (), row["bodies"] or (), strict=True)
    parked = zip(map(decoded, row["parked_paths"] or ()), row["parked_bodies"] or (), strict=True)
    undos = zip(row["undo_visits"] or (), row["undo_failed"] or (), row["undo_bodies"] or (), strict=True)
    return rows.StoredRun(run, head, list(steps), list(parked), list(undos))


def summary(row: Any) -> RunSummary:
    """A line of a list of runs. Raises StoreError naming the run that can't be listed."""
    run_id, workflow, version, status, revision, created, updated, expires = row
    try:
        names = (decoded(run_id), decoded(workflow), decoded(version))
        return RunSummary(*names, rows.RUN_STATUSES[status], revision, created, updated, expires)
    except MISSHAPEN as error:
        raise unreadable("The run", error, run_id) from error


def counts(counted: Iterable[Any]) -> dict[str, dict[RunStatus, int]]:
    """By workflow and status, of what COUNT_RUNS found."""
    of_workflows: dict[str, dict[RunStatus, int]] = {}
    for workflow, status, count in counted:
        of_workflows.setdefault(decoded(workflow), {})[rows.RUN_STATUSES[status]] = count
    return of_workflows
