"""A date as three inputs of a page: what stands in each, in the order of the language, and which of them are wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from wizard.forms.field_type import PartInput
from wizard.forms.locales import UNSAID, first_part, plain_word, words
from wizard.forms.typed import scalar_text, typed_text
from wizard.forms.types.days import PARTS, parts_in_order
from wizard.locale.sentences import sentence_for
from wizard.locale.words import Words
from wizard.model import PromptField, Value

MONTHS = 12

_LABELS = {
    "day": sentence_for("of a date", "Day"),
    "month": sentence_for("of a date", "Month"),
    "year": sentence_for("of a date", "Year"),
}
_WIDTHS = {"day": 2, "month": 3, "year": 4}  # characters: "May" is a month as well


def date_inputs(field: PromptField, words: Words) -> tuple[PartInput, ...]:
    """The inputs, with what stands in them."""
    texts = date_texts(field.value, words.language)
    wrong = wrong_parts(texts, words.language) if field.error else frozenset()
    birthday = field.options.get("autocomplete") == "bday"
    return tuple(
        PartInput(
            name=f"{field.name}-{part}",
            id=f"{field.name}-{part}",
            label=words.say(_LABELS[part]),
            value=texts[part],
            classes=f"govuk-input--width-{_WIDTHS[part]}",
            autocomplete=f"bday-{part}" if birthday else "",
            wrong=part in wrong,
        )
        for part in parts_in_order(words.language)
    )


def date_texts(value: Value, language: str = UNSAID) -> dict[str, str]:
    """Day, month and year as they were typed, in whatever way. What can't be parted stands in the day."""
    if isinstance(value, date):
        return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
    if isinstance(value, Mapping):
        return {part: scalar_text(value.get(part)) for part in PARTS}
    texts = [part for part in re.split(r"[\s./,-]+", typed_text(value), maxsplit=2) if part]
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
