"""Answers as people read them, in the run's language: 27 March 1985, Yes, a choice's label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from wizard.expressions.expression import Names
from wizard.forms.locales import marks
from wizard.forms.types.choices import NO, YES
from wizard.locale import formats
from wizard.locale.catalogs import SOURCE
from wizard.locale.words import language_of
from wizard.model import Value
from wizard.model.instants import shown


def readable(field: Any, value: Value, names: Names) -> str:
    """The answer to a field as text, "" where there is none. Raises ExpressionError where the field's
    choices can't be computed."""
    if value is None:
        return ""
    own: Callable[[Any, Value, Names], str] | None = field.field_type.readable
    if own is not None:
        return own(field, value, names)
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
            return ", ".join(plain(item, language) for item in value)
        case Mapping():
            return ", ".join(plain(item, language) for item in value.values())
        case None:
            return ""
    return str(value)
