"""Opening hours: on which days of the week somebody is there from when to when, and on which days it is otherwise.

Times are those of a zone's clocks. Hours that end before they begin go on past midnight and belong to the day on which
they begin. What is asked is when it is open next, counted in instants, so that no change of the clocks is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, WithJsonSchema

from wizard.model.instants import after, resolve, shown
from wizard.node import NodeConfig
from wizard.nodes.time.days import WEEKDAYS

MOST_DAYS = 400  # that are looked at: a year of exceptions, and more
MAX_HOURS = 200  # characters
CLOSED = "closed"

_CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]|24:00"
_SPAN = re.compile(rf"\s*({_CLOCK})\s*[-–]\s*({_CLOCK})\s*")
_IN_SCHEMA = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class Open(NamedTuple):
    """Two instants; at the second it is closed already. Without that, it stays open as far as is looked."""

    opens: datetime
    closes: datetime | None


@lru_cache(512)
def spans(text: str) -> tuple[tuple[timedelta, timedelta], ...]:
    """What a day's hours say, from midnight: `08:30-12:00, 13:00-17:00`. Raises ValueError."""
    if text.strip().lower() == CLOSED:
        return ()
    made = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part)
        if match is None or len(text) > MAX_HOURS:
            raise ValueError("write hours like 08:30-12:00, 13:00-17:00, or closed")
        opens, closes = (timedelta(hours=int(clock[:-3]), minutes=int(clock[-2:])) for clock in match.groups())
        if opens == closes:
            raise ValueError(f"{part.strip()} has no length; all day is 00:00-24:00")
        made.append((opens, closes if closes > opens else closes + timedelta(days=1)))
    return tuple(sorted(made))


def _hours(text: str) -> str:
    spans(text)
    return text


def _day(text: str) -> str:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("write the day like 2030-12-25")
    date.fromisoformat(text)
    return text


Hours = Annotated[
    str,
    AfterValidator(_hours),
    WithJsonSchema(
        {"type": "string", "pattern": f"^({_IN_SCHEMA}-{_IN_SCHEMA}(, {_IN_SCHEMA}-{_IN_SCHEMA})*|{CLOSED})$"}
    ),
]
Day = Annotated[str, AfterValidator(_day)]


class Week(NodeConfig):
    """The hours of each day of the week; closed where a day has none."""

    monday: Hours = Field(CLOSED, description="Hours like `08:30-12:00, 13:00-17:00`, or `closed`.")
    tuesday: Hours = Field(CLOSED, description="Likewise.")
    wednesday: Hours = Field(CLOSED, description="Likewise.")
    thursday: Hours = Field(CLOSED, description="Likewise.")
    friday: Hours = Field(CLOSED, description="Likewise.")
    saturday: Hours = Field(CLOSED, description="Likewise.")
    sunday: Hours = Field(CLOSED, description="Likewise.")


def next_open(week: Week, exceptions: Mapping[str, str], at: datetime, zone: tzinfo) -> Open | None:
    """When it is open at an instant or next after it, from opening to closing; None where that isn't within MOST_DAYS.
    Hours that follow each other without a break are one."""
    first = last = None
    for opens, closes in _all(week, exceptions, at, zone):
        if closes <= opens:  # in an hour that the clocks skip
            continue
        if first is not None and last is not None and opens <= last:
            last = max(last, closes)
            continue
        if first is not None and last is not None and last > at:
            return Open(first, last)
        first, last = opens, closes
    if first is None or last is None or last <= at:
        return None
    return Open(first, last if last < after(at, timedelta(days=MOST_DAYS - 2)) else None)


def _all(week: Week, exceptions: Mapping[str, str], at: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    today = shown(at, zone).date()
    for days in range(-2, MOST_DAYS):
        try:
            day = today + timedelta(days=days)
            midnight = datetime.combine(day, time())
            text = exceptions.get(day.isoformat(), getattr(week, WEEKDAYS[day.weekday()]))
            for opens, closes in spans(text):
                yield resolve(midnight + opens, zone), resolve(midnight + closes, zone)
        except (ValueError, OverflowError):  # beyond what clocks show
            continue
