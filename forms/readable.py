"""Answers as people read them, in the run's language: 27 March 1985, Yes, a choice's label."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from wizard.expressions.expression import Names
from wizard.forms.locales import marks
from wizard.forms.types.choices import NO, YES, choices_of
from wizard.forms.types.contact import iban_written, phone_written
from wizard.forms.types.countries import country_names
from wizard.locale import formats
from wizard.locale.catalogs import SOURCE
from wizard.locale.words import language_of
from wizard.model import Value
from wizard.model.instants import shown

DOTS = "••••••••"  # as many for every password


def readable(field: Any, value: Value, names: Names) -> str:
    """The answer to a field as text, "" where there is none. Raises ExpressionError where the field's
    choices can't be computed."""
    if value is None:
        return ""
    match field.type:
        case "password":
            return DOTS
        case "choice" | "choices":
            labels = {choice.value: choice.label for choice in choices_of(field, names)}
            values = value if isinstance(value, list) else [value]
            return ", ".join(labels.get(each, str(each)) for each in values)
        case "country":
            return country_names(language_of(names)).get(value, str(value))
        case "phone":
            return phone_written(value)
        case "iban":
            return iban_written(value)
        case "file":
            return str(value["name"])
    if isinstance(value, datetime):
        value = shown(value, names.now.tzinfo)
    return plain(value, language_of(names))


def plain(value: Value, language: str = SOURCE) -> str:
    """A value of which only the type is known."""
    match value:
        case bool():
            return (YES if value else NO).in_language(language)
        case Decimal():
            return format(value, "f").replace(".", marks(language).point)
        case datetime():
            return f"{formats.day(value, language)}, {value:%H:%M}"
        case date():
            return formats.day(value, language)
        case time():
            return f"{value:%H:%M}"
        case list() | tuple():
            return ", ".join(plain(each, language) for each in value)
        case Mapping():
            return ", ".join(plain(each, language) for each in value.values())
        case None:
            return ""
    return str(value)
