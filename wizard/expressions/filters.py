"""The filters and tests of templates, by name: FILTERS and TESTS.

Most filters are functions of wizard.expressions.functions under the names that Jinja gives them; a filter's
value is the function's first. As there, null stays null, and prints as nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from wizard.errors import ExpressionError
from wizard.expressions.arithmetic import few, items_of, to_decimal
from wizard.expressions.closures import NO_NULL, Function, Scope
from wizard.expressions.functions import FUNCTIONS, fitting, join_texts, number
from wizard.expressions.library import declare, whole, words
from wizard.model import Value

FILTERS: Final[dict[str, Function]] = {
    **{
        name: FUNCTIONS[name]
        for name in ("upper", "lower", "title", "replace", "first", "last", "unique", "round", "abs")
    },
    "trim": FUNCTIONS["strip"],
    "length": FUNCTIONS["len"],
    "sort": FUNCTIONS["sorted"],
    "string": FUNCTIONS["text"],
    "date": FUNCTIONS["format_date"],
    "format_date": FUNCTIONS["format_date"],
    "number": FUNCTIONS["format_number"],
    "format_number": FUNCTIONS["format_number"],
}


@declare(FILTERS, None)
def capitalize(scope: Scope, text: Value) -> Value:
    """The text with a capital letter first and small ones after it."""
    return fitting(scope, words(text, "capitalize").capitalize())


@declare(FILTERS, None)
def join(scope: Scope, values: Value, separator: Value = "") -> Value:
    """The items of a list as one text; nulls are left out."""
    return join_texts(scope, values, words(separator, "join"))


@declare(FILTERS, NO_NULL)
def default(scope: Scope, value: Value, other: Value = "", boolean: Value = False) -> Value:
    """The value, or the other one where it is null; with `true` after it, also where it is empty, 0 or false."""
    return other if value is None or (boolean and not value) else value


@declare(FILTERS, None)
def int_(scope: Scope, value: Value, default: Value = 0) -> Value:
    """A whole number; the default where the value isn't one."""
    try:
        return FUNCTIONS["int"].call(scope, value)
    except ExpressionError:
        return default


@declare(FILTERS, None)
def float_(scope: Scope, value: Value, default: Value = 0) -> Value:
    """A number with a point; the default where the value isn't a number."""
    try:
        return to_decimal(number(scope, value))
    except (ExpressionError, OverflowError):
        return default


@declare(FILTERS, NO_NULL)
def list_(scope: Scope, value: Value) -> Value:
    """A list of a list's items, a group's names, or a text's characters."""
    items = value if isinstance(value, str) else items_of(value)
    few(scope, len(items))
    return list(items)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


TESTS: Final[Mapping[str, Callable[[Value], bool]]] = {
    "defined": lambda value: value is not None,
    "undefined": lambda value: value is None,
    "none": lambda value: value is None,
    "null": lambda value: value is None,
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "mapping": lambda value: isinstance(value, Mapping),
    "sequence": lambda value: isinstance(value, list | tuple),
    "even": lambda value: value is not None and whole(value, "even") % 2 == 0,
    "odd": lambda value: value is not None and whole(value, "odd") % 2 == 1,
}
