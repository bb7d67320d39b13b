"""Which runs an event reaches: those of its profile or session that haven't ended and have a step that takes events of
its type, whether they have come to that step or not (S24)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from wizard.engine import Engine
from wizard.errors import RunNotFound, TooManyRuns
from wizard.model import ENDED
from wizard.model.recent import Recent
from wizard.stores.contract import RunPlace, RunSummary

PAGE = 100
MOST_LOOKED_AT = 10_000  # live runs of one profile and session
MOST_VERSIONS = 10_000  # of workflows of which it is remembered which events they take


class Waiting:
    """Finds the runs of an engine's store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._awaited: Recent[str, frozenset[str]] = Recent(MOST_VERSIONS)

    async def runs(self, event_type: str, profile_id: str | None, session_id: str | None, most: int) -> tuple[str, ...]:
        """Their ids, the oldest first. None stands for a profile or session that there can be no run of. Raises
        TooManyRuns where there are more than `most`."""
        places: list[RunPlace] = []
        looked: set[str] = set()
        for profile, session in ((profile_id, None), (None, session_id)):
            if profile is session:
                continue
            async for summary in self._live_runs(profile, session):
                if summary.id in looked:
                    continue
                looked.add(summary.id)
                if event_type in await self._awaited_by(summary):
                    places.append(summary.place)
                if len(places) > most or len(looked) > MOST_LOOKED_AT:
                    raise TooManyRuns
        return tuple(place.id for place in sorted(places))

    async def _live_runs(self, profile: str | None, session: str | None) -> AsyncIterator[RunSummary]:
        """Page by page: a person may have any number."""
        before: RunPlace | None = None
        while True:
            page = await self._engine.store.list_runs(
                profile=profile, session=session, live=True, limit=PAGE, before=before
            )
            now = self._engine.clock()
            for summary in page:
                if summary.status_at(now) not in ENDED:
                    yield summary
            if len(page) < PAGE:
                return
            before = page[-1].place

    async def _awaited_by(self, summary: RunSummary) -> frozenset[str]:
        """The events that steps of the run take. All runs of a version take the same, so that one of them is loaded."""
        awaited = self._awaited.get(summary.version)
        if awaited is not None:
            return awaited
        try:
            view = await self._engine.load(summary.id)
        except RunNotFound:  # deleted meanwhile
            return frozenset()
        if view.workflow.unavailable is None:  # an outline tells what it can
            self._awaited.put(view.run.version, view.workflow.awaited)  # it may have been migrated since it was listed
        return view.workflow.awaited
