"""`weekday` nodes: which day of the week it is. And the days of the week as configurations name them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.forms.locales import is_everywhere, region_of
from wizard.locale import formats
from wizard.locale.formats import locale_of
from wizard.model import Proceed
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes
from wizard.nodes.given import Given

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class WeekdayConfig(NodeConfig):
    """Which day."""

    day: Dynamic = Field("{{ today() }}", validate_default=True, description="A date or a time; today unless given.")


class WeekdayNode(Computes[WeekdayConfig]):
    """Tells which day of the week a date is.

    Ways out: `workday` and `weekend`, as it is usual where the run's language is from: in English of no country,
    Saturday and Sunday are the weekend. Outputs: `value`, the day's number from 1 (Monday) to 7 (Sunday); `name`, its
    name in the run's language; `weekend`, true or false. Of a time, the date in the settings' time zone counts.
    Holidays aren't known. Nothing (null) gives null for each and takes the way `workday`.
    """

    type = "weekday"
    title = "Day of the week"
    group = "time"
    icon = "calendar"
    ports = ("workday", "weekend")
    always_ports = True
    gives = ("value", "name", "weekend")
    subject = "day"
    nothing = "workday"
    example: ClassVar[Mapping[str, Any]] = {"day": "{{ today() }}"}
    Config = WeekdayConfig

    def compute(self, visit: Visit[WeekdayConfig], subject: Given) -> Proceed:
        day = subject.day()
        weekend = day.weekday() in _weekend(visit.language)
        output = {"value": day.isoweekday(), "name": formats.weekday(day, visit.language), "weekend": weekend}
        return Proceed(output, port="weekend" if weekend else "workday")


def _weekend(language: str) -> tuple[int, ...]:
    """The days of a weekend, Monday being 0 (CLDR, weekData)."""
    from babel.core import Locale, UnknownLocaleError

    locale = locale_of(language)
    if not is_everywhere(language) and not locale.territory:
        with suppress(UnknownLocaleError):
            locale = Locale(locale.language, region_of(language))
    first, last = locale.weekend_start, locale.weekend_end
    return tuple((first + days) % 7 for days in range((last - first) % 7 + 1))
