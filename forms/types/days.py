"""Days as people write them: 27 3 1985, 27.3.85, 27 March 1985, le 1er mars 2026, 19850327.

The day comes before the month, unless the year comes first (1985-03-27), the month is a word (March 27, 1985), or the
run's language is that of a country that writes the month first (en-US). In English of no country, 3/4/1985 can be
either; a year of two digits can be of either century.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from wizard.forms.locales import REMEMBERED, UNSAID, Part, first_part, is_everywhere, plain_word, words
from wizard.forms.refusals import Refusal
from wizard.forms.types.text import short
from wizard.locale import formats
from wizard.locale.sentences import sentence


@dataclass(frozen=True, slots=True)
class InNumbers:
    """A day that a sentence gives as an example of how days are typed."""

    day: date

    def in_language(self, language: str) -> str:
        """See `in_numbers`."""
        return in_numbers(self.day, language)


PARTS = ("day", "month", "year")
USUAL_DAY = date(1985, 3, 27)  # an example
_EXAMPLE = InNumbers(USUAL_DAY)
NO_DATE = sentence("Your answer to “{label}” must be a date, like {example}", example=_EXAMPLE)
NOT_REAL = sentence("Your answer to “{label}” must be a real date, like {example}", example=_EXAMPLE)
YEAR_WANTED = sentence("Your answer to “{label}” must include a year with 4 numbers, like {year}", year="1985")
ANOTHER_WEEKDAY = sentence("Your answer to “{label}” falls on a different day of the week from the one you wrote")

_USUAL = re.compile(r"\s*(\d{1,2})[ .-](\d{1,2})[ .-](\d{4})\s*", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_JOINED = re.compile(r"(\d{1,2})([^\W\d_]{3,})(\d{4}|\d\d)")
_EASTERN = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|re|ère|e|ème|te[nr]?|[°ºª])", re.ASCII)
_YEARS = (1800, 2199)  # that eight digits without a mark are taken for
_CENTURIES = (1900, 2000)  # of years with two digits
_ORDERS: Mapping[Part, Callable[[str, str, str], tuple[str, str, str]]] = {
    "day": lambda day, month, year: (day, month, year),
    "month": lambda month, day, year: (day, month, year),
    "year": lambda year, month, day: (day, month, year),
}
_LEFT_ASIDE = frozenset(("am", "de", "dem", "den", "der", "du", "feira", "le", "of", "on", "the", "г", "р"))


@lru_cache(REMEMBERED)
def in_numbers(day: date, language: str) -> str:
    """The day as it is typed in numbers where the language is from: 27 3 1985, 3/27/1985, 27.3.1985. Read in this
    language, it is this day and no other."""
    if first_part(language) == "day" and language.partition("-")[0].lower() == UNSAID:
        return f"{day.day} {day.month} {day.year}"  # as into three inputs, which is how English forms ask for it
    typed = formats.day(day, language, "short")
    with suppress(Refusal):
        if days_of(short(typed) or "", language) == [day]:
            return typed
    return day.isoformat()


def parts_in_order(language: str) -> tuple[Part, Part, Part]:
    """Day, month and year in the order in which the language writes them."""
    match first_part(language):
        case "month":
            return ("month", "day", "year")
        case "year":
            return ("year", "month", "day")
    return ("day", "month", "year")


def usual_day(text: str, language: str) -> date | None:
    """The day, where it is written as most are and nothing has to be decided."""
    match = _USUAL.fullmatch(text)
    if match is not None:
        return None if first_part(language) == "month" else _made(int(match[1]), int(match[2]), int(match[3]))
    if len(text) == 10 and text[4] == text[7] == "-" and text.isascii():
        with suppress(ValueError):
            return date.fromisoformat(text)
    return None


def days_of(text: str, language: str) -> list[date]:
    """The days that a folded text can stand for, the likeliest first. Raises Refusal where there are none."""
    lowered = _EASTERN.sub(r"\1-\2-\3", text.casefold())
    if match := _JOINED.fullmatch(lowered):
        lowered = " ".join(match.groups())
    parts = [part for part in re.split(r"[\s./,-]+", lowered) if part]
    if len(parts) == 1:
        return _compact(parts[0], language)
    parts, weekday = _bare(parts, language)
    if len(parts) != 3:
        raise Refusal(NO_DATE)
    days = _days_of_three(parts, text, language)
    fitting = [day for day in days if weekday in (None, day.weekday())]
    if not fitting:
        raise Refusal(ANOTHER_WEEKDAY)
    return fitting


def _bare(parts: list[str], language: str) -> tuple[list[str], int | None]:
    """Without articles, and without the day of the week before or behind the date, which is told beside them."""
    kept = [part for part in parts if part not in _LEFT_ASIDE]
    if len(kept) == 4:
        weekdays = words(language).weekdays
        for at in (0, 3):
            weekday = weekdays.get(plain_word(kept[at]))
            if weekday is not None:
                return kept[:at] + kept[at + 1 :], weekday
    return kept, None


def _days_of_three(parts: list[str], text: str, language: str) -> list[date]:
    if re.fullmatch(r"\d{4}", parts[0], re.ASCII):
        return days_of_parts(parts[2], parts[1], parts[0], language)
    if plain_word(parts[0]) in words(language).months:
        return days_of_parts(parts[1], parts[0], parts[2], language)
    if not all(part.isdigit() for part in parts):
        return days_of_parts(parts[0], parts[1], parts[2], language)
    return _in_orders(parts, _orders("/" in text, "." in text, language), language)


def _orders(slashed: bool, dotted: bool, language: str) -> tuple[tuple[Part, ...], ...]:
    """Which part may come first where all are numbers: any of a group, and those of a later group only where the one
    before gives no day."""
    if slashed and is_everywhere(language):
        return (("day", "month"),)
    match first_part(language):
        case "month":
            return (("month", "day"),) if dotted else (("month",), ("day",))
        case "year":
            return (("year", "day"),)
    return (("day",),)


def _in_orders(parts: list[str], groups: tuple[tuple[Part, ...], ...], language: str) -> list[date]:
    refusal = Refusal(NOT_REAL)
    for group in groups:
        days: list[date] = []
        for first in group:
            day, month, year = _ORDERS[first](*parts)
            try:
                days += days_of_parts(day, month, year, language)
            except Refusal as error:
                refusal = error
        if days:
            return list(dict.fromkeys(days))
    raise refusal


def days_of_parts(day: str, month: str, year: str, language: str) -> list[date]:
    """The days that these three texts can stand for. Raises Refusal where there are none."""
    if match := _ORDINAL.fullmatch(day.casefold()):
        day = match[1]
    day, year = day.rstrip("."), year.lstrip("'")
    at = _month(month, language)
    if at is None or not re.fullmatch(r"\d{1,2}", day, re.ASCII) or not re.fullmatch(r"\d{1,4}", year, re.ASCII):
        raise Refusal(NO_DATE)
    if len(year) in (1, 3):
        raise Refusal(YEAR_WANTED)
    centuries = (0,) if len(year) == 4 else _CENTURIES
    return _real((int(day), at, century + int(year)) for century in centuries)


def _month(text: str, language: str) -> int | None:
    if re.fullmatch(r"\d{1,2}\.?", text, re.ASCII):
        return int(text.rstrip("."))
    return words(language).months.get(plain_word(text))


def _compact(digits: str, language: str) -> list[date]:
    """Eight digits: as in ISO 8601, or the year last."""
    match = _COMPACT.fullmatch(digits)
    if match is None:
        raise Refusal(NO_DATE)
    ways: tuple[tuple[list[str], tuple[tuple[Part, ...], ...]], ...] = (
        ([match[1], match[2], match[3]], (("year",),)),
        ([digits[:2], digits[2:4], digits[4:]], _orders(True, False, language)),
    )
    days: list[date] = []
    for parts, groups in ways:
        with suppress(Refusal):
            days += _in_orders(parts, groups, language)
    likely = [day for day in days if _YEARS[0] <= day.year <= _YEARS[1]]
    if not likely:
        raise Refusal(NOT_REAL)
    return list(dict.fromkeys(likely))


def _real(days: Iterable[tuple[int, int, int]]) -> list[date]:
    made = [day for day in (_made(*day) for day in days) if day is not None]
    if not made:
        raise Refusal(NOT_REAL)
    return list(dict.fromkeys(made))


def _made(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
