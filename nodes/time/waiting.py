"""`wait_until_time_of_day`, `wait_until_weekday` and `wait_until_open` nodes: the run goes on when clocks show a time.

They pause as `wait` does: until when is settled at the first visit and kept with the step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from wizard.expressions.template import Dynamic, Template
from wizard.model import Later, Outcome, Proceed, Prompt
from wizard.model.instants import resolve, shown
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.nodes.given import given
from wizard.nodes.moments import clock_of
from wizard.nodes.time.days import WEEKDAYS, Weekday
from wizard.nodes.time.hours import MOST_DAYS, next_open
from wizard.nodes.time.opening_hours import HoursConfig
from wizard.nodes.time.zones import Zone, zone_of

UNTIL = "until"  # in the node's state
Text = Annotated[Template | None, FormHint(rows=3), Field(description="What people read meanwhile.")]
C = TypeVar("C", bound=NodeConfig)


class WaitsUntil(Background[C]):
    """The base of types that wait for a time of the clocks. Their configuration has a key `text`."""

    group = "time"
    icon = "clock"
    pure = True
    pauses = True

    @abstractmethod
    def until(self, visit: Visit[C]) -> datetime:
        """When the run goes on. Raises NodeFailed where that can't be told."""

    def outputs(self, config: C) -> frozenset[str]:
        return frozenset({UNTIL})

    def later(self, visit: Visit[C]) -> Later | None:
        if UNTIL not in visit.state:
            visit.state[UNTIL] = self.until(visit)
        return Later(visit.state[UNTIL])

    def prompt(self, visit: Visit[C]) -> Prompt:
        text: Template | None = getattr(visit.config, "text", None)
        return Prompt(visit.step, self.type, visit.title, "" if text is None else text.prose(visit.names))

    async def execute(self, visit: Visit[C]) -> Outcome:
        return Proceed({UNTIL: shown(visit.state.get(UNTIL, visit.now), visit.zone)})


def clock_in(visit: Visit[Any]) -> time:
    """The key `time`. Raises NodeFailed."""
    said = given(visit, "time")
    try:
        return clock_of(said.value)
    except TypeError:
        raise said.must("a time of day, like 08:30") from None
    except ValueError as error:
        raise said.wrong(f"isn't a time of day: {error}") from error


def next_at(now: datetime, clock: time, zone: tzinfo, weekdays: Collection[Weekday] = WEEKDAYS) -> datetime:
    """The first instant that isn't over at which the zone's clocks show this time on one of the days."""
    today = shown(now, zone).date()
    for days in range(9):
        day = today + timedelta(days=days)
        at = resolve(datetime.combine(day, clock), zone)
        if WEEKDAYS[day.weekday()] in weekdays and at >= now:
            return at
    raise AssertionError("each day of the week comes within eight days")


class TimeOfDayConfig(NodeConfig):
    """Until when."""

    time: Dynamic = Field(description="The time, like 08:30.")
    zone: Zone = None
    text: Text = None


class WaitUntilTimeOfDayNode(WaitsUntil[TimeOfDayConfig]):
    """Waits until clocks show a time: today, or tomorrow where that is over.

    Output: `until`, when the run went on. Exactly at that time, it isn't waited for. A time that the clocks skip is
    an hour later, and of one that they show twice, the first counts. Who comes to the node again with nothing changed
    doesn't wait anew. What isn't a time of day fails the step.
    """

    type = "wait_until_time_of_day"
    title = "Wait for a time of day"
    example: ClassVar[Mapping[str, Any]] = {
        "time": "08:30",
        "zone": "Europe/Zurich",
        "text": "We write to you tomorrow morning.",
    }
    Config = TimeOfDayConfig

    def until(self, visit: Visit[TimeOfDayConfig]) -> datetime:
        return next_at(visit.now, clock_in(visit), zone_of(visit))


class WeekdayConfig(NodeConfig):
    """Until which day, and when on it."""

    weekdays: tuple[Weekday, ...] = Field(
        min_length=1, max_length=7, description="Days of the week like `monday`: the first that comes counts."
    )
    time: Dynamic = Field("00:00", validate_default=True, description="The time on that day, like 08:30.")
    zone: Zone = None
    text: Text = None


class WaitUntilWeekdayNode(WaitsUntil[WeekdayConfig]):
    """Waits until a day of the week, or the first of several.

    Output: `until`, when the run went on. Today counts where its time isn't over yet, so with the five working days and
    `08:30` a run that comes on Friday afternoon goes on on Monday morning. Holidays aren't known: for these there is
    `wait_until_open`. Who comes to the node again with nothing changed doesn't wait anew.
    """

    type = "wait_until_weekday"
    title = "Wait for a day of the week"
    icon = "calendar"
    example: ClassVar[Mapping[str, Any]] = {"weekdays": ["monday", "thursday"], "time": "08:30"}
    Config = WeekdayConfig

    def until(self, visit: Visit[WeekdayConfig]) -> datetime:
        return next_at(visit.now, clock_in(visit), zone_of(visit), visit.config.weekdays)


class OpenConfig(HoursConfig):
    """When it is open, and what people read until then."""

    text: Text = None


class WaitUntilOpenNode(WaitsUntil[OpenConfig]):
    """Waits until it is open, as `opening_hours` has it.

    Output: `until`, when the run went on: at once where it is open, or else at the next opening. Hours are written
    as in `opening_hours`. Where it doesn't open within 400 days, the step fails. Who comes to the node again with
    nothing changed doesn't wait anew.
    """

    type = "wait_until_open"
    title = "Wait for opening hours"
    icon = "door"
    example: ClassVar[Mapping[str, Any]] = {
        "hours": {"monday": "08:30-17:00", "thursday": "08:30-18:00"},
        "text": "We are back at our desks on Monday.",
    }
    Config = OpenConfig

    def until(self, visit: Visit[OpenConfig]) -> datetime:
        config, hours = visit.config, given(visit, "hours")
        found = next_open(config.hours, config.exceptions, visit.now, zone_of(visit))
        if found is None:
            raise hours.wrong(f"is never open within {MOST_DAYS} days. Correct the definition")
        return max(found.opens, visit.now)
