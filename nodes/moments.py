"""Values as days and as instants, as node types of time read them: dates, moments, and texts in ISO 8601.

A day stands for its first moment, and a time without an offset is one that the clocks of the given zone show
(wizard.model.instants).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from wizard.model.instants import first_of, instant, resolve, shown


def moment_of(value: Any, zone: tzinfo) -> datetime:
    """The instant, in UTC. Raises ValueError for a text that is no time and a time that no clock can show, and
    TypeError for a value of another kind."""
    value = _read(value)
    if isinstance(value, datetime):
        return instant(value) if value.tzinfo is not None else resolve(value, zone)
    return first_of(value, zone)


def day_of(value: Any, zone: tzinfo) -> date:
    """The day; of a moment that which clocks in the zone show. Raises as `moment_of` does."""
    value = _read(value)
    return shown(value, zone).date() if isinstance(value, datetime) else value


def is_day(value: Any) -> bool:
    """Whether it is a day without a time, as a date or as text."""
    return not isinstance(_read(value), datetime)


def clock_of(value: Any) -> time:
    """A time of day, as a time or as text like 17:30. Raises ValueError and TypeError likewise."""
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError("write it like 08:30 or 17:00") from error
    if not isinstance(value, time):
        raise TypeError
    if value.tzinfo is not None:
        raise ValueError("a time of day has no offset; say the zone apart")
    return value


def zone_called(name: str) -> tzinfo:
    """The time zone of an IANA name. Raises ValueError where there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder of zones, a path, an unknown name
        raise ValueError("this isn't the name of a time zone, like Europe/Zurich") from error


def _read(value: Any) -> date:
    if isinstance(value, str):
        try:
            text = value.strip()
            return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError("it must be a date or a time") from error
    if not isinstance(value, date):
        raise TypeError
    return value
