"""`next_working_day` and `wait_until_working_day` nodes: days on which people work, by the calendar of a country or a
part of it.

The calendars are those of the package `holidays`, an extra: a definition that names this type is refused where it isn't
installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.model.instants import resolve, shown
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes
from wizard.nodes.given import Given, given
from wizard.nodes.time.waiting import Text, WaitsUntil, clock_in
from wizard.nodes.time.zones import Zone, zone_of

MOST: Final = 1_000  # working days
MISSING: Final = "the calendars of countries need a package that isn't installed: pip install wizard[calendars]"


class WorkingDayConfig(NodeConfig):
    """From which day, how many days, and where."""

    country: Dynamic = Field(description="The country, by its code of two letters, like CH.")
    subdivision: Dynamic | None = Field(
        None,
        description="A part of it with holidays of its own, by its code, like ZH; the whole country's, without it.",
    )
    day: Dynamic = Field(
        "{{ today() }}",
        validate_default=True,
        description="A date or a time to count from; today unless given.",
    )
    days: Dynamic = Field(
        1,
        validate_default=True,
        description="How many working days on, or back if negative; 0 is the day itself, or the next working day.",
    )


class NextWorkingDayNode(Computes[WorkingDayConfig]):
    """Finds the next working day of a country, or the one so many working days on or back.

    Outputs: `value`, the day; `holidays`, those that were passed on the way on days that would have been worked, a list
    of groups with `day` and `name`, in the run's language where the calendar has it. The day from which is counted
    doesn't count itself: one working day after a Friday is Monday.

    Weekends are those of the country. Holidays are the public ones, of the whole country or also of its `subdivision`,
    as the package [holidays](https://holidays.readthedocs.io) knows them: what a state decrees at short notice, it
    learns late. Up to 1,000 days on or back. Nothing (null) as the day or the country gives null.
    """

    type = "next_working_day"
    title = "Next working day"
    group = "time"
    icon = "calendar"
    gives = ("value", "holidays")
    subject = "day"
    example: ClassVar[Mapping[str, Any]] = {"country": "CH", "subdivision": "ZH", "day": "2026-12-24", "days": 2}
    Config = WorkingDayConfig

    def check(self, config: WorkingDayConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return _mistakes(config.country, config.subdivision)

    def compute(self, visit: Visit[WorkingDayConfig], subject: Given) -> Proceed:
        country, days = given(visit, "country"), given(visit, "days").whole(-MOST, MOST)
        if country.value is None:
            return Proceed(dict.fromkeys(self.gives))
        calendar, day = _calendar(visit, country), subject.day()
        step, left = timedelta(days=1 if days >= 0 else -1), abs(days)
        passed: dict[date, str] = {}
        try:
            if days == 0 and not _is_worked(calendar, day, passed):
                left = 1
            while left:
                day += step
                left -= _is_worked(calendar, day, passed)
        except OverflowError as error:
            raise subject.wrong("is too near the first or the last day that there is") from error
        named = [{"day": at, "name": name} for at, name in sorted(passed.items())]
        return Proceed({"value": day, "holidays": named})


class WaitConfig(NodeConfig):
    """Where, and until when on the day."""

    country: Dynamic = Field(description="The country, by its code of two letters, like CH.")
    subdivision: Dynamic | None = Field(
        None, description="A part of it with holidays of its own, by its code, like ZH."
    )
    time: Dynamic = Field("00:00", validate_default=True, description="The time on that day, like 08:30.")
    zone: Zone = None
    text: Text = None


class WaitUntilWorkingDayNode(WaitsUntil[WaitConfig]):
    """Waits until a working day of a country, as `next_working_day` knows it.

    Output: `until`, when the run went on. Today counts where it is a working day and its time isn't over yet. Who comes
    to the node again with nothing changed doesn't wait anew. What isn't a country with a calendar fails the step.
    """

    type = "wait_until_working_day"
    title = "Wait for a working day"
    icon = "calendar"
    example: ClassVar[Mapping[str, Any]] = {"country": "CH", "subdivision": "ZH", "time": "08:30"}
    Config = WaitConfig

    def check(self, config: WaitConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return _mistakes(config.country, config.subdivision)

    def until(self, visit: Visit[WaitConfig]) -> datetime:
        calendar, clock, zone = _calendar(visit, given(visit, "country")), clock_in(visit), zone_of(visit)
        day = shown(visit.now, zone).date()
        for _ in range(MOST):
            at = resolve(datetime.combine(day, clock), zone)
            if at >= visit.now and _is_worked(calendar, day, {}):
                return at
            day += timedelta(days=1)
        raise given(visit, "country").wrong(f"has no working day within {MOST:,} days")


def _mistakes(country: Dynamic, part: Dynamic | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What can be told of a country and a part of it before a run."""
    parts = _countries()
    if parts is None:
        yield (), MISSING
        return
    if not country.constant or not isinstance(code := country.source, str):
        return
    if code not in parts:
        yield ("country",), f"there is no calendar of the country {code[:20]!r}; write its code, like CH"
    elif part is not None and part.constant and part.source is not None and part.source not in parts[code]:
        known = ", ".join(parts[code]) or "it has none"
        yield ("subdivision",), f"{code} has no part {str(part.source)[:20]!r} with a calendar: {known}"


def _is_worked(calendar: Any, day: date, passed: dict[date, str]) -> bool:
    """Notes the holiday that keeps it from being one."""
    if day.weekday() in calendar.weekend:
        return False
    name = calendar.get(day)
    if name is not None:
        passed[day] = str(name)
    return name is None


def _countries() -> Mapping[str, list[str]] | None:
    """The codes of the parts of each country; None where the package isn't there."""
    try:
        from holidays import list_supported_countries
    except ImportError:
        return None
    return list_supported_countries()


def _calendar(visit: Visit[Any], country: Given) -> Any:
    """Raises NodeFailed."""
    parts = _countries()
    if parts is None:
        raise NodeFailed(f"{MISSING[0].upper()}{MISSING[1:]}.", people=Excuse.BROKEN, lasting=True)
    from holidays import country_holidays

    code, part = country.text(10), given(visit, "subdivision")
    if code not in parts:
        raise country.wrong("is no code of a country that there is a calendar of, like CH")
    if part.value is not None and part.text(20) not in parts[code]:
        raise part.wrong("is no code of a part of that country")
    return country_holidays(code, subdiv=part.value, language=_language(visit.language))


def _language(language: str) -> str:
    """As the calendars name languages; where one doesn't know it, it takes its own."""
    first, _, region = language.partition("-")
    return f"{first}_{region}" if region else "en_US" if first == "en" else first
