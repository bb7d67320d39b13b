"""The events that were taken, in memory."""

from __future__ import annotations

import threading
from datetime import datetime
from itertools import islice

from wizard.model.events import TakenEvent


class MemoryEvents:
    """See wizard.model.events.TakenEvents for what each method promises. `lock` is the store's."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._events: dict[str, TakenEvent] = {}  # the oldest first
        self._count = 0

    async def add(self, event: TakenEvent) -> bool:
        with self._lock:
            if event.id in self._events:
                return False
            self._count += 1
            self._events[event.id] = event._replace(number=self._count)
            return True

    async def finish(self, event: TakenEvent) -> bool:
        with self._lock:
            stored = self._events.get(event.id)
            if stored is None or stored.is_done:
                return False
            self._events[event.id] = stored._replace(runs=event.runs, failed=event.failed)
            return True

    async def get(self, event_id: str) -> TakenEvent | None:
        return self._events.get(event_id)

    async def newest(
        self, *, profile: str | None = None, unmatched: bool = False, limit: int = 100, below: int | None = None
    ) -> tuple[TakenEvent, ...]:
        with self._lock:
            wanted = (
                event
                for event in reversed(self._events.values())
                if (below is None or event.number < below)
                and (profile is None or event.profile_id == profile)
                and (not unmatched or (event.is_done and event.is_unmatched))
            )
            return tuple(islice(wanted, max(limit, 0)))

    async def forget(self, profile_id: str) -> int:
        with self._lock:
            return self._delete([event.id for event in self._events.values() if event.profile_id == profile_id])

    def prune(self, before: datetime, limit: int) -> int:
        """Deletes at most so many that were taken before then; how many they were. The caller holds the lock."""
        old = (event.id for event in self._events.values() if event.taken_at < before)
        return self._delete(list(islice(old, max(limit, 0))))

    def _delete(self, ids: list[str]) -> int:
        for event_id in ids:
            del self._events[event_id]
        return len(ids)
