"""An answer as a person would have typed it, to be put into inputs: any value at all, since a draft holds what came.

A value that nobody types (bytes, nothing, a list of lists) is an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from wizard.forms.locales import UNSAID, first_part, plain_word, words
from wizard.forms.readable import plain
from wizard.forms.types.dates import PARTS
from wizard.forms.validation import encodable
from wizard.model import Value

MONTHS = 12


def typed_text(value: Value) -> str:
    """A value as a person would type it into one input; "" for what nobody types."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return " ".join(filter(None, map(scalar_text, value.values())))
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(scalar_text, value)))
    return scalar_text(value)


def date_texts(value: Value, language: str = UNSAID) -> dict[str, str]:
    """Day, month and year as they were typed, in whatever way. What can't be parted stands in the day."""
    if isinstance(value, date):
        return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
    if isinstance(value, Mapping):
        return {part: scalar_text(value.get(part)) for part in PARTS}
    texts = [each for each in re.split(r"[\s./,-]+", typed_text(value), maxsplit=2) if each]
    order: tuple[str, ...] = PARTS
    if len(texts) == 3 and re.fullmatch(r"\d{4}", texts[0]):
        order = ("year", "month", "day")
    elif len(texts) == 3 and _month_is_first(texts, language):
        order = ("month", "day", "year")
    return dict.fromkeys(PARTS, "") | dict(zip(order, texts, strict=False))


def _month_is_first(texts: list[str], language: str) -> bool:
    """Whether the month is a word there, or the language has it there and nothing says otherwise."""
    first, second, _ = texts
    if not first.isdecimal():
        return plain_word(first) in words(language).months
    return first_part(language) == "month" and second.isdecimal() and int(first) <= MONTHS


def wrong_parts(texts: Mapping[str, str], language: str = UNSAID) -> frozenset[str]:
    """The parts that can't be right by themselves; all of them where that can't be told."""
    absent = [part for part in PARTS if not texts[part].strip()]
    if len(absent) == len(PARTS):
        return frozenset(PARTS)
    day, month, year = (texts[part].strip() for part in PARTS)
    doubtful = {
        "day": not re.fullmatch(r"(0?[1-9]|[12]\d|3[01])(st|nd|rd|th)?", day, re.IGNORECASE | re.ASCII),
        "month": not re.fullmatch(r"0?[1-9]|1[0-2]", month, re.ASCII)
        and plain_word(month) not in words(language).months,
        "year": not re.fullmatch(r"\d{4}", year, re.ASCII),
    }
    return frozenset(absent or [part for part in PARTS if doubtful[part]] or PARTS)


def scalar_text(value: Value) -> str:
    """A single value as text; "" for lists and dicts."""
    match value:
        case str():
            return encodable(value)
        case Decimal() | float():
            return _number_text(value)
        case time():
            return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
        case bool() | datetime() | date():
            return plain(value)
        case int():
            return str(value) if abs(value) < 10**100 else ""
    return ""


def _number_text(value: Decimal | float) -> str:
    number = Decimal(repr(value)) if isinstance(value, float) else value
    return format(number, "f") if number.is_finite() and abs(number.adjusted()) < 100 else ""
