"""The time of a debug run: it stands, unless it is moved on to what is waited for."""

from __future__ import annotations

from datetime import datetime, timedelta

from wizard.model.instants import LATEST, after, instant


class DebugClock:
    """A clock that stands at an aware datetime."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def pass_by(self, duration: timedelta) -> None:
        self.jump(after(self._now, duration))

    def jump(self, to: datetime) -> None:
        """Moves on to that moment; it never goes back."""
        self._now = max(instant(self._now), min(instant(to), LATEST)).astimezone(self._now.tzinfo)
