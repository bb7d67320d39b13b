"""An answer as a person would have typed it, to be put into inputs: any value at all, since a draft holds what came.

A value that nobody types (bytes, nothing, a list of lists) is an empty text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from wizard.forms.characters import encodable
from wizard.forms.readable import plain
from wizard.model import Value


def typed_text(value: Value) -> str:
    """A value as a person would type it into one input; "" for what nobody types."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return " ".join(filter(None, map(scalar_text, value.values())))
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(scalar_text, value)))
    return scalar_text(value)


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
