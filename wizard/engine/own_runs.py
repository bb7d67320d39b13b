"""The runs of one person, as lines of a list: what they have begun, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wizard.engine.pinned import Definitions
from wizard.errors import WorkflowNotFound
from wizard.model import RunStatus
from wizard.stores.contract import RunPlace, RunSummary, Store

MOST_LISTED = 100  # lines at once


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run, without its answers. `title` is the workflow's as it is now, its id where it isn't offered any more."""

    id: str
    workflow: str
    title: str
    status: RunStatus
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RunPage:
    """A part of a list, and what the part behind it is asked for by; "" where there is none."""

    lines: Sequence[RunLine]
    older: str


async def runs_of(
    store: Store, definitions: Definitions, profile_id: str, *, limit: int, before: str | None, now: datetime
) -> RunPage:
    """Newest first, MOST_LISTED at most; `before` is what the page before said (`older`). Raises InvalidInput for
    anything else."""
    limit = max(1, min(limit, MOST_LISTED))
    place = None if before is None else RunPlace.of(before)
    summaries = await store.list_runs(
        profile=profile_id, limit=limit + 1, before=place
    )  # one more tells whether there is
    lines = summaries[:limit]
    older = str(lines[-1].place) if len(summaries) > limit else ""
    return RunPage([_line(line, definitions, now) for line in lines], older)


def _line(run: RunSummary, definitions: Definitions, now: datetime) -> RunLine:
    try:
        title = definitions.get(run.workflow).title
    except WorkflowNotFound:
        title = run.workflow
    return RunLine(run.id, run.workflow, title, run.status_at(now), run.created_at, run.updated_at)
