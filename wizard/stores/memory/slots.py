"""Who works under a name that has room for so many, and who waits for that, in a memory store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple


class _Place(NamedTuple):
    works: bool
    since: datetime
    until: datetime


class MemorySlots:
    """See wizard.stores.contract.Store for what each method promises."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, _Place]] = {}

    def occupy(self, holder: str, limits: Mapping[str, int], now: datetime, lease: timedelta, since: datetime) -> int:
        missing = {name: self._missing(name, limit, holder, now, since) for name, limit in limits.items()}
        before = max(missing.values(), default=0)
        self.vacate(holder)
        for name, count in missing.items():
            if count or not before:
                self._places.setdefault(name, {})[holder] = _Place(not before, since, now + lease)
        return before

    def _missing(self, name: str, limit: int, holder: str, now: datetime, since: datetime) -> int:
        """How many places the holder comes too late for; 0 where there is one."""
        places = {holder: place for holder, place in self._places.get(name, {}).items() if place.until > now}
        self._places[name] = places
        own = places.get(holder)
        if own is not None and own.works:
            return 0
        before = sum(
            place.works or (place.since, rival) < (since, holder) for rival, place in places.items() if rival != holder
        )
        return max(before - limit + 1, 0)

    def vacate(self, holder: str) -> None:
        for name in list(self._places):
            self._places[name].pop(holder, None)
            if not self._places[name]:
                del self._places[name]
