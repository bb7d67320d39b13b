"""How values print, in templates and by text(): for people, in the run's language, the same on every channel.

null prints as nothing, true and false as themselves, numbers without exponents (a whole float
without .0), dates as 27 March 1985, times as 14:30, moments as 27 March 1985, 14:30 by the clocks
of the run's time zone, lists joined by ", ", groups as "name: value" likewise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from wizard.errors import ExpressionError
from wizard.expressions.arithmetic import MAX_TEXT, Budget, checked, to_decimal
from wizard.locale import formats
from wizard.locale.catalogs import SOURCE
from wizard.model import Value
from wizard.model.decimals import LARGEST, written
from wizard.model.instants import shown

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MAX_NESTING: Final = 32
MAX_PATTERN: Final = 100

STYLES: Final[Mapping[str, str]] = {
    "long": "D MMMM YYYY",
    "full": "dddd D MMMM YYYY",
    "short": "DD/MM/YYYY",
    "iso": "YYYY-MM-DD",
    "time": "HH:mm",
}
_PIECE = re.compile("YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|mm|ss")
_DATE_PIECES: Final[Mapping[str, Callable[[date], str]]] = {
    "YYYY": lambda day: f"{day.year:04}",
    "YY": lambda day: f"{day.year % 100:02}",
    "MMMM": lambda day: MONTHS[day.month - 1],
    "MMM": lambda day: MONTHS[day.month - 1][:3],
    "MM": lambda day: f"{day.month:02}",
    "M": lambda day: str(day.month),
    "DD": lambda day: f"{day.day:02}",
    "D": lambda day: str(day.day),
    "dddd": lambda day: WEEKDAYS[day.weekday()],
    "ddd": lambda day: WEEKDAYS[day.weekday()][:3],
}
_BY_LANGUAGE: Final[Mapping[str, formats.Length]] = {"long": "long", "full": "full", "short": "short"}
_NAMED: Final[Mapping[str, Callable[[date, str], str]]] = {
    "MMMM": formats.month,
    "MMM": lambda day, language: formats.month(day, language, "abbreviated"),
    "dddd": formats.weekday,
    "ddd": lambda day, language: formats.weekday(day, language, "abbreviated"),
}
_TIME_PIECES: Final[Mapping[str, Callable[[time], str]]] = {
    "HH": lambda at: f"{at.hour:02}",
    "H": lambda at: str(at.hour),
    "mm": lambda at: f"{at.minute:02}",
    "ss": lambda at: f"{at.second:02}",
}


def write_date(value: date | time, style: str, language: str = SOURCE) -> str:
    """A date, moment or time in a style of STYLES, or by a pattern of YYYY YY MMMM MMM MM M DD D
    dddd ddd HH H mm ss; other characters stand for themselves, letters in [ ] too."""
    if style in _BY_LANGUAGE and isinstance(value, date) and language != SOURCE:
        return formats.day(value, language, _BY_LANGUAGE[style])
    pattern = STYLES.get(style, style)
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError(f"A date pattern can have up to {MAX_PATTERN} characters.")
    day = value if isinstance(value, date) else None
    at = value if isinstance(value, datetime | time) else None

    def piece(match: re.Match[str]) -> str:
        token = match[0]
        if day is not None and token in _NAMED and language != SOURCE:
            return _NAMED[token](day, language)
        if day is not None and token in _DATE_PIECES:
            return _DATE_PIECES[token](day)
        if at is not None and token in _TIME_PIECES:
            return _TIME_PIECES[token](at.time() if isinstance(at, datetime) else at)
        raise ExpressionError(f"{token} in a date pattern asks for what this {type(value).__name__} doesn't have.")

    kept = (
        part[1:-1] if part.startswith("[") else _PIECE.sub(piece, part) for part in re.split(r"(\[[^\[\]]*\])", pattern)
    )
    return "".join(kept)


def write_number(value: int | float | Decimal) -> str:
    value = checked(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return str(int(value))
    number = to_decimal(value)
    return written(number).removesuffix(".0")  # 2 * 1.5 is 3; 3 * 19.90 is 59.70


def show(budget: Budget, value: Value) -> str:
    """The value as text; a text is itself. Raises ExpressionError where a list or group makes more
    than MAX_TEXT characters, or where a number is too large to be written."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            written = write_number(value)
            budget.spend(1 + (len(written) >> 4))
            return written
        case datetime():
            moment = shown(value, budget.zone)
            return f"{write_date(moment.date(), 'long', budget.language)}, {moment:%H:%M}"
        case date():
            return write_date(value, "long", budget.language)
        case time():
            return write_date(value, "HH:mm:ss" if value.second else "HH:mm")
        case list() | tuple() | Mapping():
            pieces: list[str] = []
            _gather(budget, value, pieces, MAX_TEXT, 0)
            return "".join(pieces)
        case bytes():
            return f"{len(value)} bytes"
    raise ExpressionError(f"A value of type {type(value).__name__} can't be shown as text.")


def _gather(budget: Budget, value: Value, pieces: list[str], room: int, depth: int) -> int:
    """Adds the value's text to `pieces`; gives the room that is left."""
    if depth > MAX_NESTING:
        raise ExpressionError(f"A value nested more than {MAX_NESTING} deep can't be shown as text.")
    if isinstance(value, list | tuple | Mapping):
        named = isinstance(value, Mapping)
        budget.spend(2 * len(value))
        for number, item in enumerate(value):
            lead = (", " if number else "") + (f"{item}: " if named else "")
            pieces.append(lead)
            part = value[item] if isinstance(value, Mapping) else item
            room = _gather(budget, part, pieces, room - len(lead), depth + 1)
    else:
        text = show(budget, value)
        pieces.append(text)
        room -= len(text)
    if room < 0:
        raise ExpressionError("This makes a text that is too long.")
    return room
