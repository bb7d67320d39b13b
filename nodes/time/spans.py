"""`difference` and `between` nodes: how far two times are apart, and on which side of two others one is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.dates import whole_months, whole_years
from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.model.instants import after, first_of, order
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import Given, given
from wizard.nodes.moments import is_day

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600}


class DifferenceConfig(NodeConfig):
    """From when to when, in what."""

    start: Dynamic = Field(description="A date or a time.")
    end: Dynamic = Field("{{ now() }}", validate_default=True, description="A date or a time; now unless given.")
    unit: Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years"] = Field(
        "days", description="What is counted."
    )


class DifferenceNode(Computes[DifferenceConfig]):
    """Counts the time from one date or time to another.

    Output: `value`, a whole number: what isn't full yet doesn't count, and it is negative where the end is before the
    start. Seconds, minutes and hours are those that pass, also when the clocks change; days, weeks, months and years
    are those of the calendar in the settings' time zone, from date to date: from 23:00 to 01:00 is one day. Somebody
    born on 29 February is a year older on 1 March. Nothing (null) as one of the two gives null.
    """

    type = "difference"
    title = "Time between two dates"
    group = "time"
    icon = "hourglass"
    subject = "start"
    example: ClassVar[Mapping[str, Any]] = {"start": "1985-03-27", "end": "{{ today() }}", "unit": "years"}
    Config = DifferenceConfig

    def compute(self, visit: Visit[DifferenceConfig], subject: Given) -> Proceed:
        end, unit = given(visit, "end"), visit.config.unit
        if end.value is None:
            return value(None)
        if unit in _SECONDS:
            passed = order(end.moment()) - order(subject.moment())
            return value(_full(passed // timedelta(microseconds=1), _SECONDS[unit] * 1_000_000))
        first, last = subject.day(), end.day()
        match unit:
            case "months":
                return value(whole_months(first, last))
            case "years":
                return value(whole_years(first, last))
        return value(_full((last - first).days, 7 if unit == "weeks" else 1))


def _full(count: int, size: int) -> int:
    return count // size if count >= 0 else -(-count // size)


class BetweenConfig(NodeConfig):
    """What is between what."""

    at: Dynamic = Field("{{ now() }}", validate_default=True, description="A date or a time; now unless given.")
    start: Dynamic | None = Field(None, description="What it must not be before.")
    end: Dynamic | None = Field(None, description="What it must be before; of a date, its end.")


class BetweenNode(Computes[BetweenConfig]):
    """Tells whether a time is between two others.

    Ways out: `before`, `between` and `after`. Output: `value`, the name of the way. The start counts as between; an end
    with a time doesn't, and an end that is a date is the end of that day: from `2030-03-01` to `2030-03-31` is all of
    March, as the clocks of the settings' time zone show it. One of the two may be left out, or be nothing (null): then
    there is no limit on that side. A time that is nothing is nowhere: it takes the way `before`, and `value` is null.
    An end before its start fails the step.
    """

    type = "between"
    title = "Between two times"
    group = "time"
    icon = "range"
    ports = ("before", "between", "after")
    always_ports = True
    subject = "at"
    nothing = "before"
    example: ClassVar[Mapping[str, Any]] = {"at": "{{ today() }}", "start": "2026-01-01", "end": "2026-12-31"}
    Config = BetweenConfig

    def check(self, config: BetweenConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.start is None and config.end is None:
            yield ("start",), "say `start`, `end` or both"

    def compute(self, visit: Visit[BetweenConfig], subject: Given) -> Proceed:
        at, start, end = subject.moment(), given(visit, "start"), given(visit, "end")
        first = None if start.value is None else start.moment()
        last = None if end.value is None else end.moment()
        if last is not None and is_day(end.value):
            day = end.day()
            last = first_of(day + timedelta(days=1), visit.zone) if day.year < 9999 else after(last, timedelta(days=1))
        if first is not None and last is not None and last < first:
            raise end.wrong("is before `start`")
        where = (
            "before" if first is not None and at < first else "after" if last is not None and at >= last else "between"
        )
        return Proceed({"value": where}, port=where)
