"""Rules of dates: whole years and months between two, and dates that don't exist.

A birthday on 29 February counts as reached on 1 March of a year without one; adding months or
years to a day that the month lacks gives the month's last day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import TypeVar

from wizard.arithmetic import kind
from wizard.errors import ExpressionError
from wizard.model import Value

D = TypeVar("D", bound=date)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def as_date(value: Value, function: str) -> date:
    """The date, or a moment's date; `function` is the one that needs it, for the message."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    hint = " Make it a date with date(...) first." if isinstance(value, str) else ""
    raise ExpressionError(f"{function} needs a date; this is {kind(value)}.{hint}")


def parse_date(text: str) -> date:
    """The date written as 2026-01-31."""
    try:
        if _ISO_DATE.fullmatch(text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise ExpressionError(f"{text[:40]!r} is no date. Write year, month and day, as in 2026-01-31.")


def make_date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError) as error:
        raise ExpressionError("There is no date with this year, month and day.") from error


def months_between(start: date, end: date) -> int:
    """Whole months; negative where `end` is before `start`."""
    if end < start:
        return -months_between(end, start)
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def years_between(start: date, end: date) -> int:
    """Whole years; negative where `end` is before `start`."""
    if end < start:
        return -years_between(end, start)
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def shift_days(day: D, days: int) -> D:
    try:
        return day + timedelta(days=days)
    except OverflowError as error:
        raise _outside() from error


def shift_months(day: D, months: int) -> D:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise _outside()
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def _outside() -> ExpressionError:
    return ExpressionError("This date would be outside of the years 1 to 9999.")
