"""A run as it was before it was migrated, in one blob: its rows as they would be stored unsealed, sealed together.

The rows have formats of their own, so that what an earlier build kept is read as everything else is.
"""

from __future__ import annotations

from typing import Any

from wizard.errors import StoreError
from wizard.model import Former, Run
from wizard.stores.blobs import rows, step_rows
from wizard.stores.blobs.formats import MISSHAPEN, Part, a_map, unreadable, unwrap, wrap
from wizard.stores.blobs.vault import PLAIN, Vault


def former_body(vault: Vault, former: Run, revision: int) -> bytes:
    """`revision` is the run's after the migration."""
    times = (former.created_at, former.updated_at, former.expires_at)
    content: dict[str, Any] = {
        "run": [former.workflow, former.version, former.status.value, former.revision, *times],
        "data": [rows.header(PLAIN, former), rows.birth(PLAIN, former), rows.context(PLAIN, former)],
        "steps": [[step.path, step.seq, step_rows.step_body(PLAIN, former.id, step)] for step in former.steps],
        "parked": [
            [path, step_rows.answers_body(PLAIN, former.id, path, left)] for path, left in former.parked.items()
        ],
    }
    return wrap(vault, Part.FORMER, former.id, content, (revision,))


def read_former(vault: Vault, run_id: str, revision: int, body: bytes) -> Former:
    """Raises StoreError naming the run."""
    try:
        content = a_map(unwrap(vault, Part.FORMER, run_id, body, (revision,)))
        row = rows.RunRow(run_id, *content["run"], *content["data"])
        steps = [(path, seq, step) for path, seq, step in content["steps"]]
        parked = [(path, left) for path, left in content["parked"]]
        return Former(rows.read_run(PLAIN, row, steps, parked), revision)
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("What is kept of the run from before it was migrated", error, run_id) from error
