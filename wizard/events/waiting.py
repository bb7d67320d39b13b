"""Which runs an event reaches: those of its profile or session that haven't ended and have a step that takes events of
its type, whether they have come to that step or not (S24)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from wizard.engine import Engine
from wizard.errors import RunNotFound, TooManyRuns
from wizard.model import ENDED
from wizard.stores.contract import RunPlace, RunSummary

PAGE = 100
MOST_LOOKED_AT = 10_000  # live runs of one profile and session


async def waiting_runs(
    engine: Engine, event_type: str, profile_id: str | None, session_id: str | None, most: int
) -> tuple[str, ...]:
    """Their ids, the oldest first. None stands for a profile or session that there can be no run of. Raises
    TooManyRuns where there are more than `most`."""
    ids: dict[str, None] = {}
    looked: set[str] = set()
    for profile, session in ((profile_id, None), (None, session_id)):
        if profile is session:
            continue
        async for summary in _live_runs(engine, profile, session):
            if summary.id in looked:
                continue
            looked.add(summary.id)
            if await _takes(engine, summary.id, event_type):
                ids[summary.id] = None
            if len(ids) > most or len(looked) > MOST_LOOKED_AT:
                raise TooManyRuns
    return tuple(reversed(ids))


async def _live_runs(engine: Engine, profile: str | None, session: str | None) -> AsyncIterator[RunSummary]:
    """Page by page: a person may have any number."""
    before: RunPlace | None = None
    while True:
        page = await engine.store.list_runs(profile=profile, session=session, live=True, limit=PAGE, before=before)
        now = engine.clock()
        for summary in page:
            if summary.status_at(now) not in ENDED:
                yield summary
        if len(page) < PAGE:
            return
        before = page[-1].place


async def _takes(engine: Engine, run_id: str, event_type: str) -> bool:
    try:
        view = await engine.load(run_id)
    except RunNotFound:  # deleted meanwhile
        return False
    return event_type in view.workflow.awaited
