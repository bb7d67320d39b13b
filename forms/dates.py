"""Days and times of day as people write them: 27 3 1985, 27.3.1985, 27 March 1985, 9.30am.

The day comes before the month, as everywhere outside the United States, unless the year comes
first (1985-03-27) or the month is a word (March 27, 1985).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time

from wizard.forms.fields import DateField, TimeField
from wizard.forms.parsing import Context, Parser, limit
from wizard.forms.refusals import Refusal
from wizard.forms.text import short
from wizard.language.wording import MONTHS
from wizard.model import Value

PARTS = ("day", "month", "year")

_DATE = "must be a date, like 27 3 1985"
_REAL = "must be a real date, like 27 3 1985"
_TIME = "must be a time, like 9:30 or 14:00"
_NAMED = {name[:length].lower(): at for at, name in enumerate(MONTHS, 1) for length in range(3, len(name) + 1)}
_USUAL = re.compile(r"\s*(\d{1,2})[ ./-](\d{1,2})[ ./-](\d{4})\s*", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2})(?:[:.](\d{2}))?)? ?(a\.?m\.?|p\.?m\.?)?", re.IGNORECASE)
_WORDS = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def written(day: date) -> str:
    """27 March 1985."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def date_parser(field: DateField) -> Parser:
    """A date."""
    bounded = field.min is not None or field.max is not None

    def parse(raw: object, context: Context) -> Value:
        day = _day(raw)
        if bounded and day is not None:
            _check_day(field, day, context)
        return day

    return parse


def _day(raw: object) -> date | None:
    if type(raw) is str:
        if len(raw) == 10 and raw[4] == raw[7] == "-" and raw.isascii():
            try:
                return date.fromisoformat(raw)
            except ValueError:
                pass
        if found := _USUAL.fullmatch(raw):
            return _made(int(found[1]), int(found[2]), int(found[3]))
        return _from_text(raw)
    if isinstance(raw, Mapping):
        return _from_parts(raw)
    if type(raw) is date:
        return raw
    return _from_text(raw)


def _from_text(raw: object) -> date | None:
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_DATE)
    text = short(raw)
    if text is None:
        return None
    parts = [part for part in re.split(r"[\s./,-]+", text) if part]
    if len(parts) != 3:
        raise Refusal(_DATE)
    if re.fullmatch(r"\d{4}", parts[0]):
        parts.reverse()
    elif parts[0].lower() in _NAMED:
        parts[:2] = parts[1], parts[0]
    return _real(*parts)


def _from_parts(parts: Mapping[object, object]) -> date | None:
    if not parts.keys() <= set(PARTS):
        raise Refusal(_DATE)
    texts = [_part(parts.get(name)) for name in PARTS]
    absent = [name for name, text in zip(PARTS, texts, strict=True) if text is None]
    if len(absent) == len(PARTS):
        return None
    if absent:
        raise Refusal(f"must include a {' and '.join(absent)}")
    return _real(*(text or "" for text in texts))


def _part(raw: object) -> str | None:
    if type(raw) is int and 0 <= raw <= 9999:
        return str(raw)
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_DATE)
    return short(raw)


def _real(day: str, month: str, year: str) -> date:
    day = re.sub(r"(?<=\d)(st|nd|rd|th)$", "", day.lower())
    at = _month(month)
    if at is None or not re.fullmatch(r"\d{1,2}", day) or not re.fullmatch(r"\d{1,4}", year):
        raise Refusal(_DATE)
    if len(year) < 4:
        raise Refusal("must include a year with 4 numbers, like 1985")
    return _made(int(day), at, int(year))


def _made(day: int, month: int, year: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Refusal(_REAL) from None


def _month(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,2}", text) else _NAMED.get(text.lower())


def date_limits(field: DateField, context: Context) -> tuple[date | None, date | None]:
    """The first and the last day that are taken now. Raises ExpressionError."""
    what = f"A limit of the field {field.name}"
    return limit(field.min, context.names, (date,), what), limit(field.max, context.names, (date,), what)


def _check_day(field: DateField, day: date, context: Context) -> None:
    first, last = date_limits(field, context)
    if first is not None and day < first:
        raise Refusal(_bound(first, field.min, "in the future", "on or after", context), "limit")
    if last is not None and day > last:
        raise Refusal(_bound(last, field.max, "in the past", "on or before", context), "limit")


def _bound(bound: date, setting: object, side: str, words: str, context: Context) -> str:
    if not isinstance(setting, date) and bound == context.names.now.date():
        return f"must be today or {side}"
    return f"must be {words} {written(bound)}"


def time_parser(field: TimeField) -> Parser:
    """A time without a zone, to the second."""

    def parse(raw: object, context: Context) -> Value:
        moment = raw if type(raw) is time else _clock(raw)
        if moment is None:
            return None
        if moment.tzinfo is not None or moment.microsecond:
            raise Refusal(_TIME)
        first, last = time_limits(field, context)
        if first is not None and moment < first:
            raise Refusal(f"must be {first:%H:%M} or later", "limit")
        if last is not None and moment > last:
            raise Refusal(f"must be {last:%H:%M} or earlier", "limit")
        return moment

    return parse


def time_limits(field: TimeField, context: Context) -> tuple[time | None, time | None]:
    """The earliest and the latest time that are taken now. Raises ExpressionError."""
    what = f"A limit of the field {field.name}"
    first, last = (limit(each, context.names, (time, datetime), what) for each in (field.min, field.max))
    return _of_day(first), _of_day(last)


def _of_day(value: Value) -> time | None:
    if isinstance(value, datetime):
        return value.time()
    return None if value is None else value.replace(tzinfo=None)


def _clock(raw: object) -> time | None:
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_TIME)
    text = short(raw)
    if text is None:
        return None
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    found = _CLOCK.fullmatch(text)
    if found is None or (found[2] is None and found[4] is None):
        raise Refusal(_TIME)
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            raise Refusal(_TIME)
        hour = hour % 12 + (12 if found[4].lower().startswith("p") else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise Refusal(_TIME) from None
