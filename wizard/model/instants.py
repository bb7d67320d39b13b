"""Time is an instant (S25): in UTC everywhere, and a wall clock's time only where people read or write it.

Python compares and subtracts two times of one zone by what their wall clocks show, and adds to that: around a change
of summer time the result is wrong by an hour. So a time becomes an instant where it comes in, durations are added to
instants, and a zone is met twice: where a time without an offset is resolved, and where an instant is shown.

A wall clock's time that is missing, because the clocks went forward, is read with the offset that was valid before
(02:30 is then 03:30); one that comes twice is the first of both. That is what RFC 5545 says of calendars.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from wizard.errors import SettingsError

# A day inside of what Python knows, so that a time can be shown in every zone.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1)  # what a wall clock in UTC shows


def instant(at: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError where it has no offset or is outside of EARLIEST to LATEST."""
    if at.tzinfo is UTC and EARLIEST <= at <= LATEST:
        return at
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone")
    try:
        moment = at.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or not EARLIEST <= moment <= LATEST:
        raise ValueError(f"{at.isoformat()} lies before 0001-01-02 or after 9999-12-30")
    return moment


def after(at: datetime, duration: timedelta) -> datetime:
    """So much later, the longest way LATEST or EARLIEST. Raises ValueError where `at` is no instant."""
    moment = instant(at)
    try:
        return min(max(moment + duration, EARLIEST), LATEST)
    except OverflowError:
        return LATEST if duration > timedelta(0) else EARLIEST


def resolve(wall: datetime, zone: tzinfo) -> datetime:
    """The instant at which the clocks of a zone show a time without an offset, by the module's rule for those that
    are missing or come twice. Raises ValueError where it is outside of EARLIEST to LATEST."""
    return instant(wall.replace(tzinfo=zone, fold=0))


def first_of(day: date, zone: tzinfo) -> datetime:
    """The instant at which a day begins in a zone; where midnight is missing, that is later than 00:00."""
    return resolve(datetime.combine(day, time()), zone)


def shown(at: datetime, zone: tzinfo | None) -> datetime:
    """What the clocks of a zone show at an instant, with their offset then and no zone: as it is read back when it was
    stored. What has no offset stays as it is, and so does what no clock there can show."""
    offset = None if zone is None else at.utcoffset()
    if offset is None:
        return at
    try:
        wall = at.astimezone(zone)
    except OverflowError:
        return at
    there = wall.utcoffset()
    return wall if there is None else wall.replace(tzinfo=timezone(there), fold=0)


def order(at: datetime) -> timedelta:
    """What two times with an offset are compared by, whatever their zones: the time since 1970 in UTC, also where UTC
    itself knows none. Raises TypeError for one without an offset."""
    offset = at.utcoffset()
    if offset is None:
        raise TypeError("a time without a time zone isn't an instant")
    return at.replace(tzinfo=None) - _EPOCH - offset


class Clock:
    """A host's clock as the engine reads it: called, it gives the instant; `wall` the same as people's clocks show it:
    in `zone`, or where that is None, in the zone of the times that the host's clock gives. Both raise SettingsError
    for a clock that doesn't know its zone."""

    def __init__(self, source: Callable[[], datetime], zone: tzinfo | None = None) -> None:
        self.source = source
        self._zone = zone

    def __call__(self) -> datetime:
        return self.wall().astimezone(UTC)

    def wall(self) -> datetime:
        now: object = self.source()
        if not isinstance(now, datetime):
            raise SettingsError(
                f"The engine's clock gives {type(now).__name__}. Hand it one such as `lambda: datetime.now(UTC)`."
            )
        if now.utcoffset() is None:
            raise SettingsError(
                "The engine's clock gives times without a time zone. Hand it one such as `lambda: datetime.now(UTC)`."
            )
        return now if self._zone is None else now.astimezone(self._zone)
