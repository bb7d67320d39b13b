"""Who works under a name that has room for so many, and who waits for that, in a memory store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple


class _Place(NamedTuple):
    works: bool
    since: datetime
    until: datetime


class MemorySlots:
    """See wizard.stores.Store for what each method promises. `hurry` has a job be due, if it isn't yet; it says whether
    it wasn't."""

    def __init__(self, hurry: Callable[[str, datetime], bool]) -> None:
        self._places: dict[str, dict[str, _Place]] = {}
        self._hurry = hurry

    def occupy(self, holder: str, limits: Mapping[str, int], now: datetime, lease: timedelta, since: datetime) -> int:
        missing = {name: self._missing(name, limit, holder, now, since) for name, limit in limits.items()}
        before = max(missing.values(), default=0)
        self._leave(holder)
        for name, count in missing.items():
            if count or not before:
                self._places.setdefault(name, {})[holder] = _Place(not before, since, now + lease)
        return before

    def _missing(self, name: str, limit: int, holder: str, now: datetime, since: datetime) -> int:
        """How many places the holder comes too late for; 0 where there is one."""
        places = {each: place for each, place in self._places.get(name, {}).items() if place.until > now}
        self._places[name] = places
        own = places.get(holder)
        if own is not None and own.works:
            return 0
        before = sum(
            place.works or (place.since, each) < (since, holder) for each, place in places.items() if each != holder
        )
        return max(before - limit + 1, 0)

    def vacate(self, holder: str, now: datetime) -> None:
        for name in self._leave(holder):
            line = sorted((place.since, each) for each, place in self._places[name].items() if not place.works)
            next((each for _, each in line if self._hurry(each, now)), None)

    def _leave(self, holder: str) -> list[str]:
        """The names under which it had a place."""
        left = [name for name, places in self._places.items() if places.pop(holder, None) is not None]
        for name in [name for name, places in self._places.items() if not places and name not in left]:
            del self._places[name]
        return left
