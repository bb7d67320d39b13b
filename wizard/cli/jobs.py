"""`wizard jobs`: the jobs that were put aside, because they failed each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.shared import AsJson, StoreOption, clean, examples, look, print_json, print_table, time_of

if TYPE_CHECKING:
    from wizard.engine import Engine
    from wizard.model.job import Aside

MAX_LISTED = 10_000
JOBS_EXAMPLES = examples("wizard jobs", "wizard jobs --store sqlite:///runs.db --json")


def jobs(
    store: StoreOption = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=MAX_LISTED, help="How many at most, the oldest first.")
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """List jobs that failed too often and were put aside, and why. `wizard runs repair RUN_ID` puts them back."""

    async def work(engine: Engine) -> Sequence[Aside]:
        return await engine.store.queue.aside(limit=limit)

    aside = look(store, work)
    if as_json:
        print_json([aside_json(job) for job in aside])
    elif not aside:
        print("No job was put aside.")
    else:
        rows = [("RUN", "JOB", "TRIES", "SINCE", "WHY")]
        rows += [(job.run, job.kind, str(job.tries), time_of(job.at), clean(job.reason)) for job in aside]
        print_table(rows)


def aside_json(job: Aside) -> dict[str, Any]:
    return {"run": job.run, "kind": job.kind, "tries": job.tries, "at": job.at, "reason": job.reason}
