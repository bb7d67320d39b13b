"""The functions of dates, and their rules: whole years and months, and days that don't exist.

A birthday on 29 February counts as reached on 1 March of a year without one; adding months or
years to a day that the month lacks gives the month's last day.

A moment's day, hour, month and year are those of the clocks in the run's time zone, and days are added to it by
these clocks: tomorrow at the same time. What they don't show on that day, or show twice, is resolved as in
wizard.model.instants.
"""

from __future__ import annotations

import datetime as clock
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final, TypeVar, cast

from wizard.errors import ExpressionError
from wizard.expressions import wording
from wizard.expressions.arithmetic import is_number, kind
from wizard.expressions.closures import Function, Scope
from wizard.expressions.library import F, declare, whole, words
from wizard.model import Value
from wizard.model.instants import resolve, shown

FUNCTIONS: Final[dict[str, Function]] = {}
D = TypeVar("D", bound=clock.date)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def as_date(scope: Scope, value: Value, function: str) -> clock.date:
    """The date, or a moment's date; `function` is the one that needs it, for the message."""
    if isinstance(value, datetime):
        return shown(value, scope.zone).date()
    if isinstance(value, clock.date):
        return value
    hint = " Make it a date with date(...) first." if isinstance(value, str) else ""
    raise ExpressionError(f"{function} needs a date; this is {kind(value)}.{hint}")


def parse_date(text: str) -> clock.date:
    """The date written as 2026-01-31."""
    try:
        if _ISO_DATE.fullmatch(text.strip()):
            return clock.date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise ExpressionError(f"{text[:40]!r} isn't a date. Write year, month and day, as in 2026-01-31.", private=True)


def make_date(year: int, month: int, day: int) -> clock.date:
    try:
        return clock.date(year, month, day)
    except (ValueError, OverflowError) as error:
        raise ExpressionError("There is no date with this year, month and day.") from error


def whole_months(start: clock.date, end: clock.date) -> int:
    """Whole months; negative where `end` is before `start`."""
    if end < start:
        return -whole_months(end, start)
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def whole_years(start: clock.date, end: clock.date) -> int:
    """Whole years; negative where `end` is before `start`."""
    if end < start:
        return -whole_years(end, start)
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def shift_days(day: D, days: int) -> D:
    try:
        return day + timedelta(days=days)
    except OverflowError as error:
        raise _outside() from error


def shift_months(day: D, months: int) -> D:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not clock.date.min.year <= year <= clock.date.max.year:
        raise _outside()
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def _outside() -> ExpressionError:
    return ExpressionError("This date would be outside of the years 1 to 9999.")


def function() -> Callable[[F], F]:
    return declare(FUNCTIONS, None)


@function()
def today(scope: Scope) -> Value:
    """Today's date."""
    return scope.names.now.date()


@function()
def now(scope: Scope) -> Value:
    """The present moment."""
    return shown(scope.names.now, scope.zone)


@function()
def date(scope: Scope, year: Value, month: Value = None, day: Value = None) -> Value:
    """The date of a year, month and day; of a text like "2026-01-31"; or of a moment."""
    if month is not None and day is not None:
        return make_date(whole(year, "date"), whole(month, "date"), whole(day, "date"))
    if month is not None or day is not None or is_number(year):
        raise ExpressionError("date needs a year, a month and a day, or a text like 2026-01-31.")
    return parse_date(year) if isinstance(year, str) else as_date(scope, year, "date")


@function()
def years_between(scope: Scope, start: Value, end: Value) -> Value:
    """Whole years from one date to another, as in an age: years_between(birth_date, today())."""
    return whole_years(as_date(scope, start, "years_between"), as_date(scope, end, "years_between"))


@function()
def months_between(scope: Scope, start: Value, end: Value) -> Value:
    """Whole months from one date to another."""
    return whole_months(as_date(scope, start, "months_between"), as_date(scope, end, "months_between"))


@function()
def days_between(scope: Scope, start: Value, end: Value) -> Value:
    """Days from one date to another; negative where the second is earlier."""
    return (as_date(scope, end, "days_between") - as_date(scope, start, "days_between")).days


def _moved(scope: Scope, value: Value, name: str, move: Callable[[clock.date], clock.date]) -> Value:
    """The date moved by its calendar, or the moment by the clocks of the run's time zone."""
    if not isinstance(value, datetime):
        return move(as_date(scope, value, name))
    if value.utcoffset() is None or scope.zone is None:
        return move(value)
    wall = shown(value, scope.zone)
    moved = cast("datetime", move(wall.replace(tzinfo=None)))
    if moved == wall.replace(tzinfo=None):
        return wall
    try:
        return shown(resolve(moved, scope.zone), scope.zone)
    except ValueError as error:
        raise _outside() from error


@function()
def add_days(scope: Scope, day: Value, days: Value) -> Value:
    """The date or moment that many days later, or earlier where the number is negative."""
    return _moved(scope, day, "add_days", lambda day: shift_days(day, whole(days, "add_days")))


@function()
def add_months(scope: Scope, day: Value, months: Value) -> Value:
    """The same day that many months later; the month's last day where it has no such day."""
    return _moved(scope, day, "add_months", lambda day: shift_months(day, whole(months, "add_months")))


@function()
def add_years(scope: Scope, day: Value, years: Value) -> Value:
    """The same day that many years later; 28 February for 29 February in years without one."""
    return _moved(scope, day, "add_years", lambda day: shift_months(day, 12 * whole(years, "add_years")))


@function()
def year(scope: Scope, day: Value) -> Value:
    """A date's year."""
    return as_date(scope, day, "year").year


@function()
def month(scope: Scope, day: Value) -> Value:
    """A date's month, 1 to 12."""
    return as_date(scope, day, "month").month


@function()
def day(scope: Scope, day: Value) -> Value:
    """A date's day of the month, 1 to 31."""
    return as_date(scope, day, "day").day


@function()
def weekday(scope: Scope, day: Value) -> Value:
    """A date's day of the week: 1 is Monday, 7 is Sunday."""
    return as_date(scope, day, "weekday").isoweekday()


@function()
def format_date(scope: Scope, day: Value, style: Value = "long") -> Value:
    """A date as text: "long", "full", "short", "iso", "time", or a pattern like "D MMM YYYY"."""
    if isinstance(day, datetime):
        day = shown(day, scope.zone)
    elif not isinstance(day, clock.date | time):
        day = as_date(scope, day, "format_date")
    scope.spend(len(words(style, "format_date")))
    return wording.write_date(day, words(style, "format_date"), scope.language)
